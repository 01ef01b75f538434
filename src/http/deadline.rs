use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use tokio::time::{Instant, Sleep, sleep_until};

/// One user's timer, set anew for each exchange.
///
/// Two things make it cheap. A timer that is moved to later stays where it is in the runtime's queue until its old time
/// comes; and the task it wakes is told to it once, not once an exchange.
#[derive(Default)]
pub(super) struct Deadline {
    sleep: Option<Pin<Box<Sleep>>>,
    /// Who is woken when it goes off; `None` once it has gone off, or was never waited for.
    wakes: Option<Waker>,
}

impl Deadline {
    /// Sets it to go off at `deadline`, whatever it was set to before.
    pub fn set(&mut self, deadline: Instant) {
        match &mut self.sleep {
            None => self.sleep = Some(Box::pin(sleep_until(deadline))),
            Some(sleep) => {
                if sleep.is_elapsed() {
                    self.wakes = None;
                }
                sleep.as_mut().reset(deadline);
            }
        }
    }

    /// Ready once it has gone off.
    pub fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(sleep) = &mut self.sleep else { return Poll::Pending };
        if self.wakes.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) && !sleep.is_elapsed() {
            return Poll::Pending;
        }
        let expired = sleep.as_mut().poll(cx);
        self.wakes = expired.is_pending().then(|| cx.waker().clone());
        expired
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::time::Duration;

    use super::*;

    async fn rings_after(alarm: &mut Deadline, wait: Duration) -> Duration {
        let began = Instant::now();
        alarm.set(began + wait);
        tokio::time::timeout(Duration::from_secs(5), poll_fn(|cx| alarm.poll(cx))).await.unwrap();
        began.elapsed()
    }

    async fn glance(alarm: &mut Deadline) -> Poll<()> {
        poll_fn(|cx| Poll::Ready(alarm.poll(cx))).await
    }

    #[tokio::test]
    async fn it_rings_at_its_time_however_often_it_was_set_and_whatever_it_did_before() {
        let mut alarm = Deadline::default();
        let ms = Duration::from_millis;
        assert!(rings_after(&mut alarm, ms(20)).await >= ms(20));
        assert!(rings_after(&mut alarm, ms(20)).await >= ms(20), "after it rang");
        alarm.set(Instant::now() + ms(20));
        assert!(glance(&mut alarm).await.is_pending());
        assert!(rings_after(&mut alarm, ms(60)).await >= ms(60), "later than it was");
        alarm.set(Instant::now() + Duration::from_secs(60));
        assert!(glance(&mut alarm).await.is_pending());
        assert!(rings_after(&mut alarm, ms(20)).await >= ms(20), "sooner than it was");
        alarm.set(Instant::now() + ms(10));
        assert!(glance(&mut alarm).await.is_pending());
        tokio::time::sleep(ms(40)).await;
        assert!(rings_after(&mut alarm, ms(20)).await >= ms(20), "after it rang unheard");
        alarm.set(Instant::now());
        tokio::time::sleep(ms(5)).await;
        assert!(glance(&mut alarm).await.is_ready(), "at once");
    }

    #[tokio::test]
    async fn it_wakes_the_task_that_waits_now_and_not_the_one_that_waited_before() {
        let mut alarm = Deadline::default();
        alarm.set(Instant::now() + Duration::from_millis(40));
        assert!(glance(&mut alarm).await.is_pending());
        tokio::time::timeout(
            Duration::from_secs(5),
            tokio::spawn(async move {
                let _ = rings_after(&mut alarm, Duration::from_millis(60)).await;
            }),
        )
        .await
        .unwrap()
        .unwrap();
    }
}
