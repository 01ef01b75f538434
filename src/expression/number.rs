use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use minijinja::Value;
use minijinja::value::{DynObject, Object, ObjectRepr, ValueKind};

/// A number that keeps the spelling it came in, where its value alone would lose it: `1.10`, `0042`, or more digits
/// than a double holds. It is sent as it was written, and calculated with as the number it is.
#[derive(Debug)]
pub(super) struct WrittenNumber {
    text: Box<str>,
    number: Value,
}

/// More digits than these are no number to calculate with, and a spelling nobody wants to keep.
const LONGEST: usize = 4_000;

impl WrittenNumber {
    /// The number a text in JSON's spelling stands for: a plain one where that loses nothing.
    pub(super) fn exact(text: &str) -> Option<Value> {
        let number = read(text)?;
        let same = digits(text) == digits(&canonical(&number)?);
        Some(if same || text.len() > LONGEST { number } else { Self::keeping(text, number) })
    }

    /// A number with the text it was written as.
    pub(super) fn keeping(text: &str, number: Value) -> Value {
        Value::from_object(Self { text: text.into(), number })
    }

    /// As JSON writes it: as it was written, where that is JSON.
    pub(super) fn json(&self) -> String {
        match is_json_number(&self.text) {
            true => self.text.to_string(),
            false => canonical(&self.number).unwrap_or_else(|| "null".into()),
        }
    }
}

/// A number of a plan as it is spelled.
#[must_use]
pub fn written_number(spelling: &str, number: &serde_json::Number) -> Value {
    let value = read(spelling).unwrap_or_else(|| serde_number(number));
    match canonical(&value).as_deref() == Some(spelling) {
        true => value,
        false => WrittenNumber::keeping(spelling, value),
    }
}

pub(super) fn serde_number(number: &serde_json::Number) -> Value {
    match (number.as_i64(), number.as_u64()) {
        (Some(whole), _) => Value::from(whole),
        (_, Some(whole)) => Value::from(whole),
        _ => Value::from(number.as_f64().unwrap_or(f64::NAN)),
    }
}

/// The number a value is or reads as; a truth value is 0 or 1. `None` where it is none.
#[must_use]
pub fn to_number(value: &Value) -> Option<f64> {
    let number = match value.kind() {
        ValueKind::Bool => return Some(f64::from(u8::from(value.is_true()))),
        ValueKind::String => read(value.as_str()?)?,
        _ => number(value)?,
    };
    f64::try_from(number.clone()).ok().or_else(|| number.to_string().parse().ok())
}

impl Object for WrittenNumber {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn is_true(self: &Arc<Self>) -> bool {
        self.number.is_true()
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        Some(self.number.cmp(&other.downcast_ref::<Self>()?.number))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The number a value is, without its spelling; `None` where it is none.
pub(super) fn number(value: &Value) -> Option<Value> {
    match value.kind() {
        ValueKind::Number => Some(value.clone()),
        ValueKind::Plain => value.downcast_object_ref::<WrittenNumber>().map(|written| written.number.clone()),
        _ => None,
    }
}

/// The value to calculate with: a number without its spelling, anything else as it is.
pub(super) fn plain(value: Value) -> Value {
    number(&value).unwrap_or(value)
}

/// The number a text stands for, where it is one as JSON writes it; blanks around it do not count.
pub(super) fn read(text: &str) -> Option<Value> {
    let text = text.trim_matches([' ', '\t', '\r', '\n']);
    if !is_json_number(text) {
        return None;
    }
    if let Ok(whole) = text.parse::<i64>() {
        return Some(Value::from(whole));
    }
    let wide = text.parse::<i128>().map(Value::from).or_else(|_| text.parse::<u128>().map(Value::from));
    wide.ok().or_else(|| text.parse::<f64>().ok().filter(|number| number.is_finite()).map(Value::from))
}

/// A number as JSON writes it; `None` where JSON has none such.
pub(super) fn canonical(number: &Value) -> Option<String> {
    match number.is_integer() {
        true => Some(number.to_string()),
        false => f64::try_from(number.clone()).ok().filter(|number| number.is_finite()).and_then(|number| {
            // the shortest text that reads back as the same number
            serde_json::Number::from_f64(number).map(|number| number.to_string())
        }),
    }
}

/// Whether a text is a number of JSON (RFC 8259, section 6).
#[must_use]
pub fn is_json_number(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|exponent| digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)))
}

/// The digits that count of a number in JSON's spelling, without zeros at either end.
fn digits(text: &str) -> String {
    let mantissa = text.split(['e', 'E']).next().unwrap_or_default();
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    digits.trim_matches('0').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_json_reads_as_a_number_is_one_and_nothing_else() {
        for text in ["0", "-0", "17", "-3.5", "1e9", "1E-9", "1.0", "123456789012345678901234567890", " 5\r\n"] {
            assert!(read(text).is_some(), "{text}");
        }
        for text in ["", "-", "01", "+1", ".5", "5.", "1e", "0x1F", "1_000", "inf", "NaN", "1 2", "1e999", "١"] {
            assert!(read(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_number_keeps_its_spelling_only_where_its_value_would_lose_digits() {
        for (text, kept) in [
            ("5", false),
            ("1.10", false),
            ("18446744073709551616", false),
            ("0.1", false),
            ("3.14159265358979323846", true),
            ("1234567890123456789012345678901234567890123", true),
        ] {
            let number = WrittenNumber::exact(text).unwrap();
            assert_eq!(number.kind() == ValueKind::Plain, kept, "{text}");
        }
    }
}
