use super::ports::peer;
use crate::compile::{Action, Program, RepeatCount, Service, Step, Task, TaskOrder, UserType};
use crate::http::Reuse;
use crate::sample::EndpointId;

/// The calls of a user type that go to a place.
pub(super) struct Calls<'a> {
    pub(super) program: &'a Program,
    pub(super) user: &'a UserType,
    pub(super) place: &'a str,
}

/// How deep tasks that run other tasks are followed.
const DEEP: u32 = 8;

impl Calls<'_> {
    /// The new connections of an iteration; of a new visitor, of all that it does. What depends on chance or on answers is
    /// taken for the least that it may be.
    pub(super) fn connections(&self, is_new: bool) -> f64 {
        let user = self.user;
        let tasks = || user.tasks.iter();
        let of = |task: &Task, made| self.of(&task.steps, DEEP, made);
        let made = &|service: &Service| match service.connections.reuse {
            Reuse::Once => 1.0,
            Reuse::Kept(kept) => kept.requests.map_or(0.0, |requests| 1.0 / requests.get() as f64),
        };
        let iteration: f64 = match &user.order {
            TaskOrder::Sequence(order) => {
                let all: f64 = order.iter().filter_map(|index| user.tasks.get(*index)).map(|task| of(task, made)).sum();
                if is_new { all } else { all / order.len().max(1) as f64 }
            }
            TaskOrder::Weighted => {
                let whole: f64 = tasks().map(|task| task.weight).sum();
                tasks().map(|task| of(task, made) * task.weight).sum::<f64>() / whole.max(f64::MIN_POSITIVE)
            }
        };
        let start = if is_new { self.of(&user.on_start, DEEP, made) } else { 0.0 };
        // a new visitor has nothing to keep: one at least, where each thing it may do makes a call
        let always = tasks().all(|task| task.when.is_none() && of(task, &|_| 1.0) >= 1.0);
        (iteration + start).max(if is_new && always { 1.0 } else { 0.0 })
    }

    /// Whether a connection is kept from one call to the next.
    pub(super) fn keeps(&self) -> bool {
        let kept = |service: &Service| matches!(service.connections.reuse, Reuse::Kept(_));
        self.user
            .tasks
            .iter()
            .any(|task| self.of(&task.steps, DEEP, &|service| f64::from(u8::from(kept(service)))) > 0.0)
    }

    /// Whether there may be calls at all, as a number.
    pub(super) fn most(&self) -> f64 {
        self.user.tasks.iter().map(|task| self.of(&task.steps, DEEP, &|_| 1.0)).fold(0.0, f64::max)
    }

    fn of(&self, steps: &[Step], deep: u32, made: &dyn Fn(&Service) -> f64) -> f64 {
        steps.iter().map(|step| self.step(&step.action, deep, made)).sum()
    }

    fn step(&self, action: &Action, deep: u32, made: &dyn Fn(&Service) -> f64) -> f64 {
        let of = |steps: &[Step]| self.of(steps, deep, made);
        match action {
            Action::Call(_) | Action::Parallel(_) => {
                action.calls().iter().map(|call| self.call(call.endpoint, made)).sum()
            }
            Action::When { then, otherwise, .. } => of(then).min(of(otherwise)),
            Action::Switch { cases, default, .. } => {
                cases.iter().map(|(_, steps)| of(steps)).fold(of(default), f64::min)
            }
            Action::Choose(ways) => ways.iter().map(|(_, steps)| of(steps)).reduce(f64::min).unwrap_or_default(),
            Action::Repeat(repeat) => match &repeat.count {
                RepeatCount::Times(times) => {
                    let times = times.constant().and_then(|times| f64::try_from(times.clone()).ok());
                    of(&repeat.steps) * times.unwrap_or_default()
                }
                RepeatCount::Until { .. } => of(&repeat.steps),
            },
            Action::Transaction { steps, .. } => of(steps),
            Action::Run(index) if deep > 0 => {
                self.user.tasks.get(*index).map_or(0.0, |task| self.of(&task.steps, deep - 1, made))
            }
            _ => 0.0,
        }
    }

    fn call(&self, endpoint: EndpointId, made: &dyn Fn(&Service) -> f64) -> f64 {
        let Some(endpoint) = self.program.endpoints.get(endpoint.index()) else { return 0.0 };
        let service = self.program.service(endpoint);
        let peer = peer(service);
        if format!("{}:{}", peer.host(), peer.port()) == self.place { made(service) } else { 0.0 }
    }
}
