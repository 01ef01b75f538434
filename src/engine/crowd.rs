use std::cell::Cell;
use std::rc::Rc;

use tokio::task::spawn_local;

use super::desk::Desk;
use super::leash::{Leash, Order};
use super::user::User;
use crate::sample::UserTypeId;
use crate::schedule::Part;
use crate::units::Offset;

/// The users of one worker: it starts them as the curve rises and lets them go as it falls, the last come first.
pub(super) struct Crowd {
    desk: Rc<Desk>,
    part: Part,
    /// Which type each user of the whole run is.
    kinds: Rc<[u16]>,
    members: Vec<Rc<Leash>>,
    /// Those told to leave that may still be under way.
    leaving: Vec<Rc<Leash>>,
    present: Rc<Cell<u64>>,
}

/// Counts a user out however its task ends.
struct Presence(Rc<Cell<u64>>);

impl Drop for Presence {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

impl Crowd {
    pub(super) fn new(desk: Rc<Desk>, part: Part, kinds: Rc<[u16]>) -> Self {
        Self { desk, part, kinds, members: Vec::new(), leaving: Vec::new(), present: Rc::default() }
    }

    /// How many users are there, those on their way out included.
    pub(super) fn present(&self) -> u64 {
        self.present.get()
    }

    /// Starts or lets go as many users as the curve wants at a moment.
    pub(super) fn adjust(&mut self, now: Offset) {
        let wanted = self.part.of(self.desk.curve.population_at(now)) as usize;
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
        let number = self.part.user(u32::try_from(self.members.len()).unwrap_or(u32::MAX));
        let kind = UserTypeId(self.kinds.get(number as usize).copied().unwrap_or(0));
        let due = self.desk.curve.due(number, now);
        let leash = Rc::new(Leash::default());
        let user = User::new(self.desk.clone(), leash.clone(), number, kind, due);
        self.present.set(self.present.get() + 1);
        let presence = Presence(self.present.clone());
        spawn_local(async move {
            user.live().await;
            drop(presence);
        });
        self.members.push(leash);
    }
}
