use serde_json::{Map, Value};

use super::cells::{cell, code};
use super::kinds::kind;
use super::parts::Part;

/// A part of the language: what it is, its keys, and its examples.
pub(super) fn keys(out: &mut String, part: &Part) {
    let about = text_of(&part.schema, "description").replace('\n', " ");
    out.push_str(&format!(
        "\n### {}\n\n{about}\n\n| key | is | default | means |\n| --- | --- | --- | --- |\n",
        part.heading
    ));
    let none = Map::new();
    let required = part.schema.get("required").and_then(Value::as_array);
    let required: Vec<&str> = required.into_iter().flatten().filter_map(Value::as_str).collect();
    for (key, value) in part.schema.get("properties").and_then(Value::as_object).unwrap_or(&none) {
        let (means, default) = told_apart(&text_of(value, "description").replace('\n', " "));
        let default = if required.contains(&key.as_str()) { "required".to_owned() } else { default };
        out.push_str(&format!("| {} | {} | {} | {} |\n", code(key), cell(&kind(value)), cell(&default), cell(&means)));
    }
    out.push_str(&format!("\n{}\n", part.examples));
}

fn text_of<'a>(schema: &'a Value, key: &str) -> &'a str {
    schema.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// What a description says, and the default it names: in a sentence that begins with `Default`, or as a word that is
/// `(the default)`.
pub(super) fn told_apart(description: &str) -> (String, String) {
    if let Some(start) = sentence(description, "Default") {
        let (before, rest) = description.split_at(start);
        let end = rest.find(". ").map_or(rest.len(), |end| end + 1);
        let (said, after) = rest.split_at(end);
        let said = said.trim_start_matches("Default").trim_start_matches(':').trim().trim_end_matches('.');
        return (format!("{} {}", before.trim(), after.trim()).trim().to_owned(), said.to_owned());
    }
    let marked = description.split_once(" (the default)");
    match marked.and_then(|(before, after)| Some((before, before.rsplit('`').nth(1)?, after))) {
        Some((before, word, after)) => (format!("{before}{after}"), code(word)),
        None => (description.to_owned(), "–".to_owned()),
    }
}

/// Where a sentence begins that starts with a word.
fn sentence(text: &str, word: &str) -> Option<usize> {
    let is_start = |at: usize| at == 0 || text[..at].ends_with(". ");
    text.match_indices(word).map(|(at, _)| at).find(|at| is_start(*at))
}
