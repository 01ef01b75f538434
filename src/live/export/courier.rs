use std::io;
use std::sync::Arc;
use std::thread::Builder;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use super::figures::Item;
use super::queue::{Balance, Queue};

/// A way out of the process for what is said of a run.
pub(super) trait Exporter: Send + 'static {
    /// Brings it to where it belongs.
    fn deliver(&mut self, item: &Item) -> impl Future<Output = Result<(), Missed>>;
}

/// Why something did not arrive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Missed {
    /// It may arrive later: the peer is away, slow, or has too much to do. It may say how long that takes.
    ForNow(String, Option<Duration>),
    /// The peer does not want it.
    ForGood(String),
}

/// Takes to one exporter what waits for it, by a thread of its own, and again where it does not arrive.
pub(super) struct Courier {
    /// Whether it has anything to do with this.
    takes: fn(&Item) -> bool,
    queue: Arc<Queue>,
    done: oneshot::Receiver<()>,
}

/// The pause before the second try; it doubles …
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// … up to this one.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// A peer that asks for more than this is not waited for any longer.
const LONGEST_ASKED: Duration = Duration::from_secs(30);

impl Courier {
    /// Starts the thread; one delivery may take up to `within`.
    pub(super) fn start<E: Exporter>(
        name: &str,
        within: Duration,
        takes: fn(&Item) -> bool,
        mut exporter: E,
    ) -> io::Result<Self> {
        let queue = Arc::new(Queue::default());
        let (items, (finished, done)) = (queue.clone(), oneshot::channel());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Builder::new().name(name.to_owned()).spawn(move || {
            runtime.block_on(carry(&items, &mut exporter, within));
            // who waits may have gone
            let _ = finished.send(());
            // a name that is still being looked up is waited for by nobody
            runtime.shutdown_background();
        })?;
        Ok(Self { takes, queue, done })
    }

    /// Leaves something to be taken there.
    pub(super) fn leave(&self, item: &Item) {
        if (self.takes)(item) {
            self.queue.push(item.clone());
        }
    }

    /// Says that nothing more comes.
    pub(super) fn close(&self) {
        self.queue.close();
    }

    /// Waits until everything arrived, as long as `patience` lasts; what became of it.
    pub(super) async fn finish(mut self, patience: impl Future<Output = ()>) -> Balance {
        self.queue.close();
        tokio::select! {
            _ = &mut self.done => {}
            () = patience => {}
        }
        self.queue.balance()
    }
}

impl Drop for Courier {
    fn drop(&mut self) {
        self.queue.close();
    }
}

async fn carry(queue: &Queue, exporter: &mut impl Exporter, within: Duration) {
    while let Some(item) = queue.next().await {
        let mut pause = FIRST_PAUSE;
        let mut hurried = queue.is_closing();
        loop {
            let missed = match timeout(within, exporter.deliver(&item)).await {
                Ok(Ok(())) => {
                    queue.delivered();
                    break;
                }
                Ok(Err(Missed::ForGood(why))) => {
                    queue.lost(why);
                    break;
                }
                Ok(Err(Missed::ForNow(why, asked))) => (why, asked),
                Err(_) => (format!("no answer within {} s", within.as_secs_f64()), None),
            };
            queue.delayed(missed.0);
            let asked = missed.1.unwrap_or_default().min(LONGEST_ASKED);
            tokio::select! {
                () = sleep(pause.max(asked)) => pause = (pause * 2).min(LONGEST_PAUSE),
                // at the end there is little time left: once more at once, and often from then on
                () = queue.closed(), if !hurried => {
                    hurried = true;
                    pause = FIRST_PAUSE;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::export::figures::RunNames;

    /// Answers as it is told to, the last of it again and again.
    struct Scripted(Vec<Result<(), Missed>>, Duration);

    impl Exporter for Scripted {
        async fn deliver(&mut self, _: &Item) -> Result<(), Missed> {
            sleep(self.1).await;
            if self.0.len() > 1 { self.0.remove(0) } else { self.0[0].clone() }
        }
    }

    fn item() -> Item {
        Item::Begin(Arc::new(RunNames {
            run: String::new(),
            name: None,
            plan: String::new(),
            target: String::new(),
            labels: Default::default(),
            shard: None,
            host: String::new(),
            version: String::new(),
            began: std::time::SystemTime::UNIX_EPOCH,
        }))
    }

    fn for_now(why: &str) -> Result<(), Missed> {
        Err(Missed::ForNow(why.to_owned(), None))
    }

    /// So many items, carried for so long in virtual time; what became of them.
    fn carried(items: usize, mut exporter: Scripted, patience: Duration) -> Balance {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let queue = Queue::default();
            (0..items).for_each(|_| queue.push(item()));
            queue.close();
            drop(timeout(patience, carry(&queue, &mut exporter, Duration::from_secs(1))).await);
            queue.balance()
        })
    }

    const LONG: Duration = Duration::from_secs(60);
    const SOON: Duration = Duration::from_millis(1);

    #[test]
    fn what_does_not_arrive_is_tried_again() {
        let script = vec![for_now("away"), for_now("away"), Ok(())];
        let balance = carried(3, Scripted(script, SOON), LONG);
        assert_eq!(balance, Balance { delivered: 3, lost: 0, why: None });
    }

    #[test]
    fn what_a_peer_does_not_want_is_lost_and_the_next_is_tried() {
        let script = vec![Ok(()), Err(Missed::ForGood("it answered 400".to_owned())), Ok(())];
        let balance = carried(3, Scripted(script, SOON), LONG);
        assert_eq!((balance.delivered, balance.lost), (2, 1));
        assert_eq!(balance.why.as_deref(), Some("it answered 400"));
    }

    #[test]
    fn a_peer_that_stays_away_or_hangs_costs_all_and_says_why() {
        let balance = carried(5, Scripted(vec![for_now("refused")], SOON), LONG);
        assert_eq!((balance.delivered, balance.lost, balance.why.as_deref()), (0, 5, Some("refused")));
        let balance = carried(5, Scripted(vec![Ok(())], LONG), LONG);
        assert_eq!((balance.delivered, balance.lost, balance.why.as_deref()), (0, 5, Some("no answer within 1 s")));
    }

    #[test]
    fn who_does_not_keep_up_loses_the_oldest() {
        let balance = carried(1000, Scripted(vec![Ok(())], SOON), LONG);
        assert_eq!((balance.delivered, balance.lost), (600, 400));
        assert_eq!(balance.why.as_deref(), Some("it did not keep up"));
    }

    #[test]
    fn nobody_waits_for_a_thread_longer_than_patience_lasts() {
        let stuck = |_: &Item| true;
        struct Stuck;
        impl Exporter for Stuck {
            async fn deliver(&mut self, _: &Item) -> Result<(), Missed> {
                std::thread::sleep(Duration::from_secs(5));
                Ok(())
            }
        }
        let courier = Courier::start("stuck", LONG, stuck, Stuck).unwrap();
        courier.leave(&item());
        courier.leave(&item());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let balance = runtime.block_on(async { courier.finish(sleep(Duration::from_millis(50))).await });
        assert_eq!((balance.delivered, balance.lost), (0, 2));
    }
}
