use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use tokio::task::spawn_local;

use super::arrival_pool::ArrivalPool;
use super::closed_pool::ClosedPool;
use super::iteration_pool::IterationPool;
use super::scenario::{ScenarioTimeline, UserAssignment};
use super::steering::Steering;
use super::stop::{Phase, StopSignal};
use super::user::{Identity, User, Workload};
use super::worker_context::WorkerContext;
use crate::load::Part;
use crate::units::Offset;

/// The users of one scenario on one worker.
pub(super) enum UserPool {
    /// As many as a curve says.
    Closed(ClosedPool),
    /// As many as arrivals need.
    Arrivals(Box<ArrivalPool>),
    /// A number of them, with a fixed amount of work.
    Iterations(IterationPool),
}

/// One worker's part of a scenario: who its users are, and how many of them are active.
pub(super) struct ScenarioUsers {
    pub(super) context: Rc<WorkerContext>,
    pub(super) timeline: Rc<ScenarioTimeline>,
    pub(super) assignment: Arc<UserAssignment>,
    pub(super) part: Part,
    pub(super) active: ActiveUsers,
}

/// How many users of a pool are there, those on their way out included.
#[derive(Debug, Clone, Default)]
pub(super) struct ActiveUsers(Rc<Cell<u64>>);

/// One active user; counted out however its task ends.
struct ActiveUser {
    active: ActiveUsers,
    context: Rc<WorkerContext>,
}

impl UserPool {
    /// Does what is due by now.
    pub(super) fn adjust(&mut self, now: Offset) {
        match self {
            Self::Closed(pool) => pool.adjust(now),
            Self::Arrivals(pool) => pool.adjust(now),
            Self::Iterations(pool) => pool.adjust(now),
        }
    }

    /// Takes what a person has changed.
    pub(super) fn steer(&mut self, steering: Steering) {
        match self {
            Self::Closed(pool) => pool.steer(steering),
            Self::Arrivals(pool) => pool.steer(steering),
            // a fixed amount of work is done as it is
            Self::Iterations(_) => {}
        }
    }

    /// When something is due again; `None` where nothing is any more.
    pub(super) fn next_change(&self, now: Offset) -> Option<Offset> {
        match self {
            Self::Closed(pool) => pool.next_change(now),
            Self::Arrivals(pool) => pool.next_change(now),
            Self::Iterations(pool) => pool.next_change(),
        }
    }

    /// Brings every user to a phase of its end, at a moment.
    pub(super) fn stop(&mut self, phase: Phase, at: Offset) {
        match self {
            Self::Closed(pool) => pool.stop(phase, at),
            Self::Arrivals(pool) => pool.stop(phase, at),
            Self::Iterations(pool) => pool.stop(phase, at),
        }
    }

    pub(super) fn active(&self) -> u64 {
        match self {
            Self::Closed(pool) => pool.users.active.count(),
            Self::Arrivals(pool) => pool.users.active.count(),
            Self::Iterations(pool) => pool.users.active.count(),
        }
    }

    /// Whether all is done and everybody gone before its time.
    pub(super) fn is_done(&self) -> bool {
        matches!(self, Self::Iterations(pool) if pool.is_done())
    }
}

impl ScenarioUsers {
    /// Starts a user that is due at a moment; what stops it.
    pub(super) fn start(&self, identity: Identity, due: Offset, workload: Workload) -> Rc<StopSignal> {
        let user = Box::new(User::new(self.context.clone(), self.timeline.clone(), identity, due));
        let (stop, active) = (user.stop.clone(), self.active.enter(&self.context, due));
        spawn_local(async move {
            let mut next = Some((user, workload));
            while let Some((user, workload)) = next.take() {
                next = user.live(workload).await;
            }
            drop(active);
        });
        stop
    }
}

impl ActiveUsers {
    pub(super) fn count(&self) -> u64 {
        self.0.get()
    }

    fn enter(&self, context: &Rc<WorkerContext>, due: Offset) -> ActiveUser {
        self.0.set(self.0.get() + 1);
        context.users.enter(due);
        ActiveUser { active: self.clone(), context: context.clone() }
    }
}

impl Drop for ActiveUser {
    fn drop(&mut self) {
        let active = &self.active.0;
        active.set(active.get() - 1);
        self.context.users.leave(self.context.clock.now());
    }
}
