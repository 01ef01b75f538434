use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::decode::{Any, At, Decode};
use super::document::{Data, Node};
use super::record::{choice, record, words};
use super::scalars::{Count, Time};
use crate::diagnostic::Problems;

choice! {
    /// Something that all users of a run share.
    pub enum SharedKind("a shared thing") {
        /// One value, with what it is at first; expressions see it by its name, and `put` replaces it.
        Value(At<Any>) = "value",
        /// Values that `put` adds and `take` takes, each once, the oldest first; in expressions its name is how many there are.
        Pool(PoolOf) = "pool",
    }
}

record! {
    /// A pool of values.
    pub struct PoolOf("a pool") {
        /// How many are kept; beyond it the oldest go. Default 10000.
        optional keep: At<Count> = "keep";
    }
}

record! {
    /// A value taken from a shared pool.
    pub struct Take("`take`") {
        /// The pool.
        required from: At<String> = "from";
        /// The name it has for this user.
        required name: At<String> = "as";
        /// How long to wait for one. Default not at all.
        optional within: At<Time> = "within";
        /// What happens where there is none: `fail` (the default) fails the step, `stop_task` ends the task as it is,
        /// `continue` goes on with `none`.
        optional when_empty: WhenEmpty = "when_empty";
    }
}

words! {
    /// What happens where a pool has nothing.
    pub enum WhenEmpty {
        /// The step fails.
        Fail = "fail",
        /// The task ends, and has not failed.
        StopTask = "stop_task",
        /// The name is `none`.
        Continue = "continue",
    }
}

/// Something that all users of a run share: a value as it is at first, or a map that says its kind.
#[derive(Debug, Clone)]
pub struct Shared(pub SharedKind);

impl Decode for Shared {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        match &node.value {
            Data::Map(_) => SharedKind::decode(node, problems).map(Self),
            _ => At::decode(node, problems).map(SharedKind::Value).map(Self),
        }
    }
}

impl JsonSchema for Shared {
    fn schema_name() -> Cow<'static, str> {
        "Shared".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let kind = generator.subschema_for::<SharedKind>();
        json_schema!({"anyOf": [{"type": ["string", "number", "boolean", "null", "array"]}, kind]})
    }
}
