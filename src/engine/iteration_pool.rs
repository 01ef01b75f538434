use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use tokio::task::spawn_local;

use super::active_users::Attendance;
use super::scenario_timeline::ScenarioTimeline;
use super::stop_signal::{Order, StopSignal};
use super::user::{Drive, Identity, User};
use super::user_assignment::UserAssignment;
use super::worker_context::WorkerContext;
use crate::compile::{IterationCount, Iterations};
use crate::load::Part;
use crate::units::Offset;

/// The users of a fixed amount of work: all start at once, and each leaves when there is nothing left for it.
pub(super) struct IterationPool {
    desk: Rc<WorkerContext>,
    scene: Rc<ScenarioTimeline>,
    start: Offset,
    work: Iterations,
    part: Part,
    cast: Arc<UserAssignment>,
    members: Vec<Rc<StopSignal>>,
    attendance: Attendance,
    begun: bool,
}

impl IterationPool {
    pub(super) fn new(
        desk: Rc<WorkerContext>,
        scene: Rc<ScenarioTimeline>,
        (start, work): (Offset, Iterations),
        part: Part,
        cast: Arc<UserAssignment>,
    ) -> Self {
        // work is shared out among those that have users
        let part = part.among(work.users);
        let members = Vec::new();
        Self { desk, scene, start, work, part, cast, members, attendance: Attendance::default(), begun: false }
    }

    pub(super) fn present(&self) -> u64 {
        self.attendance.count()
    }

    pub(super) fn next_change(&self, _now: Offset) -> Option<Offset> {
        (!self.begun).then_some(self.start)
    }

    pub(super) fn adjust(&mut self, now: Offset) {
        if now >= self.scene.end() {
            self.give(Order::Leave);
        }
        if self.begun || now < self.start {
            return;
        }
        self.begun = true;
        let total = match self.work.count {
            IterationCount::Each(_) => None,
            IterationCount::Total(total) => Some(Rc::new(Cell::new(self.part.of(total)))),
        };
        for own in 0..self.part.of(self.work.users.into()) {
            let quota = match (self.work.count, &total) {
                (IterationCount::Each(each), _) => Rc::new(Cell::new(each)),
                (IterationCount::Total(_), Some(total)) => total.clone(),
                (IterationCount::Total(_), None) => Rc::default(),
            };
            let leash = Rc::new(StopSignal::default());
            let identity = Identity::of(&self.cast, self.part.number(own));
            let user = User::new(self.desk.clone(), leash.clone(), self.scene.clone(), identity, self.start);
            let presence = self.attendance.enter();
            spawn_local(async move {
                user.live(Drive::Quota(quota)).await;
                drop(presence);
            });
            self.members.push(leash);
        }
    }

    pub(super) fn give(&mut self, order: Order) {
        self.members.iter().for_each(|leash| leash.give(order));
    }

    pub(super) fn is_done(&self) -> bool {
        self.begun && self.attendance.count() == 0
    }
}
