use std::rc::Rc;

use super::stop::{Phase, StopSignal};
use super::user::{Identity, Workload};
use super::user_pool::ScenarioUsers;
use crate::load::UserCurve;
use crate::units::Offset;

/// The users of a closed shape: it starts them as the curve rises and lets them go as it falls, the last come first.
pub(super) struct ClosedPool {
    pub(super) users: ScenarioUsers,
    curve: UserCurve,
    /// Those at work, in the order they came.
    working: Vec<Rc<StopSignal>>,
    /// Those that are to leave and may still be under way.
    leaving: Vec<Rc<StopSignal>>,
}

impl ClosedPool {
    pub(super) fn new(users: ScenarioUsers, curve: UserCurve) -> Self {
        Self { users, curve, working: Vec::new(), leaving: Vec::new() }
    }

    pub(super) fn next_change(&self, now: Offset) -> Option<Offset> {
        self.curve.next_change(now)
    }

    /// Starts or lets go as many users as the curve wants at a moment.
    pub(super) fn adjust(&mut self, now: Offset) {
        let wanted = self.users.part.of(self.curve.population_at(now).into());
        let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
        while self.working.len() > wanted {
            if let Some(stop) = self.working.pop() {
                stop.advance(Phase::Draining, now);
                self.leaving.push(stop);
            }
        }
        self.leaving.retain(|stop| Rc::strong_count(stop) > 1);
        while self.working.len() < wanted {
            self.start(now);
        }
    }

    pub(super) fn stop(&mut self, phase: Phase, at: Offset) {
        self.leaving.append(&mut self.working);
        self.leaving.iter().for_each(|stop| stop.advance(phase, at));
    }

    fn start(&mut self, now: Offset) {
        let number = self.users.part.number(self.working.len() as u64);
        let due = self.curve.due(u32::try_from(number).unwrap_or(u32::MAX), now);
        let identity = Identity::of(&self.users.assignment, number);
        self.working.push(self.users.start(identity, due, Workload::Continuous));
    }
}
