use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;
use tokio::task::LocalSet;

use super::clock::Clock;
use super::crowd::Crowd;
use super::desk::Desk;
use super::leash::Order;
use super::stop::Phase;
use crate::compile::Program;
use crate::http::Transport;
use crate::metrics::{Health, Interval};
use crate::schedule::{Curve, Part};
use crate::units::Offset;

/// What a worker tells the collector.
#[derive(Debug)]
pub enum Report {
    /// A second's worth; the worker is past the end of that second.
    Second {
        /// Which worker.
        worker: u32,
        /// What it counted.
        interval: Box<Interval>,
    },
    /// The worker has told everything.
    Over {
        /// Which worker.
        worker: u32,
    },
}

/// What one worker is started with.
pub(super) struct Worker {
    pub(super) part: Part,
    pub(super) program: Arc<Program>,
    pub(super) clock: Clock,
    pub(super) curve: Curve,
    pub(super) transport: Rc<Transport>,
    pub(super) kinds: Rc<[u16]>,
    /// How long requests under way may take to end once nothing new begins.
    pub(super) grace: Duration,
    pub(super) stop: watch::Receiver<Phase>,
    pub(super) reports: UnboundedSender<Report>,
}

/// How often a worker looks whether it wakes late.
const BEAT: Duration = Duration::from_millis(50);
/// How long users may take to hear that they are cut off.
const LAST_WORDS: Duration = Duration::from_secs(10);

impl Worker {
    /// Works until every user is gone. To be called inside the worker's own runtime.
    pub(super) async fn work(self) {
        let desk = Rc::new(Desk::new(self.program.clone(), self.clock, self.curve.clone(), self.transport.clone()));
        LocalSet::new()
            .run_until(async {
                tokio::select! {
                    () = self.run(desk.clone()) => {}
                    () = desk.pacer.drive() => {}
                }
            })
            .await;
    }

    async fn run(mut self, desk: Rc<Desk>) {
        let mut crowd = Crowd::new(desk.clone(), self.part, self.kinds.clone());
        let mut ledger = Ledger { desk: desk.clone(), next: 0, lag: Duration::ZERO };
        let end = self.curve.length();
        let mut beat = Offset::ZERO;
        let mut phase = Phase::Running;
        let (mut drained_by, mut gone_by) = (None, None);
        desk.pacer.start().await;
        loop {
            let now = self.clock.now();
            phase = phase.max(*self.stop.borrow_and_update());
            if now >= end {
                phase = phase.max(Phase::Draining);
            }
            match phase {
                Phase::Running => crowd.adjust(now),
                Phase::Draining => {
                    crowd.give(Order::Leave);
                    if now >= *drained_by.get_or_insert(now + self.grace) {
                        phase = Phase::Cutting;
                    }
                }
                Phase::Cutting => {}
            }
            if phase == Phase::Cutting {
                crowd.give(Order::Cut);
                if now >= *gone_by.get_or_insert(now + LAST_WORDS) {
                    break;
                }
            }
            if phase > Phase::Running && crowd.present() == 0 {
                break;
            }
            self.tell(ledger.seconds(now, crowd.present()));

            if now >= beat {
                beat = now + BEAT;
            }
            let change = match phase {
                Phase::Running => desk.curve.next_change(now).unwrap_or(beat),
                // a user may be gone any moment
                Phase::Draining | Phase::Cutting => now + Duration::from_millis(2),
            };
            let wake = beat.min(change);
            tokio::select! {
                biased;
                changed = self.stop.changed(), if phase < Phase::Cutting => {
                    if changed.is_err() {
                        phase = Phase::Cutting;
                    }
                }
                () = desk.pacer.sleep_until(wake) => {
                    ledger.lag = ledger.lag.max(self.clock.now().since(wake));
                }
            }
        }
        let rest = ledger.rest(self.clock.now());
        self.tell(Some(rest));
        drop(self.reports.send(Report::Over { worker: self.part.index }));
    }

    /// Hands over without waiting; a collector that is gone has nothing left to hear.
    fn tell(&self, interval: Option<Interval>) {
        if let Some(interval) = interval {
            drop(self.reports.send(Report::Second { worker: self.part.index, interval: Box::new(interval) }));
        }
    }
}

/// Takes the tally once a second.
struct Ledger {
    desk: Rc<Desk>,
    /// The second that is being counted.
    next: u32,
    lag: Duration,
}

impl Ledger {
    /// The second that is over, if one is. Several missed ones come as the last of them: the worker slept through.
    fn seconds(&mut self, now: Offset, users: u64) -> Option<Interval> {
        let current = now.second();
        if current <= self.next {
            return None;
        }
        self.next = current;
        Some(self.take(current - 1, users))
    }

    fn rest(&mut self, now: Offset) -> Interval {
        self.take(now.second().max(self.next), 0)
    }

    fn take(&mut self, second: u32, users: u64) -> Interval {
        let health = Health { worker_lag: std::mem::take(&mut self.lag), ..Health::default() };
        self.desk.tally.borrow_mut().take(second, users, health)
    }
}
