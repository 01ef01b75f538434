use serde_json::{Map, Value as Json, json};

use super::document::Document;
use super::example::Examples;
use super::values::{as_text, flat};
use crate::import::plan_draft::RequestDraft;

/// Adds an operation's body, of the first kind that a plan says best.
pub(super) fn add<'a>(
    document: Document<'a>,
    operation: &'a Json,
    request: &mut RequestDraft,
    examples: &mut Examples<'a>,
) {
    let Some(body) = operation.get("requestBody").and_then(|body| document.resolve(body)) else { return };
    let Some(content) = body.get("content").and_then(Json::as_object) else { return };
    let Some((kind, media)) = content.iter().take(32).min_by_key(|(kind, _)| rank(kind)) else { return };
    // a plan says by `json: null` that there is no body
    let made = examples.of(media).filter(|made| !made.is_null());
    match rank(kind) {
        0 | 1 => {
            if made.is_none() {
                request.notes.push("write the body: no example of it could be made".into());
            }
            request.body = Some(("json", made.unwrap_or_else(|| json!({}))));
            name_kind(kind, "application/json", request);
        }
        2 => request.body = Some(("form", Json::Object(fields(made)))),
        3 => request.body = Some(("multipart", multipart(document, media, made, request))),
        _ => {
            if made.is_none() {
                request.notes.push(format!("write the body: no example of `{kind}` could be made"));
            }
            request.body = Some(("text", made.as_ref().map_or_else(|| "text".into(), as_text).into()));
            name_kind(kind, "", request);
        }
    }
}

fn rank(kind: &str) -> u8 {
    let bare = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match bare.as_str() {
        "application/json" | "*/*" | "application/*" => 0,
        "application/x-www-form-urlencoded" => 2,
        "multipart/form-data" => 3,
        bare if bare.ends_with("json") => 1,
        bare if bare.starts_with("text/") => 4,
        _ => 5,
    }
}

/// Names the body's kind in a header, where the body does not say it by itself.
fn name_kind(kind: &str, usual: &str, request: &mut RequestDraft) {
    let is_name = !kind.contains('*') && kind.chars().all(|c| (' '..='~').contains(&c) && !matches!(c, '{' | '$'));
    if is_name && kind != usual {
        request.headers.insert("Content-Type".into(), kind.into());
    }
}

fn fields(made: Option<Json>) -> Map<String, Json> {
    let entries = match made {
        Some(Json::Object(entries)) => entries,
        _ => Map::new(),
    };
    entries.into_iter().map(|(name, value)| (name, flat(value))).collect()
}

/// A form whose files are still to be named.
fn multipart<'a>(document: Document<'a>, media: &'a Json, made: Option<Json>, request: &mut RequestDraft) -> Json {
    let schema = media.get("schema").and_then(|schema| document.resolve(schema));
    let properties = schema.and_then(|schema| schema.get("properties"));
    let mut form = fields(made);
    let mut has_file = false;
    for (name, value) in &mut form {
        let property = properties.and_then(|all| all.get(name)).and_then(|property| document.resolve(property));
        let property = property
            .and_then(|property| property.get("items").and_then(|items| document.resolve(items)).or(Some(property)));
        let word = |key: &str| property.and_then(|property| property.get(key)).and_then(Json::as_str);
        let is_file = word("format") == Some("binary") || word("contentMediaType").is_some();
        if is_file {
            let said = media.get("encoding").and_then(|all| all.get(name)).and_then(|how| how.get("contentType"));
            let said = said.and_then(Json::as_str).or_else(|| word("contentMediaType"));
            let kind = said.and_then(|said| said.split(',').next()).filter(|kind| is_kind(kind));
            *value = json!({"file": "upload.bin", "type": kind.unwrap_or("application/octet-stream")});
            has_file = true;
        }
    }
    if has_file {
        request.notes.push("put a file beside the plan, and write its name for `upload.bin`".into());
    }
    Json::Object(form)
}

fn is_kind(text: &str) -> bool {
    let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '.' | '+' | '_');
    !text.is_empty() && text.chars().all(fine)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_whose_example_is_null_is_one_to_write() {
        let operation =
            json!({"requestBody": {"content": {"application/json": {"example": null, "schema": {"type": "null"}}}}});
        let (document, mut call) = (Document(&operation), RequestDraft::default());
        add(document, &operation, &mut call, &mut Examples::new(document));
        assert_eq!(call.body, Some(("json", json!({}))));
        assert_eq!(call.notes, ["write the body: no example of it could be made"]);
    }
}
