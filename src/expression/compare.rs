use std::cmp::Ordering;

use minijinja::value::ValueKind;
use minijinja::{Error, ErrorKind, Value};

use super::expr::EvalError;
use super::moment::{compared, moment};
use super::number::{number, read};
use super::work::{self, count_item, measure};

/// What a text that is no number says where it meets a number in an order.
const NOT_A_NUMBER: &str = "a text that is not a number is compared with a number: use `| int`, or compare two texts";

/// Whether two values are equal: as `==` in an expression.
///
/// # Errors
/// Values that are too large to compare.
pub fn values_equal(a: &Value, b: &Value) -> Result<bool, EvalError> {
    work::begin();
    equal(a, b).map_err(EvalError::from)
}

/// Which of two values is less: as `<` in an expression.
///
/// # Errors
/// Values that have no order.
pub fn values_in_order(a: &Value, b: &Value) -> Result<Ordering, EvalError> {
    work::begin();
    order(a, b).map_err(EvalError::from)
}

/// Whether one value is in another: as `in` in an expression.
///
/// # Errors
/// A container that is none.
pub fn value_contains(container: &Value, wanted: &Value) -> Result<bool, EvalError> {
    work::begin();
    contains(container, wanted).map_err(EvalError::from)
}

/// Whether two values are equal. A text and a number are where the text reads as that number, a text and a truth value
/// where the text is `true` or `false`; two texts are as they are written.
pub(super) fn equal(a: &Value, b: &Value) -> Result<bool, Error> {
    count_item()?;
    if moment(a).is_some() || moment(b).is_some() {
        return Ok(compared(a, b).is_some_and(Ordering::is_eq));
    }
    match (a.as_str(), b.as_str()) {
        (Some(a), Some(b)) => return Ok(a == b),
        (Some(text), None) => return Ok(text_equals(text, b)),
        (None, Some(text)) => return Ok(text_equals(text, a)),
        (None, None) => {}
    }
    if let (Some(a), Some(b)) = (number(a), number(b)) {
        return Ok(a == b);
    }
    match (a.kind(), b.kind()) {
        (ValueKind::Seq | ValueKind::Iterable, ValueKind::Seq | ValueKind::Iterable) => {
            let (mut a, mut b) = (a.try_iter()?, b.try_iter()?);
            loop {
                match (a.next(), b.next()) {
                    (Some(a), Some(b)) if equal(&a, &b)? => {}
                    (None, None) => return Ok(true),
                    _ => return Ok(false),
                }
            }
        }
        (ValueKind::Map, ValueKind::Map) => {
            if a.len() != b.len() {
                return Ok(false);
            }
            for key in a.try_iter()? {
                let (a, b) = (a.get_item(&key)?, b.get_item(&key)?);
                if b.is_undefined() || !equal(&a, &b)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        _ => Ok(a == b),
    }
}

fn text_equals(text: &str, value: &Value) -> bool {
    match (number(value), value.kind()) {
        (Some(number), _) => read(text).is_some_and(|read| read == number),
        (None, ValueKind::Bool) => text == if value.is_true() { "true" } else { "false" },
        _ => false,
    }
}

/// Which of two values is less: numbers by size, and so texts that both read as numbers; other texts as texts.
pub(super) fn order(a: &Value, b: &Value) -> Result<Ordering, Error> {
    if moment(a).is_some() || moment(b).is_some() {
        let help = "a date is compared with a date: write `date(…)` around the other, with its `format` or `unit`";
        return compared(a, b).ok_or_else(|| Error::new(ErrorKind::InvalidOperation, help));
    }
    let refuse = |why: &str| Err(Error::new(ErrorKind::InvalidOperation, why.to_owned()));
    match (a.as_str(), b.as_str(), number(a), number(b)) {
        (_, _, Some(a), Some(b)) => Ok(a.cmp(&b)),
        (Some(a), Some(b), ..) => Ok(match (read(a), read(b)) {
            (Some(a), Some(b)) => a.cmp(&b),
            _ => a.cmp(b),
        }),
        (Some(text), None, _, Some(b)) => read(text).map_or_else(|| refuse(NOT_A_NUMBER), |a| Ok(a.cmp(&b))),
        (None, Some(text), Some(a), _) => read(text).map_or_else(|| refuse(NOT_A_NUMBER), |b| Ok(a.cmp(&b))),
        _ if a.kind() == b.kind() => {
            measure(a)?;
            measure(b)?;
            Ok(a.cmp(b))
        }
        _ => refuse(&format!("{} and {} have no order: compare two numbers or two texts", said(a), said(b))),
    }
}

/// Whether a list has an item, a map a key, or a text a part.
pub(super) fn contains(container: &Value, wanted: &Value) -> Result<bool, Error> {
    match container.kind() {
        ValueKind::String => {
            measure(wanted)?;
            let part = super::text::to_text(wanted);
            Ok(container.as_str().is_some_and(|text| text.contains(&part)))
        }
        ValueKind::Seq | ValueKind::Iterable | ValueKind::Map => {
            for item in container.try_iter()? {
                if equal(&item, wanted)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        _ => Err(Error::new(ErrorKind::InvalidOperation, format!("nothing can be in {}", said(container)))),
    }
}

/// What a value is, in plain words.
fn said(value: &Value) -> &'static str {
    match value.kind() {
        ValueKind::Undefined => "what is undefined",
        ValueKind::None => "`null`",
        ValueKind::Bool => "`true` or `false`",
        ValueKind::Number => "a number",
        ValueKind::String => "a text",
        ValueKind::Seq | ValueKind::Iterable => "a list",
        ValueKind::Map => "a map",
        ValueKind::Plain if number(value).is_some() => "a number",
        _ => "another value",
    }
}
