use std::sync::Arc;

use super::desk::{Desk, Place};
use super::extract::{captured, recorded};
use super::leash::{Leash, Order};
use crate::compile::{Blueprint, Endpoint};
use crate::expression::{Answer, EvalError, Scope};
use crate::http::{self, Client, Ending, Exchange};
use crate::metrics::SeriesRef;
use crate::sample::{EndpointId, FailureKind, Outcome, Phases, Reach, Sample, TaskId, Timing, UserTypeId};
use crate::units::Offset;

/// Names bound for one call, over the endpoint's own.
pub(super) type Bindings = [(Arc<str>, Blueprint)];

/// One user's means of making calls.
pub(super) struct Caller<'a> {
    pub(super) desk: &'a Desk,
    pub(super) leash: &'a Leash,
    pub(super) scope: &'a Arc<Scope>,
    pub(super) user: UserTypeId,
}

/// How a call ended, for the task that made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CallEnd {
    /// As expected.
    Ok,
    /// It failed: the task ends.
    Failed,
    /// It was cut off, or not begun because the user is to leave.
    Stopped,
}

impl Caller<'_> {
    /// Makes a call that is due at `due`; gives how it ended, and when.
    pub(super) async fn call(
        &self,
        client: &mut Client,
        task: TaskId,
        (endpoint, with): (EndpointId, &Bindings),
        due: Offset,
    ) -> (CallEnd, Offset) {
        if self.leash.order() != Order::Work {
            return (CallEnd::Stopped, due);
        }
        let endpoint = &self.desk.program.endpoints[endpoint.index()];
        let place =
            Place { endpoint: endpoint.id, user: self.user, task, stage: self.desk.stage_at(due), status: None };
        self.desk.tally.borrow_mut().start();
        let made = self.make(endpoint, with);
        let end = match made {
            Ok((name, outgoing)) => {
                let exchange = client.exchange(outgoing, self.leash.told(Order::Cut)).await;
                self.settle(endpoint, &name, place, due, exchange)
            }
            Err(error) => self.not_sent(endpoint, place, due, &error),
        };
        self.scope.unbind();
        end
    }

    /// The call's name and request, filled in.
    fn make(&self, endpoint: &Endpoint, with: &Bindings) -> Result<(Arc<str>, http::Outgoing), EvalError> {
        for (name, blueprint) in &endpoint.with {
            if !with.iter().any(|(over, _)| over == name) {
                self.scope.bind(name, blueprint.eval(self.scope)?);
            }
        }
        for (name, blueprint) in with {
            self.scope.bind(name, blueprint.eval(self.scope)?);
        }
        let outgoing = self.desk.prepared[endpoint.id.index()].outgoing(endpoint, self.scope)?;
        let name = match endpoint.label.fixed() {
            Some(name) => name.clone(),
            None => Arc::from(self.hidden(&endpoint.label.render(self.scope)?)),
        };
        Ok((name, outgoing))
    }

    /// Books a request that could not be made: it counts as started and failed, and never reached the target.
    fn not_sent(&self, endpoint: &Endpoint, place: Place, due: Offset, error: &EvalError) -> (CallEnd, Offset) {
        let now = self.desk.clock.now();
        let sample = Sample {
            timing: Timing { scheduled: due, sent: now, ended: now },
            phases: Phases::default(),
            outcome: Outcome::Failed(FailureKind::Template),
            reach: Reach::Never,
            bytes_out: 0,
            bytes_in: 0,
        };
        let name = endpoint.label.fixed().unwrap_or(&endpoint.name);
        let series = self.desk.series_named(name, place);
        let message = format!("{}: {}", endpoint.place, error.message);
        self.book(series, &sample, Some(&message));
        (CallEnd::Failed, now)
    }

    /// Judges an exchange, keeps what the plan wants of it, and books it.
    fn settle(
        &self,
        endpoint: &Endpoint,
        name: &Arc<str>,
        place: Place,
        due: Offset,
        exchange: Exchange,
    ) -> (CallEnd, Offset) {
        let clock = &self.desk.clock;
        let timing = Timing { scheduled: due, sent: clock.offset(exchange.sent), ended: clock.offset(exchange.ended) };
        let mut status = None;
        let mut values = Vec::new();
        let (outcome, message) = match exchange.ending {
            Ending::Answer(answer) => {
                status = Some(answer.status);
                let answer = Answer::new(answer.status, answer.headers, answer.body, timing.response_time());
                self.scope.answer(Some(answer.clone()));
                match self.judge(endpoint, &answer, timing, &mut values) {
                    Ok(()) => (Outcome::Ok, None),
                    Err((kind, message)) => (Outcome::Failed(kind), Some(message)),
                }
            }
            Ending::Failed(failure) => {
                self.scope.answer(None);
                (Outcome::Failed(failure.kind), Some(failure.message))
            }
            Ending::Cut => (Outcome::Aborted, None),
        };
        let series = self.desk.series(endpoint, name, Place { status, ..place });
        let sample = Sample {
            timing,
            phases: exchange.phases,
            outcome,
            reach: exchange.reach,
            bytes_out: exchange.bytes_out,
            bytes_in: exchange.bytes_in,
        };
        self.book(series, &sample, message.as_deref());
        let mut tally = self.desk.tally.borrow_mut();
        values.into_iter().for_each(|(metric, value)| tally.metric(metric, series, value));
        let end = match outcome {
            Outcome::Ok => CallEnd::Ok,
            Outcome::Failed(_) => CallEnd::Failed,
            Outcome::Aborted => CallEnd::Stopped,
        };
        (end, timing.ended)
    }

    /// Checks first, then captures, then records: what fails first is the call's failure.
    fn judge(
        &self,
        endpoint: &Endpoint,
        answer: &Answer,
        timing: Timing,
        values: &mut Vec<(crate::sample::MetricId, f64)>,
    ) -> Result<(), (FailureKind, String)> {
        for check in &endpoint.expect {
            let held = check.judge(answer, timing.response_time(), self.scope);
            held.map_err(|broken| (FailureKind::Check, broken.message))?;
        }
        for capture in &endpoint.capture {
            let value = captured(capture, answer).map_err(|missing| (FailureKind::Body, missing.0))?;
            self.scope.set(&capture.name, value);
        }
        for record in &endpoint.record {
            let value = recorded(record, answer, self.scope);
            match value {
                Ok(value) => values.push(value),
                Err(missing) => {
                    values.clear();
                    return Err((FailureKind::Body, missing.0));
                }
            }
        }
        Ok(())
    }

    fn book(&self, series: SeriesRef, sample: &Sample, message: Option<&str>) {
        let mut tally = self.desk.tally.borrow_mut();
        tally.record(series, sample);
        if let (Outcome::Failed(kind), Some(message)) = (sample.outcome, message) {
            tally.error(series, kind, &self.hidden(message), sample.timing.ended);
        }
    }

    fn hidden(&self, text: &str) -> String {
        self.desk.mask.hide(text)
    }
}
