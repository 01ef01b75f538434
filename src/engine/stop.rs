use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio::sync::watch;

use crate::units::Offset;

/// How far a run, or one of its users, has come to its end. It only ever goes forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Phase {
    /// Load is made as the plan says.
    #[default]
    Running,
    /// Nothing new begins; what is under way may end.
    Draining,
    /// What is under way is cut off.
    Cutting,
}

/// The one switch that all workers of a run listen to. Those who listen hear of it in the order they began to, so that
/// a run that is played again is the same.
#[derive(Debug, Clone)]
pub struct Stop(Arc<Mutex<Switch>>);

#[derive(Debug)]
struct Switch {
    phase: Phase,
    /// One channel for each listener: those of one channel are woken in no order.
    listeners: Vec<watch::Sender<Phase>>,
}

impl Stop {
    /// A switch that stands at running.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(Switch { phase: Phase::Running, listeners: Vec::new() })))
    }

    /// Goes forward to a phase; never back.
    pub fn advance(&self, to: Phase) {
        let mut switch = self.switch();
        if switch.phase < to {
            switch.phase = to;
            // who does not listen any more needs to hear nothing
            switch.listeners.retain(|listener| listener.send(to).is_ok());
        }
    }

    /// Where it stands.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.switch().phase
    }

    pub(super) fn listen(&self) -> watch::Receiver<Phase> {
        let mut switch = self.switch();
        let (sender, receiver) = watch::channel(switch.phase);
        switch.listeners.push(sender);
        receiver
    }

    fn switch(&self) -> MutexGuard<'_, Switch> {
        // nothing that is done under it can leave it half done
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Stop {
    fn default() -> Self {
        Self::new()
    }
}

/// The same for one user. It belongs to one worker's thread, so asking it costs a look at a number.
#[derive(Debug, Default)]
pub(super) struct StopSignal {
    phase: Cell<Phase>,
    told: Cell<Option<Offset>>,
    waiting: RefCell<Option<Waker>>,
}

impl StopSignal {
    pub(super) fn phase(&self) -> Phase {
        self.phase.get()
    }

    /// When the user was first told to stop.
    pub(super) fn told(&self) -> Option<Offset> {
        self.told.get()
    }

    /// Goes forward to a phase at a moment, and wakes the user to see it.
    pub(super) fn advance(&self, to: Phase, at: Offset) {
        if to > self.phase.get() {
            self.phase.set(to);
            self.told.set(self.told.get().or(Some(at)));
            if let Some(waker) = self.waiting.take() {
                waker.wake();
            }
        }
    }

    /// Waits until a phase is reached.
    pub(super) async fn reached(&self, phase: Phase) {
        poll_fn(|cx| self.poll_reached(phase, cx)).await;
    }

    fn poll_reached(&self, phase: Phase, cx: &mut Context<'_>) -> Poll<()> {
        if self.phase.get() >= phase {
            return Poll::Ready(());
        }
        let mut waiting = self.waiting.borrow_mut();
        // only the user's own task ever waits, so it is registered once and found again
        if !waiting.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            *waiting = Some(cx.waker().clone());
        }
        Poll::Pending
    }
}
