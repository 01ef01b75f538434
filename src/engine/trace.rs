use std::sync::Arc;
use std::time::Duration;

use super::answer::legible;
use crate::compile::Endpoint;
use crate::expression::{Answer, Scope, Value};
use crate::http::{Ending, Exchange, Origin, Outgoing};
use crate::sample::Timing;

/// One request with its answer and what was made of it, for an observer. Secrets are still in it.
#[derive(Debug, Clone)]
pub struct CallTrace {
    /// The endpoint's name.
    pub endpoint: Arc<str>,
    /// Where the request went: scheme, host and port.
    pub origin: Arc<str>,
    /// The request; `None` where none could be made.
    pub request: Option<Outgoing>,
    /// The answer; `None` where none came.
    pub answer: Option<Answer>,
    /// How many bytes the answer's body had as it came, of which a part may be kept.
    pub content: u64,
    /// From when it was sent to its end.
    pub took: Duration,
    /// Each check of the endpoint: what it expects, and how it was broken.
    pub checks: Vec<(String, Result<(), String>)>,
    /// What was captured: names and values.
    pub captures: Vec<(Arc<str>, Value)>,
    /// Why the call failed; `None` where it did not.
    pub failure: Option<String>,
    /// Whether another request followed, because the answer redirected.
    pub redirected: Redirected,
}

/// Whether an answer redirected its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redirected {
    /// It did, and was followed.
    Followed,
    /// It is the call's last answer.
    No,
}

/// Hears of every request.
pub type CallObserver = Box<dyn Fn(&CallTrace)>;

impl CallTrace {
    pub(super) fn new(endpoint: &Arc<str>, origin: &Origin, request: &Outgoing) -> Self {
        Self { origin: origin.as_str().into(), ..Self::of(endpoint, Some(request.clone())) }
    }

    pub(super) fn unsent(endpoint: &Arc<str>, message: &str) -> Self {
        Self { failure: Some(message.to_owned()), ..Self::of(endpoint, None) }
    }

    /// Of an answer whose body had so many bytes.
    pub(super) fn of_length(self, content: u64) -> Self {
        Self { content, ..self }
    }

    pub(super) fn redirected(self, exchange: Exchange) -> Self {
        Self { redirected: Redirected::Followed, ..self.with(exchange) }
    }

    pub(super) fn failed(self, exchange: Exchange, why: &str) -> Self {
        Self { failure: Some(why.to_owned()), ..self.with(exchange) }
    }

    /// Every check is judged by itself, also behind the first that is broken.
    pub(super) fn finished(
        self,
        endpoint: &Endpoint,
        answer: Option<Answer>,
        timing: Timing,
        failure: Option<String>,
        scope: &Arc<Scope>,
    ) -> Self {
        let judge = |answer: &Answer| {
            let checks = endpoint.expect.iter();
            let judged = checks.map(|check| {
                let judged = check.evaluate_without_message(answer, timing.response_time(), scope);
                (check.expectation.to_string(), judged.map_err(|broken| broken.message))
            });
            judged.collect()
        };
        let captured = |capture: &crate::compile::Capture| {
            let value = scope.state(&capture.name)?;
            Some((capture.name.clone(), value))
        };
        Self {
            checks: answer.as_ref().map(judge).unwrap_or_default(),
            captures: match failure {
                None => endpoint.capture.iter().filter_map(captured).collect(),
                Some(_) => Vec::new(),
            },
            answer,
            took: timing.service_time(),
            failure,
            ..self
        }
    }

    fn of(endpoint: &Arc<str>, request: Option<Outgoing>) -> Self {
        Self {
            endpoint: endpoint.clone(),
            origin: Arc::default(),
            request,
            answer: None,
            content: 0,
            took: Duration::ZERO,
            checks: Vec::new(),
            captures: Vec::new(),
            failure: None,
            redirected: Redirected::No,
        }
    }

    fn with(self, exchange: Exchange) -> Self {
        let took = exchange.ended.saturating_duration_since(exchange.sent);
        let answer = match exchange.ending {
            Ending::Answer(answer) => {
                let answer = legible(answer);
                Some(Answer::new(answer.status, answer.headers, answer.body, took))
            }
            Ending::Failed(_) | Ending::Cut => None,
        };
        Self { answer, took, content: exchange.content, ..self }
    }
}
