use std::rc::Rc;
use std::sync::Arc;

use tokio::task::spawn_local;

use super::active_users::Attendance;
use super::scenario_timeline::ScenarioTimeline;
use super::stop_signal::{Order, StopSignal};
use super::user::{Drive, Identity, User};
use super::user_assignment::UserAssignment;
use super::worker_context::WorkerContext;
use crate::load::{Part, UserCurve};
use crate::units::Offset;

/// The users of a closed shape: it starts them as the curve rises and lets them go as it falls, the last come first.
pub(super) struct ClosedPool {
    desk: Rc<WorkerContext>,
    scene: Rc<ScenarioTimeline>,
    curve: UserCurve,
    part: Part,
    cast: Arc<UserAssignment>,
    members: Vec<Rc<StopSignal>>,
    /// Those told to leave that may still be under way.
    leaving: Vec<Rc<StopSignal>>,
    attendance: Attendance,
}

impl ClosedPool {
    pub(super) fn new(
        desk: Rc<WorkerContext>,
        scene: Rc<ScenarioTimeline>,
        curve: UserCurve,
        part: Part,
        cast: Arc<UserAssignment>,
    ) -> Self {
        let (members, leaving) = (Vec::new(), Vec::new());
        Self { desk, scene, curve, part, cast, members, leaving, attendance: Attendance::default() }
    }

    pub(super) fn present(&self) -> u64 {
        self.attendance.count()
    }

    pub(super) fn next_change(&self, now: Offset) -> Option<Offset> {
        self.curve.next_change(now)
    }

    /// Starts or lets go as many users as the curve wants at a moment.
    pub(super) fn adjust(&mut self, now: Offset) {
        let wanted = usize::try_from(self.part.of(self.curve.population_at(now).into())).unwrap_or(usize::MAX);
        while self.members.len() > wanted {
            if let Some(leash) = self.members.pop() {
                leash.give(Order::Leave);
                self.leaving.push(leash);
            }
        }
        self.leaving.retain(|leash| Rc::strong_count(leash) > 1);
        while self.members.len() < wanted {
            self.start(now);
        }
    }

    /// Gives an order to everybody.
    pub(super) fn give(&mut self, order: Order) {
        self.leaving.append(&mut self.members);
        self.leaving.iter().for_each(|leash| leash.give(order));
    }

    fn start(&mut self, now: Offset) {
        let number = self.part.number(self.members.len() as u64);
        let due = self.curve.due(u32::try_from(number).unwrap_or(u32::MAX), now);
        let leash = Rc::new(StopSignal::default());
        let identity = Identity::of(&self.cast, number);
        let user = User::new(self.desk.clone(), leash.clone(), self.scene.clone(), identity, due);
        let presence = self.attendance.enter();
        spawn_local(async move {
            user.live(Drive::Endless).await;
            drop(presence);
        });
        self.members.push(leash);
    }
}
