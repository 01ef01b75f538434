use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;
use tokio::task::LocalSet;

use super::arrival_pool::{Levels, Source, Stream};
use super::clock::Clock;
use super::closed_pool::ClosedPool;
use super::feeder::Feeder;
use super::group::Group;
use super::iteration_pool::IterationPool;
use super::row_partition::row_partition;
use super::scenario_timeline::ScenarioTimeline;
use super::stop::Phase;
use super::stop_signal::Order;
use super::user_assignment::UserAssignment;
use super::worker_context::WorkerContext;
use super::worker_message::WorkerMessage;
use crate::compile::{Program, Scenario, Shape, Spacing};
use crate::expression::Globals;
use crate::http::Transport;
use crate::load::{Arrivals, Part, RateCurve, UserCurve};
use crate::metrics::{Health, Interval};
use crate::sample::UserTypeId;
use crate::units::{Offset, Rate};

/// What one worker is started with.
pub(super) struct Worker {
    pub(super) part: Part,
    pub(super) program: Arc<Program>,
    pub(super) globals: Arc<Globals>,
    pub(super) clock: Clock,
    pub(super) transport: Rc<Transport>,
    /// Who the users of each scenario are.
    pub(super) casts: Vec<Arc<UserAssignment>>,
    /// The levels of a search.
    pub(super) levels: watch::Receiver<Vec<Rate>>,
    /// How long requests under way may take to end once nothing new begins.
    pub(super) grace: Duration,
    pub(super) stop: watch::Receiver<Phase>,
    pub(super) reports: UnboundedSender<WorkerMessage>,
}

/// The parts of the seed that arrivals and rows derive from; users have the small numbers.
const ARRIVALS: u64 = 1 << 62;
const FEEDS: u64 = 1 << 61;
/// How often a worker looks whether it wakes late.
const BEAT: Duration = Duration::from_millis(50);
/// How long users may take to hear that they are cut off.
const LAST_WORDS: Duration = Duration::from_secs(10);

impl Worker {
    /// Works until every user is gone. To be called inside the worker's own runtime.
    pub(super) async fn work(self) {
        let (program, globals) = (self.program.clone(), self.globals.clone());
        let mut desk = WorkerContext::new(program, globals, self.clock, self.transport.clone(), self.reports.clone());
        if let Err(why) = self.feed(&mut desk) {
            drop(self.reports.send(WorkerMessage::Stop { why }));
        }
        let desk = Rc::new(desk);
        LocalSet::new()
            .run_until(async {
                tokio::select! {
                    () = self.run(desk.clone()) => {}
                    () = desk.pacer.drive() => {}
                }
            })
            .await;
    }

    async fn run(mut self, desk: Rc<WorkerContext>) {
        let mut groups = self.groups(&desk);
        let mut ledger = Ledger { desk: desk.clone(), next: 0, lag: Duration::ZERO, stalled: Duration::ZERO };
        let end = Offset::ZERO + self.program.length();
        let mut beat = Offset::ZERO;
        let mut phase = Phase::Running;
        let (mut drained_by, mut gone_by) = (None, None);
        desk.pacer.start().await;
        loop {
            let now = self.clock.now();
            phase = phase.max(*self.stop.borrow_and_update());
            if phase == Phase::Running {
                groups.iter_mut().for_each(|group| group.adjust(now));
            }
            if now >= end || groups.iter().all(Group::is_done) {
                phase = phase.max(Phase::Draining);
            }
            match phase {
                Phase::Running => {}
                Phase::Draining => {
                    groups.iter_mut().for_each(|group| group.give(Order::Leave));
                    if now >= *drained_by.get_or_insert(now + self.grace) {
                        phase = Phase::Cutting;
                    }
                }
                Phase::Cutting => {}
            }
            if phase == Phase::Cutting {
                groups.iter_mut().for_each(|group| group.give(Order::Cut));
                if now >= *gone_by.get_or_insert(now + LAST_WORDS) {
                    break;
                }
            }
            let present = groups.iter().map(Group::present).sum();
            if phase > Phase::Running && present == 0 {
                break;
            }
            if let Some(interval) = ledger.seconds(now, present) {
                desk.allow_lines();
                self.tell(Some(interval));
            }

            if now >= beat {
                // beats lie apart, so what is lost between them adds up to no more than the second
                ledger.stalled += now.since(beat);
                beat = now + BEAT;
            }
            let change = match phase {
                Phase::Running => {
                    let next = groups.iter().filter_map(|group| group.next_change(now)).min();
                    next.unwrap_or(beat).min(end.max(now))
                }
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
        drop(self.reports.send(WorkerMessage::Over { worker: self.part.worker() }));
    }

    /// The users of each scenario.
    fn groups(&self, desk: &Rc<WorkerContext>) -> Vec<Group> {
        let scenarios = self.program.scenarios.iter().zip(&self.casts).enumerate();
        let group = |(index, (scenario, cast)): (usize, (&Scenario, &Arc<UserAssignment>))| {
            let scene = Rc::new(ScenarioTimeline::new(scenario));
            let start = Offset::ZERO + scenario.start;
            let seed = self.program.seed.derive(ARRIVALS ^ index as u64);
            let stream = |pool, arrivals, levels| {
                let source = Source { pool, seed, arrivals, levels };
                let stream = Stream::new(desk.clone(), scene.clone(), self.part, cast.clone(), source);
                Group::Stream(Box::new(stream))
            };
            match &scenario.shape {
                Shape::Closed(stages, _) => {
                    let curve = UserCurve::starting_at(start, stages);
                    Group::ClosedPool(ClosedPool::new(desk.clone(), scene, curve, self.part, cast.clone()))
                }
                Shape::Open(stages, spacing, pool, _) => {
                    let curve = Arc::new(RateCurve::new(stages));
                    let arrivals = match spacing {
                        Spacing::Even => Arrivals::even(start, curve),
                        Spacing::Poisson => Arrivals::poisson(start, curve, seed),
                    };
                    stream(*pool, arrivals, None)
                }
                Shape::Replay(times, pool) => stream(*pool, Arrivals::recorded(start, times.clone()), None),
                Shape::Iterations(work) => Group::IterationPool(IterationPool::new(
                    desk.clone(),
                    scene,
                    (start, *work),
                    self.part,
                    cast.clone(),
                )),
                Shape::Search(search) => {
                    let levels = Levels { search: *search, start, rates: self.levels.clone(), taken: 0 };
                    stream(search.pool, Arrivals::recorded(start, Arc::from([])), Some(levels))
                }
            }
        };
        scenarios.map(group).collect()
    }

    /// Opens the rows of every user type.
    fn feed(&self, desk: &mut WorkerContext) -> Result<(), String> {
        for (kind, user) in self.program.users.iter().enumerate() {
            let mut feeders = Vec::new();
            let id = UserTypeId(u16::try_from(kind).unwrap_or(u16::MAX));
            let part = if user.feeds.is_empty() { self.part } else { row_partition(id, &self.casts, self.part) };
            for (index, feed) in user.feeds.iter().enumerate() {
                let seed = self.program.seed.derive(FEEDS ^ ((kind as u64) << 16) ^ index as u64);
                feeders.push(Feeder::open(feed, part, seed)?);
            }
            desk.feeders.push(feeders);
        }
        Ok(())
    }

    /// Hands over without waiting; a collector that is gone has nothing left to hear.
    fn tell(&self, interval: Option<Interval>) {
        if let Some(interval) = interval {
            drop(self.reports.send(WorkerMessage::Second { worker: self.part.worker(), interval: Box::new(interval) }));
        }
    }
}

/// Takes the tally once a second.
struct Ledger {
    desk: Rc<WorkerContext>,
    /// The second that is being counted.
    next: u32,
    /// The longest it woke late.
    lag: Duration,
    /// By how much its beats came late, together.
    stalled: Duration,
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
        let health = Health {
            worker_lag: std::mem::take(&mut self.lag),
            stalled: std::mem::take(&mut self.stalled),
            ..Health::default()
        };
        self.desk.tally.borrow_mut().take(second, users, health)
    }
}
