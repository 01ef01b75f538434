use serde_json::{Map, Value as Json};

use super::as_text::as_text;
use super::document::Document;
use super::example::Examples;
use super::operation::Call;
use crate::import::secret_vars::{SecretVars, slot};
use crate::secrets::holds_secret;

/// How many parameters of one operation are looked at.
const MOST: usize = 200;

/// A parameter of an operation.
pub(super) struct Parameter<'a> {
    pub(super) name: &'a str,
    pub(super) place: &'a str,
    is_required: bool,
    written: &'a Json,
}

/// The parameters of an operation, its own before those of its path.
pub(super) fn parameters<'a>(document: Document<'a>, item: &'a Json, operation: &'a Json) -> Vec<Parameter<'a>> {
    let mut all: Vec<Parameter> = Vec::new();
    let lists = [operation, item].into_iter().filter_map(|holder| holder.get("parameters")?.as_array());
    for written in lists.flatten().take(MOST).filter_map(|written| document.resolve(written)) {
        let word = |key: &str| written.get(key).and_then(Json::as_str);
        let (Some(name), Some(place)) = (word("name"), word("in")) else { continue };
        if all.iter().any(|known| known.name == name && known.place == place) {
            continue;
        }
        let is_required = written.get("required").and_then(Json::as_bool).unwrap_or(false);
        all.push(Parameter { name, place, is_required, written });
    }
    all
}

impl<'a> Parameter<'a> {
    /// A value the service may take.
    pub(super) fn value(&self, examples: &mut Examples<'a>) -> Json {
        let content = self.written.get("content").and_then(Json::as_object).and_then(|kinds| kinds.values().next());
        let made = examples.of(self.written).or_else(|| examples.of(content?));
        made.filter(|value| !value.is_null()).unwrap_or_else(|| "text".into())
    }

    fn flag(&self, key: &str) -> Option<bool> {
        self.written.get(key).and_then(Json::as_bool)
    }
}

/// Adds what an operation asks for in its query, headers and cookies.
pub(super) fn add<'a>(all: &[Parameter<'a>], call: &mut Call, examples: &mut Examples<'a>, secrets: &mut SecretVars) {
    for parameter in all.iter().filter(|parameter| parameter.is_required) {
        let mut value = |place: &str| match holds_secret(parameter.name) {
            true => slot(&secrets.keep(parameter.name, &format!("`{}` in the {place}", parameter.name))).into(),
            false => parameter.value(examples),
        };
        match parameter.place {
            "query" => {
                let value = value("query");
                query(parameter, value, &mut call.query);
            }
            "header" => header(parameter, || value("headers"), call),
            "cookie" if !parameter.name.contains(['{', '$', ';', '=']) => {
                let value = as_text(&value("cookies"));
                call.cookies.push(format!("{}={value}", parameter.name));
            }
            _ => {}
        }
    }
}

fn query(parameter: &Parameter, value: Json, query: &mut Map<String, Json>) {
    let name = parameter.name;
    let is_deep = parameter.written.get("style").and_then(Json::as_str) == Some("deepObject");
    let is_apart = parameter.flag("explode").unwrap_or(true);
    match value {
        Json::Object(entries) if is_deep => {
            query.extend(entries.into_iter().map(|(key, value)| (format!("{name}[{key}]"), flat(value))));
        }
        Json::Object(entries) if is_apart => query.extend(entries.into_iter().map(|(key, value)| (key, flat(value)))),
        Json::Array(items) if is_apart => {
            drop(query.insert(name.into(), items.into_iter().map(flat).collect()));
        }
        Json::Array(items) => {
            let items: Vec<String> = items.iter().map(as_text).collect();
            query.insert(name.into(), items.join(",").into());
        }
        value => drop(query.insert(name.into(), flat(value))),
    }
}

/// A value of a query: what is nested goes as JSON text.
fn flat(value: Json) -> Json {
    if value.is_array() || value.is_object() { as_text(&value).into() } else { value }
}

fn header(parameter: &Parameter, value: impl FnOnce() -> Json, call: &mut Call) {
    let name = parameter.name;
    // OpenAPI says that these are not told as parameters
    let is_other = ["accept", "content-type", "authorization"].iter().any(|other| name.eq_ignore_ascii_case(other));
    let is_known = call.headers.keys().any(|known| known.eq_ignore_ascii_case(name));
    if is_other || is_known || http::HeaderName::from_bytes(name.as_bytes()).is_err() {
        return;
    }
    let text = match value() {
        Json::Array(items) => items.iter().map(as_text).collect::<Vec<_>>().join(","),
        other => as_text(&other),
    };
    let visible = text.chars().map(|c| if (' '..='~').contains(&c) { c } else { '?' }).collect::<String>();
    call.headers.insert(name.into(), visible.into());
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn query_and_headers_have_what_is_required() {
        let item = json!({"parameters": [
            {"name": "ids", "in": "query", "required": true, "schema": {"type": "array", "items": {"type": "integer"}}},
            {"name": "f", "in": "query", "required": true, "style": "deepObject", "schema": {"type": "object", "properties": {"a": {"const": 1}}}},
            {"name": "no", "in": "query"},
            {"name": "X-Trace", "in": "header", "required": true, "schema": {"format": "uuid"}},
            {"name": "X-Token", "in": "header", "required": true},
            {"name": "c", "in": "cookie", "required": true, "example": 5},
            {"name": "bad header", "in": "header", "required": true},
        ]});
        let document = Document(&item);
        let mut call = Call::default();
        add(
            &parameters(document, &item, &Json::Null),
            &mut call,
            &mut Examples::new(document),
            &mut SecretVars::default(),
        );
        assert_eq!(Json::from(call.query), json!({"ids": [1], "f[a]": 1}));
        assert_eq!(Json::from(call.headers), json!({"X-Trace": "{{ uuid() }}", "X-Token": "{{ token }}"}));
        assert_eq!(call.cookies, ["c=5"]);
    }
}
