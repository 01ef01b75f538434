use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use minijinja::value::ValueKind;
use rand::RngExt;

use super::call::{CallResult, Caller};
use super::service_clients::ServiceClients;
use super::user::{Paused, StepsEnd, Then, User};
use super::worker_context::TransactionFailed;
use crate::compile::{Action, Call, OnFailure, Repeat, RepeatCount, Step};
use crate::expression::{EvalError, Scope, Value, to_number, to_text};
use crate::sample::{TaskFailure, TaskId};

/// A loop that pauses not at all must yield to other users now and then.
const ROUNDS_BEFORE_YIELD: u64 = 64;

impl User {
    /// Does steps in order, to the first that ends them.
    pub(super) async fn steps(&mut self, steps: &[Step], task: TaskId) -> StepsEnd {
        for step in steps {
            let end = match &step.action {
                Action::Call(call) => self.call(call, task, &step.place).await,
                Action::Think(pause) => match self.think(*pause).await {
                    Paused::ToTheEnd => StepsEnd::Done,
                    Paused::CutShort => StepsEnd::CutShort,
                },
                Action::Set(names) => {
                    let set = names.iter().try_for_each(|(name, template)| {
                        template.eval(&self.scope).and_then(|value| self.keep(name, value))
                    });
                    set.map_or_else(|error| self.step_failed(task, &step.place, &error), |()| StepsEnd::Done)
                }
                Action::Append { to, value, keep } => {
                    let appended = value.eval(&self.scope).and_then(|value| self.append(to, value, *keep));
                    appended.map_or_else(|error| self.step_failed(task, &step.place, &error), |()| StepsEnd::Done)
                }
                Action::Stop(what) => StepsEnd::Stopped(self.end(*what, &step.place)),
                Action::Log(text) => match text.render(&self.scope) {
                    Ok(text) => {
                        self.context.log(|| self.said(&text));
                        StepsEnd::Done
                    }
                    Err(error) => self.step_failed(task, &step.place, &error),
                },
                _ => self.nested(step, task).await,
            };
            if end != StepsEnd::Done {
                return end;
            }
        }
        StepsEnd::Done
    }

    async fn call(&mut self, call: &Call, task: TaskId, place: &str) -> StepsEnd {
        // the client leaves the user while it is in use, as the rest of the user is lent
        let mut clients = std::mem::take(&mut self.clients);
        let (result, at) = match clients.first_mut() {
            Some(clients) => self.caller(&self.scope).call(clients, task, call, self.due).await,
            None => (CallResult::Stopped, self.due),
        };
        self.clients = clients;
        self.due = at;
        self.free_since = at;
        self.after(result, call.on_failure, place)
    }

    fn after(&mut self, result: CallResult, on_failure: OnFailure, place: &str) -> StepsEnd {
        self.failed_calls += u64::from(result == CallResult::Failed);
        match (result, on_failure.stops()) {
            (CallResult::Ok, _) | (CallResult::Failed, None) => StepsEnd::Done,
            (CallResult::Failed, Some(scope)) => StepsEnd::Failed(TaskFailure::Call, self.end(scope, place)),
            (CallResult::Stopped, _) => StepsEnd::CutShort,
        }
    }

    /// Steps with steps inside; boxed, because the depth is the plan's.
    fn nested<'a>(&'a mut self, step: &'a Step, task: TaskId) -> Pin<Box<dyn Future<Output = StepsEnd> + 'a>> {
        Box::pin(self.nested_steps(step, task))
    }

    async fn nested_steps(&mut self, step: &Step, task: TaskId) -> StepsEnd {
        match &step.action {
            Action::When { that, then, otherwise } => match that.holds(&self.scope) {
                Ok(true) => self.steps(then, task).await,
                Ok(false) => self.steps(otherwise, task).await,
                Err(error) => self.step_failed(task, &step.place, &error),
            },
            Action::Switch { on, cases, default } => match on.eval(&self.scope) {
                Ok(value) => {
                    let value = to_text(&value);
                    let case = cases.iter().find(|(name, _)| **name == *value);
                    self.steps(case.map_or(default, |(_, steps)| steps), task).await
                }
                Err(error) => self.step_failed(task, &step.place, &error),
            },
            Action::Choose(ways) => {
                let total: f64 = ways.iter().map(|(weight, _)| weight).sum();
                let mut at = self.scope.rng().draw(|rng| rng.random::<f64>()) * total;
                let way = ways.iter().find(|(weight, _)| {
                    at -= weight;
                    at < 0.0 && *weight > 0.0
                });
                let last = || ways.iter().rev().find(|(weight, _)| *weight > 0.0);
                match way.or_else(last) {
                    Some((_, steps)) => self.steps(steps, task).await,
                    None => StepsEnd::Done,
                }
            }
            Action::Repeat(repeat) => self.repeat(repeat, task, &step.place).await,
            Action::ForEach { item, of, steps } => match of.eval(&self.scope).and_then(|list| items(&list)) {
                Ok(items) => {
                    let outer = self.scope.state(item);
                    let end = self.for_each(item, items, steps, task).await;
                    match outer {
                        Some(value) => self.scope.set(item, value),
                        None => self.scope.unset(item),
                    }
                    end
                }
                Err(error) => self.step_failed(task, &step.place, &error),
            },
            Action::Run(index) => {
                let program = self.context.program.clone();
                let task = program.users.get(self.user_type.index()).and_then(|user_type| user_type.tasks.get(*index));
                match task {
                    Some(task) => self.inner_task(task).await,
                    None => StepsEnd::Done,
                }
            }
            Action::Transaction { metric, name, steps } => {
                let (began, failed_before) = (self.due, self.failed_calls);
                let end = self.steps(steps, task).await;
                let result = match end {
                    StepsEnd::Done if self.failed_calls == failed_before => Some(Ok(self.due.since(began))),
                    StepsEnd::Done | StepsEnd::Failed(..) => Some(Err(TransactionFailed)),
                    // left on the plan's word, or cut short: it was neither done nor failed
                    StepsEnd::Stopped(_) | StepsEnd::CutShort => None,
                };
                if let Some(result) = result {
                    let stage = self.timeline.stage_at(began);
                    self.context.record_transaction(*metric, name, (self.user_type, task, stage), result);
                }
                end
            }
            Action::Parallel(calls) => self.parallel(calls, task, &step.place).await,
            // what has no steps inside is done where it stands
            _ => StepsEnd::Done,
        }
    }

    async fn repeat(&mut self, repeat: &Repeat, task: TaskId, place: &str) -> StepsEnd {
        let most = match &repeat.count {
            RepeatCount::Until(_, most) => *most,
            RepeatCount::Times(times) => match times.eval(&self.scope).and_then(|times| count(&times)) {
                Ok(times) => times,
                Err(error) => return self.step_failed(task, place, &error),
            },
        };
        for round in 0..most {
            if round > 0
                && let Some(every) = repeat.every
            {
                self.think(every).await;
            }
            if round % ROUNDS_BEFORE_YIELD == ROUNDS_BEFORE_YIELD - 1 {
                tokio::task::yield_now().await;
            }
            if self.stop.phase() >= self.stops_at {
                return StepsEnd::CutShort;
            }
            let end = self.steps(&repeat.steps, task).await;
            if end != StepsEnd::Done {
                return end;
            }
            if let RepeatCount::Until(until, _) = &repeat.count {
                match until.holds(&self.scope) {
                    Ok(true) => return StepsEnd::Done,
                    Ok(false) => {}
                    Err(error) => return self.step_failed(task, place, &error),
                }
            }
        }
        match &repeat.count {
            RepeatCount::Times(_) => StepsEnd::Done,
            RepeatCount::Until(until, most) => {
                let message = format!("`{}` was not true after {most} rounds", until.source());
                self.step_failed(task, place, &EvalError { message })
            }
        }
    }

    async fn for_each(&mut self, item: &Arc<str>, items: Vec<Value>, steps: &[Step], task: TaskId) -> StepsEnd {
        for (index, value) in items.into_iter().enumerate() {
            if index as u64 % ROUNDS_BEFORE_YIELD == ROUNDS_BEFORE_YIELD - 1 {
                tokio::task::yield_now().await;
            }
            if self.stop.phase() >= self.stops_at {
                return StepsEnd::CutShort;
            }
            self.context.secrets.note(item, &value);
            self.scope.set(item, value);
            let end = self.steps(steps, task).await;
            if end != StepsEnd::Done {
                return end;
            }
        }
        StepsEnd::Done
    }

    /// Calls at once: each has a connection and names of its own; what they capture is the user's.
    async fn parallel(&mut self, calls: &[Call], task: TaskId, place: &str) -> StepsEnd {
        while self.clients.len() < calls.len() {
            self.clients.push(ServiceClients::new(&self.context.transports));
        }
        let due = self.due;
        let scopes: Vec<_> = calls.iter().map(|_| self.scope.fork()).collect();
        let mut clients = std::mem::take(&mut self.clients);
        let under_way = calls.iter().zip(&mut clients).zip(&scopes).map(|((call, clients), scope)| {
            let caller = self.caller(scope);
            Box::pin(async move { caller.call(clients, task, call, due).await })
        });
        let ended = join_all(under_way.collect()).await;
        self.clients = clients;
        let (mut worst, mut last) = (StepsEnd::Done, due);
        for ((result, at), call) in ended.into_iter().zip(calls) {
            last = last.max(at);
            let end = self.after(result, call.on_failure, place);
            worst = if weight(end) > weight(worst) { end } else { worst };
        }
        scopes.iter().for_each(|scope| self.scope.join(scope));
        self.due = last;
        self.free_since = last;
        worst
    }

    fn caller<'a>(&'a self, scope: &'a Arc<Scope>) -> Caller<'a> {
        Caller {
            context: &self.context,
            stop: &self.stop,
            timeline: &self.timeline,
            scope,
            cookies: &self.cookies,
            user_type: self.user_type,
            stops_at: self.stops_at,
            free_since: self.free_since,
        }
    }

    fn append(&self, to: &Arc<str>, value: Value, keep: usize) -> Result<(), EvalError> {
        self.context.secrets.note(to, &value);
        let list = self.scope.state(to).and_then(|list| list.try_iter().ok());
        let mut items: Vec<Value> = list.into_iter().flatten().collect();
        items.push(value);
        let beyond = items.len().saturating_sub(keep);
        items.drain(..beyond);
        self.scope.keep(to, Value::from(items))
    }
}

/// The items of a list.
fn items(list: &Value) -> Result<Vec<Value>, EvalError> {
    let refuse = || EvalError { message: format!("`for_each` needs a list, not a {}", list.kind()) };
    match list.kind() {
        ValueKind::Seq | ValueKind::Iterable => Ok(list.try_iter().map_err(|_| refuse())?.collect()),
        _ => Err(refuse()),
    }
}

fn count(times: &Value) -> Result<u64, EvalError> {
    let number = (times.kind() != ValueKind::Bool).then(|| to_number(times)).flatten();
    // beyond 2^53 not every whole number is one
    let whole =
        number.filter(|number| number.fract() == 0.0 && (0.0..=9e15).contains(number)).map(|number| number as u64);
    whole.ok_or_else(|| EvalError {
        message: format!("`times` is to be a whole number ≥ 0, not `{}`", to_text(times))
    })
}

/// How much the end of one of several calls at once says of how they ended together.
const fn weight(end: StepsEnd) -> u8 {
    match end {
        StepsEnd::Done => 0,
        StepsEnd::CutShort => 1,
        StepsEnd::Stopped(_) | StepsEnd::Failed(_, Then::GoOn) => 2,
        StepsEnd::Failed(_, Then::Leave) => 3,
    }
}

/// Waits for all of them.
async fn join_all<F: Future + Unpin>(mut futures: Vec<F>) -> Vec<F::Output> {
    let mut ended: Vec<Option<F::Output>> = futures.iter().map(|_| None).collect();
    poll_fn(|cx| {
        for (future, ended) in futures.iter_mut().zip(&mut ended) {
            if ended.is_none()
                && let Poll::Ready(output) = Pin::new(future).poll(cx)
            {
                *ended = Some(output);
            }
        }
        if ended.iter().all(Option::is_some) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    ended.into_iter().flatten().collect()
}
