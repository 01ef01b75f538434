use std::sync::Arc;

use crate::compile::program::{
    Action, Call, Endpoint, RepeatCount, Scenario, Shape, Step, TaskOrder, UserType, ValueTemplate, WaitTime,
};
use crate::expression::Scope;
use crate::load::{Share, Stage};
use crate::plan::{OnFailure, StopScope};
use crate::sample::Catalog;
use crate::threshold::{Aggregate, Field, Matcher, Operator, Threshold};
use crate::units::Rate;

/// The highest rate of requests a plan can send: an upper bound, never below the truth, so that a warning is never a
/// false alarm.
pub(super) struct MaxRate<'a> {
    pub(super) scenarios: &'a [Scenario],
    pub(super) users: &'a [UserType],
    pub(super) endpoints: Vec<&'a Endpoint>,
    pub(super) catalog: &'a Catalog,
    pub(super) scope: &'a Arc<Scope>,
}

/// By how much a plan falls short of a threshold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Shortfall {
    /// The most that can be sent.
    pub(super) most: Rate,
    /// The most users there are, where users decide and not arrivals.
    pub(super) users: Option<u32>,
    /// What was asked for, as a multiple of the most that can be sent.
    pub(super) times: f64,
}

impl MaxRate<'_> {
    /// By how much a threshold asks for more than can be sent; `None` where it does not, or that is unknown.
    pub(super) fn shortfall(&self, threshold: &Threshold) -> Option<Shortfall> {
        let asks = threshold.aggregate == Aggregate::Rate && threshold.subject.is_of_requests();
        // a window may lie where many begin at once
        if !asks || threshold.window.is_some() {
            return None;
        }
        if !matches!(threshold.operator, Operator::AtLeast | Operator::Above) {
            return None;
        }
        let parts: Option<Vec<f64>> =
            self.scenarios.iter().map(|scenario| self.most_of(scenario, &threshold.selector)).collect();
        let most: f64 = parts?.iter().sum();
        let times = threshold.limit.amount()?.value() / most;
        let closed = self.scenarios.iter().all(|scenario| matches!(scenario.shape, Shape::Closed(..)));
        let peak = self.scenarios.iter().map(|scenario| scenario.shape.peak()).sum();
        // what chance and the first moments add is within a fiftieth
        (times > 1.02).then(|| Shortfall { most: Rate::per_second(most), users: closed.then_some(peak), times })
    }

    /// The most requests a second of one scenario; `None` without a bound.
    fn most_of(&self, scenario: &Scenario, selector: &[Matcher]) -> Option<f64> {
        let others = |matcher: &Matcher| matcher.field != Field::Scenario || matcher.takes(&scenario.name);
        if !selector.iter().all(others) {
            return Some(0.0);
        }
        let shares = shares(&scenario.kinds.iter().map(|(_, share)| *share).collect::<Vec<_>>(), scenario.shape.peak());
        let kinds = scenario.kinds.iter().zip(shares).filter(|(_, share)| *share > 0.0);
        let kinds = kinds.filter_map(|((id, _), share)| Some((self.users.get(id.index())?, share)));
        match &scenario.shape {
            Shape::Closed(stages, _) => {
                let parts = kinds.map(|(user, share)| self.closed(user, selector, stages).map(|rate| rate * share));
                parts.sum()
            }
            Shape::Open(stages, ..) => {
                let peak = stages.iter().map(|stage| stage.rate.as_per_second()).fold(0.0, f64::max);
                kinds
                    .map(|(user, share)| self.calls_per_iteration(user, selector).map(|calls| calls * share * peak))
                    .sum()
            }
            Shape::Search(_) | Shape::Replay(..) | Shape::Iterations(_) => None,
        }
    }

    /// The most requests a second of a closed scenario, were all its users of one type.
    fn closed(&self, user: &UserType, selector: &[Matcher], stages: &[Stage]) -> Option<f64> {
        let pause = match user.wait_time {
            WaitTime::ThinkTime(pause) => pause.mean(),
            WaitTime::Pacing(pacing) => pacing,
        };
        if pause.is_zero() {
            return None;
        }
        let calls = self.calls_per_iteration(user, selector)?;
        let once = self.steps(&user.on_start, user, "", selector)? + self.steps(&user.on_stop, user, "", selector)?;
        let peak = f64::from(stages.iter().map(|stage| stage.users).max().unwrap_or(0));
        let mut last = 0;
        let mut started = 0.0;
        for stage in stages {
            started += f64::from(stage.users.saturating_sub(last));
            last = stage.users;
        }
        // the first task of each user comes before any pause
        let shortest = stages.iter().map(|stage| stage.length.as_secs_f64()).fold(f64::INFINITY, f64::min);
        Some(peak * calls / pause.as_secs_f64() + started * (calls + once) / shortest.max(1e-9))
    }

    /// The most calls one iteration of a user makes on average.
    fn calls_per_iteration(&self, user: &UserType, selector: &[Matcher]) -> Option<f64> {
        if user.refresh.is_some() {
            // how often it is needed is the service's doing
            return None;
        }
        let whole: f64 = user.tasks.iter().map(|task| task.weight).sum();
        let mut all = 0.0;
        let mut most = 0.0_f64;
        for task in &user.tasks {
            let calls = self.steps(&task.steps, user, &task.name, selector)?;
            most = most.max(calls);
            all += if whole > 0.0 { calls * task.weight / whole } else { calls };
        }
        match user.order {
            TaskOrder::Weighted => Some(all),
            // how often each is in the sequence is not counted
            TaskOrder::Sequence(_) => Some(most),
        }
    }

    fn steps(&self, steps: &[Step], user: &UserType, task: &str, selector: &[Matcher]) -> Option<f64> {
        steps.iter().map(|step| self.step(&step.action, user, task, selector)).sum()
    }

    fn step(&self, action: &Action, user: &UserType, task: &str, selector: &[Matcher]) -> Option<f64> {
        let of = |steps: &[Step]| self.steps(steps, user, task, selector);
        match action {
            Action::Call(call) => self.call(call, user, task, selector),
            Action::ParallelEach(each) => {
                let one = self.call(&each.call, user, task, selector)?;
                if one > 0.0 { self.length(&each.of).map(|items| items * one) } else { Some(0.0) }
            }
            Action::Parallel(calls) => calls.iter().map(|call| self.call(call, user, task, selector)).sum(),
            Action::When { then, otherwise, .. } => Some(of(then)?.max(of(otherwise)?)),
            Action::Switch { cases, default, .. } => {
                cases.iter().try_fold(of(default)?, |most, (_, steps)| Some(most.max(of(steps)?)))
            }
            Action::Choose(ways) => ways.iter().try_fold(0.0_f64, |most, (_, steps)| Some(most.max(of(steps)?))),
            Action::Repeat(repeat) => {
                let inner = of(&repeat.steps)?;
                let times = match &repeat.count {
                    RepeatCount::Times(times) => times.constant().and_then(|times| f64::try_from(times.clone()).ok()),
                    RepeatCount::Until { most, .. } => Some(*most as f64),
                };
                if inner > 0.0 { times.map(|times| times * inner) } else { Some(0.0) }
            }
            Action::ForEach { of: list, steps, .. } => {
                let inner = of(steps)?;
                if inner > 0.0 { self.length(list).map(|items| items * inner) } else { Some(0.0) }
            }
            Action::Run(index) => {
                let task = user.tasks.get(*index)?;
                self.steps(&task.steps, user, &task.name, selector)
            }
            Action::Transaction { steps, .. } => of(steps),
            // a user that leaves may be followed by another without a pause
            Action::Stop(StopScope::User) => None,
            Action::Set(_)
            | Action::Append { .. }
            | Action::Put(_)
            | Action::Take(_)
            | Action::Think(_)
            | Action::Leave { .. }
            | Action::Stop(_)
            | Action::Log(_) => Some(0.0),
        }
    }

    fn call(&self, call: &Call, user: &UserType, task: &str, selector: &[Matcher]) -> Option<f64> {
        if call.on_failure == OnFailure::StopUser {
            return None;
        }
        let endpoint = self.endpoints.get(call.endpoint.index())?;
        let taken = selector.iter().all(|matcher| self.may_match(matcher, endpoint, user, task));
        let tries = call.retry.as_ref().map_or(1.0, |retry| 1.0 + retry.times as f64);
        Some(if taken { tries * (1.0 + f64::from(endpoint.redirects)) } else { 0.0 })
    }

    /// Whether a call may be among those selected; what is known at run time alone may be.
    fn may_match(&self, matcher: &Matcher, endpoint: &Endpoint, user: &UserType, task: &str) -> bool {
        match matcher.field {
            Field::Endpoint => matcher.takes(&endpoint.name),
            Field::Service => {
                let entry = self.catalog.endpoints.get(endpoint.id.index());
                matcher.takes(entry.and_then(|entry| entry.service.as_deref()).unwrap_or_default())
            }
            Field::User => matcher.takes(&user.name),
            Field::Task => matcher.takes(task),
            Field::Name => endpoint.label.fixed().is_none_or(|name| matcher.takes(name)),
            Field::Tag => {
                let of_endpoint = self.catalog.endpoints.get(endpoint.id.index()).map(|entry| &entry.tags);
                let of_user = self.catalog.users.get(user.id.index()).map(|entry| &entry.tags);
                let tasks = self.catalog.tasks.iter().filter(|entry| entry.user == user.id && *entry.name == *task);
                let of_tasks = tasks.flat_map(|entry| &entry.tags);
                let tags = of_endpoint.into_iter().chain(of_user).flatten().chain(of_tasks);
                matcher.takes_tags(tags)
            }
            Field::Scenario | Field::Stage | Field::Status => true,
        }
    }

    /// How long a list is that is the same each time.
    fn length(&self, list: &ValueTemplate) -> Option<f64> {
        let value = match list {
            ValueTemplate::Constant(value) => value.clone(),
            ValueTemplate::List(items) => return Some(items.len() as f64),
            ValueTemplate::Text(template) => {
                let single = template.single()?;
                if !single.names().is_empty() || single.is_changing() {
                    return None;
                }
                single.eval(self.scope).ok()?
            }
            ValueTemplate::Map(_) => return None,
        };
        value.len().map(|length| length as f64)
    }
}

/// Each kind's part of the users.
fn shares(shares: &[Share], users: u32) -> Vec<f64> {
    let fixed = |share: &Share| if let Share::Count(count) = share { f64::from(*count) } else { 0.0 };
    let weight = |share: &Share| if let Share::Weight(weight) = share { *weight } else { 0.0 };
    let users = f64::from(users.max(1));
    let (counted, weights) = (shares.iter().map(fixed).sum::<f64>(), shares.iter().map(weight).sum::<f64>());
    let rest = (users - counted).max(0.0) / users;
    let part = |share: &Share| match share {
        Share::Count(count) => f64::from(*count) / users,
        Share::Weight(weight) if weights > 0.0 => weight / weights * rest,
        Share::Weight(_) => 0.0,
    };
    shares.iter().map(part).collect()
}
