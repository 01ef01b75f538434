use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value as Json;

use super::multipart::multipart;
use super::typed::{Data, Typed};
use crate::diagnostic::Problem;
use crate::import::literal::{literal, literal_value};
use crate::import::secret_vars::{SecretVars, slot};
use crate::import::write::fits;
use crate::secrets::holds_secret;

/// A request's body as a plan writes it.
#[derive(Debug, Default)]
pub(super) struct Body {
    /// `json`, `form`, `multipart` or `text`, and what is in it.
    pub(super) field: Option<(&'static str, Json)>,
    /// The header that says what it is, where the field does not say so itself.
    pub(super) content_type: Option<String>,
    pub(super) notes: Vec<String>,
}

const FORM: &str = "application/x-www-form-urlencoded";

/// A body from a command's options; its secrets become vars.
pub(super) fn body(typed: &Typed, said: Option<&str>, secrets: &mut SecretVars) -> Result<Body, Box<Problem>> {
    if !typed.form.is_empty() {
        if !typed.data.is_empty() || !typed.json.is_empty() {
            let problem = Problem::new("the command has two bodies: a form (`-F`) and data (`-d`)");
            return Err(Box::new(problem.help("take one away")));
        }
        let multipart = multipart(&typed.form, secrets)?;
        return Ok(Body { field: Some(("multipart", multipart)), ..Body::default() });
    }
    let text = if typed.json.is_empty() { joined(&typed.data) } else { typed.json.concat() };
    let has_body = !typed.json.is_empty() || !typed.data.is_empty() && !typed.is_get;
    if !has_body {
        return Ok(Body { content_type: said.map(str::to_owned), ..Body::default() });
    }
    let said = said.or((!typed.json.is_empty()).then_some("application/json"));
    Ok(classified(&text, said, secrets))
}

/// The body of a text, by what it is said to be and by what it is.
fn classified(text: &str, said: Option<&str>, secrets: &mut SecretVars) -> Body {
    let is_form = said.is_none_or(|said| said.starts_with(FORM));
    let is_json =
        said.is_some_and(|said| said.contains("json")) || is_form && text.trim_start().starts_with(['{', '[']);
    let json = if is_json { exact_json(text) } else { None };
    if let Some(json) = json {
        let content_type = said.filter(|said| *said != "application/json" && !said.starts_with(FORM));
        let unsaid = "the body is JSON and is sent as such; `curl` would have said it is a form";
        return Body {
            field: Some(("json", masked(&literal_value(&json), secrets))),
            content_type: content_type.map(str::to_owned),
            notes: if is_form { vec![unsaid.into()] } else { Vec::new() },
        };
    }
    if let Some(fields) = fields(text).filter(|_| is_form) {
        let form = fields.into_iter().map(|(name, value)| {
            let value = secret_or(&name, &value, secrets);
            (name, value.into())
        });
        return Body { field: Some(("form", Json::Object(form.collect()))), ..Body::default() };
    }
    let content_type = Some(said.unwrap_or(FORM).to_owned());
    Body { field: Some(("text", literal(text).into())), content_type, ..Body::default() }
}

/// The pieces of a body, or of a query, as `curl` joins them.
pub(super) fn joined(pieces: &[Data]) -> String {
    let pieces: Vec<String> = pieces.iter().map(Data::text).collect();
    pieces.join("&")
}

impl Data {
    fn text(&self) -> String {
        const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
        let encode = |text: &str| utf8_percent_encode(text, KEPT).to_string();
        match self {
            Self::Raw(text) => text.clone(),
            Self::Encoded(text) => match text.split_once('=') {
                Some(("", value)) => encode(value),
                Some((name, value)) => format!("{name}={}", encode(value)),
                None => encode(text),
            },
        }
    }
}

/// The fields of an encoded form; `None` where it says something that a map of names cannot.
fn fields(text: &str) -> Option<Vec<(String, String)>> {
    let mut fields: Vec<(String, String)> = Vec::new();
    for piece in text.split('&') {
        let (name, value) = piece.split_once('=')?;
        let (name, value) = (decoded(name)?, decoded(value)?);
        if name.is_empty() || name.len() > 200 || fields.iter().any(|(known, _)| *known == name) {
            return None;
        }
        fields.push((name, value));
    }
    Some(fields)
}

/// A part of a form or query with its escapes resolved; `None` where it is no text.
pub(super) fn decoded(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    let decoded = percent_encoding::percent_decode_str(&spaced).decode_utf8().ok()?;
    Some(decoded.into_owned())
}

/// The JSON of a text, where a plan can say exactly that: no number loses digits, nothing is nested too deep.
fn exact_json(text: &str) -> Option<Json> {
    let json = serde_json::from_str(text).ok()?;
    (fits(&json) && has_short_numbers(text)).then_some(json)
}

fn has_short_numbers(text: &str) -> bool {
    let mut in_text = false;
    let mut is_escaped = false;
    let mut digits = 0;
    for c in text.chars() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' if in_text => is_escaped = true,
            '"' => in_text = !in_text,
            _ if in_text => {}
            '0'..='9' => digits += 1,
            '.' => {}
            _ => digits = 0,
        }
        // a number in memory holds 15 digits for certain
        if digits > 15 {
            return false;
        }
    }
    true
}

/// The value with its secrets taken out: texts whose names say that they are.
fn masked(value: &Json, secrets: &mut SecretVars) -> Json {
    match value {
        Json::Object(entries) => {
            let entries = entries.iter().map(|(name, value)| match value {
                Json::String(text) if holds_secret(name) && !text.is_empty() => {
                    (name.clone(), kept(name, secrets).into())
                }
                other => (name.clone(), masked(other, secrets)),
            });
            Json::Object(entries.collect())
        }
        Json::Array(items) => items.iter().map(|item| masked(item, secrets)).collect(),
        other => other.clone(),
    }
}

/// A text of a body, or the var that stands for it.
pub(super) fn secret_or(name: &str, value: &str, secrets: &mut SecretVars) -> String {
    if holds_secret(name) && !value.is_empty() { kept(name, secrets) } else { literal(value) }
}

fn kept(name: &str, secrets: &mut SecretVars) -> String {
    slot(&secrets.keep(name, &format!("`{name}` in the body")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn field_of(text: &str, said: Option<&str>) -> (&'static str, Json) {
        classified(text, said, &mut SecretVars::default()).field.unwrap()
    }

    #[test]
    fn a_body_is_what_it_is_said_to_be_and_what_it_is() {
        assert_eq!(field_of(r#"{"a": [1]}"#, Some("application/json")), ("json", json!({"a": [1]})));
        assert_eq!(field_of(r#"{"a": "{{ b }}"}"#, None).1, json!({"a": "{{ '{{' }} b }}"}));
        assert_eq!(field_of("a=1&b=x+y%26", None), ("form", json!({"a": "1", "b": "x y&"})));
        assert_eq!(field_of("a=1&a=2", None).0, "text");
        assert_eq!(field_of("<a/>", Some("text/xml")), ("text", json!("<a/>")));
        assert_eq!(field_of(r#"{"n": 12345678901234567890123}"#, Some("application/json")).0, "text");
        assert_eq!(field_of(&"[".repeat(100_000), Some("application/json")).0, "text");
    }

    #[test]
    fn passwords_in_a_body_are_not_kept() {
        let (_, json) = field_of(r#"{"user": {"password": "s3cret", "token": 5}}"#, Some("application/json"));
        assert_eq!(json, json!({"user": {"password": "{{ password }}", "token": 5}}));
        assert_eq!(field_of("client_secret=s3cret", None).1, json!({"client_secret": "{{ client_secret }}"}));
    }
}
