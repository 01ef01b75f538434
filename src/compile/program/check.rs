use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::value_template::ValueTemplate;
use crate::expression::{
    Answer, EvalError, Expr, JsonPath, Scope, Template, Value, copy_of_json, to_json, value_contains, values_equal,
    values_in_order,
};
use crate::units::show_duration;

/// One thing that must be true of an answer.
#[derive(Debug)]
pub struct Check {
    /// What must be true.
    pub expectation: Expectation,
    /// The message where it is not, from the plan.
    pub otherwise: Option<Arc<Template>>,
    /// `plan.yaml:12:3`.
    pub place: Arc<str>,
}

/// What must be true of an answer.
#[derive(Debug)]
pub enum Expectation {
    /// The status is one of these.
    Status(StatusSet),
    /// A header's text matches.
    Header(http::HeaderName, Matcher),
    /// The first match of a path in the JSON body matches.
    Json(JsonPath, Matcher),
    /// The body's text matches.
    Body(Matcher),
    /// The response time is at most this.
    Within(Duration),
    /// An expression is true.
    That(Expr),
}

/// A set of status codes, as ranges: `200`, `[200, 404]`, `2xx`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusSet(pub Vec<std::ops::RangeInclusive<u16>>);

impl StatusSet {
    /// What is expected where the plan says nothing: 2xx or 3xx.
    #[must_use]
    pub fn usual() -> Self {
        Self(vec![200..=299, 300..=399])
    }

    /// Whether a status is one of these.
    #[must_use]
    pub fn contains(&self, status: u16) -> bool {
        self.0.iter().any(|range| range.contains(&status))
    }
}

impl fmt::Display for StatusSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, range) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { " or " };
            if range.start() == range.end() {
                write!(f, "{separator}{}", range.start())?;
            } else {
                write!(f, "{separator}{}xx", range.start() / 100)?;
            }
        }
        Ok(())
    }
}

/// What a found value must be.
#[derive(Debug)]
pub enum Matcher {
    /// It is there, whatever it is (`null` included).
    Exists,
    /// It is not there.
    Absent,
    /// It equals a value; numbers by size, so that `1` equals `1.0`, and a text that reads as a number equals it.
    Equals(Wanted),
    /// It does not equal a value.
    Not(Wanted),
    /// A number at most this.
    AtMost(Wanted),
    /// A number at least this.
    AtLeast(Wanted),
    /// A text or list that contains this.
    Contains(Wanted),
    /// A text a pattern matches somewhere.
    Matches(regex::Regex),
    /// Every one of these.
    All(Vec<Matcher>),
}

/// What a value is held against.
#[derive(Debug)]
pub struct Wanted {
    /// The value.
    pub value: ValueTemplate,
    /// How it is written, where it is a value of the environment: those are not shown.
    pub written: Option<Arc<str>>,
}

impl Wanted {
    fn shown(&self, value: &Value) -> String {
        match &self.written {
            Some(written) => format!("`{written}`"),
            None => short(value),
        }
    }
}

/// A broken expectation: what to count the failure under. Without volatile parts where the plan gives none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckFailure {
    /// `expected status 200, got 404`.
    pub message: String,
}

impl Check {
    /// As [`Check::evaluate`], without the plan's own message.
    ///
    /// # Errors
    /// [`CheckFailure`] says how it does not hold.
    pub fn evaluate_without_message(
        &self,
        answer: &Answer,
        elapsed: Duration,
        scope: &Arc<Scope>,
    ) -> Result<(), CheckFailure> {
        match self.expectation.broken(answer, elapsed, scope) {
            Ok(None) => Ok(()),
            Ok(Some(message)) => {
                let found = self.expectation.found(answer, elapsed);
                let found = found.filter(|_| !matches!(self.expectation, Expectation::Status(_)));
                let found = found.map(|found| format!(", found {found}")).unwrap_or_default();
                Err(CheckFailure { message: format!("{message}{found}") })
            }
            Err(error) => Err(CheckFailure { message: error.message }),
        }
    }

    /// Whether the check holds for an answer.
    ///
    /// # Errors
    /// [`CheckFailure`] says how it does not. An expression that cannot be evaluated is broken too.
    pub fn evaluate(&self, answer: &Answer, elapsed: Duration, scope: &Arc<Scope>) -> Result<(), CheckFailure> {
        let broken = match self.expectation.broken(answer, elapsed, scope) {
            Ok(None) => return Ok(()),
            Ok(Some(message)) => message,
            Err(error) => error.message,
        };
        let message = match self.otherwise.as_ref().map(|template| template.render(scope)) {
            Some(Ok(words)) => words,
            Some(Err(_)) | None => broken,
        };
        Err(CheckFailure { message })
    }
}

impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(set) => write!(f, "status {set}"),
            Self::Header(name, matcher) => write!(f, "header `{name}` {matcher}"),
            Self::Json(path, matcher) => write!(f, "`{path}` {matcher}"),
            Self::Body(matcher) => write!(f, "body {matcher}"),
            Self::Within(limit) => write!(f, "within {}", show_duration(*limit)),
            Self::That(expr) => write!(f, "`{}`", expr.source()),
        }
    }
}

impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = |wanted: &Wanted| match wanted.value.constant() {
            Some(value) => wanted.shown(value),
            None => "what the plan fills in".to_owned(),
        };
        match self {
            Self::Exists => f.write_str("exists"),
            Self::Absent => f.write_str("is absent"),
            Self::Equals(wanted) => write!(f, "is {}", value(wanted)),
            Self::Not(wanted) => write!(f, "is not {}", value(wanted)),
            Self::AtMost(wanted) => write!(f, "is at most {}", value(wanted)),
            Self::AtLeast(wanted) => write!(f, "is at least {}", value(wanted)),
            Self::Contains(wanted) => write!(f, "contains {}", value(wanted)),
            Self::Matches(pattern) => write!(f, "matches `{pattern}`"),
            Self::All(matchers) => {
                for (index, matcher) in matchers.iter().enumerate() {
                    write!(f, "{}{matcher}", if index == 0 { "" } else { " and " })?;
                }
                Ok(())
            }
        }
    }
}

impl Expectation {
    /// What the answer holds at the place that was looked at.
    fn found(&self, answer: &Answer, elapsed: Duration) -> Option<String> {
        match self {
            Self::Status(_) => Some(answer.status().to_string()),
            Self::Header(name, _) => {
                let value = answer.headers().get(name)?;
                Some(short(&text(&String::from_utf8_lossy(value.as_bytes()))))
            }
            Self::Json(path, _) => Some(short(&copy_of_json(path.first(answer.json().ok()?)?).ok()?)),
            Self::Body(_) => Some(short(&text(&String::from_utf8_lossy(answer.body())))),
            Self::Within(_) => Some(show_duration(elapsed)),
            Self::That(_) => None,
        }
    }

    fn broken(&self, answer: &Answer, elapsed: Duration, scope: &Arc<Scope>) -> Result<Option<String>, EvalError> {
        Ok(match self {
            Self::Status(expected) => (!expected.contains(answer.status()))
                .then(|| format!("expected status {expected}, got {}", answer.status())),
            Self::Header(name, matcher) => {
                let found = answer.headers().get(name).map(|value| text(&String::from_utf8_lossy(value.as_bytes())));
                matcher.refuses(found.as_ref(), scope)?.map(|why| format!("header `{name}`: {why}"))
            }
            Self::Json(path, matcher) => match answer.first(path).map(Option::transpose) {
                Ok(Ok(found)) => matcher.refuses(found.as_ref(), scope)?.map(|why| format!("`{path}`: {why}")),
                Ok(Err(no_room)) => Some(format!("`{path}` is too large: {no_room}")),
                Err(why) => Some(format!("the body is {why}")),
            },
            Self::Body(matcher) => {
                let body = text(&String::from_utf8_lossy(answer.body()));
                matcher.refuses(Some(&body), scope)?.map(|why| format!("body: {why}"))
            }
            Self::Within(limit) => (elapsed > *limit).then(|| format!("took longer than {}", show_duration(*limit))),
            Self::That(expr) => (!expr.holds(scope)?).then(|| format!("`{}` is false", expr.source())),
        })
    }
}

impl Matcher {
    /// Why a value does not match; `None` where it does.
    fn refuses(&self, found: Option<&Value>, scope: &Arc<Scope>) -> Result<Option<String>, EvalError> {
        if let Self::All(matchers) = self {
            for matcher in matchers {
                let refused = matcher.refuses(found, scope)?;
                if refused.is_some() {
                    return Ok(refused);
                }
            }
            return Ok(None);
        }
        let found = match (self, found) {
            (Self::Absent, None) | (Self::Exists, Some(_)) => return Ok(None),
            (Self::Absent, Some(_)) => return Ok(Some("is there, expected none".into())),
            (_, None) => return Ok(Some("is missing".into())),
            (_, Some(found)) => found,
        };
        Ok(match self {
            Self::Equals(wanted) => {
                let value = wanted.value.eval(scope)?;
                (!values_equal(found, &value)?).then(|| format!("expected {}", wanted.shown(&value)))
            }
            Self::Not(wanted) => {
                let value = wanted.value.eval(scope)?;
                values_equal(found, &value)?.then(|| format!("expected anything but {}", wanted.shown(&value)))
            }
            Self::AtMost(wanted) => {
                let value = wanted.value.eval(scope)?;
                let holds = values_in_order(found, &value).is_ok_and(Ordering::is_le);
                (!holds).then(|| format!("expected at most {}", wanted.shown(&value)))
            }
            Self::AtLeast(wanted) => {
                let value = wanted.value.eval(scope)?;
                let holds = values_in_order(found, &value).is_ok_and(Ordering::is_ge);
                (!holds).then(|| format!("expected at least {}", wanted.shown(&value)))
            }
            Self::Contains(wanted) => {
                let value = wanted.value.eval(scope)?;
                let holds = value_contains(found, &value).unwrap_or(false);
                (!holds).then(|| format!("does not contain {}", wanted.shown(&value)))
            }
            Self::Matches(pattern) => {
                let holds = found.as_str().is_some_and(|text| pattern.is_match(text));
                (!holds).then(|| format!("does not match `{pattern}`"))
            }
            Self::Exists | Self::Absent | Self::All(_) => None,
        })
    }
}

fn text(text: &str) -> Value {
    Value::from(text)
}

fn short(value: &Value) -> String {
    let mut text = to_json(value);
    if let Some((cut, _)) = text.char_indices().nth(80) {
        text.truncate(cut);
        text.push('…');
    }
    format!("`{text}`")
}
