use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::decode::{At, Decode};
use super::document::{Data, Node};
use super::fields::expected;
use super::record::record;
use super::scalars::Time;
use crate::diagnostic::{Problem, Problems, did_you_mean};

record! {
    /// A threshold with more to say than its condition.
    pub struct RuleMap("a threshold") {
        /// The condition: `p95{endpoint=recall} < 100ms`.
        required require: At<String> = "require";
        /// A name for reports.
        optional name: String = "name";
        /// Whether the run ends as soon as it breaks.
        optional abort: bool = "abort";
        /// Not judged for an abort before this time.
        optional after: Time = "after";
        /// What no samples mean: `fail` (the default) or `pass`.
        optional no_data: NoDataWord = "no_data";
    }
}

/// What a threshold without samples means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoDataWord {
    /// It is broken.
    Fail,
    /// It holds.
    Pass,
}

impl Decode for NoDataWord {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        match node.text() {
            Some("fail") => Some(Self::Fail),
            Some("pass") => Some(Self::Pass),
            Some(word) => {
                let problem = Problem::at(node.span, format!("unknown word `{word}` for `no_data`"));
                problems.push(problem.help_if(did_you_mean(word, ["fail", "pass"])));
                None
            }
            None => {
                problems.push(expected("`fail` or `pass`", node));
                None
            }
        }
    }
}

impl JsonSchema for NoDataWord {
    fn schema_name() -> Cow<'static, str> {
        "NoDataWord".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"enum": ["fail", "pass"]})
    }
}

/// A threshold: its condition alone, or a map.
#[derive(Debug, Clone)]
pub struct RuleText(pub RuleMap);

impl Decode for RuleText {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        match &node.value {
            Data::Text(_) => {
                let require = At::decode(node, problems)?;
                Some(Self(RuleMap { require, name: None, abort: None, after: None, no_data: None }))
            }
            Data::Map(_) => RuleMap::decode(node, problems).map(Self),
            _ => {
                problems.push(expected("a threshold such as `p95 < 100ms`", node));
                None
            }
        }
    }
}

impl JsonSchema for RuleText {
    fn schema_name() -> Cow<'static, str> {
        "RuleText".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let map = generator.subschema_for::<RuleMap>();
        let examples = ["p95 < 100ms", "error_rate < 1% over 30s", "rate{tag=read} >= 100/s"];
        json_schema!({"anyOf": [{"type": "string", "examples": examples}, map]})
    }
}
