use std::fmt::Write as _;

use minijinja::Value;
use minijinja::value::ValueKind;

use super::number::{WrittenNumber, canonical};

/// Whether a value is a list, or gives one.
#[must_use]
pub fn is_list(value: &Value) -> bool {
    matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable)
}

/// A value as texts show it: a text as it is, anything else as JSON writes it.
#[must_use]
pub fn to_text(value: &Value) -> String {
    let mut out = String::new();
    write_text(value, &mut out);
    out
}

/// A value as JSON writes it.
#[must_use]
pub fn to_json(value: &Value) -> String {
    let mut out = String::new();
    write_json(value, &mut out);
    out
}

/// Why a value cannot be written into a text; `None` where it can.
pub(super) fn no_text(value: &Value) -> Option<&'static str> {
    (value.kind() == ValueKind::Bytes && value.as_str().is_none())
        .then_some("these bytes are no text: write `… | b64encode`")
}

pub(super) fn write_text(value: &Value, out: &mut String) {
    match value.as_str() {
        Some(text) => out.push_str(text),
        None if value.is_undefined() => {}
        // a number as it is spelled, a moment; writing to a string cannot fail
        None if value.kind() == ValueKind::Plain => drop(write!(out, "{value}")),
        None => write_json(value, out),
    }
}

/// Appends a value as JSON. What lies in a value is bounded by whoever made it.
pub fn write_json(value: &Value, out: &mut String) {
    match value.kind() {
        ValueKind::Bool => out.push_str(if value.is_true() { "true" } else { "false" }),
        ValueKind::Number => match value.as_i64().filter(|_| value.is_integer()) {
            Some(whole) => out.push_str(itoa::Buffer::new().format(whole)),
            None => out.push_str(&canonical(value).unwrap_or_else(|| "null".into())),
        },
        ValueKind::Seq | ValueKind::Iterable => {
            out.push('[');
            for (index, item) in value.try_iter().into_iter().flatten().enumerate() {
                out.push_str(if index == 0 { "" } else { "," });
                write_json(&item, out);
            }
            out.push(']');
        }
        ValueKind::Map => {
            out.push('{');
            for (index, key) in value.try_iter().into_iter().flatten().enumerate() {
                out.push_str(if index == 0 { "" } else { "," });
                write_json_text(&to_text(&key), out);
                out.push(':');
                write_json(&value.get_item(&key).unwrap_or_default(), out);
            }
            out.push('}');
        }
        ValueKind::String => write_json_text(value.as_str().unwrap_or_default(), out),
        ValueKind::Plain => match value.downcast_object_ref::<WrittenNumber>() {
            Some(number) => out.push_str(&number.json()),
            None => write_json_text(&value.to_string(), out),
        },
        ValueKind::Bytes => write_json_text(&value.to_string(), out),
        // `none`, `undefined`, and what a later version of the language may add
        _ => out.push_str("null"),
    }
}

/// Appends a text as JSON writes it.
pub fn write_json_text(text: &str, out: &mut String) {
    if text.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
        // nothing in it is escaped
        out.push('"');
        out.push_str(text);
        out.push('"');
        return;
    }
    // a text always has a JSON form
    out.push_str(&serde_json::to_string(text).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_text_is_written_as_json_at_every_depth() {
        let list = Value::from(vec![
            Value::from(1),
            Value::from("b"),
            Value::from(true),
            Value::from(()),
            Value::from(vec![Value::from(false), Value::from(1.5)]),
            Value::from_pairs([("k\"", Value::from(())), ("l", Value::from("é\n"))]),
            Value::from(u128::MAX),
        ]);
        let json = r#"[1,"b",true,null,[false,1.5],{"k\"":null,"l":"é\n"},340282366920938463463374607431768211455]"#;
        assert_eq!(to_text(&list), json);
        assert_eq!(to_json(&list), json);
        assert_eq!(
            [to_text(&Value::from(true)), to_text(&Value::from(())), to_text(&Value::from("é\n"))],
            ["true", "null", "é\n"]
        );
        assert_eq!(to_json(&Value::from("é\n")), "\"é\\n\"");
        assert_eq!(to_text(&Value::from(1e21)), "1e+21");
        assert_eq!(to_text(&Value::from(f64::NAN)), "null");
    }
}
