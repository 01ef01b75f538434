use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Instant, sleep};

/// How long an attempt has the field to itself (RFC 8305, section 5, "Connection Attempt Delay").
const HEAD_START: Duration = Duration::from_millis(250);

/// Makes attempts until one succeeds, and drops the others: the next begins once the one before it has failed, or has had
/// its head start. Where all fail, the error is the last one's.
pub(super) async fn race<T, A: Future<Output = io::Result<T>>>(attempts: impl Iterator<Item = A>) -> io::Result<T> {
    let mut waiting = attempts.fuse().peekable();
    let Some(first) = waiting.next() else { return Err(io::ErrorKind::AddrNotAvailable.into()) };
    if waiting.peek().is_none() {
        return first.await;
    }
    let mut under_way: Vec<Pin<Box<A>>> = vec![Box::pin(first)];
    let mut head_start = pin!(sleep(HEAD_START));
    poll_fn(|cx| {
        loop {
            let (mut at, mut failed) = (0, None);
            while at < under_way.len() {
                match under_way[at].as_mut().poll(cx) {
                    Poll::Ready(Ok(made)) => return Poll::Ready(Ok(made)),
                    Poll::Ready(Err(error)) => {
                        drop(under_way.remove(at));
                        failed = Some(error);
                    }
                    Poll::Pending => at += 1,
                }
            }
            let is_over = waiting.peek().is_some() && head_start.as_mut().poll(cx).is_ready();
            match (waiting.next_if(|_| failed.is_some() || is_over), failed) {
                (Some(next), _) => {
                    under_way.push(Box::pin(next));
                    head_start.as_mut().reset(Instant::now() + HEAD_START);
                }
                (None, Some(error)) if under_way.is_empty() => return Poll::Ready(Err(error)),
                (None, _) => return Poll::Pending,
            }
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    /// An attempt that ends after a while: well, or with an error.
    async fn attempt((number, after, ends): (u32, u64, Result<(), io::ErrorKind>)) -> io::Result<u32> {
        sleep(ms(after)).await;
        ends.map(|()| number).map_err(io::Error::from)
    }

    async fn raced(attempts: &[(u64, Result<(), io::ErrorKind>)]) -> (Result<u32, io::ErrorKind>, Duration) {
        let began = Instant::now();
        let attempts = (0..).zip(attempts).map(|(number, (after, ends))| attempt((number, *after, *ends)));
        let made = race(attempts).await.map_err(|error| error.kind());
        (made, began.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_that_succeeds_wins_and_each_has_a_head_start() {
        const REFUSED: Result<(), io::ErrorKind> = Err(io::ErrorKind::ConnectionRefused);
        const AWAY: Result<(), io::ErrorKind> = Err(io::ErrorKind::HostUnreachable);
        assert_eq!(raced(&[(40, Ok(()))]).await, (Ok(0), ms(40)));
        assert_eq!(raced(&[(240, Ok(())), (0, Ok(()))]).await, (Ok(0), ms(240)));
        assert_eq!(raced(&[(9_000, Ok(())), (30, Ok(()))]).await, (Ok(1), ms(280)));
        assert_eq!(raced(&[(300, Ok(())), (100, Ok(()))]).await, (Ok(0), ms(300)), "it is not given up");
        assert_eq!(raced(&[(10, REFUSED), (30, Ok(()))]).await, (Ok(1), ms(40)), "who fails makes room at once");
        assert_eq!(raced(&[(9_000, Ok(())), (10, REFUSED), (5, Ok(()))]).await, (Ok(2), ms(265)));
        assert_eq!(raced(&[(9_000, Ok(())), (9_000, Ok(())), (5, Ok(()))]).await, (Ok(2), ms(505)));
        assert_eq!(raced(&[(10, AWAY), (30, REFUSED)]).await, (Err(io::ErrorKind::ConnectionRefused), ms(40)));
        assert_eq!(raced(&[(400, AWAY), (10, REFUSED)]).await, (Err(io::ErrorKind::HostUnreachable), ms(400)));
        assert_eq!(raced(&[]).await, (Err(io::ErrorKind::AddrNotAvailable), ms(0)));
    }

    #[tokio::test(start_paused = true)]
    async fn who_loses_is_dropped_with_the_race() {
        struct Dropped(std::rc::Rc<std::cell::Cell<bool>>);
        impl Drop for Dropped {
            fn drop(&mut self) {
                self.0.set(true);
            }
        }
        let gone = std::rc::Rc::new(std::cell::Cell::new(false));
        let slow = Dropped(gone.clone());
        let attempts: [Pin<Box<dyn Future<Output = io::Result<u32>>>>; 2] = [
            Box::pin(async move {
                sleep(ms(9_000)).await;
                drop(slow);
                Ok(0)
            }),
            Box::pin(async { Ok(1) }),
        ];
        assert_eq!(race(attempts.into_iter()).await.unwrap(), 1);
        assert!(gone.get());
    }
}
