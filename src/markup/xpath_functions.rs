use std::ops::RangeInclusive;

/// A function of XPath.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Last,
    Position,
    Count,
    LocalName,
    Name,
    String,
    Concat,
    StartsWith,
    Contains,
    Before,
    After,
    Part,
    Length,
    Normalize,
    Translate,
    Boolean,
    Not,
    True,
    False,
    Number,
    Sum,
    Floor,
    Ceiling,
    Round,
}

/// The functions by name, each with how many arguments it takes.
pub(super) const FUNCTIONS: [(&str, Function, RangeInclusive<usize>); 24] = [
    ("last", Function::Last, 0..=0),
    ("position", Function::Position, 0..=0),
    ("count", Function::Count, 1..=1),
    ("local-name", Function::LocalName, 0..=1),
    ("name", Function::Name, 0..=1),
    ("string", Function::String, 0..=1),
    ("concat", Function::Concat, 2..=100),
    ("starts-with", Function::StartsWith, 2..=2),
    ("contains", Function::Contains, 2..=2),
    ("substring-before", Function::Before, 2..=2),
    ("substring-after", Function::After, 2..=2),
    ("substring", Function::Part, 2..=3),
    ("string-length", Function::Length, 0..=1),
    ("normalize-space", Function::Normalize, 0..=1),
    ("translate", Function::Translate, 3..=3),
    ("boolean", Function::Boolean, 1..=1),
    ("not", Function::Not, 1..=1),
    ("true", Function::True, 0..=0),
    ("false", Function::False, 0..=0),
    ("number", Function::Number, 0..=1),
    ("sum", Function::Sum, 1..=1),
    ("floor", Function::Floor, 1..=1),
    ("ceiling", Function::Ceiling, 1..=1),
    ("round", Function::Round, 1..=1),
];

/// `substring`: places count from 1, in letters, and are rounded.
pub(super) fn part(text: &str, from: f64, length: Option<f64>) -> String {
    let from = round(from);
    let end = length.map_or(f64::INFINITY, |length| from + round(length));
    let is_inside = |place: f64| place >= from && place < end;
    text.chars().enumerate().filter(|(index, _)| is_inside(*index as f64 + 1.0)).map(|(_, letter)| letter).collect()
}

/// The nearest whole number; of two the larger.
pub(super) fn round(number: f64) -> f64 {
    (number + 0.5).floor()
}

/// Each letter of `from` becomes that of `to` in its place, or goes.
pub(super) fn translated(text: &str, from: &str, to: &str) -> String {
    let mut turned = std::collections::HashMap::new();
    let mut to = to.chars();
    for letter in from.chars() {
        let other = to.next();
        turned.entry(letter).or_insert(other);
    }
    text.chars().filter_map(|letter| turned.get(&letter).copied().unwrap_or(Some(letter))).collect()
}

/// A number as a text.
pub(super) fn number_text(number: f64) -> String {
    match number {
        number if number.is_nan() => "NaN".to_owned(),
        number if number.is_infinite() => if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned(),
        // there is one zero
        number => (number + 0.0).to_string(),
    }
}

/// A text as a number; NaN where it is none.
pub(super) fn number_of(text: &str) -> f64 {
    let text = text.trim_matches([' ', '\t', '\r', '\n']);
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_number = digits.bytes().any(|byte| byte.is_ascii_digit())
        && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && digits.matches('.').count() < 2;
    if is_number { text.parse().unwrap_or(f64::NAN) } else { f64::NAN }
}
