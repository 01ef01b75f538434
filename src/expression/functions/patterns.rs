use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;

use minijinja::value::Kwargs;
use minijinja::{Environment, Error, Value};
use regex::{Captures, Regex, RegexBuilder};

use super::encodings::text_of;
use super::table::wrong;
use crate::expression::work::{count_bytes, count_item};

pub(super) fn add_to(language: &mut Environment<'static>) {
    macro_rules! both {
        ($($name:ident)*) => {$(
            language.add_filter(stringify!($name), $name);
            language.add_function(stringify!($name), $name);
        )*};
    }
    both!(regex_find regex_findall regex_replace);
}

thread_local! {
    /// The expressions that were compiled on this thread.
    static PATTERNS: RefCell<HashMap<Box<str>, Regex>> = RefCell::default();
}

/// So many expressions are kept; then it is begun anew.
const MOST_PATTERNS: usize = 128;
/// What a compiled expression may take.
const LARGEST: usize = 1 << 20;
/// What compiling one counts for.
const COMPILING: usize = 1 << 16;

/// Compiles a regular expression.
///
/// # Errors
/// What is wrong with it, in a few words.
pub(in crate::expression) fn compiled(pattern: &str) -> Result<Regex, String> {
    RegexBuilder::new(pattern).size_limit(LARGEST).build().map_err(|error| {
        let message = error.to_string();
        let last = message.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
        format!("`{pattern}` is not a regular expression: {last}")
    })
}

fn pattern(pattern: &Value) -> Result<Regex, Error> {
    let pattern = text_of(pattern)?;
    PATTERNS.with_borrow_mut(|patterns| {
        if let Some(known) = patterns.get(&*pattern) {
            return Ok(known.clone());
        }
        count_bytes(COMPILING)?;
        let compiled = compiled(&pattern).map_err(wrong)?;
        if patterns.len() >= MOST_PATTERNS {
            patterns.clear();
        }
        patterns.insert(pattern.as_ref().into(), compiled.clone());
        Ok(compiled)
    })
}

/// What a caller wants of a match: one of its groups, by number or name.
enum Group {
    /// The first, where there is one; else the match.
    Usual,
    Number(usize),
    Name(String),
}

impl Group {
    fn of(options: &Kwargs, pattern: &Regex) -> Result<Self, Error> {
        let group: Option<Value> = options.get("group")?;
        options.assert_all_used()?;
        let Some(group) = group else { return Ok(Self::Usual) };
        let known = match (group.as_usize(), group.as_str()) {
            (Some(number), _) if number < pattern.captures_len() => Self::Number(number),
            (None, Some(name)) if pattern.capture_names().flatten().any(|known| known == name) => {
                Self::Name(name.to_owned())
            }
            _ => return Err(wrong(format!("`{pattern}` has no group `{group}`"))),
        };
        Ok(known)
    }

    fn text<'t>(&self, found: &Captures<'t>) -> Option<&'t str> {
        let found = match self {
            Self::Usual => found.get(1).or_else(|| found.get(0)),
            Self::Number(number) => found.get(*number),
            Self::Name(name) => found.name(name),
        };
        found.map(|found| found.as_str())
    }
}

/// The first match, or undefined.
fn regex_find(text: Value, wanted: Value, options: Kwargs) -> Result<Value, Error> {
    let (text, wanted) = (text_of(&text)?, pattern(&wanted)?);
    let group = Group::of(&options, &wanted)?;
    let found = wanted.captures(&text);
    Ok(found.as_ref().and_then(|found| group.text(found)).map_or(Value::UNDEFINED, Value::from))
}

/// All matches: texts, or lists of texts where the expression has several groups.
fn regex_findall(text: Value, wanted: Value, options: Kwargs) -> Result<Value, Error> {
    let (text, wanted) = (text_of(&text)?, pattern(&wanted)?);
    let group = Group::of(&options, &wanted)?;
    let mut all = Vec::new();
    for found in wanted.captures_iter(&text) {
        count_item()?;
        all.push(match group {
            Group::Usual if wanted.captures_len() > 2 => {
                found.iter().skip(1).try_for_each(|_| count_item())?;
                groups(&found)
            }
            _ => Value::from(group.text(&found).unwrap_or_default()),
        });
    }
    Ok(Value::from(all))
}

/// The groups of a match; one that took no part in it is none.
pub(in crate::expression) fn groups(found: &Captures) -> Value {
    let groups = found.iter().skip(1).map(|group| group.map_or(Value::from(()), |group| Value::from(group.as_str())));
    Value::from(groups.collect::<Vec<_>>())
}

fn regex_replace(text: Value, wanted: Value, replacement: Value, options: Kwargs) -> Result<String, Error> {
    let count = options.get::<Option<usize>>("count")?.unwrap_or(0);
    options.assert_all_used()?;
    let (text, wanted) = (text_of(&text)?, pattern(&wanted)?);
    let replacement = text_of(&replacement)?;
    let replacement = by_dollar(&replacement);
    let (mut out, mut at) = (String::new(), 0);
    for (index, found) in wanted.captures_iter(&text).enumerate() {
        if count > 0 && index >= count {
            break;
        }
        let Some(whole) = found.get(0) else { continue };
        let before = out.len();
        out.push_str(&text[at..whole.start()]);
        found.expand(&replacement, &mut out);
        at = whole.end();
        count_item()?;
        count_bytes(out.len() - before)?;
    }
    out.push_str(&text[at..]);
    Ok(out)
}

/// A replacement whose groups are written `\1`, as other tools do, with `$`.
fn by_dollar(replacement: &str) -> Cow<'_, str> {
    if !replacement.contains('\\') {
        return Cow::Borrowed(replacement);
    }
    let mut out = String::with_capacity(replacement.len());
    let mut letters = replacement.chars().peekable();
    while let Some(letter) = letters.next() {
        match (letter, letters.peek()) {
            ('\\', Some(digit)) if digit.is_ascii_digit() => {
                out.push_str(&format!("${{{digit}}}"));
                letters.next();
            }
            _ => out.push(letter),
        }
    }
    Cow::Owned(out)
}
