use std::rc::Rc;

use super::steering::Steering;
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
    /// Those that are to leave and may still be under way, with the place that each had.
    leaving: Vec<(usize, Rc<StopSignal>)>,
    steering: Steering,
    /// Whether it ever was another than that of the plan: whoever starts from then on is due when it starts.
    was_steered: bool,
}

impl ClosedPool {
    pub(super) fn new(users: ScenarioUsers, curve: UserCurve) -> Self {
        Self {
            users,
            curve,
            working: Vec::new(),
            leaving: Vec::new(),
            steering: Steering::default(),
            was_steered: false,
        }
    }

    pub(super) fn next_change(&self, now: Offset) -> Option<Offset> {
        self.curve.next_change(now)
    }

    /// Takes what a person has changed.
    pub(super) fn steer(&mut self, steering: Steering) {
        self.was_steered |= steering != self.steering;
        self.steering = steering;
    }

    /// Starts or lets go as many users as the curve wants at a moment.
    pub(super) fn adjust(&mut self, now: Offset) {
        let wanted = self.users.part.of(self.population(now).into());
        let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
        while self.working.len() > wanted {
            if let Some(stop) = self.working.pop() {
                stop.advance(Phase::Draining, now);
                self.leaving.push((self.working.len(), stop));
            }
        }
        self.leaving.retain(|(_, stop)| Rc::strong_count(stop) > 1);
        while self.working.len() < wanted && !self.is_taken(self.working.len()) {
            self.start(now);
        }
    }

    /// Whether a place is still taken by a user that is to leave. A person changes the load as often as a key repeats; the
    /// plan's own curve says itself when users come again.
    fn is_taken(&self, place: usize) -> bool {
        self.was_steered && self.leaving.iter().any(|(left, _)| *left == place)
    }

    /// How many users there are to be in the whole run.
    fn population(&self, now: Offset) -> u32 {
        let Steering { paused, users, .. } = self.steering;
        let planned = self.curve.population_at(now);
        if paused || planned == 0 { 0 } else { users.unwrap_or(planned) }
    }

    pub(super) fn stop(&mut self, phase: Phase, at: Offset) {
        self.leaving.extend(self.working.drain(..).enumerate());
        self.leaving.iter().for_each(|(_, stop)| stop.advance(phase, at));
    }

    fn start(&mut self, now: Offset) {
        let number = self.users.part.number(self.working.len() as u64);
        let due = if self.was_steered { now } else { self.curve.due(u32::try_from(number).unwrap_or(u32::MAX), now) };
        let identity = Identity::of(&self.users.assignment, number);
        self.working.push(self.users.start(identity, due, Workload::Continuous));
    }
}
