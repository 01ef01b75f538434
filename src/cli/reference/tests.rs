use serde_json::Value;

use super::keys::told_apart;
use super::parts::{Part, groups, heading_of};
use super::reference;
use crate::plan::{plan_schema, suite_schema};

fn parts() -> Vec<Part> {
    groups().into_iter().flat_map(|group| group.parts).collect()
}

/// All definitions of the schemas, by name.
fn definitions() -> Vec<(String, Value)> {
    let of = |schema: Value| schema["definitions"].as_object().cloned().unwrap_or_default();
    [plan_schema(), suite_schema()].map(of).into_iter().flatten().collect()
}

/// The keys of a map of the language.
fn keys_of(schema: &Value) -> Vec<&String> {
    schema.get("properties").and_then(Value::as_object).into_iter().flat_map(|keys| keys.keys()).collect()
}

#[test]
fn every_map_of_the_language_is_a_part_of_the_page() {
    for (name, definition) in definitions() {
        assert!(keys_of(&definition).is_empty() || heading_of(&name).is_some(), "`{name}` is in no group of parts.md");
    }
    for part in parts() {
        assert!(!keys_of(&part.schema).is_empty(), "the language has nothing like `{}`", part.heading);
    }
}

#[test]
fn every_key_stands_in_an_example_of_its_part() {
    let mut missing = Vec::new();
    for part in parts() {
        for key in keys_of(&part.schema) {
            let is_there = |signs: &str| part.examples.contains(&format!("{signs}{key}:"));
            if !["\n", " ", "{"].into_iter().any(is_there) {
                missing.push(format!("{}: {key}", part.heading));
            }
        }
    }
    assert!(missing.is_empty(), "no example of {missing:?}");
}

#[test]
fn no_name_of_the_code_is_on_the_page() {
    let page = reference();
    let text: String = page.split("```").step_by(2).collect();
    // a name of two words is none of the language's
    let is_of_the_code = |name: &String| name.chars().skip(1).any(char::is_uppercase);
    for (name, _) in definitions().into_iter().filter(|(name, _)| is_of_the_code(name)) {
        assert!(!text.contains(&name), "{name}");
    }
    assert!(!text.contains("| any value | – |  |"), "a key without a word about it");
}

#[test]
fn the_default_is_told_apart_from_what_a_key_means() {
    let told = |description: &str| {
        let (means, default) = told_apart(description);
        (means, default)
    };
    let both = |means: &str, default: &str| (means.to_owned(), default.to_owned());
    assert_eq!(told("How long. Default `10s`."), both("How long.", "`10s`"));
    assert_eq!(told("How long. Default: all at once. More."), both("How long. More.", "all at once"));
    assert_eq!(told("`even` (the default): equal gaps."), both("`even`: equal gaps.", "`even`"));
    assert_eq!(told("A name."), both("A name.", "–"));
}
