use std::cmp::Ordering;

use minijinja::value::{Kwargs, Rest, ValueKind, ValueOrKwargs};
use minijinja::{Environment, Error, ErrorKind, State, Value, filters, tests};

use super::compare::{contains, equal, order};
use super::moment::moment;
use super::number::{number, plain, read};
use super::operators::{COMPARE, PLAIN, SLICED, SUM, TEXT, WHOLE};
use super::sum::sum_of;
use super::text::{no_text, to_json, to_text, write_json};
use super::work::{count_bytes, measure};

/// How many blanks a level is further in where nobody says.
const INDENT: usize = 4;

/// The language's own filters that ours are made of stand under names that start with this.
const OWN: &str = "own.";

/// Filters of texts: what is no text is given to them as the text it is written as.
const OF_TEXTS: [&str; 11] =
    ["capitalize", "e", "escape", "indent", "lines", "lower", "replace", "split", "string", "title", "trim"];
/// Filters that go through all of what they are given, or put it into lists of lists.
const OF_WHOLES: [&str; 8] = ["batch", "chain", "dictsort", "groupby", "items", "slice", "unique", "zip"];
/// Filters of numbers: they get them without their spelling.
const OF_NUMBERS: [&str; 4] = ["abs", "float", "int", "round"];

/// Adds what the operators of an expression are written as, and the filters and tests that show or compare values.
pub(super) fn add_to(language: &mut Environment<'static>) {
    language.add_filter(TEXT, text);
    language.add_filter(PLAIN, |value: Value| measure(&value).map(|()| plain(value)));
    language.add_filter(WHOLE, |value: Value| measure(&value).map(|()| value));
    language.add_filter("raw", |value: Value| as_text(value).map(raw));
    language.add_filter(COMPARE, compare);
    language.add_filter(SUM, sum_of);
    language.add_filter(SLICED, |value: Value| match moment(&value) {
        Some(moment) => Value::from(moment.to_string()),
        None => value,
    });
    add_own(language);
    for name in OF_TEXTS.into_iter().chain(["upper"]) {
        language.add_filter(name, move |state: &mut State, mut arguments: Rest<ValueOrKwargs>| {
            let arguments = std::mem::take(&mut *arguments).into_iter().map(ValueOrKwargs::into_value);
            // how far a text is indented is no text
            let texts = if name == "indent" { 1 } else { usize::MAX };
            let arguments = arguments.enumerate();
            let arguments =
                arguments.map(|(index, given)| if index < texts { as_text(given) } else { Ok(plain(given)) });
            let arguments = arguments.collect::<Result<Vec<_>, _>>()?;
            if name == "indent" {
                count_indent(&arguments)?;
            }
            let text = state.apply_filter(&format!("{OWN}{name}"), &arguments)?;
            // nothing but `raw` says that a text may be a path
            Ok::<_, Error>(if text.is_safe() { Value::from(to_text(&text)) } else { text })
        });
    }
    for name in OF_NUMBERS {
        language.add_filter(name, move |state: &mut State, mut arguments: Rest<ValueOrKwargs>| {
            let arguments = std::mem::take(&mut *arguments).into_iter().map(ValueOrKwargs::into_value);
            let arguments: Vec<Value> = arguments.map(plain).collect();
            state.apply_filter(&format!("{OWN}{name}"), &arguments)
        });
    }
    for name in OF_WHOLES {
        language.add_filter(name, move |state: &mut State, mut arguments: Rest<ValueOrKwargs>| {
            let arguments = std::mem::take(&mut *arguments).into_iter().map(ValueOrKwargs::into_value);
            let arguments: Vec<Value> = arguments.collect();
            arguments.iter().try_for_each(measure)?;
            state.apply_filter(&format!("{OWN}{name}"), &arguments)
        });
    }
    language.add_filter("format", format);
    language.add_filter("join", join);
    language.add_filter("pprint", |value: Value| pretty(&value));
    language.add_filter("tojson", json_filter);
    language.add_filter("sum", sum);
    language.add_filter("sort", sort);
    language.add_filter("min", |state: &mut State, list: Value, options: Kwargs| {
        extreme(state, "min", &list, &options, Ordering::Less)
    });
    language.add_filter("max", |state: &mut State, list: Value, options: Kwargs| {
        extreme(state, "max", &list, &options, Ordering::Greater)
    });
    add_tests(language);
}

fn add_own(language: &mut Environment<'static>) {
    macro_rules! own {
        ($($name:ident),*) => {$(
            language.add_filter(concat!("own.", stringify!($name)), filters::$name);
        )*};
    }
    own!(
        abs, batch, capitalize, chain, dictsort, escape, float, format, groupby, items, slice, unique, zip, indent,
        int, join, lines, lower, map, max, min, replace, round, sort, split, string, sum, title, tojson, trim, upper
    );
    language.add_filter("own.e", filters::escape);
}

fn add_tests(language: &mut Environment<'static>) {
    for (names, sign) in [
        (&["eq", "equalto", "=="][..], "=="),
        (&["ne", "!="], "!="),
        (&["lt", "lessthan", "<"], "<"),
        (&["le", "<="], "<="),
        (&["gt", "greaterthan", ">"], ">"),
        (&["ge", ">="], ">="),
        (&["in"], "in"),
    ] {
        for name in names {
            language.add_test(*name, move |a: &Value, b: &Value| holds(a, sign, b));
        }
    }
    language.add_test("number", |value: &Value| number(value).is_some());
    language.add_test("integer", |value: Value| tests::is_integer(&plain(value)));
    language.add_test("int", |value: Value| tests::is_integer(&plain(value)));
    language.add_test("float", |value: Value| tests::is_float(&plain(value)));
    language.add_test("odd", |value: Value| tests::is_odd(plain(value)));
    language.add_test("even", |value: Value| tests::is_even(plain(value)));
}

/// A value as the text it is written as; what is undefined stays so, and is refused by whoever needs it.
fn text(value: Value) -> Result<Value, Error> {
    as_text(value)
}

/// A text that is put into a path as it is.
fn raw(text: Value) -> Value {
    match text.is_undefined() {
        true => text,
        false => Value::from_safe_string(to_text(&text)),
    }
}

fn as_text(value: Value) -> Result<Value, Error> {
    if value.is_safe() {
        return Ok(Value::from(to_text(&value)));
    }
    if let Some(why) = no_text(&value) {
        return Err(Error::new(ErrorKind::InvalidOperation, why));
    }
    if value.as_str().is_some() || value.is_undefined() || value.is_kwargs() || value.is_integer() {
        return Ok(value);
    }
    measure(&value)?;
    Ok(Value::from(to_text(&value)))
}

/// `a < b <= c`: the first value, then each sign with the value behind it.
fn compare(first: &Value, rest: Rest<Value>) -> Result<bool, Error> {
    let mut left = first;
    for pair in rest.chunks_exact(2) {
        let (sign, right) = (pair[0].as_str().unwrap_or_default(), &pair[1]);
        if !holds(left, sign, right)? {
            return Ok(false);
        }
        left = right;
    }
    Ok(true)
}

fn holds(a: &Value, sign: &str, b: &Value) -> Result<bool, Error> {
    if a.is_undefined() || b.is_undefined() {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    Ok(match sign {
        "==" => equal(a, b)?,
        "!=" => !equal(a, b)?,
        "in" => contains(b, a)?,
        "not in" => !contains(b, a)?,
        "<" => order(a, b)?.is_lt(),
        "<=" => order(a, b)?.is_le(),
        ">" => order(a, b)?.is_gt(),
        _ => order(a, b)?.is_ge(),
    })
}

/// The language's `format`, which panics at a key beyond ASCII (minijinja 3.1.0): such a key is turned away here.
fn format(state: &mut State, format: Value, values: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    if format.as_str().is_some_and(has_foreign_key) {
        return Err(Error::new(ErrorKind::InvalidOperation, "`format` takes keys of ASCII letters alone"));
    }
    let mut arguments = vec![format];
    for value in values.into_values() {
        arguments.push(match value.is_kwargs() {
            true => {
                let named = Kwargs::try_from(value)?;
                let names: Vec<String> = named.args().map(str::to_owned).collect();
                let pairs = names.into_iter().map(|name| Ok((name.clone(), formatted(named.get(&name)?)?)));
                Value::from(pairs.collect::<Result<Kwargs, Error>>()?)
            }
            false => formatted(value)?,
        });
    }
    state.apply_filter("own.format", &arguments)
}

/// A number is formatted as one, and anything else as the text it is written as.
fn formatted(value: Value) -> Result<Value, Error> {
    match value.kind() {
        ValueKind::Number => Ok(value),
        _ => as_text(value),
    }
}

/// Whether a `%(key)` holds what is not ASCII; `%%` is a percent sign.
fn has_foreign_key(format: &str) -> bool {
    let mut rest = format;
    while let Some((_, field)) = rest.split_once('%') {
        rest = match field.strip_prefix('(') {
            Some(key) => {
                let (key, behind) = key.split_once(')').unwrap_or((key, ""));
                if !key.is_ascii() {
                    return true;
                }
                behind
            }
            None => field.strip_prefix('%').unwrap_or(field),
        };
    }
    false
}

fn join(state: &mut State, list: Value, separator: Option<Value>, options: Kwargs) -> Result<Value, Error> {
    let separator = match separator {
        Some(separator) => Some(separator),
        None => options.get("d")?,
    };
    let attribute: Option<String> = options.get("attribute")?;
    options.assert_all_used()?;
    let list = match attribute {
        Some(attribute) => {
            let by = Value::from(Kwargs::from_iter([("attribute", Value::from(attribute))]));
            state.apply_filter("own.map", &[list, by])?
        }
        None => list,
    };
    let list = match list.kind() {
        ValueKind::Seq | ValueKind::Iterable | ValueKind::Map => {
            measure(&list)?;
            Value::from(list.try_iter()?.map(as_text).collect::<Result<Vec<_>, _>>()?)
        }
        _ => list,
    };
    state.apply_filter("own.join", &[list, as_text(separator.unwrap_or_else(|| Value::from("")))?])
}

fn pretty(value: &Value) -> Result<Value, Error> {
    measure(value)?;
    let json: serde_json::Value = serde_json::from_str(&to_json(value)).unwrap_or_default();
    Ok(Value::from(serde_json::to_string_pretty(&json).unwrap_or_default()))
}

fn json_filter(state: &mut State, value: Value, indent: Option<Value>, options: Kwargs) -> Result<Value, Error> {
    if indent.is_some() || options.args().next().is_some() {
        measure(&value)?;
        let width =
            indent.clone().or_else(|| options.peek("indent").ok()).and_then(|width| usize::try_from(width).ok());
        count_bytes(indented(&to_json(&value), width.unwrap_or(INDENT)))?;
        return state.apply_filter("own.tojson", &[value, indent.unwrap_or_default(), Value::from(options)]);
    }
    if value.is_undefined() {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    measure(&value)?;
    let mut json = String::new();
    write_json(&value, &mut json);
    Ok(Value::from(json))
}

/// Counts the blanks that `indent` puts before lines, before it does.
fn count_indent(arguments: &[Value]) -> Result<(), Error> {
    let lines = arguments.first().and_then(Value::as_str).map_or(1, |text| text.matches('\n').count() + 1);
    let named = arguments.iter().find(|given| given.is_kwargs()).and_then(|options| options.get_attr("width").ok());
    let width = arguments.get(1).filter(|given| !given.is_kwargs()).cloned().or(named);
    let width = width.and_then(|width| usize::try_from(width).ok()).unwrap_or(INDENT);
    count_bytes(lines.saturating_mul(width))
}

/// How long a JSON text is with each item in a line of its own, so many blanks further in for each level.
fn indented(json: &str, width: usize) -> usize {
    let (mut depth, mut length, mut in_text, mut escaped) = (0_usize, json.len(), false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            _ if in_text => {}
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            b',' => {}
            _ => continue,
        }
        if !in_text && !matches!(byte, b'"' | b'\\') {
            length = length.saturating_add(width.saturating_mul(depth).saturating_add(1));
        }
    }
    length
}

fn sum(state: &mut State, list: Value, mut options: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    let mut arguments = vec![match list.kind() {
        ValueKind::Seq if measure(&list).is_ok() && list.try_iter()?.any(|item| item.kind() == ValueKind::Plain) => {
            Value::from(list.try_iter()?.map(plain).collect::<Vec<_>>())
        }
        _ => list,
    }];
    arguments.extend(std::mem::take(&mut *options).into_iter().map(ValueOrKwargs::into_value));
    state.apply_filter("own.sum", &arguments)
}

/// Items with the numbers they are ordered by; `None` where they are no numbers, and the language knows their order.
fn by_number(list: &Value, options: &Kwargs) -> Result<Option<Vec<(Value, Value)>>, Error> {
    let attribute: Option<String> = options.peek("attribute").ok();
    if !matches!(list.kind(), ValueKind::Seq | ValueKind::Iterable) {
        return Ok(None);
    }
    measure(list)?;
    let mut items = Vec::new();
    let (mut numbers, mut texts, mut plain_numbers) = (0, 0, 0);
    for item in list.try_iter()? {
        let key = match &attribute {
            Some(path) => path
                .split('.')
                .try_fold(item.clone(), |at, step| match step.parse::<usize>() {
                    Ok(index) => at.get_item_by_index(index),
                    Err(_) => at.get_attr(step),
                })
                .unwrap_or_default(),
            None => item.clone(),
        };
        let by = number(&key).or_else(|| key.as_str().and_then(read));
        plain_numbers += usize::from(key.kind() == ValueKind::Number);
        numbers += usize::from(by.is_some());
        texts += usize::from(by.is_none() && key.as_str().is_some());
        items.push((by.unwrap_or_default(), item));
    }
    if numbers > 0 && texts > 0 && plain_numbers > 0 {
        let why = "a text that is not a number is ordered among numbers: use `| map('int')`, or write all as texts";
        return Err(Error::new(ErrorKind::InvalidOperation, why));
    }
    // numbers alone are the language's to order
    Ok((numbers == items.len() && plain_numbers < numbers).then_some(items))
}

fn sort(state: &mut State, list: Value, options: Kwargs) -> Result<Value, Error> {
    let Some(mut items) = by_number(&list, &options)? else {
        return state.apply_filter("own.sort", &[list, Value::from(options)]);
    };
    let reverse = options.get::<Option<bool>>("reverse")?.unwrap_or(false);
    items.sort_by(|(a, _), (b, _)| if reverse { b.cmp(a) } else { a.cmp(b) });
    Ok(items.into_iter().map(|(_, item)| item).collect())
}

fn extreme(state: &mut State, name: &str, list: &Value, options: &Kwargs, wanted: Ordering) -> Result<Value, Error> {
    let Some(items) = by_number(list, options)? else {
        return state.apply_filter(&format!("{OWN}{name}"), &[list.clone(), Value::from(options.clone())]);
    };
    let first = items.into_iter().reduce(|best, next| if next.0.cmp(&best.0) == wanted { next } else { best });
    Ok(first.map(|(_, item)| item).unwrap_or_default())
}
