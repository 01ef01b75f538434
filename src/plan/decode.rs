use std::borrow::Cow;
use std::ops::Deref;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value as Json;

use super::document::{Data, Node};
use super::foreign;
use crate::diagnostic::{Problem, Problems, Span, did_you_mean, nearest};
use crate::units::{DurationRange, Misread, Rate, Ratio, Seed, Size, parse_duration};

/// What a person may write at one place of a plan: read from a node, and described to editors by its schema.
///
/// Reading never stops at a mistake: it tells the problem and gives `None`, and what stands beside it is read on.
pub trait Decode: Sized + JsonSchema {
    /// Reads a node; `None` where a problem was told.
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self>;
}

/// A thing of the plan with its place.
#[derive(Debug, Clone)]
pub struct At<T> {
    /// The thing.
    pub value: T,
    /// Where it stands.
    pub span: Span,
}

impl<T> Deref for At<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: Decode> Decode for At<T> {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        T::decode(node, problems).map(|value| Self { value, span: node.span })
    }
}

/// A map from names of the person's own choosing to things, in the order written.
///
/// An entry that could not be read keeps its name, so that whoever uses the name is not told it is unknown.
#[derive(Debug, Clone)]
pub struct Named<T>(pub Vec<(At<String>, Option<T>)>);

impl<T> Default for Named<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Named<T> {
    /// The entries that could be read.
    pub fn iter(&self) -> impl Iterator<Item = (&At<String>, &T)> {
        self.0.iter().filter_map(|(name, thing)| Some((name, thing.as_ref()?)))
    }

    /// All names, those of unreadable entries too.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.value.as_str())
    }

    /// Whether a name is there, readable or not.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.names().any(|known| known == name)
    }
}

impl<T: Decode> Decode for Named<T> {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let Data::Map(entries) = &node.value else {
            problems.push(expected("a map of names", node));
            return None;
        };
        let mut named: Vec<(At<String>, Option<T>)> = Vec::new();
        for (key, value) in entries {
            let Some(name) = key_text(key) else {
                problems.push(unquoted(key));
                continue;
            };
            if let Some((first, _)) = named.iter().find(|(known, _)| known.value == name) {
                problems.push(duplicate(&name, key.span, first.span));
                continue;
            }
            named.push((At { value: name, span: key.span }, T::decode(value, problems)));
        }
        Some(Self(named))
    }
}

impl<T: Decode> Decode for Vec<T> {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let Data::List(items) = &node.value else {
            problems.push(expected("a list", node));
            return None;
        };
        Some(items.iter().filter_map(|item| T::decode(item, problems)).collect())
    }
}

/// A list with at least one item; `None` where no item could be read.
#[derive(Debug, Clone)]
pub struct Filled<T>(pub Vec<T>);

impl<T: Decode> Decode for Filled<T> {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        if matches!(&node.value, Data::List(items) if items.is_empty()) {
            problems.push(Problem::at(node.span, "the list is empty").help("give it at least one item"));
            return None;
        }
        Vec::decode(node, problems).map(Self)
    }
}

/// One thing, or a list of them.
#[derive(Debug, Clone)]
pub struct OneOrMany<T>(pub Vec<T>);

impl<T: Decode> Decode for OneOrMany<T> {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        match &node.value {
            Data::List(_) => Vec::decode(node, problems).map(Self),
            _ => T::decode(node, problems).map(|one| Self(vec![one])),
        }
    }
}

/// The node as it is: any value, with templates at its leaves.
#[derive(Debug, Clone)]
pub struct Any(pub Node);

impl Decode for Any {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        whole(node, problems).then(|| Self(node.clone()))
    }
}

/// Whether no map inside has a key that is no text, or comes twice.
fn whole(node: &Node, problems: &mut Problems) -> bool {
    match &node.value {
        Data::Map(entries) => {
            let mut fine = true;
            for (index, (key, value)) in entries.iter().enumerate() {
                let Some(name) = key_text(key) else {
                    problems.push(unquoted(key));
                    return false;
                };
                let first =
                    entries[..index].iter().find(|(known, _)| key_text(known).as_deref() == Some(name.as_ref()));
                if let Some((first, _)) = first {
                    problems.push(duplicate(&name, key.span, first.span));
                    fine = false;
                }
                fine &= whole(value, problems);
            }
            fine
        }
        Data::List(items) => {
            let mut fine = true;
            for item in items {
                fine &= whole(item, problems);
            }
            fine
        }
        _ => true,
    }
}

/// The fields of a map whose keys the language fixes.
pub(super) struct Fields<'a> {
    node: &'a Node,
    what: &'static str,
    /// Known keys that a misspelt one was probably meant to be: they are not told to be missing as well.
    meant: Vec<&'static str>,
}

impl<'a> Fields<'a> {
    /// Opens a map, and tells every key that is unknown or comes twice.
    pub(super) fn open(
        node: &'a Node,
        what: &'static str,
        known: &[&'static str],
        problems: &mut Problems,
    ) -> Option<Self> {
        let Data::Map(entries) = &node.value else {
            problems.push(expected(what, node));
            return None;
        };
        let mut meant = Vec::new();
        for (index, (key, _)) in entries.iter().enumerate() {
            let Some(name) = key_text(key) else {
                problems.push(unquoted(key));
                continue;
            };
            let is_free = what == super::root::WHAT && name.starts_with("x-");
            let earlier = entries[..index].iter().find(|(known, _)| key_text(known).as_deref() == Some(name.as_str()));
            if let Some((first, _)) = earlier {
                problems.push(duplicate(&name, key.span, first.span));
            } else if !known.contains(&name.as_str()) && !is_free {
                problems.push(unknown_key(&name, key.span, what, known));
                meant.extend(nearest(&name, known.iter().copied()).and_then(|near| known.iter().find(|k| **k == near)));
                meant.extend(foreign::our_key(&name, known));
            }
        }
        Some(Self { node, what, meant })
    }

    /// The value under a key, read; `None` where the key is missing or its value was a problem.
    pub(super) fn optional<T: Decode>(&self, key: &str, problems: &mut Problems) -> Option<T> {
        let node = self.node.entry(key)?;
        if matches!(node.value, Data::Null) {
            let problem = Problem::at(self.key_span(key), format!("`{key}` has no value"));
            problems.push(problem.help("give it one, or take the line away"));
            return None;
        }
        T::decode(node, problems)
    }

    /// The value under a key that must be there.
    pub(super) fn required<T: Decode>(&self, key: &str, problems: &mut Problems) -> Option<T> {
        if self.node.entry(key).is_none() && !self.meant.contains(&key) {
            let start = self.node.span.part(0..1);
            problems.push(Problem::at(start, format!("{} needs `{key}`", self.what)));
        }
        self.optional(key, problems)
    }

    fn key_span(&self, key: &str) -> Span {
        match &self.node.value {
            Data::Map(entries) => entries.iter().find(|(known, _)| known.text() == Some(key)).map(|(key, _)| key.span),
            _ => None,
        }
        .unwrap_or(self.node.span)
    }
}

/// The one choice of a `kind: {fields}` map: the kind's place and name, and its fields.
pub(super) fn choose<'a>(
    node: &'a Node,
    what: &'static str,
    kinds: &[&'static str],
    problems: &mut Problems,
) -> Option<(&'a str, &'a Node)> {
    let listed = || kinds.iter().map(|kind| format!("`{kind}`")).collect::<Vec<_>>().join(", ");
    let Data::Map(entries) = &node.value else {
        problems.push(expected(what, node).help(format!("write one of {} as `kind: {{…}}`", listed())));
        return None;
    };
    let mut chosen = None;
    for (index, (key, value)) in entries.iter().enumerate() {
        let Some(name) = key.text() else {
            problems.push(unquoted(key));
            continue;
        };
        if !kinds.contains(&name) {
            problems.push(unknown_key(name, key.span, what, kinds));
        } else if let Some((first, _)) = entries[..index].iter().find(|(known, _)| known.text() == Some(name)) {
            problems.push(duplicate(name, key.span, first.span));
        } else if chosen.is_some() {
            let problem = Problem::at(key.span, format!("{what} is one kind, not also `{name}`"));
            problems.push(problem.help(format!("keep one of {}", listed())));
        } else {
            chosen = Some((name, value));
        }
    }
    if entries.is_empty() {
        problems.push(Problem::at(node.span, format!("{what} is empty")).help(format!("write one of {}", listed())));
    }
    chosen
}

/// The problem of a node of the wrong kind.
pub(super) fn expected(what: &str, node: &Node) -> Problem {
    match &node.value {
        Data::Map(entries) if entries.iter().any(|(key, _)| key_text(key).is_none()) => unquoted(node),
        _ => Problem::at(node.span, format!("expected {what}, found {}", node.kind())),
    }
}

fn unquoted(node: &Node) -> Problem {
    let problem = Problem::at(node.span, "an unquoted `{{ … }}` is a map to YAML");
    problem.help("put quotes around it: `\"{{ … }}\"`")
}

fn duplicate(name: &str, span: Span, first: Span) -> Problem {
    Problem::at(span, format!("`{name}` is written twice")).label("again here").related(first, "first written here")
}

fn unknown_key(name: &str, span: Span, what: &str, known: &[&'static str]) -> Problem {
    let problem = Problem::at(span, format!("unknown key `{name}` in {what}"));
    match (nearest(name, known.iter().copied()), foreign::our_word(name, known)) {
        (None, Some(ours)) => problem.help(ours),
        _ => problem.help_if(did_you_mean(name, known.iter().copied())),
    }
}

/// A key as text: a number or a truth value is taken as it is written.
fn key_text(key: &Node) -> Option<String> {
    match &key.value {
        Data::Text(text) => Some(text.clone()),
        Data::Number(number) => Some(number.to_string()),
        Data::Bool(truth) => Some(truth.to_string()),
        Data::Null | Data::List(_) | Data::Map(_) => None,
    }
}

impl Decode for String {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        match &node.value {
            Data::Text(text) => Some(text.clone()),
            Data::Number(number) => Some(number.to_string()),
            _ => {
                problems.push(expected("a text", node));
                None
            }
        }
    }
}

impl Decode for bool {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        match &node.value {
            Data::Bool(truth) => Some(*truth),
            Data::Text(text) if node.filled && matches!(text.as_str(), "true" | "false") => Some(text == "true"),
            _ => {
                problems.push(expected("`true` or `false`", node));
                None
            }
        }
    }
}

/// A relative share: a number ≥ 0, decimals allowed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weight(pub f64);

impl Decode for Weight {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let weight = number(node).filter(|weight| (0.0..=1e12).contains(weight));
        if weight.is_none() {
            let problem = match &node.value {
                Data::Number(number) => Problem::at(node.span, format!("`{number}` is not a weight")),
                _ => expected("a weight", node),
            };
            problems.push(problem.help("write a number ≥ 0, such as `60` or `0.5`"));
        }
        weight.map(Self)
    }
}

/// A whole number ≥ 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count(pub u64);

impl Decode for Count {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let count = match &node.value {
            Data::Number(number) => number.as_u64(),
            Data::Text(text) if node.filled => text.trim().parse().ok(),
            _ => None,
        };
        if count.is_none() {
            let problem = match &node.value {
                Data::Number(number) => Problem::at(node.span, format!("`{number}` is not a whole number ≥ 0")),
                _ => expected("a whole number", node),
            };
            problems.push(problem.help("write a whole number, such as `50`"));
        }
        count.map(Self)
    }
}

fn number(node: &Node) -> Option<f64> {
    match &node.value {
        Data::Number(number) => number.as_f64(),
        Data::Text(text) if node.filled => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
        _ => None,
    }
}

macro_rules! quantities {
    ($($type:ty, $read:expr, $what:literal;)*) => {$(
        impl Decode for $type {
            fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
                let read: fn(&str) -> Result<$type, Misread> = $read;
                let written = match &node.value {
                    Data::Text(text) => text.clone(),
                    Data::Number(number) => number.to_string(),
                    _ => {
                        problems.push(expected($what, node));
                        return None;
                    }
                };
                match read(&written) {
                    Ok(quantity) => Some(quantity),
                    Err(misread) => {
                        problems.push(Problem::at(node.span, misread.message).help(misread.help));
                        None
                    }
                }
            }
        }
    )*};
}

/// A duration as the plan writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Time(pub Duration);

quantities! {
    Time, |text| parse_duration(text).map(Time), "a duration such as `10s`";
    DurationRange, DurationRange::parse, "a duration such as `2s` or `1s..5s`";
    Rate, Rate::parse, "a rate such as `50/s`";
    Ratio, Ratio::parse, "a share such as `1%`";
    Size, Size::parse, "a size such as `10KiB`";
    Seed, Seed::parse, "a whole number";
}

macro_rules! schemas {
    ($($type:ty, $name:literal, $schema:expr;)*) => {$(
        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                $schema
            }
        }
    )*};
}

const FROM_ENVIRONMENT: &str = r"\$\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\}";

fn quantity_schema(pattern: &str, examples: &[&str]) -> Schema {
    json_schema!({"type": "string", "pattern": format!("({FROM_ENVIRONMENT})|^\\s*({pattern})\\s*$"), "examples": examples})
}

const DURATION: &str = r"([0-9]+(\.[0-9]+)?\s*(ns|us|µs|ms|s|m|h|d)\s*)+";

schemas! {
    Time, "Duration", quantity_schema(DURATION, &["250ms", "10s", "1m30s"]);
    DurationRange, "DurationRange", quantity_schema(&format!(r"{DURATION}(\.\.\s*{DURATION})?"), &["2s", "1s..5s"]);
    Rate, "Rate", quantity_schema(r"[0-9]+(\.[0-9]+)?\s*/\s*(s|sec|second|m|min|minute|h|hour)", &["50/s", "1000/min"]);
    Ratio, "Ratio", quantity_schema(r"[0-9]+(\.[0-9]+)?\s*%", &["1%"]);
    Size, "Size", quantity_schema(r"[0-9]+(\.[0-9]+)?\s*(B|KiB|MiB|GiB|kB|MB|GB)", &["10KiB"]);
    Seed, "Seed", json_schema!({"type": ["integer", "string"], "minimum": 0});
    Weight, "Weight", json_schema!({"type": ["number", "string"], "minimum": 0});
    Count, "Count", json_schema!({"type": ["integer", "string"], "minimum": 0});
    Any, "Any", json_schema!(true);
}

impl<T: JsonSchema> JsonSchema for At<T> {
    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

impl<T: JsonSchema> JsonSchema for Named<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("NamesOf{}", T::schema_name()).into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "object", "additionalProperties": generator.subschema_for::<T>()})
    }
}

impl<T: JsonSchema> JsonSchema for Filled<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("ListOf{}", T::schema_name()).into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "array", "minItems": 1, "items": generator.subschema_for::<T>()})
    }
}

impl<T: JsonSchema> JsonSchema for OneOrMany<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("OneOrMany{}", T::schema_name()).into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<T>();
        json_schema!({"anyOf": [one, {"type": "array", "items": one}]})
    }
}

/// The JSON a node stands for, texts as written.
#[must_use]
pub fn node_to_json(node: &Node) -> Json {
    match &node.value {
        Data::Null => Json::Null,
        Data::Bool(truth) => Json::Bool(*truth),
        Data::Number(number) => Json::Number(number.clone()),
        Data::Text(text) => Json::String(text.clone()),
        Data::List(items) => Json::Array(items.iter().map(node_to_json).collect()),
        Data::Map(entries) => Json::Object(
            entries.iter().filter_map(|(key, value)| Some((key_text(key)?, node_to_json(value)))).collect(),
        ),
    }
}
