use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::decode::{At, Decode};
use super::document::{Data, Node};
use super::fields::expected;
use super::record::choice;
use crate::diagnostic::{Problem, Problems};

choice! {
    /// A place in an answer other than its JSON.
    pub enum CapturePlace("a capture") {
        /// The first match of a JSONPath in the body.
        Json(At<String>) = "json",
        /// A header, by name.
        Header(At<String>) = "header",
        /// A cookie the answer sets, by name.
        Cookie(At<String>) = "cookie",
        /// The first match of a regular expression in the body: its first group, where it has one.
        Regex(At<String>) = "regex",
        /// The status.
        Status(At<bool>) = "status",
    }
}

/// What is kept of an answer: a JSONPath, or another place.
#[derive(Debug, Clone)]
pub enum CaptureText {
    /// A JSONPath into the body.
    Path(String),
    /// Another place.
    Place(CapturePlace),
}

impl Decode for CaptureText {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        match &node.value {
            Data::Text(text) => Some(Self::Path(text.clone())),
            Data::Map(_) => match CapturePlace::decode(node, problems)? {
                CapturePlace::Status(word) if !word.value => {
                    let problem = Problem::at(word.span, "`status: false` captures nothing");
                    problems.push(problem.help("write `{status: true}`, or take the line away"));
                    None
                }
                place => Some(Self::Place(place)),
            },
            _ => {
                problems.push(expected("a JSONPath, or a place such as `{header: location}`", node));
                None
            }
        }
    }
}

impl JsonSchema for CaptureText {
    fn schema_name() -> Cow<'static, str> {
        "CaptureText".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let place = generator.subschema_for::<CapturePlace>();
        json_schema!({"anyOf": [{"type": "string", "examples": ["$.token"]}, place]})
    }
}
