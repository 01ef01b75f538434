use serde_json::Value as Json;

/// The kind of value a schema is for, said or implied.
pub(super) fn kind(schema: &Json) -> Option<&str> {
    match schema.get("type") {
        Some(Json::String(kind)) => Some(kind),
        Some(Json::Array(kinds)) => {
            let mut kinds = kinds.iter().filter_map(Json::as_str);
            kinds.clone().find(|kind| *kind != "null").or_else(|| kinds.next())
        }
        _ if schema.get("properties").is_some() || schema.get("additionalProperties").is_some() => Some("object"),
        _ if schema.get("items").is_some() || schema.get("prefixItems").is_some() => Some("array"),
        _ if schema.get("format").is_some() || schema.get("pattern").is_some() => Some("string"),
        _ => None,
    }
}

/// A text that a schema allows, as the plan writes it; a few formats are made anew with each call.
pub(super) fn text(schema: &Json) -> String {
    let format = schema.get("format").and_then(Json::as_str).unwrap_or_default();
    let known = match format {
        "uuid" => "{{ uuid() }}",
        "date-time" => "{{ now() }}",
        "date" => "2026-01-31",
        "time" => "12:00:00Z",
        "duration" => "PT1M",
        "email" | "idn-email" => "user@example.com",
        "uri" | "url" | "iri" | "uri-reference" => "https://example.com/",
        "hostname" | "idn-hostname" => "example.com",
        "ipv4" => "192.0.2.1",
        "ipv6" => "2001:db8::1",
        "byte" => "cGxpbXNvbGw=",
        _ => return sized("text", schema),
    };
    known.to_owned()
}

/// A word of a length the schema allows.
fn sized(word: &str, schema: &Json) -> String {
    /// No example needs to be longer.
    const ENOUGH: u64 = 200;
    let bound = |key: &str| schema.get(key).and_then(Json::as_u64);
    let least = bound("minLength").unwrap_or(0).min(ENOUGH);
    let most = bound("maxLength").unwrap_or(ENOUGH);
    let length = (word.len() as u64).max(least).min(most);
    word.chars().cycle().take(usize::try_from(length).unwrap_or(0)).collect()
}

/// A number that a schema allows: the least, else 1.
pub(super) fn number(schema: &Json, is_whole: bool) -> Json {
    let bound = |key: &str| schema.get(key).and_then(Json::as_f64);
    let is_open = |key: &str| schema.get(key).and_then(Json::as_bool) == Some(true);
    let step = bound("multipleOf").filter(|step| *step > 0.0).unwrap_or(if is_whole { 1.0 } else { 0.5 });
    // a bound that is itself left out is a number of its own in 3.1, and a flag in 3.0
    let above = bound("exclusiveMinimum").or_else(|| bound("minimum").filter(|_| is_open("exclusiveMinimum")));
    let below = bound("exclusiveMaximum").or_else(|| bound("maximum").filter(|_| is_open("exclusiveMaximum")));
    let least = match (above, bound("minimum")) {
        (Some(above), _) => Some((above / step).floor() * step + step),
        (None, Some(least)) => Some((least / step).ceil() * step),
        (None, None) => None,
    };
    let most = match (below, bound("maximum")) {
        (Some(below), _) => Some((below / step).ceil() * step - step),
        (None, Some(most)) => Some((most / step).floor() * step),
        (None, None) => None,
    };
    let usual = if bound("multipleOf").is_some() { step } else { 1.0 };
    let value = match (least, most) {
        (Some(least), _) if least > usual => least,
        (_, Some(most)) if most < usual => most,
        _ => usual,
    };
    if value.fract() == 0.0 && value.abs() < 9e15 { (value as i64).into() } else { value.into() }
}

/// A value as one text, for where the plan takes no other: a header, a field of a form.
pub(super) fn as_text(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Null => String::new(),
        // what is escaped in it is escaped without double quotes, so it is the same inside JSON
        other => other.to_string(),
    }
}

/// A value for where the plan takes a text, a number or a truth: what is nested goes as JSON text.
pub(super) fn flat(value: Json) -> Json {
    if value.is_array() || value.is_object() { as_text(&value).into() } else { value }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_keep_to_their_format_and_length() {
        assert_eq!(text(&json!({"format": "uuid"})), "{{ uuid() }}");
        assert_eq!(text(&json!({"format": "date-time"})), "{{ now() }}");
        assert_eq!(text(&json!({"minLength": 6})), "textte");
        assert_eq!(text(&json!({"maxLength": 2})), "te");
        assert_eq!(text(&json!({"minLength": u64::MAX})).len(), 200);
        assert_eq!(text(&json!({"minLength": -1, "format": 5})), "text");
    }

    #[test]
    fn numbers_keep_to_their_bounds() {
        assert_eq!(number(&json!({}), true), json!(1));
        assert_eq!(number(&json!({"minimum": 10}), true), json!(10));
        assert_eq!(number(&json!({"minimum": 10, "exclusiveMinimum": true}), true), json!(11));
        assert_eq!(number(&json!({"exclusiveMinimum": 10, "multipleOf": 5}), true), json!(15));
        assert_eq!(number(&json!({"maximum": -3}), true), json!(-3));
        assert_eq!(number(&json!({"exclusiveMaximum": 1}), false), json!(0.5));
        assert_eq!(number(&json!({"minimum": 1e300}), false), json!(1e300));
        assert_eq!(number(&json!({"multipleOf": 0}), true), json!(1));
    }
}
