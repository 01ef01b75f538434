use minijinja::value::{Kwargs, ValueOrKwargs};
use minijinja::{Environment, Error, ErrorKind, Value};

use super::chance::amount;
use super::{chance, dates, digests, documents, encodings, fake, files, jwt, patterns, sequences};
use crate::diagnostic::did_you_mean;
use crate::expression::work::measure;

/// The functions a plan may call: name, arguments, and what each gives.
pub const FUNCTIONS: [(&str, &str, &str); 42] = [
    ("choice", "list", "one of a list, each as likely"),
    ("weighted_choice", "weights", "one of a map's keys, each as likely as its weight: `{'read': 70, 'write': 30}`"),
    ("sample", "list, n", "`n` different items of a list, in random order"),
    ("random_int", "from, to", "a whole number from `from` to `to`, both included"),
    ("random_float", "from, to", "a number from `from` up to `to`"),
    ("random_normal", "mean, deviation", "a number of a normal distribution; `min=` and `max=` cut it"),
    ("random_string", "length", "that many letters and digits"),
    (
        "zipf",
        "n, exponent",
        "a rank from 1 to `n`, or an item of a list, the first most often; exponent 1 unless given",
    ),
    ("uuid", "", "a random UUID (version 4)"),
    ("fake", "kind", "a made-up name, e-mail, address or text, such as `fake('name')`"),
    ("sequence", "name", "a whole number from 1 that nobody else of the run gets, on any worker or shard"),
    ("now", "", "the time, written as RFC 3339 in UTC, to the millisecond; `zone=` shows it in another time zone"),
    ("now_ms", "", "the time as milliseconds since 1970"),
    (
        "date",
        "value",
        "a text or a number of seconds as a date; `format=`, `zone=`, and `unit='ms'` say how it is read",
    ),
    ("strftime", "date, format", "a date in a format such as `%Y-%m-%d`; `zone=` shows it in a time zone"),
    ("epoch", "date", "its seconds since 1970"),
    ("epoch_ms", "date", "its milliseconds since 1970"),
    ("file", "path", "what a file holds; the path is relative to the file of the plan"),
    (
        "hmac",
        "algorithm, key, text",
        "a keyed digest (`sha1`, `sha256`, `sha384`, `sha512`), hexadecimal unless `encoding=` says otherwise",
    ),
    ("md5", "text", "its MD5, hexadecimal unless `encoding=` says otherwise"),
    ("sha1", "text", "its SHA-1, as `md5`"),
    ("sha256", "text", "its SHA-256, as `md5`"),
    ("sha384", "text", "its SHA-384, as `md5`"),
    ("sha512", "text", "its SHA-512, as `md5`"),
    (
        "jwt",
        "claims, key",
        "a signed JSON Web Token; `algorithm=` is `HS256`, `HS384`, `HS512` or `none`, `header=` adds to its header",
    ),
    ("jwt_claims", "token", "what a JSON Web Token says, unchecked"),
    ("b64encode", "text", "it in base64"),
    ("b64decode", "text", "what a text in base64, of either alphabet, stands for"),
    ("b64url", "text", "it in the base64 of URLs, without padding"),
    ("urlencode", "text", "it percent-encoded, but for what `safe=` names; a map becomes `a=1&b=2`"),
    ("urldecode", "text", "what a percent-encoded text stands for; `plus=true` reads `+` as a blank"),
    ("html_unescape", "text", "it with the signs that `&amp;`, `&eacute;` and `&#233;` stand for"),
    ("to_json", "value", "it as JSON"),
    ("from_json", "text", "the value a JSON text stands for"),
    ("jsonpath", "value, path", "the first value at a JSONPath, or undefined; with `all=true` a list of all"),
    (
        "regex_find",
        "text, pattern",
        "the first match of a regular expression: its first group where it has one, or `group=`",
    ),
    ("regex_findall", "text, pattern", "all matches, as a list"),
    (
        "regex_replace",
        "text, pattern, replacement",
        "it with all matches replaced, or the first `count=`; `$1` is a group",
    ),
    ("split", "text, separator", "its parts, as a list"),
    ("range", "to", "the whole numbers from 0 up to `to`; with two or three arguments `from, to, step`"),
    ("dict", "", "a map of the arguments by name: `dict(a=1)`"),
    ("namespace", "", "a map whose members `{% set %}` may change"),
];

/// The functions that may give another value each time.
const CHANGING: [&str; 13] = [
    "choice",
    "debug",
    "fake",
    "now",
    "now_ms",
    "random_float",
    "random_int",
    "random_normal",
    "random_string",
    "sample",
    "sequence",
    "uuid",
    "weighted_choice",
];

/// Those whose value is a number.
const NUMBERS: [&str; 7] = ["epoch", "epoch_ms", "now_ms", "random_float", "random_int", "random_normal", "sequence"];
/// Those whose value is a text, as a function or as a filter.
const TEXTS: [&str; 17] = [
    "b64encode",
    "b64url",
    "fake",
    "hmac",
    "html_unescape",
    "jwt",
    "md5",
    "random_string",
    "regex_replace",
    "sha1",
    "sha256",
    "sha384",
    "sha512",
    "strftime",
    "to_json",
    "urlencode",
    "uuid",
];

/// Whether a function may give another value each time.
pub(in crate::expression) fn is_changing(name: &str) -> bool {
    CHANGING.contains(&name) || name == "zipf"
}

pub(in crate::expression) fn gives_a_number(name: &str) -> bool {
    NUMBERS.contains(&name)
}

pub(in crate::expression) fn gives_a_text(name: &str) -> bool {
    TEXTS.contains(&name)
}

pub(in crate::expression) fn add_to(language: &mut Environment<'static>) {
    chance::add_to(language);
    digests::add_to(language);
    documents::add_to(language);
    encodings::add_to(language);
    fake::add_to(language);
    files::add_to(language);
    jwt::add_to(language);
    patterns::add_to(language);
    sequences::add_to(language);
    dates::add_to(language);
    language.add_function("range", range);
    language.add_function("split", |state: &mut minijinja::State, text: Value, separator: Option<Value>| {
        let arguments: Vec<Value> = std::iter::once(text).chain(separator).collect();
        state.apply_filter("split", &arguments)
    });
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

fn range(from: Value, to: Option<Value>, step: Option<Value>) -> Result<Value, Error> {
    let whole = |value: Value| isize::try_from(amount(value));
    minijinja::functions::range(whole(from)?, to.map(whole).transpose()?, step.map(whole).transpose()?)
}

pub(super) fn wrong(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message.into())
}

/// Which of some words a value is.
pub(super) fn chosen(what: &str, value: &Value, known: &[&'static str]) -> Result<&'static str, Error> {
    let word = value.as_str().unwrap_or_default();
    known.iter().find(|known| **known == word).copied().ok_or_else(|| {
        let (message, help) = unknown_word(what, value, known);
        wrong(format!("{message}: {help}"))
    })
}

/// What is said of a word that is none of those there are.
pub(super) fn unknown_word(what: &str, value: &Value, known: &[&str]) -> (String, String) {
    let word = value.to_string();
    let help = did_you_mean(&word, known.iter().copied());
    let listed = || known.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    (format!("{what} is `{word}`"), help.unwrap_or_else(|| format!("there are {}", listed())))
}
