use std::fmt::Write as _;

use serde_json::Value as Json;

/// A line longer than this is broken into several, where it can be.
const WIDTH: usize = 110;
/// What is nested deeper than this cannot be read as part of a plan.
const DEEPEST: usize = 48;
/// YAML takes no longer key, as it is written, without a sign that it is one.
///
/// Source: YAML 1.2, section 7.4.2: at most 1,024 characters.
const LONGEST_KEY: usize = 1000;
/// Words that YAML, or an older YAML, takes for something else than a text.
const WORDS: [&str; 10] = ["true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan"];

/// Writes `key: value` with what is inside, on one line where it fits.
pub(super) fn entry(out: &mut String, indent: usize, key: &str, value: &Json) {
    let key = scalar(key);
    let flow = flow(value);
    let is_nested = matches!(value, Json::Array(items) if !items.is_empty())
        || matches!(value, Json::Object(entries) if !entries.is_empty());
    let pad = " ".repeat(indent);
    // a long key is on a line of its own
    let key = if key.len() > LONGEST_KEY { format!("{pad}? {key}\n{pad}") } else { format!("{pad}{key}") };
    if !is_nested || key.len() + 2 + flow.len() <= WIDTH {
        out.push_str(&format!("{key}: {flow}\n"));
        return;
    }
    out.push_str(&format!("{key}:\n"));
    block(out, indent + 2, value);
}

/// Writes a list or a map over several lines.
pub(super) fn block(out: &mut String, indent: usize, value: &Json) {
    match value {
        Json::Object(entries) => entries.iter().for_each(|(key, value)| entry(out, indent, key, value)),
        Json::Array(items) => items.iter().for_each(|each| item(out, indent, each)),
        other => out.push_str(&format!("{}{}\n", " ".repeat(indent), flow(other))),
    }
}

fn item(out: &mut String, indent: usize, value: &Json) {
    let flow = flow(value);
    let is_nested = match value {
        Json::Array(items) => !items.is_empty(),
        Json::Object(entries) => !entries.is_empty(),
        _ => false,
    };
    let pad = " ".repeat(indent);
    if !is_nested || indent + 2 + flow.len() <= WIDTH {
        out.push_str(&format!("{pad}- {flow}\n"));
        return;
    }
    let mut inside = String::new();
    block(&mut inside, indent + 2, value);
    // the first line's own indentation is where the dash stands
    out.push_str(&format!("{pad}- {}", &inside[(indent + 2).min(inside.len())..]));
}

/// A value on one line.
fn flow(value: &Json) -> String {
    match value {
        Json::Null => "null".into(),
        Json::Bool(truth) => truth.to_string(),
        Json::Number(number) => number.to_string(),
        Json::String(text) => scalar(text),
        Json::Array(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Json::Object(entries) => {
            let entries: Vec<_> =
                entries.iter().map(|(key, value)| format!("{}: {}", key_of(key), flow(value))).collect();
            format!("{{{}}}", entries.join(", "))
        }
    }
}

/// A key in a map of one line, up to its colon.
fn key_of(text: &str) -> String {
    let key = scalar(text);
    if key.len() > LONGEST_KEY { format!("? {key} ") } else { key }
}

/// Whether a value can be written as a part of a plan, and read back.
pub(super) fn fits(value: &Json) -> bool {
    fits_within(value, DEEPEST)
}

fn fits_within(value: &Json, levels: usize) -> bool {
    match value {
        Json::Array(items) => levels > 0 && items.iter().all(|item| fits_within(item, levels - 1)),
        Json::Object(entries) => {
            let fits =
                |(key, value): (&String, &Json)| scalar(key).len() <= LONGEST_KEY && fits_within(value, levels - 1);
            levels > 0 && entries.iter().all(fits)
        }
        _ => true,
    }
}

/// A text as YAML: bare where nothing could take it for anything else, in a list or map of one line too.
fn scalar(text: &str) -> String {
    if is_plain(text) { text.to_owned() } else { quoted(text) }
}

fn is_plain(text: &str) -> bool {
    // `2xx` and `5s`: these endings make no number of any YAML
    let bare = ["xx", "ms", "s"].into_iter().find_map(|ending| text.strip_suffix(ending));
    let quantity = bare.is_some_and(|bare| !bare.is_empty() && bare.bytes().all(|byte| byte.is_ascii_digit()));
    let starts = text.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '_')) || quantity;
    let ends = !text.ends_with([' ', ':']);
    let holds = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '+' | '=' | ';' | ':' | ' ');
    starts
        && ends
        && text.chars().all(holds)
        && !text.contains(": ")
        && !text.contains("  ")
        && !WORDS.contains(&text.to_ascii_lowercase().as_str())
}

fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // writing to a string cannot fail
            c if !is_printable(c) && u32::from(c) <= 0xFFFF => drop(write!(out, "\\u{:04X}", u32::from(c))),
            c if !is_printable(c) => drop(write!(out, "\\U{:08X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Whether a character may stand in a YAML file as it is, and can be seen by whoever reads it.
fn is_printable(c: char) -> bool {
    let bidi = matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    !(c.is_control() || bidi || matches!(c, '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_cannot_be_mistaken_is_bare() {
        for bare in [
            "a",
            "/pets/all",
            "application/json; charset=utf-8",
            "http://here:80/v1",
            "2xx",
            "5s",
            "250ms",
            "a-b_c.d",
            "p q",
        ] {
            assert_eq!(scalar(bare), bare);
        }
        for other in
            ["", "1", "1e5", "true", "No", "null", "~", "a: b", "a:", "a #b", "{{ x }}", "${X}", "- a", "*a", "a, b"]
        {
            assert!(scalar(other).starts_with('"'), "{other}");
        }
        assert_eq!(scalar("a\n\"\\\u{85}\u{202e}"), r#""a\n\"\\\u0085\u202E""#);
    }

    fn written(value: &Json) -> String {
        let mut out = String::new();
        entry(&mut out, 0, "key", value);
        out
    }

    fn read(text: &str) -> Json {
        let mut value: Json = serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{error}:\n{text}"));
        value["key"].take()
    }

    #[test]
    fn short_values_stand_on_one_line_and_long_ones_on_several() {
        assert_eq!(written(&json!({"a": [1, "x"], "b": {}})), "key: {a: [1, x], b: {}}\n");
        let long = json!({"first": ["x".repeat(60), {"u": "z".repeat(100), "w": 1}], "second": "no"});
        insta::assert_snapshot!(written(&long), @r#"
        key:
          first:
            - xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
            - u: zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz
              w: 1
          second: "no"
        "#);
        assert_eq!(read(&written(&long)), long);
    }

    fn any_json() -> impl Strategy<Value = Json> {
        let text = prop_oneof![
            any::<String>(),
            "[ -~]{0,12}",
            "[-a-z:#0-9 .,{}]{0,8}",
            Just("<<".to_owned()),
            Just("0x1F".to_owned()),
            Just("2026-01-31".to_owned()),
            Just(String::new())
        ];
        let leaf = prop_oneof![
            Just(Json::Null),
            any::<bool>().prop_map(Json::from),
            any::<i64>().prop_map(Json::from),
            any::<u64>().prop_map(Json::from),
            (-1e20_f64..1e20).prop_map(Json::from),
            text.clone().prop_map(Json::from),
            "[a-z]{40,90}".prop_map(Json::from),
        ];
        leaf.prop_recursive(5, 40, 5, move |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..5).prop_map(Json::from),
                proptest::collection::vec((text.clone(), inner), 0..5)
                    .prop_map(|entries| Json::Object(entries.into_iter().collect())),
            ]
        })
    }

    #[test]
    fn a_key_longer_than_yaml_takes_is_read_back() {
        let (steering, long) = ("\u{1}".repeat(300), "k".repeat(2000));
        for value in
            [json!({&*steering: 1, "b": 2}), json!({&*long: {"a": [1, 2]}}), json!({"a": {&*long: {&*steering: "x"}}})]
        {
            let text = written(&value);
            assert_eq!(read(&text), value, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back_as_it_was(value in any_json()) {
            let text = written(&value);
            prop_assert_eq!(read(&text), value, "{}", text);
        }
    }
}
