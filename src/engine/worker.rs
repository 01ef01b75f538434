use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;
use tokio::task::LocalSet;

use super::arrival_pool::{ArrivalPool, ArrivalSource, SearchLevels, VisitorNumbers};
use super::clock::Clock;
use super::closed_pool::ClosedPool;
use super::cpu_account::CpuAccount;
use super::feeder::{Feeder, row_partition};
use super::iteration_pool::IterationPool;
use super::row_supply::RowSupplies;
use super::scenario::{ScenarioTimeline, UserAssignment};
use super::start::Platform;
use super::steering::Steering;
use super::stop::Phase;
use super::user_pool::{ActiveUsers, ScenarioUsers, UserPool};
use super::worker_context::WorkerContext;
use crate::compile::{Pool, Program, Scenario, Shape, Spacing, Visitor};
use crate::expression::Globals;
use crate::load::{Arrivals, Part, RateCurve, UserCurve};
use crate::memory::MemoryBudget;
use crate::metrics::{Fold, Health, Interval, Tally};
use crate::units::{Offset, Rate};

/// What one worker is started with.
pub(super) struct Worker {
    pub(super) part: Part,
    pub(super) program: Arc<Program>,
    pub(super) globals: Arc<Globals>,
    pub(super) clock: Clock,
    pub(super) platform: Platform,
    /// The memory that all workers may hold together.
    pub(super) memory: MemoryBudget,
    /// Who the users of each scenario are.
    pub(super) assignments: Vec<Arc<UserAssignment>>,
    /// The rows that all workers take from.
    pub(super) supplies: RowSupplies,
    /// The levels of a search so far.
    pub(super) levels: watch::Receiver<Vec<Rate>>,
    /// What a person changes of the load.
    pub(super) steering: watch::Receiver<Steering>,
    /// How long requests under way may take to end once nothing new begins.
    pub(super) grace: Duration,
    pub(super) stop: watch::Receiver<Phase>,
    pub(super) messages: UnboundedSender<WorkerMessage>,
}

/// What a worker reports to the run.
#[derive(Debug)]
pub enum WorkerMessage {
    /// A second's worth; the worker is past the end of that second.
    Second {
        /// Which worker.
        worker: u32,
        /// What it counted.
        interval: Box<Interval>,
    },
    /// A line the plan writes to the log.
    Line {
        /// When.
        at: Offset,
        /// What; no secrets in it.
        text: String,
    },
    /// Some of what it counts goes to `other` from now on.
    Folded(Fold),
    /// The plan wants the run to end.
    Stop {
        /// Why.
        why: String,
    },
    /// The worker has nothing more to report.
    Over {
        /// Which worker.
        worker: u32,
        /// What it counted since the last second.
        interval: Box<Interval>,
        /// When it had nothing left to do, where that was before its time was over.
        done: Option<Offset>,
    },
}

/// The parts of the seed that arrivals and rows derive from; users have the small numbers.
const ARRIVALS: u64 = 1 << 62;
const FEEDS: u64 = 1 << 61;
/// How often a worker looks whether it wakes late.
const LAG_CHECK: Duration = Duration::from_millis(50);
/// How often a worker that ends looks whether its users are gone.
const GONE_CHECK: Duration = Duration::from_millis(2);
/// How long users may take to see that they are cut off.
pub const CUT_GRACE: Duration = Duration::from_secs(10);

impl Worker {
    /// Works until every user is gone. To be called inside the worker's own runtime.
    pub(super) async fn work(self) {
        self.memory.of_this_thread();
        let (program, globals) = (self.program.clone(), self.globals.clone());
        let context = WorkerContext::new(program, globals, self.clock, &self.platform, self.messages.clone());
        // the run has seen that it can be made
        let Ok(mut context) = context else { return };
        context.tally = RefCell::new(Tally::within(&self.memory));
        let turn = usize::try_from(self.part.number(0)).unwrap_or_default();
        context.transports.iter().for_each(|transport| transport.begin_turns_at(turn));
        if let Err(why) = self.open_feeds(&mut context) {
            drop(self.messages.send(WorkerMessage::Stop { why }));
        }
        let context = Rc::new(context);
        LocalSet::new()
            .run_until(async {
                tokio::select! {
                    biased;
                    () = self.run(context.clone()) => {}
                    never = context.pacer.drive() => match never {},
                }
            })
            .await;
    }

    async fn run(mut self, context: Rc<WorkerContext>) {
        let mut pools = self.pools(&context);
        let end = Offset::ZERO + self.program.length();
        let mut next_check = Offset::ZERO;
        let mut phase = Phase::Running;
        let (mut drained_by, mut gone_by, mut done) = (None, None, None);
        // as the pools begin
        let mut steering = Steering::default();
        tokio::select! {
            biased;
            // somebody may want the end before the beginning
            _ = self.stop.wait_for(|phase| *phase > Phase::Running) => {}
            () = context.pacer.sleep_until(Offset::ZERO) => {}
        }
        let mut recorder = IntervalRecorder::new(context.clone(), CpuAccount::on(&self.platform, self.clock.now()));
        loop {
            let now = self.clock.now();
            phase = phase.max(*self.stop.borrow_and_update());
            if phase == Phase::Running {
                pools.iter_mut().for_each(|pool| pool.adjust(now));
                // what was due before the change was due by what held until then
                let asked = *self.steering.borrow_and_update();
                if asked != steering {
                    steering = asked;
                    for pool in &mut pools {
                        pool.steer(steering);
                        pool.adjust(now);
                    }
                }
            }
            let next = pools.iter().filter_map(|pool| pool.next_change(now)).min();
            let overdue = next.is_some_and(|at| at <= now);
            if phase == Phase::Running && now < end && pools.iter().all(UserPool::is_done) {
                done = Some(context.users.last_gone());
            }
            if (now >= end && !overdue) || done.is_some() {
                phase = phase.max(Phase::Draining);
            }
            if phase == Phase::Draining {
                pools.iter_mut().for_each(|pool| pool.stop(Phase::Draining, now));
                if now >= *drained_by.get_or_insert(now + self.grace) {
                    phase = Phase::Cutting;
                }
            }
            if phase == Phase::Cutting {
                pools.iter_mut().for_each(|pool| pool.stop(Phase::Cutting, now));
                if now >= *gone_by.get_or_insert(now + CUT_GRACE) {
                    break;
                }
            }
            let users = pools.iter().map(UserPool::active).sum();
            // also where nobody is left: what happened in a second belongs to no later one
            if let Some(interval) = recorder.second_before(now, users) {
                context.end_second();
                self.send(interval);
                self.tell_folds(&context);
            }
            if phase > Phase::Running && users == 0 {
                break;
            }

            if now >= next_check {
                // checks lie apart, so what is lost between them adds up to no more than the second
                recorder.stalled += now.since(next_check);
                next_check = now + LAG_CHECK;
            }
            let change = match phase {
                Phase::Running => {
                    if overdue {
                        // users and the run's stop come in between
                        tokio::task::yield_now().await;
                    }
                    next.unwrap_or(next_check).min(end.max(now))
                }
                Phase::Draining | Phase::Cutting => now + GONE_CHECK,
            };
            let wake = next_check.min(change);
            tokio::select! {
                biased;
                changed = self.stop.changed(), if phase < Phase::Cutting => {
                    if changed.is_err() {
                        phase = Phase::Cutting;
                    }
                }
                // where the run is gone nobody steers any more
                Ok(()) = self.steering.changed(), if phase == Phase::Running => {}
                () = context.pacer.sleep_until(wake) => {
                    recorder.lag = recorder.lag.max(self.clock.now().since(wake));
                }
            }
        }
        context.secrets.flush();
        let rest = recorder.rest(self.clock.now());
        self.tell_folds(&context);
        let worker = self.part.worker();
        drop(self.messages.send(WorkerMessage::Over { worker, interval: Box::new(rest), done }));
    }

    /// Tells what has come to be counted under `other` since it was last told.
    fn tell_folds(&self, context: &WorkerContext) {
        for fold in context.tally.borrow_mut().folds() {
            drop(self.messages.send(WorkerMessage::Folded(fold)));
        }
    }

    /// The users of each scenario.
    fn pools(&self, context: &Rc<WorkerContext>) -> Vec<UserPool> {
        let scenarios = self.program.scenarios.iter().zip(&self.assignments).enumerate();
        scenarios.map(|(index, (scenario, assignment))| self.pool(context, index, scenario, assignment)).collect()
    }

    fn pool(
        &self,
        context: &Rc<WorkerContext>,
        index: usize,
        scenario: &Scenario,
        assignment: &Arc<UserAssignment>,
    ) -> UserPool {
        let users = ScenarioUsers {
            context: context.clone(),
            timeline: Rc::new(ScenarioTimeline::new(scenario)),
            assignment: assignment.clone(),
            part: self.part,
            active: ActiveUsers::default(),
        };
        let start = Offset::ZERO + scenario.start;
        let seed = self.program.seed.derive(ARRIVALS ^ index as u64);
        let (pool, arrivals, search) = match &scenario.shape {
            Shape::Closed(stages, _) => {
                return UserPool::Closed(ClosedPool::new(users, UserCurve::starting_at(start, stages)));
            }
            Shape::Iterations(work) => return UserPool::Iterations(IterationPool::new(users, start, *work)),
            Shape::Open(stages, spacing, pool, _) => {
                let curve = Arc::new(RateCurve::new(stages));
                let arrivals = match spacing {
                    Spacing::Even => Arrivals::even(start, curve),
                    Spacing::Poisson => Arrivals::poisson(start, curve, seed),
                };
                (*pool, arrivals, None)
            }
            Shape::Replay(times, pool) => (*pool, Arrivals::recorded(start, times.clone()), None),
            Shape::Search(search) => {
                let levels = SearchLevels { search: *search, start, rates: self.levels.clone(), taken: 0 };
                (search.pool, Arrivals::recorded(start, Arc::from([])), Some(levels))
            }
        };
        let visitors = self.visitor_numbers(index, pool);
        UserPool::Arrivals(Box::new(ArrivalPool::new(users, ArrivalSource { pool, seed, arrivals, search, visitors })))
    }

    /// The numbers of a scenario's new visitors. Where there are no other users, they are those from 0.
    fn visitor_numbers(&self, index: usize, pool: Pool) -> VisitorNumbers {
        let scenarios = &self.program.scenarios;
        let alone = scenarios.len() == 1 && pool.visitor == Visitor::New;
        let users: u64 = scenarios.iter().map(|scenario| u64::from(scenario.shape.peak())).sum();
        let first = if alone { 0 } else { users + index as u64 };
        VisitorNumbers { first, step: scenarios.len() as u64 }
    }

    /// Opens the rows of every user type.
    fn open_feeds(&self, context: &mut WorkerContext) -> Result<(), String> {
        for (user_type, supplies) in self.program.users.iter().zip(&*self.supplies) {
            let (id, feeds) = (user_type.id, &user_type.feeds);
            let part = if feeds.is_empty() { self.part } else { row_partition(id, &self.assignments, self.part) };
            let open = |(index, (feed, supply)): (usize, (_, &Option<_>))| {
                let seed = self.program.seed.derive(FEEDS ^ ((id.index() as u64) << 16) ^ index as u64);
                Feeder::open(feed, part, seed, supply.clone())
            };
            let feeders: Result<Vec<_>, _> = feeds.iter().zip(supplies).enumerate().map(open).collect();
            context.feeders.push(feeders?);
        }
        Ok(())
    }

    /// Hands a second over without waiting; where the run is gone, nobody needs it.
    fn send(&self, interval: Interval) {
        drop(self.messages.send(WorkerMessage::Second { worker: self.part.worker(), interval: Box::new(interval) }));
    }
}

/// Takes the tally once a second, with how late the worker woke in it.
struct IntervalRecorder {
    context: Rc<WorkerContext>,
    /// The second that is being counted.
    next: u32,
    /// The longest the worker woke late.
    lag: Duration,
    /// By how much its checks came late, together.
    stalled: Duration,
    cpu: CpuAccount,
}

impl IntervalRecorder {
    const fn new(context: Rc<WorkerContext>, cpu: CpuAccount) -> Self {
        Self { context, next: 0, lag: Duration::ZERO, stalled: Duration::ZERO, cpu }
    }

    /// The second that is over, if one is. Several missed ones come as the last of them: the worker slept through.
    fn second_before(&mut self, now: Offset, users: u64) -> Option<Interval> {
        let current = now.second();
        if current <= self.next {
            return None;
        }
        self.next = current;
        Some(self.take(now, current - 1, users))
    }

    fn rest(&mut self, now: Offset) -> Interval {
        self.take(now, now.second().max(self.next), 0)
    }

    fn take(&mut self, now: Offset, second: u32, users: u64) -> Interval {
        let cpu = self.cpu.take(now);
        let health = Health {
            worker_lag: std::mem::take(&mut self.lag),
            stalled: std::mem::take(&mut self.stalled),
            worker_cpu: cpu.ran,
            cpu_wait: cpu.waited,
            ..Health::default()
        };
        let interval = self.context.tally.borrow_mut().take(second, users, health);
        Interval { user_steps: Some(self.context.users.take(second)), ..interval }
    }
}
