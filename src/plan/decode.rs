use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Deref;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value as Json;

use super::document::{Data, Node};
use super::filled_secrets::variable;
use super::filling::Filling;
use crate::diagnostic::{Problem, Problems, Span};
use crate::secrets::Secrets;

/// What a person may write at one place of a plan: read from a node, and described to editors by its schema.
///
/// Reading never stops at an error: the problem is reported, `None` comes back, and what stands beside it is read on.
pub trait Decode: Sized + JsonSchema {
    /// Whether one of them may stand in the place of a list.
    const ALONE: bool = false;

    /// Reads a node; `None` where a problem was reported.
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self>;
}

/// A thing of the plan with its place.
#[derive(Debug, Clone)]
pub struct At<T> {
    /// The thing.
    pub value: T,
    /// Where it stands.
    pub span: Span,
    /// The values in it that do not stand in the file, where it is a text with any.
    pub filling: Option<Arc<Filling>>,
}

impl<T> At<T> {
    /// A thing without values of the environment.
    pub const fn plain(value: T, span: Span) -> Self {
        Self { value, span, filling: None }
    }

    /// Another thing at the same place, made of the same text.
    pub fn with<U>(&self, value: U) -> At<U> {
        At { value, span: self.span, filling: self.filling.clone() }
    }
}

impl<T> Deref for At<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: Decode> Decode for At<T> {
    const ALONE: bool = T::ALONE;

    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        T::decode(node, problems).map(|value| Self { value, span: node.span, filling: node.filled.filling().cloned() })
    }
}

/// A text with more bytes is not shown again in a help.
const SHOWN: usize = 60;

/// A map from names of the person's own choosing to things, in the order written.
///
/// An entry that could not be read keeps its name, so that its uses are not reported as unknown.
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
            problems.push(expected("a map of names", node).help(named(node)));
            return None;
        };
        let mut named: Vec<(At<String>, Option<T>)> = Vec::with_capacity(entries.len());
        let mut places: HashMap<String, Span> = HashMap::with_capacity(entries.len());
        for (key, value) in entries {
            let Some(name) = key_text(key) else {
                problems.push(unquoted(key));
                continue;
            };
            if let Some(first) = places.get(&name) {
                problems.push(duplicate(&name, key.span, *first));
                continue;
            }
            places.insert(name.clone(), key.span);
            named.push((At::plain(name, key.span), T::decode(value, problems)));
        }
        Some(Self(named))
    }
}

/// What to write in the place of a value that stands where names with a value each are wanted.
fn named(node: &Node) -> String {
    match &node.value {
        Data::Number(number) => format!("write a name before it: `{{NAME: {number}}}`"),
        Data::Text(text) if !text.contains('\n') && text.len() <= SHOWN => {
            format!("write a name before it: `{{NAME: {text}}}`")
        }
        _ => "write it as names with a value each: `{NAME: …}`".to_owned(),
    }
}

impl<T: Decode> Decode for Vec<T> {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let Data::List(items) = &node.value else {
            if T::ALONE && !matches!(node.value, Data::Null) {
                return T::decode(node, problems).map(|one| vec![one]);
            }
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
            let mut places = HashMap::with_capacity(entries.len());
            for (key, value) in entries {
                let Some(name) = key_text(key) else {
                    problems.push(unquoted(key));
                    return false;
                };
                if let Some(first) = places.get(&name) {
                    problems.push(duplicate(&name, key.span, *first));
                    fine = false;
                } else {
                    places.insert(name, key.span);
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

/// The JSON a node stands for, texts as written.
#[must_use]
pub fn node_to_json(node: &Node) -> Json {
    match &node.value {
        Data::Null => Json::Null,
        Data::Bool(truth) => Json::Bool(*truth),
        Data::Number(number) => Json::Number(number.value().clone()),
        Data::Text(text) => Json::String(text.clone()),
        Data::List(items) => Json::Array(items.iter().map(node_to_json).collect()),
        Data::Map(entries) => Json::Object(
            entries.iter().filter_map(|(key, value)| Some((key_text(key)?, node_to_json(value)))).collect(),
        ),
    }
}

/// The same as it is written: `${NAME}` stays, and what `--set` gives is `…`, unless the plan says that it is public.
#[must_use]
pub fn node_as_written(node: &Node, secrets: &Secrets) -> Json {
    written_under("", node, secrets)
}

fn written_under(name: &str, node: &Node, secrets: &Secrets) -> Json {
    match (&node.value, node.filled.filling()) {
        (Data::List(items), _) => Json::Array(items.iter().map(|item| written_under(name, item, secrets)).collect()),
        (Data::Map(entries), _) => {
            let entries = entries.iter().filter_map(|(key, value)| {
                let key = key_text(key)?;
                let written = written_under(&key, value, secrets);
                Some((key, written))
            });
            Json::Object(entries.collect())
        }
        (_, Some(filling)) => Json::String(filling.text_with(|written, value| {
            let name = variable(written).unwrap_or(name);
            if secrets.is_public(name) { value.to_owned() } else { written.to_owned() }
        })),
        _ => node_to_json(node),
    }
}

/// The problem of a node of the wrong kind.
pub(super) fn expected(what: &str, node: &Node) -> Problem {
    match &node.value {
        Data::Map(entries) if entries.iter().any(|(key, _)| matches!(key.value, Data::Map(_))) => unquoted(node),
        Data::Null => Problem::at(node.span, format!("expected {what}, found nothing"))
            .help("give it a value, or remove the line"),
        _ => Problem::at(node.span, format!("expected {what}, found {}", node.kind())),
    }
}

pub(super) fn unquoted(node: &Node) -> Problem {
    if matches!(node.value, Data::Null) {
        let problem = Problem::at(node.span, "the key is nothing: to YAML that is what `null` and `~` are");
        return problem.help("put quotes around it: `\"null\":`");
    }
    if matches!(node.value, Data::List(_)) {
        return Problem::at(node.span, "a list cannot be a key").help("put quotes around it");
    }
    let problem = Problem::at(node.span, "an unquoted `{{ … }}` is a map to YAML");
    problem.help("put quotes around it: `\"{{ … }}\"`")
}

pub(super) fn duplicate(name: &str, span: Span, first: Span) -> Problem {
    Problem::at(span, format!("`{name}` is written twice")).label("again here").related(first, "first written here")
}

/// A key as text: a number or a truth value is taken as it is written.
pub(super) fn key_text(key: &Node) -> Option<String> {
    match &key.value {
        Data::Text(text) => Some(text.clone()),
        Data::Number(number) => Some(number.to_string()),
        Data::Bool(truth) => Some(truth.to_string()),
        Data::Null | Data::List(_) | Data::Map(_) => None,
    }
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
