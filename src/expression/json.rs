use std::borrow::Cow;
use std::ops::Deref;

use minijinja::Value;

use super::number::{WrittenNumber, is_json_number, read, serde_number};
use crate::memory::{Held, NoRoom, hold};

/// What stands before a number's digits where the JSON at hand cannot hold it: a sign that no text has (Unicode,
/// noncharacters). To all who read the value it is the number.
const MARK: &str = "\u{FDD2}";
/// A number of fewer letters loses nothing.
const SHORTEST: usize = 16;

/// A JSON text as it was read, with the memory it takes.
#[derive(Debug)]
pub struct Json {
    value: serde_json::Value,
    _held: Option<Held>,
}

/// Why a text was not read as JSON.
#[derive(Debug, thiserror::Error)]
pub enum NotJson {
    /// It is something else, or breaks off.
    #[error("not JSON")]
    Malformed(serde_json::Error),
    /// Lists and maps lie in each other deeper than is read.
    #[error("JSON nested deeper than 128 levels, which is not read")]
    TooDeep(serde_json::Error),
    /// There is no memory left for it.
    #[error("JSON for which there is no room: {0}")]
    NoRoom(#[from] NoRoom),
}

/// Reads a JSON text, behind a byte order mark or not. Each number keeps all of its digits.
///
/// # Errors
/// What is no JSON, is nested deeper than 128, or takes more memory than there is.
pub fn read_json(bytes: &[u8]) -> Result<Json, NotJson> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    // what is small enough takes no more than what need not be held
    let held = if bytes.len() < SMALL_TEXT { None } else { hold(memory_of(bytes))? };
    let read = serde_json::from_slice(&with_long_numbers_as_texts(bytes));
    let value = read.map_err(|error| match error.to_string().starts_with("recursion limit") {
        true => NotJson::TooDeep(error),
        false => NotJson::Malformed(error),
    })?;
    Ok(Json { value, _held: held })
}

impl Json {
    /// What was read.
    #[must_use]
    pub fn into_value(self) -> serde_json::Value {
        self.value
    }
}

impl Deref for Json {
    type Target = serde_json::Value;

    fn deref(&self) -> &serde_json::Value {
        &self.value
    }
}

/// Each byte of a text becomes at most a value of a hundred: below this, all together need not be held.
const SMALL_TEXT: usize = 256;
/// What a value takes, in a list that has grown to half more than it needs.
const NODE: usize = size_of::<serde_json::Value>() * 3 / 2;
/// What a key takes besides, with its place in the map's index.
const KEY: usize = (size_of::<String>() + 2 * size_of::<usize>()) * 3 / 2 + 16;
/// What the memory of a text takes besides its letters.
const TEXT: usize = 16;

/// About how many bytes a JSON text takes once it is read: a few bytes of it become a value of many.
fn memory_of(bytes: &[u8]) -> usize {
    let (mut values, mut keys, mut texts, mut at) = (1, 0, 0, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'"' => {
                texts += 1;
                at = end_of_text(bytes, at + 1);
                continue;
            }
            b',' | b'[' | b'{' => values += 1,
            b':' => keys += 1,
            _ => {}
        }
        at += 1;
    }
    values * NODE + keys * KEY + texts * TEXT + bytes.len()
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
        serde_json::Value::String(text) => Some(text_value(text)),
        serde_json::Value::Array(_) | serde_json::Value::Object(_) => None,
    }
}

/// The value of a text of what was read: itself, or the number it stands for.
pub(super) fn text_value(text: &str) -> Value {
    match long_number(text) {
        Some(digits) => WrittenNumber::exact(digits).unwrap_or_default(),
        None => Value::from(text),
    }
}

/// The text with each number that would lose digits as a marked text. Whatever is no JSON stays no JSON.
pub(super) fn with_long_numbers_as_texts(bytes: &[u8]) -> Cow<'_, [u8]> {
    if !may_have_long_numbers(bytes) {
        return Cow::Borrowed(bytes);
    }
    let mut out: Option<Vec<u8>> = None;
    let (mut copied, mut at) = (0, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'"' => at = end_of_text(bytes, at + 1),
            b'-' | b'0'..=b'9' => {
                let end = at + bytes[at..].iter().take_while(|byte| is_of_number(**byte)).count();
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

fn is_of_number(byte: u8) -> bool {
    byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E')
}

/// Whether so many signs of numbers stand side by side anywhere, as few texts have: every so many bytes there would be one of
/// them, with as many around it.
fn may_have_long_numbers(bytes: &[u8]) -> bool {
    (SHORTEST - 1..bytes.len()).step_by(SHORTEST).any(|at| {
        let before = bytes[..at].iter().rev().take_while(|byte| is_of_number(**byte)).take(SHORTEST).count();
        let behind = bytes[at..].iter().take_while(|byte| is_of_number(**byte)).take(SHORTEST).count();
        behind > 0 && before + behind >= SHORTEST
    })
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
    use crate::memory::MemoryBudget;

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
    }

    #[test]
    fn json_that_is_nested_too_deep_says_so() {
        let nested = |levels: usize| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
        assert!(read_json(nested(127).as_bytes()).is_ok());
        for levels in [128, 200, 100_000] {
            let refused = read_json(nested(levels).as_bytes()).unwrap_err();
            assert!(refused.to_string().contains("deeper than 128"), "{levels}: {refused}");
        }
    }

    #[test]
    fn what_a_text_becomes_is_held_of_the_budget_before_it_is_read() {
        let text = format!("[{}1]", "[],".repeat(200_000));
        MemoryBudget::new(8 << 20).of_this_thread();
        assert!(matches!(read_json(text.as_bytes()), Err(NotJson::NoRoom(_))));
        MemoryBudget::new(256 << 20).of_this_thread();
        let first = read_json(text.as_bytes()).unwrap();
        assert!(read_json(text.as_bytes()).is_ok());
        let more: Vec<_> = (0..9).map_while(|_| read_json(text.as_bytes()).ok()).collect();
        assert!((1..9).contains(&more.len()), "several of them are more than there is");
        drop((first, more));
        assert!(read_json(text.as_bytes()).is_ok(), "what is dropped is given back");
    }
}
