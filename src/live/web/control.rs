use serde::Deserialize;
use serde_json::Value;

use crate::run::Steer;
use crate::units::Rate;

/// What a page asks for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    #[serde(rename = "do")]
    action: String,
    #[serde(default)]
    to: Value,
}

/// The most characters of a note.
const LONGEST_NOTE: usize = 200;

/// What is wanted of the run.
///
/// # Errors
/// Why it is nothing that could be done, in words.
pub(super) fn wanted(body: &[u8]) -> Result<Steer, String> {
    let Wanted { action, to } = serde_json::from_slice(body).map_err(|error| format!("that is no wish: {error}"))?;
    let to = match to {
        Value::String(text) => text.trim().to_owned(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    match action.as_str() {
        "stop" => Ok(Steer::End),
        "cut" => Ok(Steer::Cut),
        "pause" => Ok(Steer::Pause),
        "resume" => Ok(Steer::Resume),
        "users" => to.parse().map(Steer::Users).map_err(|_| format!("`{to}` is no number of users")),
        "rate" => rate(&to).map(Steer::Rate).ok_or_else(|| format!("`{to}` is no rate: write `40`, or `100/min`")),
        "note" => note(&to).map(Steer::Note),
        other => Err(format!("there is nothing such as `{other}` to be done")),
    }
}

fn rate(text: &str) -> Option<Rate> {
    let plain = text.parse().ok().filter(|count: &f64| count.is_finite() && *count >= 0.0);
    plain.map(Rate::per_second).or_else(|| Rate::parse(text).ok())
}

/// A note in one line.
fn note(text: &str) -> Result<String, String> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.chars().count() {
        0 => Err("the note is empty".to_owned()),
        length if length > LONGEST_NOTE => Err(format!("the note is longer than {LONGEST_NOTE} characters")),
        _ => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wish_is_read_and_what_is_none_is_told() {
        let read = |text: &str| wanted(text.as_bytes());
        assert_eq!(read(r#"{"do": "stop"}"#), Ok(Steer::End));
        assert_eq!(read(r#"{"do": "cut"}"#), Ok(Steer::Cut));
        assert_eq!(read(r#"{"do": "users", "to": "12"}"#), Ok(Steer::Users(12)));
        assert_eq!(read(r#"{"do": "users", "to": 12}"#), Ok(Steer::Users(12)));
        assert_eq!(read(r#"{"do": "rate", "to": "60/min"}"#), Ok(Steer::Rate(Rate::per_second(1.0))));
        assert_eq!(read(r#"{"do": "rate", "to": 2.5}"#), Ok(Steer::Rate(Rate::per_second(2.5))));
        assert_eq!(read(r#"{"do": "note", "to": " deployed\n v2 "}"#), Ok(Steer::Note("deployed v2".to_owned())));
        for wrong in [
            "",
            "stop",
            "[]",
            r#"{"do": "explode"}"#,
            r#"{"do": "users", "to": "-1"}"#,
            r#"{"do": "users", "to": "1.5"}"#,
            r#"{"do": "users"}"#,
            r#"{"do": "rate", "to": "NaN"}"#,
            r#"{"do": "rate", "to": "-4"}"#,
            r#"{"do": "note", "to": "  "}"#,
            r#"{"do": "stop", "why": "x"}"#,
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        assert!(read(&format!(r#"{{"do": "note", "to": "{}"}}"#, "ä".repeat(200))).is_ok());
        assert!(read(&format!(r#"{{"do": "note", "to": "{}"}}"#, "ä".repeat(201))).is_err());
    }
}
