use std::sync::LazyLock;

use minijinja::value::Rest;
use minijinja::{Environment, Error, ErrorKind, Expression, State, UndefinedBehavior, Value, context};

use super::language::FUEL;
use super::moment::{Moment, Sign, moment};
use super::number::plain;
use super::work::measure;
use crate::units::parse_duration;

/// `a + b - c`: the first value, then each sign with the value behind it. A duration is added to a moment; anything else is
/// the language's own.
pub(super) fn sum_of(state: &mut State, first: Value, rest: Rest<Value>) -> Result<Value, Error> {
    let mut left = first;
    for pair in rest.chunks_exact(2) {
        let sign = if pair[0].as_str() == Some("-") { Sign::Minus } else { Sign::Plus };
        left = one(state, left, sign, &pair[1])?;
    }
    Ok(left)
}

fn one(state: &State, left: Value, sign: Sign, right: &Value) -> Result<Value, Error> {
    if let Some(moved) = of_moments(&left, sign, right) {
        return moved.map_err(|why| Error::new(ErrorKind::InvalidOperation, why));
    }
    let (left, right) = (plain(left), plain(right.clone()));
    if let (Some(a), Some(b)) = (whole(&left), whole(&right)) {
        let sum = if sign == Sign::Plus { a.checked_add(b) } else { a.checked_sub(b) };
        if let Some(sum) = sum {
            return Ok(Value::from(sum));
        }
    }
    if let (Some(a), Some(b), Sign::Plus) = (left.as_str(), right.as_str(), sign) {
        // as the language counts the bytes it makes
        state.consume_fuel((a.len() + b.len()) as u64 / BYTES_OF_FUEL)?;
        return Ok(Value::from([a, b].concat()));
    }
    measure(&left)?;
    measure(&right)?;
    let operation = if sign == Sign::Plus { &ADD } else { &SUBTRACT };
    match operation.as_ref() {
        Some(operation) => operation.eval(context! { a => left, b => right }),
        None => Err(Error::new(ErrorKind::InvalidOperation, "the language cannot add")),
    }
}

/// Bytes that are made for one step.
const BYTES_OF_FUEL: u64 = 64;

fn whole(value: &Value) -> Option<i64> {
    if value.is_integer() { value.as_i64() } else { None }
}

/// The language without anything of ours.
static BARE: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut language = Environment::empty();
    language.set_undefined_behavior(UndefinedBehavior::Strict);
    language.set_fuel(Some(FUEL));
    language
});
/// Whatever is no moment, text or small number is added as the language does it.
static ADD: LazyLock<Option<Expression<'static, 'static>>> = LazyLock::new(|| BARE.compile_expression("a + b").ok());
static SUBTRACT: LazyLock<Option<Expression<'static, 'static>>> =
    LazyLock::new(|| BARE.compile_expression("a - b").ok());

/// The sum where one of the two is a moment; `None` where none is.
fn of_moments(left: &Value, sign: Sign, right: &Value) -> Option<Result<Value, String>> {
    let (at, by) = match (moment(left), moment(right), sign) {
        (Some(left), Some(right), Sign::Minus) => return Some(Ok(left.since(right))),
        (Some(_), Some(_), Sign::Plus) => return Some(Err("two dates cannot be added".to_owned())),
        (Some(at), None, _) => (at, right),
        // `'2h' + now()` is the same; a moment is taken from nothing but another
        (None, Some(at), Sign::Plus) => (at, left),
        (None, Some(at), Sign::Minus) => {
            let before = left.as_str().and_then(|text| Moment::read(text, None));
            let help = "a date is taken from a date: write `date(…) - now()`";
            return Some(before.map(|before| before.since(at)).ok_or_else(|| help.to_owned()));
        }
        (None, None, _) => return None,
    };
    let Some(text) = by.as_str() else {
        return Some(Err(format!("a date is moved by a duration with its unit: write `'{by}s'`, `'2h'` or `'7d'`")));
    };
    if sign == Sign::Minus
        && let Some(other) = Moment::read(text, None)
    {
        return Some(Ok(at.since(&other)));
    }
    let moved = match parse_duration(text) {
        Ok(by) => at.moved(by, sign).ok_or_else(|| "no calendar goes so far".to_owned()),
        Err(why) => Err(format!("{}: {}", why.message, why.help)),
    };
    Some(moved.map(Moment::value))
}
