use std::sync::Arc;
use std::time::Duration;

use super::check::{Check, Expectation};
use super::hosts::Hosts;
use super::path::Path;
use super::payload::Payload;
use super::value_template::ValueTemplate;
use crate::expression::{Expr, JsonPath, JsonPicks, Template};
use crate::markup::{Selector, XPath};
use crate::sample::{EndpointId, MetricId, ServiceId};

/// One call of the service, ready to be made.
#[derive(Debug)]
pub struct Endpoint {
    /// Its id.
    pub id: EndpointId,
    /// Its name in the plan.
    pub name: Arc<str>,
    /// The service it is of.
    pub service: ServiceId,
    /// `plan.yaml:12:3`: where it stands.
    pub place: Arc<str>,
    /// The method.
    pub method: http::Method,
    /// Path and query.
    pub path: Path,
    /// Where its URL and redirects may lead beside its service.
    pub hosts: Hosts,
    /// The headers that are its service's: they go to no other.
    pub service_headers: Vec<http::HeaderName>,
    /// What statistics group by; default `path as written`.
    pub label: Template,
    /// Names bound once a call, in order; a caller may override each.
    pub with: Vec<(Arc<str>, ValueTemplate)>,
    /// Headers that never change, `content-type` among them; `host` and `content-length` are the engine's to add.
    pub headers: http::HeaderMap,
    /// Headers that are filled in each time.
    pub live_headers: Vec<(http::HeaderName, HeaderSource)>,
    /// The body.
    pub payload: Payload,
    /// What must be true of the answer. The first check is on the status where the plan names none of its own.
    pub expect: Vec<Check>,
    /// What is kept of the answer in the user's state.
    pub capture: Vec<Capture>,
    /// What is kept of the answer in metrics.
    pub record: Vec<Record>,
    /// What all these look at in a JSON body, to be picked in one pass.
    pub picks: JsonPicks,
    /// The time the whole exchange may take.
    pub timeout: Duration,
    /// What of the answer's body is needed after it has come.
    pub body_use: BodyUse,
    /// How many redirects a call follows.
    pub redirects: u32,
    /// What a request is counted under that a redirect has turned into a `GET`; its own id where it is one anyway.
    pub redirected: EndpointId,
}

impl Endpoint {
    /// The places in a JSON body that checks, captures and records look at. None, where one of them needs the whole body: then
    /// that is read once, for all.
    pub fn picks(expect: &mut [Check], capture: &mut [Capture], record: &mut [Record]) -> JsonPicks {
        let is_json = |expr: &Expr| expr.names().contains("json");
        let mut needs_all =
            expect.iter().any(|check| matches!(&check.expectation, Expectation::That(expr) if is_json(expr)));
        needs_all |= record.iter().any(|record| matches!(&record.value, RecordValue::Expr(expr) if is_json(expr)));
        let checked = expect.iter_mut().filter_map(|check| match &mut check.expectation {
            Expectation::Json(path, _) => Some(path),
            _ => None,
        });
        let captured = capture.iter_mut().filter_map(|capture| match (&mut capture.from, capture.matches) {
            (CaptureFrom::Json(path), matches) => Some((path, matches)),
            _ => None,
        });
        let captured: Vec<_> = captured.collect();
        needs_all |= captured.iter().any(|(_, matches)| *matches == Matches::All);
        let recorded = record.iter_mut().filter_map(|record| match &mut record.value {
            RecordValue::Json(path) => Some(path),
            RecordValue::Expr(_) | RecordValue::Constant(_) => None,
        });
        let paths: Vec<_> = checked.chain(captured.into_iter().map(|(path, _)| path)).chain(recorded).collect();
        needs_all |= paths.iter().any(|path| !path.names_one_place());
        if needs_all { JsonPicks::default() } else { JsonPicks::of(paths.into_iter()) }
    }
}

/// What a header that is filled in each time comes from.
#[derive(Debug)]
pub enum HeaderSource {
    /// Texts, a line each; mostly one.
    Lines(Vec<Template>),
    /// A user name and a password, as basic authentication writes them (RFC 7617).
    Basic(Template, Template),
}

/// Whether anything reads an answer's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyUse {
    /// Nothing: it is counted and dropped.
    Unread,
    /// Checks, captures or later steps do.
    Read,
    /// Only a person, who is shown it: nothing about it makes a call fail.
    Shown,
}

/// What one call leaves in the user's state. Without a match the call fails.
#[derive(Debug)]
pub struct Capture {
    /// The name it gets.
    pub name: Arc<str>,
    /// Where in the answer it is.
    pub from: CaptureFrom,
    /// How much of what is found there is kept.
    pub matches: Matches,
    /// What is kept where nothing is found.
    pub default: Option<ValueTemplate>,
    /// `plan.yaml:12:3`.
    pub place: Arc<str>,
}

/// Where in an answer a captured value is.
#[derive(Debug)]
pub enum CaptureFrom {
    /// In the JSON body.
    Json(JsonPath),
    /// A header.
    Header(http::HeaderName),
    /// A cookie the answer sets.
    Cookie(Box<str>),
    /// What a pattern matches in the body.
    Regex(regex::Regex, Group),
    /// Elements of the body, or an attribute of theirs.
    Css(Selector, Option<Box<str>>),
    /// Nodes of the body, or what is worked out of them.
    XPath(XPath),
    /// The status.
    Status,
}

/// How many of several matches are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matches {
    /// The first.
    First,
    /// All, as a list.
    All,
}

/// Which group of a match is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// The first, where there is one; else the match.
    Usual,
    /// By its number; 0 is the match.
    Number(usize),
    /// All: a map by their names where each has one, else a list.
    All,
}

/// What one call adds to a metric.
#[derive(Debug)]
pub struct Record {
    /// The metric.
    pub metric: MetricId,
    /// Where its value comes from.
    pub value: RecordValue,
    /// `plan.yaml:12:3`.
    pub place: Arc<str>,
}

/// Where a recorded value comes from.
#[derive(Debug)]
pub enum RecordValue {
    /// A number in the JSON body. Without a match the call fails.
    Json(JsonPath),
    /// An expression over the answer.
    Expr(Expr),
    /// This number, for counters.
    Constant(f64),
}
