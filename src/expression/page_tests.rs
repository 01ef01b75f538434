//! Every example of `docs/expressions.md` gives what the page says, and every function, filter and test has one.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::*;
use crate::units::{Seed, Shard};

const PAGE: &str = include_str!("../../docs/expressions.md");

/// An example of the page: what is written, and what it gives.
struct Example {
    written: &'static str,
    gives: &'static str,
}

fn blocks(kind: &str) -> impl Iterator<Item = &'static str> {
    let fence = format!("```{kind}\n");
    let parts: Vec<&str> = PAGE.split(fence.as_str()).skip(1).collect();
    parts.into_iter().filter_map(|rest| rest.split("```").next())
}

fn examples() -> Vec<Example> {
    let lines = blocks("text").flat_map(str::lines).filter(|line| !line.trim().is_empty());
    let example = |line: &'static str| {
        let (written, gives) = line.split_once(" → ").unwrap_or_else(|| panic!("no ` → ` in `{line}`"));
        Example { written: written.trim(), gives: gives.trim() }
    };
    lines.map(example).collect()
}

/// The names the page says there are.
fn scope() -> Arc<Scope> {
    let words = Value::from(["alpha", "beta", "gamma"].map(Value::from).to_vec());
    let row = |name: &str, age: i64| Value::from_pairs([("name", Value::from(name)), ("age", Value::from(age))]);
    let globals = Globals::new(vec![
        ("limit".into(), Value::from(20)),
        ("words".into(), words),
        ("rows".into(), Value::from(vec![row("ann", 31), row("bob", 7)])),
        ("key".into(), Value::from("a key")),
    ]);
    let user = ScopeUser { id: 7, kind: "reader".into() };
    let scope = Scope::new(Arc::new(globals.of_run(Shard::WHOLE)), user, ScopeRng::new(Seed::new(42)));
    let mut headers = http::HeaderMap::new();
    headers.insert("content-type", http::HeaderValue::from_static("application/json"));
    let body = Bytes::from_static(blocks("json").next().unwrap().as_bytes());
    scope.answer(Some(Answer::new(200, headers, body, Duration::from_millis(12))));
    scope.begin(3, &"peak".into());
    scope
}

#[test]
fn every_example_of_the_page_gives_what_the_page_says() {
    let (scope, docs) = (scope(), Path::new(env!("CARGO_MANIFEST_DIR")).join("docs"));
    let mut wrong = Vec::new();
    let examples = examples();
    for Example { written, gives } in &examples {
        let template = Template::parse(Source::from(*written).within(&docs));
        let given = template.map_err(|error| error.message);
        let given = given.and_then(|template| template.render(&scope).map_err(|error| error.message));
        let holds = match (gives.strip_prefix("an error: "), gives.strip_prefix("for example ")) {
            (Some(error), _) => given.as_ref().is_err_and(|message| message.contains(error)),
            // chance and time give something else each time, of the same kind
            (None, Some(example)) => given.as_ref().is_ok_and(|given| alike(given, example)),
            (None, None) => given.as_deref() == Ok(*gives),
        };
        if !holds {
            wrong.push(format!("{written}\n  says  {gives}\n  gives {given:?}"));
        }
    }
    assert!(wrong.is_empty() && examples.len() > 100, "{} examples:\n{}", examples.len(), wrong.join("\n"));
}

/// Whether two texts have the same signs but for letters and digits, or one of them is a plain word.
fn alike(given: &str, example: &str) -> bool {
    let signs = |text: &str| text.chars().filter(|letter| "-:@[]{}\"".contains(*letter)).collect::<String>();
    !given.is_empty() && (signs(given) == signs(example) || !example.contains(['@', '[', ':']))
}

#[test]
fn every_function_filter_and_test_has_an_example_on_the_page() {
    let examples = examples();
    let has = |sign: &str| examples.iter().any(|example| example.written.contains(sign));
    let functions = FUNCTIONS.iter().map(|(name, ..)| format!("{name}("));
    let filters = FILTERS.iter().map(|filter| format!("| {}", filter.name));
    let tests = TESTS.iter().map(|test| format!("is {}", test.name));
    let missing: Vec<String> = functions.chain(filters).chain(tests).filter(|sign| !has(sign)).collect();
    assert!(missing.is_empty(), "no example of {missing:?}");
}
