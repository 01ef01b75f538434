use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::{Map, Value as Json};

use super::document::Document;
use super::example::Examples;
use super::values::{as_text, flat};
use crate::import::literal::literal;
use crate::import::naming::Names;
use crate::import::plan_draft::RequestDraft;
use crate::import::secret_vars::{SecretVars, slot};
use crate::secrets::holds_secret;

/// How many parameters of one operation are looked at.
const MOST: usize = 200;

/// A parameter of an operation.
pub(super) struct Parameter<'a> {
    name: &'a str,
    location: &'a str,
    is_required: bool,
    written: &'a Json,
}

/// The parameters of an operation, its own before those of its path.
pub(super) fn parameters<'a>(document: Document<'a>, item: &'a Json, operation: &'a Json) -> Vec<Parameter<'a>> {
    let mut all: Vec<Parameter> = Vec::new();
    let lists = [operation, item].into_iter().filter_map(|holder| holder.get("parameters")?.as_array());
    for written in lists.flatten().take(MOST).filter_map(|written| document.resolve(written)) {
        let word = |key: &str| written.get(key).and_then(Json::as_str);
        let (Some(name), Some(location)) = (word("name"), word("in")) else { continue };
        if all.iter().any(|known| known.name == name && known.location == location) {
            continue;
        }
        let is_required = written.get("required").and_then(Json::as_bool).unwrap_or(false);
        all.push(Parameter { name, location, is_required, written });
    }
    all
}

impl<'a> Parameter<'a> {
    /// A value the service may take.
    fn value(&self, examples: &mut Examples<'a>) -> Json {
        let content = self.written.get("content").and_then(Json::as_object).and_then(|kinds| kinds.values().next());
        let made = examples.of(self.written).or_else(|| examples.of(content?));
        made.filter(|value| !value.is_null()).unwrap_or_else(|| "text".into())
    }

    fn flag(&self, key: &str) -> Option<bool> {
        self.written.get(key).and_then(Json::as_bool)
    }
}

/// Adds what an operation asks for in its query, headers and cookies.
pub(super) fn add<'a>(
    all: &[Parameter<'a>],
    request: &mut RequestDraft,
    examples: &mut Examples<'a>,
    secrets: &mut SecretVars,
) {
    for parameter in all.iter().filter(|parameter| parameter.is_required) {
        let mut value = |location: &str| match holds_secret(parameter.name) {
            true => slot(&secrets.keep(parameter.name, &format!("`{}` in the {location}", parameter.name))).into(),
            false => parameter.value(examples),
        };
        match parameter.location {
            "query" => {
                let value = value("query");
                query(parameter, value, &mut request.query);
            }
            "header" => header(parameter, || value("headers"), request),
            "cookie" if !parameter.name.contains(['{', '$', ';', '=']) => {
                let value = as_text(&value("cookies"));
                request.cookies.push(format!("{}={value}", parameter.name));
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

fn header(parameter: &Parameter, value: impl FnOnce() -> Json, request: &mut RequestDraft) {
    let name = parameter.name;
    // OpenAPI does not count these as parameters
    let is_other = ["accept", "content-type", "authorization"].iter().any(|other| name.eq_ignore_ascii_case(other));
    let is_known = request.headers.keys().any(|known| known.eq_ignore_ascii_case(name));
    if is_other || is_known || http::HeaderName::from_bytes(name.as_bytes()).is_err() {
        return;
    }
    let text = match value() {
        Json::Array(items) => items.iter().map(as_text).collect::<Vec<_>>().join(","),
        other => as_text(&other),
    };
    let visible = text.chars().map(|c| if (' '..='~').contains(&c) { c } else { '?' }).collect::<String>();
    request.headers.insert(name.into(), visible.into());
}

/// An operation's path with a name in the place of each parameter, and the values of those names.
pub(super) fn path<'a>(
    path: &str,
    all: &[Parameter<'a>],
    names: &mut Names,
    examples: &mut Examples<'a>,
) -> (String, Map<String, Json>) {
    let mut out = String::new();
    let mut with = Map::new();
    let mut given: Vec<(&str, String)> = Vec::new();
    let mut rest = if path.starts_with('/') {
        path
    } else {
        out.push('/');
        path
    };
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else { break };
        out.push_str(&fixed(before));
        let known = given.iter().find(|(known, _)| *known == name).map(|(_, bound)| bound.clone());
        let bound = known.unwrap_or_else(|| {
            let bound = names.give(name, "value");
            let parameter = all.iter().find(|parameter| parameter.location == "path" && parameter.name == name);
            let value = parameter.map_or_else(|| "text".into(), |parameter| segment(parameter.value(examples)));
            with.insert(bound.clone(), value);
            given.push((name, bound.clone()));
            bound
        });
        if out.ends_with('$') {
            // with the brace that follows it would begin a variable of the environment
            out.push('$');
        }
        out.push_str(&slot(&bound));
        rest = after;
    }
    out.push_str(&fixed(rest));
    (out, with)
}

/// A stretch of a path as it may stand in one.
fn fixed(text: &str) -> String {
    const OUT: &AsciiSet = &CONTROLS
        .add(b' ')
        .add(b'"')
        .add(b'<')
        .add(b'>')
        .add(b'`')
        .add(b'{')
        .add(b'}')
        .add(b'#')
        .add(b'\\')
        .add(b'^')
        .add(b'|');
    literal(&utf8_percent_encode(text, OUT).to_string())
}

/// A value in a path, which is encoded when it is sent.
fn segment(value: Json) -> Json {
    match value {
        Json::String(text) if text.is_empty() => "text".into(),
        Json::Array(items) => items.iter().map(as_text).collect::<Vec<_>>().join(",").into(),
        nested @ Json::Object(_) => as_text(&nested).into(),
        other => other,
    }
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
        let mut call = RequestDraft::default();
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

    #[test]
    fn a_path_has_a_name_for_each_parameter() {
        let item = json!({"parameters": [
            {"name": "petId", "in": "path", "schema": {"type": "integer", "example": 7}},
            {"name": "status", "in": "path", "example": "a b/c"},
        ]});
        let document = Document(&item);
        let all = parameters(document, &item, &item);
        let mut examples = Examples::new(document);
        let made = path("/pets/{petId}/x y/{status}/{petId}/{more}", &all, &mut Names::default(), &mut examples);
        assert_eq!(made.0, "/pets/{{ pet_id }}/x%20y/{{ status_value }}/{{ pet_id }}/{{ more }}");
        assert_eq!(Json::from(made.1), json!({"pet_id": 7, "status_value": "a b/c", "more": "text"}));
        let odd = path("odd{{x}}/{y", &all, &mut Names::default(), &mut examples).0;
        assert_eq!(odd, "/odd{{ x }}%7D/%7By");
        let dollars = path("/rows/${n}/$$count({n})", &all, &mut Names::default(), &mut examples).0;
        assert_eq!(dollars, "/rows/$${{ n }}/$$count({{ n }})");
    }
}
