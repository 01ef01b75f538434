use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::any::Any;
use super::decode::{At, Decode, Named};
use super::document::{Data, Node};
use super::record::{choice, record};
use super::scalars::Count;
use crate::diagnostic::Problems;
use crate::units::DurationRange;

choice! {
    /// One step of a task.
    pub enum Step("a step") {
        /// Calls an endpoint: its name, or a map that overrides names of its `with`.
        Call(Call) = "call",
        /// Sets names of the user's state: `{counter: "{{ counter + 1 }}"}`.
        Set(Named<At<Any>>) = "set",
        /// Appends to a list of the user's state.
        Append(Append) = "append",
        /// Waits: `2s` or `1s..5s`.
        Think(DurationRange) = "think",
        /// One way or the other.
        When(When) = "when",
    }
}

record! {
    /// A call with names overridden.
    pub struct CallMap("a call") {
        /// The endpoint's name.
        required endpoint: At<String> = "endpoint";
        /// Names bound over the endpoint's own `with`.
        optional with: Named<At<Any>> = "with";
    }
}

record! {
    /// An item appended to a list of the user's state.
    pub struct Append("`append`") {
        /// The list's name.
        required to: At<String> = "to";
        /// The item.
        required value: At<Any> = "value";
        /// How many items are kept; beyond it the oldest go. Default 1000.
        optional keep: At<Count> = "keep";
    }
}

record! {
    /// Steps on a condition.
    pub struct When("`when`") {
        /// The condition, an expression.
        required that: At<String> = "that";
        /// Steps where it is true.
        required then: Vec<At<Step>> = "then";
        /// Steps where it is false.
        optional otherwise: Vec<At<Step>> = "else";
    }
}

/// A call: an endpoint's name alone, or a map.
#[derive(Debug, Clone)]
pub struct Call(pub CallMap);

impl Decode for Call {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        if matches!(node.value, Data::Map(_)) {
            return CallMap::decode(node, problems).map(Self);
        }
        At::decode(node, problems).map(|endpoint| Self(CallMap { endpoint, with: None }))
    }
}

impl JsonSchema for Call {
    fn schema_name() -> Cow<'static, str> {
        "Call".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let map = generator.subschema_for::<CallMap>();
        json_schema!({"anyOf": [{"type": "string"}, map]})
    }
}
