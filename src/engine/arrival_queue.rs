use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use super::arrival_pool::Waiting;
use super::stop_signal::{Order, StopSignal};
use crate::sample::UserTypeId;
use crate::units::{Offset, Seed};

/// One arrival: when it was due, and what its chance derives from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrival {
    pub(super) at: Offset,
    pub(super) seed: Seed,
}

/// Where a worker's arrivals and free users of one scenario meet.
#[derive(Default)]
pub(super) struct ArrivalQueue {
    /// Free users by kind; who came last is taken first, for its connection is the likeliest to be open.
    free: RefCell<BTreeMap<UserTypeId, Vec<Rc<FreeUser>>>>,
    late: RefCell<Waiting>,
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
    kind: UserTypeId,
    leash: Rc<StopSignal>,
    place: Rc<FreeUser>,
    first: Option<Arrival>,
}

/// How many arrivals may wait on one worker; beyond, they are dropped.
const MOST_LATE: usize = 100_000;

impl ArrivalQueue {
    /// Hands an arrival to a free user; whether there was one.
    pub(super) fn hand(&self, kind: UserTypeId, arrival: Arrival) -> bool {
        let Some(place) = self.free.borrow_mut().get_mut(&kind).and_then(Vec::pop) else { return false };
        place.arrival.set(Some(arrival));
        if let Some(waker) = place.waker.take() {
            waker.wake();
        }
        true
    }

    /// Keeps an arrival for the next free user; whether there was room.
    pub(super) fn keep(&self, kind: UserTypeId, arrival: Arrival) -> bool {
        let mut late = self.late.borrow_mut();
        let room = late.len() < MOST_LATE;
        if room {
            late.push_back((kind, arrival));
        }
        room
    }

    pub(super) fn waiting(&self) -> usize {
        self.late.borrow().len()
    }

    pub(super) fn drain(&self) -> impl Iterator<Item = Arrival> + use<> {
        self.late.take().into_iter().map(|(_, arrival)| arrival)
    }

    fn oldest(&self, kind: UserTypeId) -> Option<Arrival> {
        let mut late = self.late.borrow_mut();
        let index = late.iter().position(|(wanted, _)| *wanted == kind)?;
        late.remove(index).map(|(_, arrival)| arrival)
    }
}

impl ArrivalReceiver {
    pub(super) fn new(queue: Rc<ArrivalQueue>, kind: UserTypeId, leash: Rc<StopSignal>, first: Arrival) -> Self {
        Self { queue, kind, leash, place: Rc::default(), first: Some(first) }
    }

    /// The next arrival; `None` when the user is to leave.
    pub(super) async fn next(&mut self) -> Option<Arrival> {
        if let Some(arrival) = self.first.take().or_else(|| self.queue.oldest(self.kind)) {
            return Some(arrival);
        }
        self.queue.free.borrow_mut().entry(self.kind).or_default().push(self.place.clone());
        tokio::select! {
            biased;
            arrival = poll_fn(|cx| match self.place.arrival.take() {
                Some(arrival) => Poll::Ready(arrival),
                None => {
                    *self.place.waker.borrow_mut() = Some(cx.waker().clone());
                    Poll::Pending
                }
            }) => Some(arrival),
            () = self.leash.told(Order::Leave) => {
                self.withdraw();
                None
            }
        }
    }

    /// Takes the user off the queue: it waits no longer.
    fn withdraw(&self) {
        if let Some(free) = self.queue.free.borrow_mut().get_mut(&self.kind) {
            free.retain(|place| !Rc::ptr_eq(place, &self.place));
        }
    }
}

impl Drop for ArrivalReceiver {
    fn drop(&mut self) {
        self.withdraw();
    }
}
