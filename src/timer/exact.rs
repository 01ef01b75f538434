use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::time::{Sleep, sleep};

#[cfg(target_os = "linux")]
use super::kernel::KernelTimer;

/// One timer, for one waiting task at a time.
#[derive(Debug)]
pub struct ExactTimer(Source);

#[derive(Debug)]
enum Source {
    #[cfg(target_os = "linux")]
    Kernel(KernelTimer),
    Runtime(RefCell<RuntimeTimer>),
}

/// The runtime's own timer, set anew each time.
#[derive(Debug, Default)]
struct RuntimeTimer {
    /// `None` where it is not set.
    sleep: Option<Pin<Box<Sleep>>>,
    /// Who waits for it.
    waiting: Option<Waker>,
}

impl ExactTimer {
    /// The kernel's timer, for the runtime this is called in; where the system gives none, the runtime's own.
    #[must_use]
    pub fn new() -> Self {
        #[cfg(target_os = "linux")]
        if let Some(timer) = KernelTimer::new() {
            return Self(Source::Kernel(timer));
        }
        Self::of_runtime()
    }

    /// The runtime's own timer, which keeps whole milliseconds: where its time is paused, this one moves with it.
    #[must_use]
    pub fn of_runtime() -> Self {
        Self(Source::Runtime(RefCell::default()))
    }

    /// Sets it to expire in a while, whatever it was set to before.
    pub fn set(&self, wait: Duration) {
        match &self.0 {
            #[cfg(target_os = "linux")]
            Source::Kernel(timer) => timer.set(wait),
            Source::Runtime(timer) => timer.borrow_mut().set(wait),
        }
    }

    /// Waits until it expires, once each time it is set.
    pub async fn expired(&self) {
        match &self.0 {
            #[cfg(target_os = "linux")]
            Source::Kernel(timer) => timer.expired().await,
            Source::Runtime(timer) => poll_fn(|cx| timer.borrow_mut().poll_expired(cx)).await,
        }
    }
}

impl Default for ExactTimer {
    fn default() -> Self {
        Self::new()
    }
}

impl RuntimeTimer {
    fn set(&mut self, wait: Duration) {
        self.sleep = Some(Box::pin(sleep(wait)));
        if let Some(waker) = self.waiting.take() {
            waker.wake();
        }
    }

    fn poll_expired(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.sleep.as_mut().is_some_and(|sleep| sleep.as_mut().poll(cx).is_ready()) {
            self.sleep = None;
            return Poll::Ready(());
        }
        self.waiting = Some(cx.waker().clone());
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_runtimes_timer_expires_at_its_last_time_and_once_each_time_it_is_set() {
        let (timer, began) = (ExactTimer::of_runtime(), Instant::now());
        let ms = Duration::from_millis;
        for (first, second, expected) in [(50, 20, 20), (20, 50, 70), (0, 7, 77)] {
            timer.set(ms(first));
            timer.set(ms(second));
            timer.expired().await;
            assert_eq!(began.elapsed(), ms(expected));
        }
        let again = tokio::time::timeout(ms(100), timer.expired());
        assert!(again.await.is_err(), "it is not set");
    }

    #[tokio::test]
    async fn the_systems_timer_never_expires_early() {
        let (timer, began) = (ExactTimer::new(), Instant::now());
        for wait in [Duration::from_micros(300), Duration::ZERO, Duration::from_millis(3)] {
            let before = began.elapsed();
            timer.set(wait);
            timer.expired().await;
            assert!(began.elapsed() - before >= wait);
        }
    }
}
