use std::cell::{Cell, RefCell};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::future::poll_fn;
use std::task::{Poll, Waker};

use super::clock::Clock;
use crate::timer::ExactTimer;
use crate::units::Offset;

/// One worker's timer for what the plan wants on time. The runtime's own timer keeps whole milliseconds and wakes up
/// to two late, which would stand in every response time; this one asks the kernel for the nanosecond.
///
/// All waiting users share one kernel timer, set to the earliest of them.
pub(super) struct Pacer {
    clock: Clock,
    /// `None` where the system gives no such timer: the runtime's then has to do.
    timer: Option<ExactTimer>,
    waiting: RefCell<BinaryHeap<Reverse<Waiting>>>,
    armed: Cell<Option<Offset>>,
    tickets: Cell<u64>,
}

struct Waiting {
    at: Offset,
    /// Keeps those of one moment in the order they came.
    ticket: u64,
    waker: Waker,
}

impl Pacer {
    /// A pacer for the runtime it is made in.
    pub(super) fn new(clock: Clock) -> Self {
        Self {
            clock,
            timer: ExactTimer::new(),
            waiting: RefCell::default(),
            armed: Cell::default(),
            tickets: Cell::default(),
        }
    }

    /// Waits until the run's start, by a timer of its own: nothing is driven before it.
    pub(super) async fn start(&self) {
        let left = self.clock.until_start();
        let waited = match ExactTimer::new() {
            Some(timer) if !left.is_zero() => timer.set(left) && timer.gone_off().await,
            _ => false,
        };
        if !waited {
            self.clock.sleep_until(Offset::ZERO).await;
        }
    }

    /// Waits until a moment of the run.
    pub(super) async fn sleep_until(&self, at: Offset) {
        if self.timer.is_none() {
            return self.clock.sleep_until(at).await;
        }
        let mut registered = false;
        poll_fn(|cx| {
            if self.clock.now() >= at {
                return Poll::Ready(());
            }
            if !registered {
                registered = true;
                self.register(at, cx.waker().clone());
            }
            Poll::Pending
        })
        .await;
    }

    /// Wakes those whose moment has come, for as long as it is polled.
    pub(super) async fn drive(&self) {
        let Some(timer) = &self.timer else { return std::future::pending().await };
        while timer.gone_off().await {
            self.armed.set(None);
            self.wake(self.clock.now());
        }
        std::future::pending().await
    }

    fn wake(&self, now: Offset) {
        let mut waiting = self.waiting.borrow_mut();
        while let Some(Reverse(first)) = waiting.peek() {
            if first.at > now {
                let at = first.at;
                drop(waiting);
                return self.arm(at, now);
            }
            if let Some(Reverse(first)) = waiting.pop() {
                first.waker.wake();
            }
        }
    }

    fn register(&self, at: Offset, waker: Waker) {
        let ticket = self.tickets.get();
        self.tickets.set(ticket + 1);
        self.waiting.borrow_mut().push(Reverse(Waiting { at, ticket, waker }));
        if self.armed.get().is_none_or(|armed| at < armed) {
            self.arm(at, self.clock.now());
        }
    }

    fn arm(&self, at: Offset, now: Offset) {
        if self.timer.as_ref().is_some_and(|timer| timer.set(at.since(now))) {
            self.armed.set(Some(at));
        }
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
    use std::time::Duration;

    use super::*;

    #[tokio::test(flavor = "current_thread")]
    async fn everybody_is_woken_at_its_moment_and_not_before() {
        let clock = Clock::starting_in(Duration::ZERO);
        let pacer = Rc::new(Pacer::new(clock));
        let local = tokio::task::LocalSet::new();
        let sleepers = [30_u64, 5, 5, 17, 0, 60].map(|ms| {
            let pacer = pacer.clone();
            local.spawn_local(async move {
                let at = Offset::from(Duration::from_millis(ms));
                pacer.sleep_until(at).await;
                (at, pacer.clock.now())
            })
        });
        let woken = local.run_until(async {
            let mut woken = Vec::new();
            for sleeper in sleepers {
                woken.push(sleeper.await.unwrap());
            }
            woken
        });
        let woken = tokio::select! {
            woken = tokio::time::timeout(Duration::from_secs(10), woken) => woken.unwrap(),
            () = pacer.drive() => unreachable!("it is driven for ever"),
        };
        assert!(woken.iter().all(|(at, now)| now >= at), "{woken:?}");
    }
}
