use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value as Json};

use super::as_text::as_text;
use super::example::Examples;
use super::parameters::Parameter;
use crate::import::literal::literal;
use crate::import::naming::Names;
use crate::import::secret_vars::slot;

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
            let parameter = all.iter().find(|parameter| parameter.place == "path" && parameter.name == name);
            let value = parameter.map_or_else(|| "text".into(), |parameter| segment(parameter.value(examples)));
            with.insert(bound.clone(), value);
            given.push((name, bound.clone()));
            bound
        });
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

/// A value in a path: it must not end its part of it.
fn segment(value: Json) -> Json {
    const KEPT: &AsciiSet =
        &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b':').remove(b'@');
    match value {
        Json::String(text) if text.is_empty() => "text".into(),
        // an expression's value is not known here
        Json::String(text) if text.contains("{{") => text.into(),
        Json::String(text) => utf8_percent_encode(&text, KEPT).to_string().into(),
        Json::Array(items) => items.iter().map(as_text).collect::<Vec<_>>().join(",").into(),
        nested @ Json::Object(_) => utf8_percent_encode(&as_text(&nested), KEPT).to_string().into(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::document::Document;
    use super::super::parameters::parameters;
    use super::*;

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
        assert_eq!(Json::from(made.1), json!({"pet_id": 7, "status_value": "a%20b%2Fc", "more": "text"}));
        let odd = path("odd{{x}}/{y", &all, &mut Names::default(), &mut examples).0;
        assert_eq!(odd, "/odd{{ x }}%7D/%7By");
    }
}
