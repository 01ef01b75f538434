use std::cell::Cell;
use std::rc::Rc;

use super::stop::{Phase, StopSignal};
use super::user::{Identity, Workload};
use super::user_pool::ScenarioUsers;
use crate::compile::{IterationCount, Iterations};
use crate::units::Offset;

/// The users of a fixed amount of work: all start at once, and each leaves when there is nothing left for it.
pub(super) struct IterationPool {
    pub(super) users: ScenarioUsers,
    start: Offset,
    work: Iterations,
    stops: Vec<Rc<StopSignal>>,
    started: bool,
}

impl IterationPool {
    pub(super) fn new(users: ScenarioUsers, start: Offset, work: Iterations) -> Self {
        // work is shared out among those that have users
        let part = users.part.among(work.users);
        Self { users: ScenarioUsers { part, ..users }, start, work, stops: Vec::new(), started: false }
    }

    pub(super) fn next_change(&self) -> Option<Offset> {
        (!self.started).then_some(self.start)
    }

    pub(super) fn adjust(&mut self, now: Offset) {
        if now >= self.users.timeline.end() {
            self.stop(Phase::Draining, now);
        }
        if self.started || now < self.start {
            return;
        }
        self.started = true;
        let part = self.users.part;
        let shared = match self.work.count {
            IterationCount::Each(_) => Rc::default(),
            IterationCount::Total(total) => Rc::new(Cell::new(part.of(total))),
        };
        for own in 0..part.of(self.work.users.into()) {
            let left = match self.work.count {
                IterationCount::Each(each) => Rc::new(Cell::new(each)),
                IterationCount::Total(_) => Rc::clone(&shared),
            };
            let identity = Identity::of(&self.users.assignment, part.number(own));
            self.stops.push(self.users.start(identity, self.start, Workload::Iterations(left)));
        }
    }

    pub(super) fn stop(&mut self, phase: Phase, at: Offset) {
        self.stops.iter().for_each(|stop| stop.advance(phase, at));
    }

    pub(super) fn is_done(&self) -> bool {
        self.started && self.users.active.count() == 0
    }
}
