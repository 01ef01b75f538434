use std::cell::RefCell;
use std::sync::Arc;

use super::answer::{decompressed, evaluate, legible};
use super::cookies::{Asked, CookieJar};
use super::destination::{Barred, Destination, Leaving};
use super::request::Prepared;
use super::scenario::ScenarioTimeline;
use super::secrets::{Heard, Sent};
use super::service_clients::ServiceClients;
use super::stop::{Phase, StopSignal};
use super::trace::CallTrace;
use super::worker_context::{SeriesIds, WorkerContext};
use crate::compile::{BodyUse, Call, Cookies, Endpoint, Service};
use crate::expression::{Answered, EvalError, Scope};
use crate::http::{self, Ending, Exchange, Outgoing};
use crate::memory::Held;
use crate::metrics::SeriesRef;
use crate::sample::{FailureKind, Outcome, Phases, Sample, TaskId, Timing, Transmission, UserTypeId};
use crate::units::Offset;

/// One user's means of making calls.
pub(super) struct Caller<'a> {
    pub(super) context: &'a WorkerContext,
    pub(super) stop: &'a StopSignal,
    pub(super) timeline: &'a ScenarioTimeline,
    pub(super) scope: &'a Arc<Scope>,
    pub(super) cookies: &'a RefCell<CookieJar>,
    pub(super) user_type: UserTypeId,
    /// The phase at which no call begins any more.
    pub(super) stops_at: Phase,
    /// When the user's last call or pause ended.
    pub(super) free_since: Offset,
}

/// How a call ended, for the task that made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CallResult {
    /// As expected.
    Ok,
    /// It failed.
    Failed(FailureKind),
    /// It was cut off, or not begun because the user is to leave.
    Stopped,
}

/// How a call, or one try of it, ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct CallEnd {
    pub(super) result: CallResult,
    /// When it was over.
    pub(super) at: Offset,
    /// The status of its answer, where that is the last answer its user has.
    pub(super) status: Option<u16>,
}

impl CallEnd {
    pub(super) const fn stopped(at: Offset) -> Self {
        Self { result: CallResult::Stopped, at, status: None }
    }

    pub(super) const fn failed(kind: FailureKind, at: Offset) -> Self {
        Self { result: CallResult::Failed(kind), at, status: None }
    }
}

/// Which try of a call a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Try {
    /// The first: it binds the call's names.
    First,
    /// A later one: the names are bound, and all else is filled in anew.
    Again,
}

/// One request of a call, as it is counted.
pub(super) struct Request<'a> {
    pub(super) endpoint: &'a Endpoint,
    pub(super) name: Arc<str>,
    pub(super) ids: SeriesIds,
    pub(super) due: Offset,
    /// When its call was due: earlier, where it follows a redirect.
    pub(super) call_due: Offset,
    /// What of it may be secret.
    pub(super) sent: Option<Sent>,
    /// The memory of its body, where that is its own.
    _held: Option<Held>,
}

/// A request as it goes out.
struct Made {
    name: Arc<str>,
    outgoing: Outgoing,
    to: Destination,
    /// The memory of its body, where that is its own.
    held: Option<Held>,
}

impl Caller<'_> {
    /// Makes a call that is due at `due`, again where the plan says so; gives how it ended, and when.
    pub(super) async fn call(&self, clients: &mut ServiceClients, task: TaskId, call: &Call, due: Offset) -> CallEnd {
        let end = match &call.retry {
            None => self.request(clients, task, (call, Try::First), due).await,
            Some(retry) => Box::pin(self.tries(retry, clients, (task, call), due)).await,
        };
        self.scope.unbind();
        end
    }

    /// Makes one try of a call.
    pub(super) async fn request(
        &self,
        clients: &mut ServiceClients,
        task: TaskId,
        (call, nth): (&Call, Try),
        due: Offset,
    ) -> CallEnd {
        // what is made here is handed over whole: nothing of it is there twice while an answer is waited for
        let (request, to, outgoing) = match self.begin(task, (call, nth), due) {
            Ok(begun) => begun,
            Err(end) => return end,
        };
        if request.endpoint.redirects > 0 {
            return Box::pin(self.follow(clients, request, (to, outgoing))).await;
        }
        let trace = self.trace(request.endpoint, &to, &outgoing);
        let client = clients.to(&to, &self.context.transports);
        let exchange = client.exchange(&outgoing, self.stop.reached(Phase::Cutting)).await;
        self.keep_cookies(&to, &outgoing, &exchange);
        self.finish(&request, exchange, trace)
    }

    /// Begins one try of a call: counts it, and makes its request.
    ///
    /// # Errors
    /// How it ended, where nothing can be sent.
    fn begin(
        &self,
        task: TaskId,
        (call, nth): (&Call, Try),
        due: Offset,
    ) -> Result<(Request<'_>, Destination, Outgoing), CallEnd> {
        if self.stop.phase() >= self.stops_at {
            return Err(CallEnd::stopped(due));
        }
        let endpoint = &self.context.program.endpoints[call.endpoint.index()];
        let stage = self.timeline.stage_at(due);
        let ids = SeriesIds { endpoint: endpoint.id, user_type: self.user_type, task, stage, status: None };
        self.context.tally.borrow_mut().start();
        let made = self.prepare(endpoint, call, nth);
        let Made { name, outgoing, to, held } = made.map_err(|error| self.record_unsent(endpoint, ids, due, &error))?;
        let sent = self.context.prepared[endpoint.id.index()].sent(&outgoing);
        Ok((Request { endpoint, name, ids, due, call_due: due, sent, _held: held }, to, outgoing))
    }

    /// The call's name and request, filled in, and where it goes.
    fn prepare(&self, endpoint: &Endpoint, call: &Call, nth: Try) -> Result<Made, EvalError> {
        if nth == Try::First {
            self.bind(endpoint, call)?;
        }
        let mut buffer = self.context.bodies.borrow_mut();
        let prepared = &self.context.prepared[endpoint.id.index()];
        let (mut outgoing, origin) = prepared.outgoing(endpoint, self.scope, &mut buffer)?;
        drop(buffer);
        let to = match origin {
            None => Destination::Service(endpoint.service),
            Some(origin) => {
                let to = Destination::of(self.context, endpoint, &origin);
                let to = to.map_err(|barred| match barred {
                    Barred::NotAllowed => {
                        format!("it leads to `{origin}`, which is neither its service's nor one of its `hosts`")
                    }
                    Barred::NotSetUp(error) => format!("it leads to `{origin}`: {error}"),
                });
                let to = to.map_err(|message| EvalError { message })?;
                to.fit(outgoing.headers.own(), (self.context, endpoint), Leaving::ByUrl);
                to
            }
        };
        let held = Prepared::hold(endpoint, &outgoing)?;
        self.add_cookies(&to, &mut outgoing);
        let name = match &self.context.names[endpoint.id.index()] {
            Some(name) => name.clone(),
            None => {
                let name = endpoint.label.render(self.scope)?;
                if self.context.prepared[endpoint.id.index()].named_by_answer {
                    let answer = self.scope.last_answer();
                    self.context.secrets.said(&name, self.scope, Heard { answer: answer.as_ref(), ..Heard::default() })
                } else {
                    Arc::from(self.context.secrets.name(&name, self.scope))
                }
            }
        };
        Ok(Made { name, outgoing, to, held })
    }

    /// Binds the call's names, which all its tries have.
    fn bind(&self, endpoint: &Endpoint, call: &Call) -> Result<(), EvalError> {
        // the caller's names first: what the endpoint binds by itself may be made of them
        for (name, template) in &call.with {
            self.scope.bind(name, template.eval(self.scope)?);
        }
        for (name, template) in &endpoint.with {
            if !call.with.iter().any(|(over, _)| over == name) {
                self.scope.bind(name, template.eval(self.scope)?);
            }
        }
        Ok(())
    }

    /// The service whose cookies a place has; those of other places are not kept.
    fn cookie_service(&self, to: &Destination) -> Option<&Service> {
        let Destination::Service(service) = to else { return None };
        Some(&self.context.program.services[service.index()]).filter(|service| service.cookies == Cookies::Kept)
    }

    pub(super) fn add_cookies(&self, to: &Destination, outgoing: &mut Outgoing) {
        if let Some(service) = self.cookie_service(to)
            && !self.cookies.borrow().is_empty()
        {
            let asked = asked(service, &outgoing.target);
            self.cookies.borrow_mut().add_to(asked, self.context.clock.now(), outgoing.headers.own());
        }
    }

    pub(super) fn keep_cookies(&self, to: &Destination, outgoing: &Outgoing, exchange: &Exchange) {
        if let Ending::Answer(answer) = &exchange.ending
            && answer.headers.set_cookies()
            && let Some(service) = self.cookie_service(to)
        {
            let asked = asked(service, &outgoing.target);
            self.cookies.borrow_mut().keep(asked, self.context.moment(), answer.headers.map());
            self.context.secrets.note_cookies(answer.headers.map());
        }
    }

    /// What is told of a call, where anybody hears of it.
    pub(super) fn trace(&self, endpoint: &Endpoint, to: &Destination, outgoing: &Outgoing) -> Option<Box<CallTrace>> {
        let origin = to.origin(&self.context.program);
        self.context.observer.is_some().then(|| Box::new(CallTrace::new(&endpoint.name, origin, outgoing)))
    }

    pub(super) fn timing(&self, due: Offset, exchange: &Exchange) -> Timing {
        let clock = &self.context.clock;
        Timing::new(due, self.free_since, clock.offset(exchange.sent), clock.offset(exchange.ended))
    }

    /// Counts a request that could not be made: it is started and failed, and never reached the target.
    fn record_unsent(&self, endpoint: &Endpoint, ids: SeriesIds, due: Offset, error: &EvalError) -> CallEnd {
        let now = self.context.clock.now();
        let sample = Sample {
            timing: Timing::new(due, self.free_since, now, now),
            phases: Phases::default(),
            outcome: Outcome::Failed(FailureKind::Template),
            transmission: Transmission::NeverSent,
            bytes_out: 0,
            bytes_in: 0,
            content: 0,
        };
        let name = self.context.names[endpoint.id.index()].as_ref().unwrap_or(&endpoint.name);
        let series = self.context.series_named(name, ids);
        let message = format!("{}: {}", endpoint.place, error.message);
        self.record(series, &sample, Some(&message), Heard::default());
        if let Some(observer) = &self.context.observer {
            self.context.secrets.flush();
            observer(&CallTrace::unsent(&endpoint.name, &message));
        }
        CallEnd::failed(FailureKind::Template, now)
    }

    /// Judges an exchange, keeps what the plan wants of it, and counts it. The time of the checks counts from when the
    /// call was due, its redirects included.
    pub(super) fn finish(
        &self,
        request: &Request<'_>,
        mut exchange: Exchange,
        trace: Option<Box<CallTrace>>,
    ) -> CallEnd {
        let endpoint = request.endpoint;
        let timing = self.timing(request.due, &exchange);
        let of_call = timing.of_call_due(request.call_due);
        let (mut status, mut answered) = (None, None);
        let mut recorded = self.context.recorded.borrow_mut();
        recorded.clear();
        let ending = std::mem::replace(&mut exchange.ending, Ending::Cut);
        let ending = match ending {
            Ending::Answer(answer) if endpoint.body_use == BodyUse::Shown => Ending::Answer(legible(answer)),
            ending => decompressed(ending),
        };
        let (outcome, message) = match ending {
            Ending::Answer(answer) => {
                status = Some(answer.status);
                let elapsed = of_call.response_time();
                let http::Answer { status, headers, body } = answer;
                let answer = self.scope.answered(Answered { status, headers, body, elapsed }, &endpoint.picks);
                let seen = (self.scope, &self.context.secrets);
                let evaluated = evaluate(endpoint, &answer, elapsed, seen, &mut recorded);
                answered = Some(answer);
                match evaluated {
                    Ok(()) => (Outcome::Ok, None),
                    Err((kind, message)) => {
                        recorded.clear();
                        (Outcome::Failed(kind), Some(message))
                    }
                }
            }
            Ending::Failed(failure) => {
                self.scope.answer(None);
                (Outcome::Failed(failure.kind), Some(failure.message))
            }
            Ending::Cut => (Outcome::Aborted, None),
        };
        let series = self.context.series(endpoint, &request.name, SeriesIds { status, ..request.ids });
        let heard = Heard { sent: request.sent.as_ref(), headers: None, answer: answered.as_ref() };
        self.record(series, &sample(timing, outcome, &exchange), message.as_deref(), heard);
        let mut tally = self.context.tally.borrow_mut();
        recorded.iter().for_each(|(metric, value)| tally.metric(*metric, series, *value));
        drop(tally);
        if let (Some(observer), Some(trace)) = (&self.context.observer, trace) {
            self.context.secrets.flush();
            observer(&trace.of_length(exchange.content).finished(endpoint, answered, of_call, message, self.scope));
        }
        let result = match outcome {
            Outcome::Ok | Outcome::Redirected => CallResult::Ok,
            Outcome::Failed(kind) => CallResult::Failed(kind),
            Outcome::Aborted => CallResult::Stopped,
        };
        CallEnd { result, at: timing.ended(), status }
    }

    pub(super) fn record(&self, series: SeriesRef, sample: &Sample, message: Option<&str>, heard: Heard) {
        let mut tally = self.context.tally.borrow_mut();
        tally.record(series, sample);
        if let (Outcome::Failed(kind), Some(message)) = (sample.outcome, message) {
            let said = self.context.secrets.said(message, self.scope, heard);
            let example = || {
                let body = heard.answer?.body();
                (!body.is_empty()).then(|| self.context.secrets.beginning(body, (self.scope, heard)))
            };
            tally.error(series, kind, &said, sample.timing.ended(), example);
        }
    }
}

fn asked<'a>(service: &'a Service, target: &'a ::http::uri::PathAndQuery) -> Asked<'a> {
    Asked { service: service.first_of_origin, origin: &service.origin, target }
}

pub(super) fn sample(timing: Timing, outcome: Outcome, exchange: &Exchange) -> Sample {
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
