use std::cell::RefCell;
use std::sync::Arc;

use super::cookies::CookieJar;
use super::extract::{captured, recorded};
use super::redirect::{Hop, hop};
use super::scenario_timeline::ScenarioTimeline;
use super::stop_signal::{Order, StopSignal};
use super::trace::Traced;
use super::worker_context::{Place, WorkerContext};
use crate::compile::{Call, Cookies, Endpoint};
use crate::expression::{Answer, EvalError, Scope};
use crate::http::{self, Client, Ending, Exchange, Outgoing};
use crate::metrics::SeriesRef;
use crate::sample::{FailureKind, MetricId, Outcome, Phases, Sample, TaskId, Timing, Transmission, UserTypeId};
use crate::units::Offset;

/// One user's means of making calls.
pub(super) struct Caller<'a> {
    pub(super) desk: &'a WorkerContext,
    pub(super) leash: &'a StopSignal,
    pub(super) scene: &'a ScenarioTimeline,
    pub(super) scope: &'a Arc<Scope>,
    pub(super) jar: &'a RefCell<CookieJar>,
    pub(super) user: UserTypeId,
    /// The order at which no call begins any more.
    pub(super) heeds: Order,
    /// When the user's last call ended.
    pub(super) free: Offset,
}

/// How a call ended, for the task that made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CallEnd {
    /// As expected.
    Ok,
    /// It failed.
    Failed,
    /// It was cut off, or not begun because the user is to leave.
    Stopped,
}

impl Caller<'_> {
    /// Makes a call that is due at `due`; gives how it ended, and when.
    pub(super) async fn call(&self, client: &mut Client, task: TaskId, call: &Call, due: Offset) -> (CallEnd, Offset) {
        if self.leash.order() >= self.heeds {
            return (CallEnd::Stopped, due);
        }
        let endpoint = &self.desk.program.endpoints[call.endpoint.index()];
        let place =
            Place { endpoint: endpoint.id, user: self.user, task, stage: self.scene.stage_at(due), status: None };
        self.desk.tally.borrow_mut().start();
        let made = self.make(endpoint, call);
        let end = match made {
            Ok((name, outgoing)) if endpoint.redirects == 0 => {
                let traced = self.desk.watcher.is_some().then(|| Traced::new(&endpoint.name, &outgoing));
                let target = self.keeps_cookies().then(|| outgoing.target.clone());
                let exchange = client.exchange(outgoing, self.leash.told(Order::Cut)).await;
                self.keep_cookies(target, &exchange);
                self.settle(endpoint, &name, place, (due, due), exchange, traced)
            }
            Ok((name, outgoing)) => Box::pin(self.follow(client, endpoint, (&name, place), outgoing, due)).await,
            Err(error) => self.not_sent(endpoint, place, due, &error),
        };
        self.scope.unbind();
        end
    }

    /// Makes a call that may be sent on: each hop is a request of its own in the books.
    async fn follow(
        &self,
        client: &mut Client,
        endpoint: &Endpoint,
        (name, place): (&Arc<str>, Place),
        mut outgoing: Outgoing,
        first_due: Offset,
    ) -> (CallEnd, Offset) {
        let (mut due, mut hops) = (first_due, 0);
        let origin = self.desk.program.target.origin.as_str();
        loop {
            let traced = self.desk.watcher.is_some().then(|| Traced::new(&endpoint.name, &outgoing));
            let asked = outgoing.clone();
            let exchange = client.exchange(outgoing, self.leash.told(Order::Cut)).await;
            self.keep_cookies(Some(asked.target.clone()), &exchange);
            let next = match &exchange.ending {
                Ending::Answer(answer) => hop(answer.status, &answer.headers, origin, asked),
                Ending::Failed(_) | Ending::Cut => Hop::Here,
            };
            let trouble = match next {
                Hop::Here => return self.settle(endpoint, name, place, (due, first_due), exchange, traced),
                Hop::Elsewhere(host) => format!("redirected to `{host}`, which is not the plan's target"),
                Hop::On(_) if hops >= endpoint.redirects => format!("redirected more than {hops} times"),
                Hop::On(next) => {
                    due = self.pass(endpoint, name, place, due, &exchange, None);
                    if let (Some(watcher), Some(traced)) = (&self.desk.watcher, traced) {
                        watcher(&traced.redirected(exchange));
                    }
                    if self.leash.order() >= Order::Cut {
                        return (CallEnd::Stopped, due);
                    }
                    hops += 1;
                    self.desk.tally.borrow_mut().start();
                    outgoing = *next;
                    outgoing.headers.remove(::http::header::COOKIE);
                    self.give_cookies(&mut outgoing);
                    continue;
                }
            };
            let ended = self.pass(endpoint, name, place, due, &exchange, Some(&trouble));
            if let (Some(watcher), Some(traced)) = (&self.desk.watcher, traced) {
                watcher(&traced.failed(exchange, &trouble));
            }
            return (CallEnd::Failed, ended);
        }
    }

    /// Accounting a hop that is not the call's last, or the one at which it is given up.
    fn pass(
        &self,
        endpoint: &Endpoint,
        name: &Arc<str>,
        place: Place,
        due: Offset,
        exchange: &Exchange,
        trouble: Option<&str>,
    ) -> Offset {
        let status = match &exchange.ending {
            Ending::Answer(answer) => Some(answer.status),
            Ending::Failed(_) | Ending::Cut => None,
        };
        let outcome = trouble.map_or(Outcome::Ok, |_| Outcome::Failed(FailureKind::Check));
        let timing = self.timing(due, exchange);
        let series = self.desk.series(endpoint, name, Place { status, ..place });
        self.book(series, &sample(timing, outcome, exchange), trouble);
        timing.ended
    }

    /// The call's name and request, filled in.
    fn make(&self, endpoint: &Endpoint, call: &Call) -> Result<(Arc<str>, http::Outgoing), EvalError> {
        // the caller's names first: what the endpoint binds by itself may be made of them
        for (name, blueprint) in &call.with {
            self.scope.bind(name, blueprint.eval(self.scope)?);
        }
        for (name, blueprint) in &endpoint.with {
            if !call.with.iter().any(|(over, _)| over == name) {
                self.scope.bind(name, blueprint.eval(self.scope)?);
            }
        }
        let mut outgoing = self.desk.prepared[endpoint.id.index()].outgoing(endpoint, self.scope)?;
        self.give_cookies(&mut outgoing);
        let name = match &self.desk.names[endpoint.id.index()] {
            Some(name) => name.clone(),
            None => Arc::from(self.hidden(&endpoint.label.render(self.scope)?)),
        };
        Ok((name, outgoing))
    }

    fn keeps_cookies(&self) -> bool {
        self.desk.program.target.cookies == Cookies::Kept
    }

    fn give_cookies(&self, outgoing: &mut Outgoing) {
        if self.keeps_cookies() {
            self.jar.borrow().give(self.desk.program.target.origin.as_str(), &outgoing.target, &mut outgoing.headers);
        }
    }

    fn keep_cookies(&self, target: Option<::http::uri::PathAndQuery>, exchange: &Exchange) {
        if let (Some(target), Ending::Answer(answer)) = (target, &exchange.ending)
            && self.keeps_cookies()
        {
            self.jar.borrow_mut().keep(self.desk.program.target.origin.as_str(), &target, &answer.headers);
        }
    }

    fn timing(&self, due: Offset, exchange: &Exchange) -> Timing {
        let clock = &self.desk.clock;
        Timing {
            scheduled: due,
            ready: due.max(self.free),
            sent: clock.offset(exchange.sent),
            ended: clock.offset(exchange.ended),
        }
    }

    /// Accounting a request that could not be made: it counts as started and failed, and never reached the target.
    fn not_sent(&self, endpoint: &Endpoint, place: Place, due: Offset, error: &EvalError) -> (CallEnd, Offset) {
        let now = self.desk.clock.now();
        let sample = Sample {
            timing: Timing { scheduled: due, ready: due.max(self.free), sent: now, ended: now },
            phases: Phases::default(),
            outcome: Outcome::Failed(FailureKind::Template),
            transmission: Transmission::NeverSent,
            bytes_out: 0,
            bytes_in: 0,
            content: 0,
        };
        let name = self.desk.names[endpoint.id.index()].as_ref().unwrap_or(&endpoint.name);
        let series = self.desk.series_named(name, place);
        let message = format!("{}: {}", endpoint.place, error.message);
        self.book(series, &sample, Some(&message));
        if let Some(watcher) = &self.desk.watcher {
            watcher(&Traced::unsent(&endpoint.name, &message));
        }
        (CallEnd::Failed, now)
    }

    /// Judges an exchange, keeps what the plan wants of it, and books it. The checks' time counts from when the call
    /// was due, its redirects included.
    fn settle(
        &self,
        endpoint: &Endpoint,
        name: &Arc<str>,
        place: Place,
        (due, first_due): (Offset, Offset),
        mut exchange: Exchange,
        traced: Option<Traced>,
    ) -> (CallEnd, Offset) {
        let timing = self.timing(due, &exchange);
        let whole = Timing { scheduled: first_due, ..timing };
        let mut status = None;
        let mut values = Vec::new();
        let mut seen = None;
        let ending = std::mem::replace(&mut exchange.ending, Ending::Cut);
        let (outcome, message) = match unpacked(ending) {
            Ending::Answer(answer) => {
                status = Some(answer.status);
                let answer = Answer::new(answer.status, answer.headers, answer.body, whole.response_time());
                self.scope.answer(Some(answer.clone()));
                let judged = self.judge(endpoint, &answer, whole, &mut values);
                seen = Some(answer);
                match judged {
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
        self.book(series, &sample(timing, outcome, &exchange), message.as_deref());
        let mut tally = self.desk.tally.borrow_mut();
        values.into_iter().for_each(|(metric, value)| tally.metric(metric, series, value));
        drop(tally);
        if let (Some(watcher), Some(traced)) = (&self.desk.watcher, traced) {
            watcher(&traced.settled(endpoint, seen, whole, message, self.scope));
        }
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
        values: &mut Vec<(MetricId, f64)>,
    ) -> Result<(), (FailureKind, String)> {
        for check in &endpoint.expect {
            let held = check.evaluate(answer, timing.response_time(), self.scope);
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
        self.desk.redactor.redact(text, self.scope)
    }
}

/// The answer with its body as it was before it was compressed. A body that nobody reads was not kept.
fn unpacked(ending: Ending) -> Ending {
    let Ending::Answer(answer) = ending else { return ending };
    if answer.body.is_empty() || !answer.headers.contains_key(::http::header::CONTENT_ENCODING) {
        return Ending::Answer(answer);
    }
    match http::decode(&answer.headers, answer.body.clone(), super::request::LONGEST_BODY.as_bytes()) {
        Ok(body) => Ending::Answer(http::Answer { body, ..answer }),
        Err(failure) => Ending::Failed(failure),
    }
}

fn sample(timing: Timing, outcome: Outcome, exchange: &Exchange) -> Sample {
    Sample {
        timing,
        phases: exchange.phases,
        outcome,
        transmission: exchange.transmission,
        bytes_out: exchange.bytes_out,
        bytes_in: exchange.bytes_in,
        content: exchange.content,
    }
}
