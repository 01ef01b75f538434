use std::cell::{Cell, RefCell};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::future::poll_fn;
use std::task::{Poll, Waker};
use std::time::Duration;

use tokio::time::Instant;

use crate::timer::ExactTimer;
use crate::units::Offset;

/// The run's clock: monotonic, from the run's start. All of the engine's time comes from here, so that a runtime whose
/// time is paused can play a run.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    start: Instant,
}

impl Clock {
    /// A clock whose zero is `wait` from now: workers get ready until then.
    #[must_use]
    pub(super) fn starting_in(wait: Duration) -> Self {
        Self { start: Instant::now() + wait }
    }

    /// The time since the start; zero before it.
    #[must_use]
    pub fn now(&self) -> Offset {
        self.offset(Instant::now())
    }

    /// The offset of a moment the data plane gave.
    #[must_use]
    pub(super) fn offset(&self, moment: Instant) -> Offset {
        Offset::from(moment.saturating_duration_since(self.start))
    }

    /// How long it is from `now` until a moment of the run; zero once it has come.
    fn until(&self, at: Offset, now: Instant) -> Duration {
        (self.start + at.since(Offset::ZERO)).saturating_duration_since(now)
    }
}

/// One worker's timer for what the plan wants on time. The runtime's own timer keeps whole milliseconds and wakes up
/// to two late, which would stand in every response time; this one asks the kernel for the nanosecond.
///
/// All waiting users share one timer, set to the earliest of them.
pub(super) struct Pacer {
    clock: Clock,
    timer: ExactTimer,
    waiting: RefCell<BinaryHeap<Reverse<Waiting>>>,
    /// What the timer is set to.
    set_to: Cell<Option<Offset>>,
    tickets: Cell<u64>,
}

struct Waiting {
    at: Offset,
    /// Keeps those of one moment in the order they came.
    ticket: u64,
    waker: Waker,
}

impl Pacer {
    /// A pacer for the runtime that the timer was made in.
    pub(super) fn new(clock: Clock, timer: ExactTimer) -> Self {
        Self { clock, timer, waiting: RefCell::default(), set_to: Cell::default(), tickets: Cell::default() }
    }

    /// Waits until a moment of the run.
    pub(super) async fn sleep_until(&self, at: Offset) {
        let mut registered = false;
        poll_fn(|cx| {
            let left = self.clock.until(at, Instant::now());
            if left.is_zero() {
                return Poll::Ready(());
            }
            if !registered {
                registered = true;
                self.register(at, left, cx.waker().clone());
            }
            Poll::Pending
        })
        .await;
    }

    /// Wakes those whose moment has come, for as long as it is polled.
    pub(super) async fn drive(&self) -> std::convert::Infallible {
        loop {
            self.timer.expired().await;
            self.set_to.set(None);
            self.wake();
        }
    }

    fn wake(&self) {
        let now = Instant::now();
        let mut waiting = self.waiting.borrow_mut();
        while let Some(Reverse(first)) = waiting.peek() {
            let left = self.clock.until(first.at, now);
            if !left.is_zero() {
                return self.set(first.at, left);
            }
            if let Some(Reverse(first)) = waiting.pop() {
                first.waker.wake();
            }
        }
    }

    fn register(&self, at: Offset, left: Duration, waker: Waker) {
        let ticket = self.tickets.get();
        self.tickets.set(ticket + 1);
        self.waiting.borrow_mut().push(Reverse(Waiting { at, ticket, waker }));
        if self.set_to.get().is_none_or(|set_to| at < set_to) {
            self.set(at, left);
        }
    }

    fn set(&self, at: Offset, left: Duration) {
        self.timer.set(left);
        self.set_to.set(Some(at));
    }
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        self.ticket == other.ticket
    }
}

impl Eq for Waiting {}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.ticket).cmp(&(other.at, other.ticket))
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;

    /// Sleeps until these moments at once: each with the moment it woke at.
    async fn sleep(pacer: Pacer, until: &[u64]) -> Vec<(Duration, Duration)> {
        let pacer = Rc::new(pacer);
        let local = tokio::task::LocalSet::new();
        let sleepers: Vec<_> = until
            .iter()
            .map(|ms| {
                let (pacer, at) = (pacer.clone(), Duration::from_millis(*ms));
                local.spawn_local(async move {
                    pacer.sleep_until(Offset::from(at)).await;
                    (at, pacer.clock.now().since(Offset::ZERO))
                })
            })
            .collect();
        let woken = local.run_until(async {
            let mut woken = Vec::new();
            for sleeper in sleepers {
                woken.push(sleeper.await.unwrap());
            }
            woken
        });
        tokio::select! {
            woken = tokio::time::timeout(Duration::from_secs(100), woken) => woken.unwrap(),
            never = pacer.drive() => match never {},
        }
    }

    const MOMENTS: [u64; 7] = [30, 5, 5, 17, 0, 60, 17];

    #[tokio::test]
    async fn nobody_is_woken_before_its_moment() {
        let pacer = Pacer::new(Clock::starting_in(Duration::from_millis(10)), ExactTimer::new());
        let woken = sleep(pacer, &MOMENTS).await;
        assert!(woken.iter().all(|(at, woke)| woke >= at), "{woken:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn in_virtual_time_everybody_is_woken_exactly_at_its_moment() {
        let pacer = Pacer::new(Clock::starting_in(Duration::from_secs(3)), ExactTimer::of_runtime());
        let woken = sleep(pacer, &MOMENTS).await;
        assert!(woken.iter().all(|(at, woke)| woke == at), "{woken:?}");
    }
}
