use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::decode::{At, Decode, expected};
use super::document::{Data, Node};
use super::record::{choice, record};
use super::scalars::Time;
use crate::diagnostic::{Problem, Problems, did_you_mean};
use crate::threshold::NoData;

choice! {
    /// A metric of your own.
    pub enum Metric("a metric") {
        /// Samples: their distribution is kept (avg, p50, p95 …).
        Trend(Unit) = "trend",
        /// A count: its samples are added up.
        Counter(Unit) = "counter",
        /// A level: the last, the smallest and the largest are kept.
        Gauge(Unit) = "gauge",
    }
}

record! {
    /// How a metric is shown.
    pub struct Unit("a metric's fields") {
        /// The word behind its numbers.
        optional unit: String = "unit";
    }
}

record! {
    /// A threshold with more to say than its condition.
    pub struct RuleMap("a threshold") {
        /// The condition: `p95{endpoint=recall} < 100ms`.
        required require: At<String> = "require";
        /// A name for reports.
        optional name: String = "name";
        /// Whether the run ends as soon as it breaks. Default false.
        optional abort: bool = "abort";
        /// It aborts nothing before this time.
        optional after: Time = "after";
        /// What no samples mean: `fail` (the default) or `pass`.
        optional no_data: NoData = "no_data";
    }
}

impl Decode for NoData {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        match node.text() {
            Some("fail") => Some(Self::Fails),
            Some("pass") => Some(Self::Passes),
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

impl JsonSchema for NoData {
    fn schema_name() -> Cow<'static, str> {
        "NoData".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"enum": ["fail", "pass"]})
    }
}

/// The thresholds of a plan, in the order written.
#[derive(Debug, Clone)]
pub struct Rules(pub Vec<At<RuleText>>);

impl Decode for Rules {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        match &node.value {
            Data::Text(_) => At::decode(node, problems).map(|one| Self(vec![one])),
            Data::Map(entries) if !entries.iter().any(|(key, _)| key.text() == Some("require")) => {
                let problem = Problem::at(node.span, "thresholds are a list, and here is a map");
                problems.push(problem.help(match entries.first() {
                    Some((key, value)) => rewritten(key, value),
                    None => "write each as `- p95 < 100ms`".to_owned(),
                }));
                None
            }
            Data::Map(_) => At::decode(node, problems).map(|one| Self(vec![one])),
            _ => Vec::decode(node, problems).map(Self),
        }
    }
}

/// The first entry of a map of thresholds as an item of a list.
fn rewritten(key: &Node, value: &Node) -> String {
    let value = match &value.value {
        Data::List(items) => items.first().unwrap_or(value),
        _ => value,
    };
    let (Some(key), Some(value)) = (key.text(), value.text()) else {
        return "write each as `- p95 < 100ms`".to_owned();
    };
    let value = value.trim();
    let line = match value.chars().next() {
        Some('<' | '>' | '=' | '!') => format!("{key} {value}"),
        _ => of_another_tool(key, value).unwrap_or_else(|| value.to_owned()),
    };
    format!("write each as one line of a list, such as `- {line}`")
}

/// `p(95)<200` under a name of times, as k6 writes it, in our words.
fn of_another_tool(key: &str, value: &str) -> Option<String> {
    let (quantile, rest) = value.strip_prefix("p(")?.split_once(')')?;
    let number = rest.trim_start_matches(['<', '>', '=', ' ']);
    let operator = rest[..rest.len() - number.len()].trim();
    let unit = if key.contains("duration") && number.parse::<f64>().is_ok() { "ms" } else { "" };
    Some(format!("p{quantile} {operator} {number}{unit}"))
}

impl JsonSchema for Rules {
    fn schema_name() -> Cow<'static, str> {
        "Rules".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<RuleText>();
        json_schema!({"anyOf": [{"type": "array", "items": one}, one]})
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
