use std::borrow::Cow;

use crate::compile::{Capture, CaptureFrom, Group, Matches};
use crate::expression::{Answer, NotJson, Value, copies_of_json};
use crate::markup::{Document, Found, TooLong};

/// Why nothing could be captured of an answer, with the plan's place.
pub(super) enum NotCaptured {
    /// It is not there.
    Absent(String),
    /// It may be there, and is more than can be looked at or kept.
    TooMuch(String),
}

/// More matches than these are no value.
const MOST_MATCHES: usize = 1_000_000;

/// What a capture keeps of an answer.
pub(super) fn captured(capture: &Capture, answer: &Answer) -> Result<Value, NotCaptured> {
    let what = || format!("to capture as `{}` ({})", capture.name, capture.place);
    let absent = |why: String| NotCaptured::Absent(format!("{why} {}", what()));
    let too_much = |why: String| NotCaptured::TooMuch(format!("{why} {}", what()));
    let too_long = |TooLong| too_much(format!("{TooLong}: nothing"));
    let all = capture.matches == Matches::All;
    match &capture.from {
        CaptureFrom::Json(path) => {
            let no_json = |why: &NotJson| absent(format!("the body is {why}: nothing"));
            if !all {
                let found =
                    answer.first(path).map_err(no_json)?.ok_or_else(|| absent(format!("nothing at `{path}`")))?;
                return found.map_err(|no_room| NotCaptured::TooMuch(format!("too large {}: {no_room}", what())));
            }
            let json = answer.json().map_err(no_json)?;
            let found = path.all(json).map_err(too_much)?;
            if found.is_empty() {
                return Err(absent(format!("nothing at `{path}`")));
            }
            copies_of_json(&found).map_err(|why| NotCaptured::TooMuch(format!("too large {}: {why}", what())))
        }
        CaptureFrom::Status => Ok(Value::from(answer.status())),
        CaptureFrom::Header(name) => {
            let values = answer.headers().get_all(name).iter();
            let mut values = values.map(|value| String::from_utf8_lossy(value.as_bytes()));
            one_or_all(all, &mut values, || absent(format!("no header `{name}`")))
        }
        CaptureFrom::Cookie(name) => {
            let cookies = answer.headers().get_all(::http::header::SET_COOKIE).iter();
            let pairs = cookies.filter_map(|value| value.to_str().ok()?.split(';').next()?.split_once('='));
            let values = pairs.filter(|(known, _)| known.trim() == &**name).map(|(_, value)| value.trim());
            one_or_all(all, &mut values.map(Cow::Borrowed), || absent(format!("no cookie `{name}`")))
        }
        CaptureFrom::Regex(pattern, group) => {
            let body = String::from_utf8_lossy(answer.body());
            let absent = || absent(format!("nothing matches `{pattern}`"));
            if !all {
                return pattern.captures(&body).and_then(|found| of_group(pattern, *group, &found)).ok_or_else(absent);
            }
            let mut values = Vec::new();
            let mut left = MOST_MATCHES;
            for found in pattern.captures_iter(&body) {
                let items = if *group == Group::All { found.len() } else { 1 };
                left = left.checked_sub(items).ok_or_else(|| too_much(format!("`{pattern}` matches too often")))?;
                values.extend(of_group(pattern, *group, &found));
            }
            if values.is_empty() { Err(absent()) } else { Ok(Value::from(values)) }
        }
        CaptureFrom::Css(selector, attribute) => {
            let document = markup(answer, absent)?;
            let attribute = attribute.as_deref();
            let absent = || match attribute {
                None => absent(format!("nothing is selected by `{selector}`")),
                Some(name) => absent(format!("nothing with the attribute `{name}` is selected by `{selector}`")),
            };
            match all {
                false => selector.first(document, attribute).map_err(too_long)?.map(Value::from).ok_or_else(absent),
                true => {
                    let found = selector.all(document, attribute).map_err(too_long)?;
                    if found.is_empty() { Err(absent()) } else { Ok(Value::from(found)) }
                }
            }
        }
        CaptureFrom::XPath(path) => {
            let document = markup(answer, absent)?;
            let found = if all { path.all(document) } else { path.first(document) };
            Ok(match found.map_err(too_long)? {
                Found::Texts(texts) if texts.is_empty() => return Err(absent(format!("nothing at `{path}`"))),
                Found::Texts(texts) if all => Value::from(texts),
                Found::Texts(texts) => texts.into_iter().next().map(Value::from).unwrap_or_default(),
                Found::Text(text) => Value::from(text),
                Found::Number(number) if number.fract() == 0.0 && number.abs() < 1e15 => Value::from(number as i64),
                Found::Number(number) if number.is_finite() => Value::from(number),
                Found::Number(number) => return Err(absent(format!("`{path}` is {number}, and no number"))),
                Found::Truth(truth) => Value::from(truth),
            })
        }
    }
}

fn markup(answer: &Answer, absent: impl Fn(String) -> NotCaptured) -> Result<&Document, NotCaptured> {
    answer.markup().map_err(|why| absent(format!("the body is {why}: nothing")))
}

fn one_or_all<'a>(
    all: bool,
    values: &mut dyn Iterator<Item = Cow<'a, str>>,
    absent: impl Fn() -> NotCaptured,
) -> Result<Value, NotCaptured> {
    if !all {
        return values.next().map(Value::from).ok_or_else(absent);
    }
    let values: Vec<Value> = values.map(Value::from).collect();
    if values.is_empty() { Err(absent()) } else { Ok(Value::from(values)) }
}

/// The group of a match that is kept; `None` where it took no part in the match.
fn of_group(pattern: &regex::Regex, group: Group, found: &regex::Captures) -> Option<Value> {
    let text = |found: regex::Match| Value::from(found.as_str());
    match group {
        Group::Usual => found.get(1).or_else(|| found.get(0)).map(text),
        Group::Number(number) => found.get(number).map(text),
        Group::All => {
            let groups = || pattern.capture_names().zip(found.iter()).skip(1);
            let value = |group: Option<regex::Match>| group.map_or(Value::from(()), text);
            Some(match groups().all(|(name, _)| name.is_some()) {
                true => Value::from_pairs(groups().filter_map(|(name, group)| Some((name?.to_owned(), value(group))))),
                false => Value::from(groups().map(|(_, group)| value(group)).collect::<Vec<_>>()),
            })
        }
    }
}
