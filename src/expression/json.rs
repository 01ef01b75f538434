use std::borrow::Cow;

use minijinja::Value;

use super::number::{WrittenNumber, is_json_number, read, serde_number};

/// What stands before a number's digits where the JSON at hand cannot hold it: a sign that no text has (Unicode,
/// noncharacters). To all who read the value it is the number.
const MARK: &str = "\u{FDD2}";
/// A number of fewer letters loses nothing.
const SHORTEST: usize = 16;

/// Reads a JSON text, behind a byte order mark or not. Each number keeps all of its digits.
///
/// # Errors
/// What is no JSON, or is nested deeper than 128.
pub fn read_json(bytes: &[u8]) -> Result<serde_json::Value, serde_json::Error> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    serde_json::from_slice(&with_long_numbers_as_texts(bytes))
}

/// The text that stands for a number, without its mark.
pub(super) fn long_number(text: &str) -> Option<&str> {
    text.strip_prefix(MARK).filter(|digits| is_json_number(digits))
}

/// A JSON value that is no list and no map.
pub(super) fn scalar(json: &serde_json::Value) -> Option<Value> {
    match json {
        serde_json::Value::Null => Some(Value::from(())),
        serde_json::Value::Bool(truth) => Some(Value::from(*truth)),
        serde_json::Value::Number(number) => Some(serde_number(number)),
        serde_json::Value::String(text) => Some(match long_number(text) {
            Some(digits) => WrittenNumber::exact(digits).unwrap_or_default(),
            None => Value::from(text.as_str()),
        }),
        serde_json::Value::Array(_) | serde_json::Value::Object(_) => None,
    }
}

/// The text with each number that would lose digits as a marked text. Whatever is no JSON stays no JSON.
fn with_long_numbers_as_texts(bytes: &[u8]) -> Cow<'_, [u8]> {
    let mut out: Option<Vec<u8>> = None;
    let (mut copied, mut at) = (0, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'"' => at = end_of_text(bytes, at + 1),
            b'-' | b'0'..=b'9' => {
                let sign = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E');
                let end = at + bytes[at..].iter().take_while(|byte| sign(byte)).count();
                if end - at >= SHORTEST
                    && let Some(digits) =
                        std::str::from_utf8(&bytes[at..end]).ok().filter(|digits| loses_digits(digits))
                {
                    let out = out.get_or_insert_with(|| Vec::with_capacity(bytes.len() + 64));
                    out.extend_from_slice(&bytes[copied..at]);
                    out.extend_from_slice(format!("\"{MARK}{digits}\"").as_bytes());
                    copied = end;
                }
                at = end;
            }
            _ => at += 1,
        }
    }
    match out {
        Some(mut out) => {
            out.extend_from_slice(&bytes[copied..]);
            Cow::Owned(out)
        }
        None => Cow::Borrowed(bytes),
    }
}

fn end_of_text(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    while at < bytes.len() && bytes[at] != b'"' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    at + 1
}

/// Whether a number is none that 64 bits hold.
fn loses_digits(digits: &str) -> bool {
    if digits.parse::<i64>().is_ok() || digits.parse::<u64>().is_ok() || !is_json_number(digits) {
        return false;
    }
    // a whole number beyond them, or a fraction that a double rounds
    digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
        || read(digits).is_none()
        || WrittenNumber::exact(digits).is_some_and(|number| number.kind() == minijinja::value::ValueKind::Plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expression::{json_to_value, to_json};

    #[test]
    fn every_digit_of_a_number_is_kept() {
        for text in [
            "[1,-2,0.5,18446744073709551615,-9223372036854775808]",
            "[12345678901234567890123,-12345678901234567890123]",
            "[1234567890123456789012345678901234567890123456789]",
            "[3.14159265358979323846264338327950288,0.1000000000000000055511151231257827]",
            r#"{"id":123456789012345678901234567890,"text":"123456789012345678901234567890 \"-1.23456789012345678901"}"#,
        ] {
            assert_eq!(to_json(&json_to_value(&read_json(text.as_bytes()).unwrap())), text);
        }
        assert_eq!(to_json(&json_to_value(&read_json(b"[1.50000000000000000000]").unwrap())), "[1.5]");
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_json_and_what_is_none_stays_none() {
        assert!(read_json(b"\xEF\xBB\xBF{\"a\": 1}").is_ok());
        for text in
            ["", "<html>", "[1234567890123456789012.]", "[01234567890123456789]", "{\"a", "[--123456789012345678901]"]
        {
            assert!(read_json(text.as_bytes()).is_err(), "{text}");
        }
        assert!(read_json(format!("{}1{}", "[".repeat(200), "]".repeat(200)).as_bytes()).is_err());
    }
}
