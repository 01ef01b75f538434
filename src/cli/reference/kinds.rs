use serde_json::Value;

use super::cells::{code, link};
use super::parts::{definition, heading_of};
use crate::plan::plan_schema;

/// Quantities, by the first of their examples: what they are called here, and in the table of units.
const QUANTITIES: [(&str, &str); 6] = [
    ("250ms", "duration"),
    ("2s", "duration or range"),
    ("50/s", "rate"),
    ("2Mbit/s", "bandwidth"),
    ("10KiB", "size"),
    ("1%", "ratio"),
];

/// What may stand under a key, in words of the language.
pub(super) fn kind(schema: &Value) -> String {
    if is_steps(schema) {
        return link("steps", "Kinds of steps");
    }
    if let Some(name) = schema.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next()) {
        return referred(name);
    }
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        return one_of(values.iter().map(|value| code(&written(value))));
    }
    if let Some(value) = schema.get("const") {
        return code(&written(value));
    }
    for choice in ["allOf", "anyOf"] {
        if let Some(schemas) = schema.get(choice).and_then(Value::as_array) {
            return one_of(schemas.iter().map(kind));
        }
    }
    match schema.get("type") {
        Some(Value::String(name)) => of_type(name, schema),
        // what is evaluated, in the place of a number that may come from the environment
        Some(Value::Array(_)) if schema.get("examples").is_some_and(|of| of.get(0).is_some_and(Value::is_string)) => {
            "text or number".to_owned()
        }
        Some(Value::Array(names)) => of_types(&names.iter().filter_map(Value::as_str).collect::<Vec<_>>()),
        _ => "any value".to_owned(),
    }
}

/// What a definition is: a link to its part of the page, or what it stands for.
fn referred(name: &str) -> String {
    match (name, heading_of(name)) {
        ("StatusText", _) => one_of(["status (`200`, `2xx`)", "list of them"]),
        ("RetryCause", _) => "status or kind of failure (`429`, `5xx`, `connect`, …)".to_owned(),
        ("Step", _) => link("step", "Kinds of steps"),
        (_, Some(heading)) => link("map", heading),
        (_, None) => definition(&plan_schema(), name).map_or_else(|| "any value".to_owned(), |schema| kind(&schema)),
    }
}

fn of_type(name: &str, schema: &Value) -> String {
    let first = schema.get("examples").and_then(|examples| examples.get(0)).and_then(Value::as_str);
    let has_pattern = schema.get("pattern").is_some();
    match name {
        "string" if has_pattern => {
            let quantity = QUANTITIES.iter().find(|(example, _)| Some(*example) == first);
            quantity.map_or_else(|| "text with an expression".to_owned(), |(_, name)| link(name, "Units"))
        }
        "string" => "text".to_owned(),
        "integer" => "whole number".to_owned(),
        "number" => "number".to_owned(),
        "boolean" => "`true` or `false`".to_owned(),
        "array" => format!("list of {}", schema.get("items").map_or_else(|| "any value".to_owned(), within)),
        "object" => match schema.get("additionalProperties") {
            Some(Value::Object(entries)) => format!("map of {}", within(&Value::Object(entries.clone()))),
            _ => "map".to_owned(),
        },
        _ => "any value".to_owned(),
    }
}

/// Several plain types at once; a text among them may come from the environment.
fn of_types(names: &[&str]) -> String {
    let has = |name: &str| names.contains(&name);
    match (has("integer"), has("number"), has("boolean"), has("array")) {
        (true, ..) => "whole number".to_owned(),
        (_, true, false, false) if has("string") && names.len() == 2 => "number".to_owned(),
        (_, _, true, false) if has("string") && has("null") => "text or `null`".to_owned(),
        (_, _, true, false) if has("string") && has("number") => "text".to_owned(),
        (_, _, true, false) if has("string") => "text or `true`".to_owned(),
        _ => "any value".to_owned(),
    }
}

/// What a list or a map holds.
fn within(schema: &Value) -> String {
    let inner = kind(schema);
    let several =
        [("text", "texts"), ("number", "numbers"), ("whole number", "whole numbers"), ("any value", "values")];
    if let Some((_, several)) = several.iter().find(|(one, _)| *one == inner) {
        return (*several).to_owned();
    }
    if inner.contains(" or ") { format!("({inner})") } else { inner.replace("[map]", "[maps]") }
}

/// Whether these are steps: one of them, or a list.
fn is_steps(schema: &Value) -> bool {
    let choices = schema.get("anyOf").and_then(Value::as_array);
    let lists = choices.into_iter().flatten().filter_map(|choice| choice.get("items"));
    let steps = lists.filter_map(|items| items.get("anyOf")?.as_array());
    let is_step = |choice: &Value| choice.get("$ref").and_then(Value::as_str) == Some("#/definitions/Step");
    steps.flatten().any(is_step) && !schema.to_string().contains("definitions/Task")
}

/// A value as a plan has it.
fn written(value: &Value) -> String {
    match value {
        Value::String(text) if text.parse::<f64>().is_ok() => format!("\"{text}\""),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Several ways, each once.
fn one_of(ways: impl IntoIterator<Item = impl Into<String>>) -> String {
    let mut known: Vec<String> = Vec::new();
    for way in ways.into_iter().map(Into::into) {
        if !known.contains(&way) {
            known.push(way);
        }
    }
    if known.iter().any(|way| way == "any value") {
        known.retain(|way| way != "text");
    }
    known.join(" or ")
}
