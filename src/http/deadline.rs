use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use tokio::time::{Instant, Sleep, sleep_until};

/// One user's timer, set anew for each exchange.
///
/// Two things make it cheap. A timer that is moved to later stays where it is in the runtime's queue until its old time
/// comes; and the task it wakes is registered once, not once an exchange.
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

    const fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    /// Sets a deadline to go off in a while; how long it took.
    async fn goes_off_after(deadline: &mut Deadline, wait: Duration) -> Duration {
        let began = Instant::now();
        deadline.set(began + wait);
        tokio::time::timeout(Duration::from_secs(5), poll_fn(|cx| deadline.poll(cx))).await.unwrap();
        began.elapsed()
    }

    async fn poll_once(deadline: &mut Deadline) -> Poll<()> {
        poll_fn(|cx| Poll::Ready(deadline.poll(cx))).await
    }

    #[tokio::test(start_paused = true)]
    async fn it_goes_off_at_its_time_however_often_it_was_set_and_whatever_it_did_before() {
        let mut deadline = Deadline::default();
        assert_eq!(goes_off_after(&mut deadline, ms(20)).await, ms(20));
        assert_eq!(goes_off_after(&mut deadline, ms(20)).await, ms(20), "after it went off");
        deadline.set(Instant::now() + ms(20));
        assert!(poll_once(&mut deadline).await.is_pending());
        assert_eq!(goes_off_after(&mut deadline, ms(60)).await, ms(60), "later than it was");
        deadline.set(Instant::now() + Duration::from_secs(60));
        assert!(poll_once(&mut deadline).await.is_pending());
        assert_eq!(goes_off_after(&mut deadline, ms(20)).await, ms(20), "sooner than it was");
        deadline.set(Instant::now() + ms(10));
        assert!(poll_once(&mut deadline).await.is_pending());
        tokio::time::sleep(ms(40)).await;
        assert_eq!(goes_off_after(&mut deadline, ms(20)).await, ms(20), "after it went off and nobody polled it");
        deadline.set(Instant::now());
        tokio::time::sleep(ms(5)).await;
        assert!(poll_once(&mut deadline).await.is_ready(), "at once");
    }

    #[tokio::test(start_paused = true)]
    async fn it_wakes_the_task_that_waits_now_and_not_the_one_that_waited_before() {
        let mut deadline = Deadline::default();
        deadline.set(Instant::now() + ms(40));
        assert!(poll_once(&mut deadline).await.is_pending());
        let other = tokio::spawn(async move { goes_off_after(&mut deadline, ms(60)).await });
        let took = tokio::time::timeout(Duration::from_secs(5), other).await;
        assert_eq!(took.unwrap().unwrap(), ms(60));
    }
}
