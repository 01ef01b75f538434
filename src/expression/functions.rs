use minijinja::value::{Kwargs, ValueOrKwargs};
use minijinja::{Environment, Error, ErrorKind, State, Value};
use rand::RngExt;
use rand::rngs::Xoshiro256PlusPlus;
use rand::seq::SliceRandom;

use super::number::{number, read};
use super::scope::{RESERVED, ScopeRng};
use super::work::measure;

/// The functions a plan may call: name, arguments, and what each gives.
pub const FUNCTIONS: [(&str, &str, &str); 8] = [
    ("choice", "list", "one of a list, each as likely"),
    ("sample", "list, n", "`n` different items of a list, in random order"),
    ("random_int", "from, to", "a whole number from `from` to `to`, both included"),
    ("random_float", "from, to", "a number from `from` up to `to`"),
    ("random_string", "length", "that many letters and digits"),
    ("uuid", "", "a random UUID (version 4)"),
    ("now", "", "the time as RFC 3339 in UTC, to the millisecond"),
    ("now_ms", "", "the time as milliseconds since 1970"),
];

const LONGEST_STRING: usize = 1 << 20;

pub(super) fn add_to(language: &mut Environment<'static>) {
    language.add_function("choice", choice);
    language.add_function("sample", sample);
    language.add_function("random_int", random_int);
    language.add_function("random_float", random_float);
    language.add_function("random_string", random_string);
    language.add_function("uuid", uuid);
    language.add_function("now", now);
    language.add_function("now_ms", now_ms);
    language.add_function("range", range);
    language.add_function("dict", |value: Option<Value>, more: Kwargs| {
        value.iter().chain(&[Value::from(more.clone())]).try_for_each(measure)?;
        minijinja::functions::dict(value, more)
    });
    language.add_function("namespace", |value: Option<ValueOrKwargs>| {
        let value = value.map(ValueOrKwargs::into_value);
        value.iter().try_for_each(measure)?;
        minijinja::functions::namespace(value.map(ValueOrKwargs::from))
    });
}

fn choice(state: &State, list: Value) -> Result<Value, Error> {
    let length = length_of(&list, "choice")?;
    if length == 0 {
        return Err(wrong("`choice` of an empty list"));
    }
    let index = with_rng(state, |rng| rng.random_range(0..length))?;
    list.get_item_by_index(index)
}

fn sample(state: &State, list: Value, n: Value) -> Result<Value, Error> {
    measure(&list)?;
    let n = usize::try_from(amount(n))?;
    let length = length_of(&list, "sample")?;
    if n > length {
        return Err(wrong(format!("`sample` of {n} from a list of {length}")));
    }
    let mut indices: Vec<usize> = (0..length).collect();
    let (picked, _) = with_rng(state, |rng| {
        let (picked, rest) = indices.partial_shuffle(rng, n);
        (picked.to_vec(), rest.len())
    })?;
    picked.into_iter().map(|index| list.get_item_by_index(index)).collect::<Result<Vec<_>, _>>().map(Value::from)
}

fn random_int(state: &State, from: Value, to: Value) -> Result<i64, Error> {
    let (from, to) = (i64::try_from(amount(from))?, i64::try_from(amount(to))?);
    if from > to {
        return Err(wrong(format!("`random_int({from}, {to})` ends before it starts")));
    }
    with_rng(state, |rng| rng.random_range(from..=to))
}

fn random_float(state: &State, from: Value, to: Value) -> Result<f64, Error> {
    let (from, to) = (f64::try_from(amount(from))?, f64::try_from(amount(to))?);
    let orderly = from.is_finite() && to.is_finite() && from <= to && (to - from).is_finite();
    if !orderly {
        return Err(wrong(format!("`random_float({from}, {to})` is not a range")));
    }
    with_rng(state, |rng| from + (to - from) * rng.random::<f64>())
}

fn random_string(state: &State, length: Value) -> Result<String, Error> {
    let length = usize::try_from(amount(length))?;
    const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    if length > LONGEST_STRING {
        return Err(wrong(format!("`random_string({length})` is longer than {LONGEST_STRING}")));
    }
    with_rng(state, |rng| (0..length).map(|_| char::from(LETTERS[rng.random_range(0..LETTERS.len())])).collect())
}

fn uuid(state: &State) -> Result<String, Error> {
    let random: u128 = with_rng(state, RngExt::random)?;
    // RFC 9562 §5.4: version 4 in bits 48..52, variant 10 in bits 64..66
    let id = (random & !(0xF << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{id:032x}");
    Ok(format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]))
}

fn now(_state: &State) -> String {
    humantime::format_rfc3339_millis(std::time::SystemTime::now()).to_string()
}

fn now_ms(_state: &State) -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// The number an argument is or reads as, without its spelling.
fn amount(value: Value) -> Value {
    number(&value).or_else(|| value.as_str().and_then(read)).unwrap_or(value)
}

fn range(from: Value, to: Option<Value>, step: Option<Value>) -> Result<Value, Error> {
    let whole = |value: Value| isize::try_from(amount(value));
    minijinja::functions::range(whole(from)?, to.map(whole).transpose()?, step.map(whole).transpose()?)
}

fn with_rng<R>(state: &State, draw: impl FnOnce(&mut Xoshiro256PlusPlus) -> R) -> Result<R, Error> {
    let rng = state.lookup(RESERVED).ok_or_else(|| wrong("random values are not available here"))?;
    let rng = rng.downcast_object_ref::<ScopeRng>().ok_or_else(|| wrong("random values are not available here"))?;
    Ok(rng.draw(draw))
}

fn length_of(list: &Value, function: &str) -> Result<usize, Error> {
    match list.kind() {
        minijinja::value::ValueKind::Seq => list.len().ok_or_else(|| wrong(format!("`{function}` needs a list"))),
        kind => Err(wrong(format!("`{function}` needs a list, not a {kind}"))),
    }
}

fn wrong(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message.into())
}
