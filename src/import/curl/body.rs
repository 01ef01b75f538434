use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value as Json};

use super::options::{CurlOptions, Data};
use crate::diagnostic::Problem;
use crate::import::literal::{literal, literal_value};
use crate::import::plan_draft::RequestDraft;
use crate::import::secret_vars::{SecretVars, slot};
use crate::import::yaml::fits;
use crate::secrets::holds_secret;

const FORM: &str = "application/x-www-form-urlencoded";

/// Adds a body from a command's options to a request, and the header that says what it is where the plan's field does not
/// say so itself; its secrets become vars.
pub(super) fn add(
    options: &CurlOptions,
    content_type: Option<&str>,
    request: &mut RequestDraft,
    secrets: &mut SecretVars,
) -> Result<(), Box<Problem>> {
    let mut written = None;
    if !options.form.is_empty() {
        if !options.data.is_empty() || !options.json.is_empty() {
            let problem = Problem::new("the command has two bodies: a form (`-F`) and data (`-d`)");
            return Err(Box::new(problem.help("take one away")));
        }
        request.body = Some(("multipart", multipart(&options.form, secrets)?));
    } else if !options.json.is_empty() {
        let text = options.json.concat();
        written = add_text(&text, content_type.or(Some("application/json")), request, secrets);
    } else if !options.data.is_empty() && !options.is_get {
        written = add_text(&joined(&options.data), content_type, request, secrets);
    } else {
        written = content_type.map(str::to_owned);
    }
    let headers = &mut request.headers;
    headers.extend(written.map(|kind| ("Content-Type".into(), literal(&kind).into())));
    if !options.json.is_empty() && !headers.keys().any(|name| name.eq_ignore_ascii_case("accept")) {
        headers.insert("Accept".into(), "application/json".into());
    }
    Ok(())
}

/// Adds the body of a text, by what it is said to be and by what it is. Returns what its header must say.
fn add_text(
    text: &str,
    content_type: Option<&str>,
    request: &mut RequestDraft,
    secrets: &mut SecretVars,
) -> Option<String> {
    let is_form = content_type.is_none_or(|said| said.starts_with(FORM));
    let is_json =
        content_type.is_some_and(|said| said.contains("json")) || is_form && text.trim_start().starts_with(['{', '[']);
    if is_json && let Some(json) = exact_json(text) {
        request.body = Some(("json", with_vars(&literal_value(&json), secrets)));
        if is_form {
            request.notes.push("the body is JSON and is sent as such; `curl` would have said it is a form".into());
        }
        return content_type.filter(|said| *said != "application/json" && !is_form).map(str::to_owned);
    }
    if let Some(fields) = fields(text).filter(|_| is_form) {
        let form = fields.into_iter().map(|(name, value)| {
            let value = var_or_literal(&name, &value, secrets);
            (name, value.into())
        });
        request.body = Some(("form", Json::Object(form.collect())));
        return None;
    }
    request.body = Some(("text", literal(text).into()));
    Some(content_type.unwrap_or(FORM).to_owned())
}

/// The fields of a form given with `-F`; `true` where a value stands for itself.
fn multipart(parts: &[(String, bool)], secrets: &mut SecretVars) -> Result<Json, Box<Problem>> {
    let mut map = Map::new();
    for (part, is_text) in parts {
        let Some((name, value)) = part.split_once('=') else {
            let problem = Problem::new("a field of the form (`-F`) is not `name=value`");
            return Err(Box::new(problem.help("is the command copied whole?")));
        };
        if map.contains_key(name) {
            let problem = Problem::new(format!("the form has the field `{name}` twice"));
            return Err(Box::new(problem.help("a plan's `multipart` is a map: keep one of them")));
        }
        let value = if *is_text { literal(value).into() } else { multipart_field(name, value, secrets)? };
        map.insert(name.to_owned(), value);
    }
    Ok(Json::Object(map))
}

/// One field of `-F`: text, or a file with what is said about it.
fn multipart_field(name: &str, value: &str, secrets: &mut SecretVars) -> Result<Json, Box<Problem>> {
    if let Some(file) = value.strip_prefix('<') {
        let problem = Problem::new(format!("the form's field `{name}` takes its text from the file `{file}`"));
        return Err(Box::new(problem.help(format!("write it into the command: `-F '{name}=…'`"))));
    }
    let mut pieces = value.split(';');
    let first = pieces.next().unwrap_or_default();
    let unquoted =
        |text: &str| text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text).to_owned();
    let Some(path) = first.strip_prefix('@') else {
        let text = value.split(";type=").next().unwrap_or_default();
        return Ok(var_or_literal(name, &unquoted(text), secrets).into());
    };
    let mut file = Map::new();
    file.insert("file".into(), literal(&unquoted(path)).into());
    for piece in pieces {
        match piece.trim().split_once('=') {
            Some(("type", kind)) => drop(file.insert("type".into(), literal(kind).into())),
            Some(("filename", shown)) => drop(file.insert("name".into(), literal(&unquoted(shown)).into())),
            _ => {}
        }
    }
    Ok(Json::Object(file))
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

/// The value with vars for its secrets: texts whose names say that they are.
fn with_vars(value: &Json, secrets: &mut SecretVars) -> Json {
    match value {
        Json::Object(entries) => {
            let entries = entries.iter().map(|(name, value)| match value {
                Json::String(text) if holds_secret(name) && !text.is_empty() => {
                    (name.clone(), var(name, secrets).into())
                }
                other => (name.clone(), with_vars(other, secrets)),
            });
            Json::Object(entries.collect())
        }
        Json::Array(items) => items.iter().map(|item| with_vars(item, secrets)).collect(),
        other => other.clone(),
    }
}

/// A text of a body, or the var that stands for it.
fn var_or_literal(name: &str, value: &str, secrets: &mut SecretVars) -> String {
    if holds_secret(name) && !value.is_empty() { var(name, secrets) } else { literal(value) }
}

fn var(name: &str, secrets: &mut SecretVars) -> String {
    slot(&secrets.keep(name, &format!("`{name}` in the body")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn field_of(text: &str, content_type: Option<&str>) -> (&'static str, Json) {
        let mut request = RequestDraft::default();
        add_text(text, content_type, &mut request, &mut SecretVars::default());
        request.body.unwrap()
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

    #[test]
    fn a_form_with_a_file_says_what_the_file_is() {
        let parts = [("a=b;type=text/plain".into(), false), ("f=@x.png;type=image/png;filename=\"y\"".into(), false)];
        let made = multipart(&parts, &mut SecretVars::default()).unwrap();
        assert_eq!(made, json!({"a": "b", "f": {"file": "x.png", "type": "image/png", "name": "y"}}));
        assert!(multipart(&[("f=<x".into(), false)], &mut SecretVars::default()).is_err());
        assert!(multipart(&[("f".into(), false)], &mut SecretVars::default()).is_err());
    }
}
