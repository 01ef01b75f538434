use std::borrow::Cow;
use std::ops::RangeInclusive;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::decode::{Any, At, Decode, Named, OneOrMany, expected};
use super::document::{Data, Node};
use super::record::record;
use super::scalars::Time;
use crate::diagnostic::{Problem, Problems};

record! {
    /// What must be true of an answer. The first that is not makes the call a failure of kind `check`.
    pub struct Expect("`expect`", short: number = "status", text = "status", list = "status") {
        /// The status: `200`, `[200, 404]` or `2xx`. Default: 2xx or 3xx.
        optional status: At<StatusText> = "status";
        /// Headers by name.
        optional header: Named<At<MatcherText>> = "header";
        /// Values in the JSON body, by JSONPath.
        optional json: Named<At<MatcherText>> = "json";
        /// The body as text.
        optional body: At<MatcherText> = "body";
        /// The longest response time.
        optional within: At<Time> = "within";
        /// An expression that must be true, or a list of them: `json.concepts_found <= limit`.
        optional that: OneOrMany<At<String>> = "that";
        /// What to say when one is not: the failure's message in reports.
        optional otherwise: At<String> = "otherwise";
    }
}

/// Status codes: one, a class, or a list of them.
#[derive(Debug, Clone)]
pub struct StatusText(pub Vec<RangeInclusive<u16>>);

impl Decode for StatusText {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        if let Data::List(items) = &node.value {
            let sets: Vec<_> = items.iter().filter_map(|item| Self::decode(item, problems)).collect();
            return (sets.len() == items.len()).then(|| Self(sets.into_iter().flat_map(|set| set.0).collect()));
        }
        let range = match &node.value {
            Data::Number(number) => {
                number.as_u64().filter(|code| (100..=599).contains(code)).map(|code| code as u16..=code as u16)
            }
            Data::Text(text) => class(text),
            _ => None,
        };
        if range.is_none() {
            let problem = Problem::at(node.span, "expected a status");
            problems.push(problem.help("write `200`, `2xx` or a list such as `[200, 404]`"));
        }
        range.map(|range| Self(vec![range]))
    }
}

fn class(text: &str) -> Option<RangeInclusive<u16>> {
    if let Ok(code) = text.parse::<u16>() {
        return (100..=599).contains(&code).then_some(code..=code);
    }
    let digit = text.strip_suffix("xx").and_then(|digit| digit.parse::<u16>().ok())?;
    (1..=5).contains(&digit).then(|| digit * 100..=digit * 100 + 99)
}

impl JsonSchema for StatusText {
    fn schema_name() -> Cow<'static, str> {
        "StatusText".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let one = serde_json::json!({"anyOf": [
            {"type": "integer", "minimum": 100, "maximum": 599},
            {"type": "string", "pattern": "^([1-5]xx|[1-5][0-9][0-9])$"},
        ]});
        json_schema!({"anyOf": [one, {"type": "array", "items": one}]})
    }
}

record! {
    /// Ways a value may match; all given must hold.
    pub struct MatcherMap("a matcher") {
        /// It equals this.
        optional equals: At<Any> = "equals";
        /// It does not equal this.
        optional not: At<Any> = "not";
        /// A number at most this.
        optional at_most: At<Any> = "at_most";
        /// A number at least this.
        optional at_least: At<Any> = "at_least";
        /// A text, list or map that contains this.
        optional contains: At<Any> = "contains";
        /// A text this regular expression matches somewhere.
        optional matches: At<String> = "matches";
    }
}

/// What a found value must be: `exists`, `absent`, a value it equals, or a map of ways to match.
#[derive(Debug, Clone)]
pub enum MatcherText {
    /// It is there.
    Exists,
    /// It is not there.
    Absent,
    /// It equals this.
    Value(Any),
    /// It matches in these ways.
    Map(Box<MatcherMap>),
}

impl Decode for MatcherText {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        match &node.value {
            Data::Map(entries) if entries.is_empty() => {
                let problem = Problem::at(node.span, "the matcher is empty");
                problems.push(problem.help("write `exists`, a value, or `{at_most: 100}`"));
                None
            }
            Data::Map(_) => MatcherMap::decode(node, problems).map(|map| Self::Map(Box::new(map))),
            Data::Text(text) if text == "exists" => Some(Self::Exists),
            Data::Text(text) if text == "absent" => Some(Self::Absent),
            _ => Any::decode(node, problems).map(Self::Value),
        }
    }
}

impl JsonSchema for MatcherText {
    fn schema_name() -> Cow<'static, str> {
        "MatcherText".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let map = generator.subschema_for::<MatcherMap>();
        json_schema!({"anyOf": [
            {"type": "string", "examples": ["exists", "absent"]},
            {"type": ["number", "boolean", "null", "array"]},
            map,
        ]})
    }
}

record! {
    /// A place in an answer, and how much of what is there is kept.
    pub struct CaptureMap("a capture") {
        /// The first match of a JSONPath in the body.
        optional json: At<String> = "json";
        /// All matches, as a list: of a JSONPath, or with `true` of the place beside it.
        optional all: At<AllText> = "all";
        /// A header, by name.
        optional header: At<String> = "header";
        /// A cookie the answer sets, by name.
        optional cookie: At<String> = "cookie";
        /// The first match of a regular expression in the body: its first group, where it has one.
        optional regex: At<String> = "regex";
        /// Which group of the regular expression: its number, its name, or `all` for all of them: a map by their names, or a list.
        optional group: At<GroupText> = "group";
        /// The first element of an HTML or XML body that a CSS selector selects: the texts inside it.
        optional css: At<String> = "css";
        /// The attribute of that element, in the place of its texts.
        optional attribute: At<String> = "attribute";
        /// The first match of an XPath (1.0) in an HTML or XML body.
        optional xpath: At<String> = "xpath";
        /// The status.
        optional status: At<bool> = "status";
        /// What is kept where nothing is found. Without it the call fails.
        optional default: At<Any> = "default";
    }
}

/// All matches: of a JSONPath, or of the place that stands beside it.
#[derive(Debug, Clone)]
pub enum AllText {
    /// Of a JSONPath.
    Path(String),
    /// Of the place beside it, or not.
    Beside(bool),
}

impl Decode for AllText {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        match &node.value {
            Data::Text(text) => Some(Self::Path(text.clone())),
            Data::Bool(word) => Some(Self::Beside(*word)),
            _ => {
                problems.push(expected("a JSONPath, or `true` beside another place", node));
                None
            }
        }
    }
}

impl JsonSchema for AllText {
    fn schema_name() -> Cow<'static, str> {
        "AllText".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"anyOf": [{"type": "string", "examples": ["$.items[*].id"]}, {"const": true}]})
    }
}

/// A group of a regular expression.
#[derive(Debug, Clone)]
pub enum GroupText {
    /// By its number; 0 is the whole match.
    Number(usize),
    /// By its name; `all` for all of them.
    Name(String),
}

impl Decode for GroupText {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let number = |number: &super::number::Number| number.as_u64().and_then(|number| usize::try_from(number).ok());
        match &node.value {
            Data::Text(text) => Some(Self::Name(text.clone())),
            Data::Number(written) if number(written).is_some() => number(written).map(Self::Number),
            _ => {
                problems.push(expected("the number or the name of a group, or `all`", node));
                None
            }
        }
    }
}

impl JsonSchema for GroupText {
    fn schema_name() -> Cow<'static, str> {
        "GroupText".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "examples": ["all"]}]})
    }
}

/// What is kept of an answer: a JSONPath, or another place.
#[derive(Debug, Clone)]
pub enum CaptureText {
    /// A JSONPath into the body.
    Path(String),
    /// Another place, or more of it.
    Map(Box<CaptureMap>),
}

impl Decode for CaptureText {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        match &node.value {
            Data::Text(text) => Some(Self::Path(text.clone())),
            Data::Map(_) => CaptureMap::decode(node, problems).map(|map| Self::Map(Box::new(map))),
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
        let place = generator.subschema_for::<CaptureMap>();
        json_schema!({"anyOf": [{"type": "string", "examples": ["$.token"]}, place]})
    }
}

/// What a call adds to a metric: a JSONPath into the answer, an expression, or a number.
#[derive(Debug, Clone)]
pub enum Recorded {
    /// A text: a JSONPath where it starts with `$`, else an expression in `{{ }}`.
    Text(String),
    /// The number itself.
    Number(f64),
}

impl Decode for Recorded {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        match &node.value {
            Data::Text(text) => Some(Self::Text(text.clone())),
            Data::Number(number) => number.as_f64().map(Self::Number),
            _ => {
                problems.push(expected("a JSONPath, an expression or a number", node));
                None
            }
        }
    }
}

impl JsonSchema for Recorded {
    fn schema_name() -> Cow<'static, str> {
        "Recorded".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": ["string", "number"], "examples": ["$.concepts_found", 1]})
    }
}
