use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::any::Any;
use super::decode::{At, Decode};
use super::document::{Data, Node};
use super::record::record;
use crate::diagnostic::Problems;

record! {
    /// One part of a form of several parts (RFC 7578): a file, or a text with more to say than its value.
    pub struct PartMap("a part") {
        /// A file that is sent as it is. Relative to the file that names it.
        optional file: At<String> = "file";
        /// A text.
        optional text: At<String> = "text";
        /// The file name the service is told. Default: the file's own.
        optional name: At<String> = "name";
        /// Its content type. Default `application/octet-stream` for a file.
        optional kind: At<String> = "type";
    }
}

/// A part: its value alone, or a map.
#[derive(Debug, Clone)]
pub enum Part {
    /// A value, written as text.
    Value(Any),
    /// A file, or a text with more to say.
    Map(Box<PartMap>),
}

impl Decode for Part {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        match &node.value {
            Data::Map(_) => PartMap::decode(node, problems).map(|map| Self::Map(Box::new(map))),
            _ => Any::decode(node, problems).map(Self::Value),
        }
    }
}

impl JsonSchema for Part {
    fn schema_name() -> Cow<'static, str> {
        "Part".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let map = generator.subschema_for::<PartMap>();
        json_schema!({"anyOf": [{"type": ["string", "number", "boolean", "null"]}, map]})
    }
}
