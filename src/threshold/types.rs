use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::amount::{Amount, RateUnit};
use super::limit::Limit;
use super::parse::bare_length;
use crate::secrets::Secrets;
use crate::units::show_duration;

/// One thing that must hold, with what happens where it does not.
#[derive(Debug, Clone)]
pub struct Rule {
    /// The condition.
    pub require: Threshold,
    /// The condition as it is written.
    pub text: String,
    /// The condition as the plan has it, where the run is scaled and its own is another.
    pub unscaled: Option<String>,
    /// Its name in reports, where the plan gives one.
    pub name: Option<String>,
    /// Whether breaking it ends the run.
    pub on_break: OnBreak,
    /// It aborts nothing before this time.
    pub after: Duration,
    /// What no samples mean.
    pub no_data: NoData,
    /// `plan.yaml:12:3`; empty for the default rule.
    pub place: String,
}

/// What breaking a rule does to a run under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnBreak {
    /// The run goes on; it is judged at its end.
    GoOn,
    /// The run ends.
    Abort,
}

/// What a threshold without samples means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoData {
    /// It is broken.
    Fails,
    /// It holds.
    Passes,
}

/// A condition on the numbers of a run: `p95{endpoint=recall} < 100ms over 30s`.
#[derive(Debug, Clone)]
pub struct Threshold {
    /// What is computed.
    pub aggregate: Aggregate,
    /// Of what.
    pub subject: Subject,
    /// Which requests; all must match.
    pub selector: Vec<Matcher>,
    /// How it must compare.
    pub operator: Operator,
    /// With what.
    pub limit: Limit,
    /// Over the last so long, or over the whole run.
    pub window: Option<Duration>,
    /// What a rate in it is written by.
    pub rate_unit: RateUnit,
}

/// What a threshold computes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Aggregate {
    /// How many requests ended; of a declared metric, how many samples, of a counter its sum.
    Count,
    /// The same a second.
    Rate,
    /// The share of failed calls, of arrivals nobody took, and of tasks that an error of the plan ended.
    ErrorRate,
    /// The share of failed tasks.
    TaskErrorRate,
    /// The share of users that did not start.
    StartErrorRate,
    /// How many failed.
    Errors,
    /// The share of the selected among all requests.
    Share,
    /// The smallest.
    Min,
    /// The mean.
    Avg,
    /// The largest.
    Max,
    /// The standard deviation.
    Stddev,
    /// A quantile.
    Quantile(Quantile),
    /// How many were due and not begun.
    Dropped,
    /// How many bytes came back.
    Bytes,
}

/// A quantile as written: `p99.9` is 999 per mille.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Quantile(pub f64);

/// What an aggregate is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// From when a request was due to its end.
    ResponseTime,
    /// From when it was sent to its end.
    ServiceTime,
    /// From its first byte to the answer's.
    TimeToFirstByte,
    /// Making a connection.
    ConnectTime,
    /// A declared metric.
    Declared(String),
}

/// One condition of a selector.
#[derive(Debug, Clone)]
pub struct Matcher {
    /// What it looks at.
    pub field: Field,
    /// How.
    pub relation: Relation,
    /// The text as written.
    pub text: String,
    /// Where in the threshold's text it stands, in bytes.
    pub range: std::ops::Range<usize>,
}

/// What a matcher looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// The endpoint's name.
    Endpoint,
    /// The service its endpoint is of.
    Service,
    /// The name statistics group by.
    Name,
    /// The user type.
    User,
    /// The task.
    Task,
    /// A tag of endpoint, task or user type.
    Tag,
    /// The stage.
    Stage,
    /// The answer's status.
    Status,
    /// The scenario.
    Scenario,
}

/// How a matcher compares.
#[derive(Debug, Clone)]
pub enum Relation {
    /// It is this.
    Is,
    /// It is not this.
    IsNot,
    /// This regular expression matches all of it.
    Like(regex::Regex),
}

/// How a measured value must compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `<`
    Below,
    /// `<=`
    AtMost,
    /// `>`
    Above,
    /// `>=`
    AtLeast,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
}

impl Rule {
    /// A rule with nothing but its condition: it ends no run, and without data it is broken.
    #[must_use]
    pub fn new(require: Threshold, text: &str) -> Self {
        Self {
            require,
            text: text.to_owned(),
            unscaled: None,
            name: None,
            on_break: OnBreak::GoOn,
            after: Duration::ZERO,
            no_data: NoData::Fails,
            place: String::new(),
        }
    }

    /// Takes secrets out of it before anything is evaluated by it: what the run, its journal and its files say of a
    /// threshold is then the same. A condition that would be none without what looks like a secret (`p95 <` where
    /// that is a secret) has none in it.
    pub(crate) fn mask(&mut self, secrets: &Secrets) {
        if let Cow::Owned(masked) = secrets.mask(&self.text)
            && let Ok(require) = Threshold::parse(&masked)
        {
            (self.require, self.text) = (require, masked);
        }
        for text in [&mut self.name, &mut self.unscaled].into_iter().flatten() {
            *text = secrets.mask(text).into_owned();
        }
    }
}

impl Threshold {
    /// Whether one that is broken may hold later, as it asks for more of what only grows.
    #[must_use]
    pub const fn may_still_hold(&self) -> bool {
        let grows =
            matches!(self.aggregate, Aggregate::Count | Aggregate::Errors | Aggregate::Dropped | Aggregate::Bytes);
        let asks_for_more = matches!(self.operator, Operator::Above | Operator::AtLeast | Operator::Equal);
        grows && asks_for_more && self.window.is_none()
    }

    /// The most thresholds of one plan; each has a histogram of its own.
    pub const MOST: usize = 500;

    /// The longest windows there are; a longer one would keep that many seconds in memory.
    pub const LONGEST_WINDOW: Duration = Duration::from_secs(3600);

    /// A measured value in the unit the limit is written in, so that a person can compare both.
    #[must_use]
    pub fn show(&self, measured: Amount) -> String {
        measured.by(self.rate_unit)
    }
}

impl Matcher {
    /// Whether a text is one it takes.
    #[must_use]
    pub fn takes(&self, text: &str) -> bool {
        match &self.relation {
            Relation::Is => text == self.text,
            Relation::IsNot => text != self.text,
            Relation::Like(pattern) => pattern.is_match(text),
        }
    }

    /// Whether it takes what has these tags: one of them, or, where it says `!=`, none that it leaves out.
    pub fn takes_tags<T: AsRef<str>>(&self, tags: impl IntoIterator<Item = T>) -> bool {
        let mut tags = tags.into_iter();
        match self.relation {
            Relation::IsNot => tags.all(|tag| self.takes(tag.as_ref())),
            Relation::Is | Relation::Like(_) => tags.any(|tag| self.takes(tag.as_ref())),
        }
    }
}

impl Quantile {
    /// As a share: 0.95 for `p95`.
    #[must_use]
    pub fn share(self) -> f64 {
        self.0 / 100.0
    }
}

impl Operator {
    /// Whether `left` compares so with `right`.
    #[must_use]
    pub fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Self::Below => left < right,
            Self::AtMost => left <= right,
            Self::Above => left > right,
            Self::AtLeast => left >= right,
            Self::Equal => left == right,
            Self::NotEqual => left != right,
        }
    }

    pub(super) const ALL: [(&'static str, Self); 6] = [
        ("<=", Self::AtMost),
        (">=", Self::AtLeast),
        ("==", Self::Equal),
        ("!=", Self::NotEqual),
        ("<", Self::Below),
        (">", Self::Above),
    ];
}

impl Field {
    /// Every field by name: what a selector may look at.
    pub const NAMED: [(&'static str, Self); 9] = [
        ("endpoint", Self::Endpoint),
        ("service", Self::Service),
        ("name", Self::Name),
        ("user", Self::User),
        ("task", Self::Task),
        ("tag", Self::Tag),
        ("stage", Self::Stage),
        ("status", Self::Status),
        ("scenario", Self::Scenario),
    ];
}

impl Aggregate {
    /// Every aggregate by name; quantiles come besides.
    pub const NAMED: [(&'static str, Self); 13] = [
        ("count", Self::Count),
        ("rate", Self::Rate),
        ("error_rate", Self::ErrorRate),
        ("task_error_rate", Self::TaskErrorRate),
        ("start_error_rate", Self::StartErrorRate),
        ("errors", Self::Errors),
        ("share", Self::Share),
        ("min", Self::Min),
        ("avg", Self::Avg),
        ("max", Self::Max),
        ("stddev", Self::Stddev),
        ("dropped", Self::Dropped),
        ("bytes", Self::Bytes),
    ];

    /// Whether it is a number that grows with the load.
    #[must_use]
    pub const fn follows_load(self) -> bool {
        matches!(self, Self::Count | Self::Rate | Self::Errors | Self::Dropped | Self::Bytes)
    }

    /// Whether it is of a time or a declared metric, rather than of requests.
    #[must_use]
    pub const fn is_of_samples(self) -> bool {
        matches!(self, Self::Min | Self::Avg | Self::Max | Self::Stddev | Self::Quantile(_))
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.aggregate)?;
        if self.subject != Subject::ResponseTime {
            write!(f, "({})", self.subject)?;
        }
        if !self.selector.is_empty() {
            let matchers: Vec<String> = self.selector.iter().map(ToString::to_string).collect();
            write!(f, "{{{}}}", matchers.join(","))?;
        }
        write!(f, " {} {}", self.operator, self.limit.by(self.rate_unit))?;
        match self.window {
            Some(window) => write!(f, " over {}", show_duration(window)),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Aggregate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Quantile(quantile) => write!(f, "p{}", quantile.0),
            _ => f.write_str(Self::NAMED.iter().find(|(_, known)| known == self).map_or("", |(name, _)| name)),
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ResponseTime => "response_time",
            Self::ServiceTime => "service_time",
            Self::TimeToFirstByte => "time_to_first_byte",
            Self::ConnectTime => "connect_time",
            Self::Declared(name) => name,
        })
    }
}

impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field = Field::NAMED.iter().find(|(_, known)| *known == self.field).map_or("", |(name, _)| name);
        let relation = match self.relation {
            Relation::Is => "=",
            Relation::IsNot => "!=",
            Relation::Like(_) => "=~",
        };
        let text = &self.text;
        let bare = !text.is_empty()
            && text.trim() == text
            && !text.starts_with(['"', '\''])
            && bare_length(&format!("{text}}}")) == text.len();
        // what needs quotes was read from quotes, so it holds one kind of them at most
        let quote = match (bare, text.contains('"')) {
            (true, _) => "",
            (false, false) => "\"",
            (false, true) => "'",
        };
        write!(f, "{field}{relation}{quote}{text}{quote}")
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::ALL.iter().find(|(_, known)| known == self).map_or("", |(sign, _)| sign))
    }
}

impl Subject {
    /// Whether it is a time that failed requests have too.
    #[must_use]
    pub const fn counts_failed(&self) -> bool {
        matches!(self, Self::ResponseTime | Self::ServiceTime | Self::TimeToFirstByte)
    }

    /// Whether it is of requests, and not of a metric.
    #[must_use]
    pub const fn is_of_requests(&self) -> bool {
        !matches!(self, Self::Declared(_))
    }
}
