use std::pin::Pin;
use std::sync::Arc;

use rand::RngExt;

use super::call::{CallEnd, CallResult, Caller};
use super::loops::items;
use super::user::{StepsEnd, User};
use super::worker_context::TransactionFailed;
use crate::compile::{Action, Call, OnFailure, Step};
use crate::expression::{EvalError, Scope, Value, to_text};
use crate::sample::{TaskFailure, TaskId};

/// After so many steps a user yields to others.
const STEPS_BEFORE_YIELD: u32 = 64;

impl User {
    /// Does steps in order, to the first that ends them.
    pub(super) async fn steps(&mut self, steps: &[Step], task: TaskId) -> StepsEnd {
        for step in steps {
            if self.has_had_its_turn() {
                tokio::task::yield_now().await;
                if self.stop.phase() >= self.stops_at {
                    return StepsEnd::CutShort;
                }
            }
            let end = match &step.action {
                Action::Call(call) => self.call(call, task, &step.place).await,
                Action::Think(pause) => match pause.time(&self.scope) {
                    Ok(time) => self.think_for(time).await.into(),
                    Err(error) => self.step_failed(task, &step.place, &error),
                },
                Action::Leave { what, when } => match when.as_ref().map_or(Ok(true), |when| when.holds(&self.scope)) {
                    Ok(true) => StepsEnd::Left(*what),
                    Ok(false) => StepsEnd::Done,
                    Err(error) => self.step_failed(task, &step.place, &error),
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

    /// Whether so many steps, and rounds of loops, were begun that others must have their turn: whatever calls what, a plan may
    /// have them without end between two pauses. It counts one more each time.
    pub(super) const fn has_had_its_turn(&mut self) -> bool {
        self.steps_done = self.steps_done.wrapping_add(1);
        self.steps_done.is_multiple_of(STEPS_BEFORE_YIELD)
    }

    async fn call(&mut self, call: &Call, task: TaskId, place: &str) -> StepsEnd {
        if self.freshness.is_some() {
            return self.fresh_call(call, task, place).await;
        }
        let end = self.make_call(call, task).await;
        self.after(end.result, call.on_failure, place)
    }

    pub(super) async fn make_call(&mut self, call: &Call, task: TaskId) -> CallEnd {
        // the client leaves the user while it is in use, as the rest of the user is lent
        let mut clients = std::mem::take(&mut self.clients);
        let end = match clients.first_mut() {
            Some(client) => self.caller(&self.scope).call(client, task, call, self.due).await,
            None => CallEnd::stopped(self.due),
        };
        self.clients = clients;
        self.due = end.at;
        self.free_since = end.at;
        end
    }

    pub(super) fn after(&mut self, result: CallResult, on_failure: OnFailure, place: &str) -> StepsEnd {
        self.failed_calls += u64::from(matches!(result, CallResult::Failed(_)));
        match (result, on_failure.stops()) {
            (CallResult::Ok, _) | (CallResult::Failed(_), None) => StepsEnd::Done,
            (CallResult::Failed(_), Some(scope)) => StepsEnd::Failed(TaskFailure::Call, self.end(scope, place)),
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
            Action::ForEach { item, of, steps } => match of.eval(&self.scope).and_then(|list| items(&list, "for_each"))
            {
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
                    StepsEnd::Stopped(_) | StepsEnd::Left(_) | StepsEnd::CutShort => None,
                };
                if let Some(result) = result {
                    let stage = self.timeline.stage_at(began);
                    self.context.record_transaction(*metric, name, (self.user_type, task, stage), result);
                }
                end
            }
            Action::Put(puts) => {
                self.put(puts).map_or_else(|error| self.step_failed(task, &step.place, &error), |()| StepsEnd::Done)
            }
            Action::Take(take) => self.take(take, task, &step.place).await,
            Action::Parallel(calls) => self.parallel(calls, task, &step.place).await,
            Action::ParallelEach(each) => match each.of.eval(&self.scope).and_then(|list| items(&list, "parallel")) {
                Ok(items) => self.parallel_each(each, items, task, &step.place).await,
                Err(error) => self.step_failed(task, &step.place, &error),
            },
            // what has no steps inside is done where it stands
            _ => StepsEnd::Done,
        }
    }

    pub(super) fn caller<'a>(&'a self, scope: &'a Arc<Scope>) -> Caller<'a> {
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
