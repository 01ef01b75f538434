use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use super::stop::{Phase, StopSignal};
use super::user::Identity;
use crate::sample::UserTypeId;
use crate::units::{Offset, Seed};

/// One arrival: when it was due, and what its chance derives from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrival {
    pub(super) at: Offset,
    pub(super) seed: Seed,
    /// Who it is, where it is a new visitor.
    pub(super) visitor: Option<Identity>,
}

/// Where a worker's arrivals and free users of one scenario meet.
#[derive(Default)]
pub(super) struct ArrivalQueue {
    /// Free users by type; who came last is taken first, for its connection is the likeliest to be open.
    free: RefCell<BTreeMap<UserTypeId, Vec<Rc<FreeUser>>>>,
    /// Arrivals that wait for a free user.
    held: RefCell<VecDeque<(UserTypeId, Arrival)>>,
}

/// Where one free user waits.
#[derive(Default)]
struct FreeUser {
    arrival: Cell<Option<Arrival>>,
    waker: RefCell<Option<Waker>>,
}

/// A user's side: its next arrivals.
pub(super) struct ArrivalReceiver {
    queue: Rc<ArrivalQueue>,
    user_type: UserTypeId,
    free: Rc<FreeUser>,
    first: Option<Arrival>,
}

/// How many arrivals may wait on one worker; beyond, they are dropped.
const MOST_HELD: usize = 100_000;

impl ArrivalQueue {
    /// Hands an arrival to a free user; whether there was one.
    pub(super) fn assign(&self, user_type: UserTypeId, arrival: Arrival) -> bool {
        let Some(free) = self.free.borrow_mut().get_mut(&user_type).and_then(Vec::pop) else { return false };
        free.arrival.set(Some(arrival));
        if let Some(waker) = free.waker.take() {
            waker.wake();
        }
        true
    }

    /// Holds an arrival for the next free user; whether there was room.
    pub(super) fn hold(&self, user_type: UserTypeId, arrival: Arrival) -> bool {
        let mut held = self.held.borrow_mut();
        let room = held.len() < MOST_HELD;
        if room {
            held.push_back((user_type, arrival));
        }
        room
    }

    /// How many arrivals wait.
    pub(super) fn waiting(&self) -> usize {
        self.held.borrow().len()
    }

    /// All that wait; none does any more.
    pub(super) fn drain(&self) -> impl Iterator<Item = Arrival> + use<> {
        self.held.take().into_iter().map(|(_, arrival)| arrival)
    }

    /// The arrival that waits longest of those that are new visitors: whoever leaves makes room for any of them.
    pub(super) fn take_oldest_visitor(&self) -> Option<Arrival> {
        let mut held = self.held.borrow_mut();
        let index = held.iter().position(|(_, arrival)| arrival.visitor.is_some())?;
        held.remove(index).map(|(_, arrival)| arrival)
    }

    fn take_oldest(&self, user_type: UserTypeId) -> Option<Arrival> {
        let mut held = self.held.borrow_mut();
        let index = held.iter().position(|(wanted, _)| *wanted == user_type)?;
        held.remove(index).map(|(_, arrival)| arrival)
    }
}

impl ArrivalReceiver {
    pub(super) fn new(queue: Rc<ArrivalQueue>, user_type: UserTypeId, first: Arrival) -> Self {
        Self { queue, user_type, free: Rc::default(), first: Some(first) }
    }

    /// The next arrival; `None` when the user is to leave.
    pub(super) async fn next(&mut self, stop: &StopSignal) -> Option<Arrival> {
        if let Some(arrival) = self.first.take().or_else(|| self.queue.take_oldest(self.user_type)) {
            return Some(arrival);
        }
        self.queue.free.borrow_mut().entry(self.user_type).or_default().push(self.free.clone());
        tokio::select! {
            biased;
            arrival = poll_fn(|cx| match self.free.arrival.take() {
                Some(arrival) => Poll::Ready(arrival),
                None => {
                    *self.free.waker.borrow_mut() = Some(cx.waker().clone());
                    Poll::Pending
                }
            }) => Some(arrival),
            () = stop.reached(Phase::Draining) => {
                self.withdraw();
                None
            }
        }
    }

    /// The arrival the user was started for, where it has not come to it yet.
    pub(super) fn take_first(&mut self) -> Option<Arrival> {
        self.first.take()
    }

    /// Takes the user off the queue: it waits no longer.
    fn withdraw(&self) {
        if let Some(free) = self.queue.free.borrow_mut().get_mut(&self.user_type) {
            free.retain(|free| !Rc::ptr_eq(free, &self.free));
        }
    }
}

impl Drop for ArrivalReceiver {
    fn drop(&mut self) {
        self.withdraw();
    }
}
