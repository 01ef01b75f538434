use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::task::{Context, Poll, Waker};

/// What a user is told to do. It belongs to one worker's thread, so asking it costs a look at a number.
#[derive(Debug, Default)]
pub(super) struct StopSignal {
    order: Cell<Order>,
    waiting: RefCell<Option<Waker>>,
}

/// An order to a user; it only ever gets stricter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) enum Order {
    /// Go on.
    #[default]
    Work,
    /// Begin no other call; pauses end at once.
    Leave,
    /// End the call under way too.
    Cut,
}

impl StopSignal {
    pub(super) fn order(&self) -> Order {
        self.order.get()
    }

    /// Gives an order, and wakes the user to hear it.
    pub(super) fn give(&self, order: Order) {
        if order > self.order.get() {
            self.order.set(order);
            if let Some(waker) = self.waiting.take() {
                waker.wake();
            }
        }
    }

    /// Waits for an order at least so strict.
    pub(super) async fn told(&self, order: Order) {
        poll_fn(|cx| self.poll_told(order, cx)).await;
    }

    fn poll_told(&self, order: Order, cx: &mut Context<'_>) -> Poll<()> {
        if self.order.get() >= order {
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
