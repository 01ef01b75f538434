use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use rand::RngExt;
use tokio::sync::watch;

use super::arrival_queue::{Arrival, ArrivalQueue, ArrivalReceiver};
use super::steering::Steering;
use super::stop::{Phase, StopSignal};
use super::user::{Identity, Workload};
use super::user_pool::ScenarioUsers;
use crate::compile::{Pool, Search, Visitor, WhenBusy};
use crate::load::{Arrivals, RateCurve};
use crate::sample::UserTypeId;
use crate::units::{Offset, Rate, Seed};

/// The users of an open shape: each due arrival is given to a free one, and more are started as they are needed.
pub(super) struct ArrivalPool {
    pub(super) users: ScenarioUsers,
    pool: Pool,
    seed: Seed,
    arrivals: Arrivals,
    /// This part's next arrival.
    next: Option<(u64, Offset)>,
    search: Option<SearchLevels>,
    queue: Rc<ArrivalQueue>,
    stops: Vec<Rc<StopSignal>>,
    /// How many users of each type were started.
    started: BTreeMap<UserTypeId, u32>,
    visitors: VisitorNumbers,
    steering: Steering,
}

/// The levels of a search, as the run decides them.
pub(super) struct SearchLevels {
    pub(super) search: Search,
    pub(super) start: Offset,
    pub(super) rates: watch::Receiver<Vec<Rate>>,
    /// How many have been taken.
    pub(super) taken: usize,
}

/// Where arrivals come from, and who takes them.
pub(super) struct ArrivalSource {
    pub(super) pool: Pool,
    pub(super) seed: Seed,
    pub(super) arrivals: Arrivals,
    pub(super) search: Option<SearchLevels>,
    /// The numbers that new visitors get.
    pub(super) visitors: VisitorNumbers,
}

/// The numbers of new visitors in the run: unlike those of all users there are, and of other scenarios' visitors.
#[derive(Debug, Clone, Copy)]
pub(super) struct VisitorNumbers {
    pub(super) first: u64,
    pub(super) step: u64,
}

/// How many arrivals are taken before users are let work and the run is listened to.
const AT_ONCE: usize = 4096;
/// When an arrival comes that has no time any more.
const NEVER: Offset = Offset::from_nanos(u64::MAX);
/// How soon a search looks again for its next level.
const LEVEL_POLL: Duration = Duration::from_millis(10);

impl ArrivalPool {
    pub(super) fn new(users: ScenarioUsers, source: ArrivalSource) -> Self {
        let ArrivalSource { pool, seed, arrivals, search, visitors } = source;
        // arrivals are shared out among those that have users
        let part = users.part.among(pool.max_users);
        let mut pool = Self {
            users: ScenarioUsers { part, ..users },
            pool,
            seed,
            arrivals,
            next: None,
            search,
            queue: Rc::default(),
            stops: Vec::new(),
            started: BTreeMap::new(),
            visitors,
            steering: Steering::default(),
        };
        pool.advance();
        pool
    }

    pub(super) fn next_change(&self, now: Offset) -> Option<Offset> {
        match (&self.next, &self.search) {
            (Some((_, at)), _) => Some(*at),
            (None, Some(_)) => Some(now + LEVEL_POLL),
            (None, None) => None,
        }
    }

    /// Takes what a person has changed.
    pub(super) fn steer(&mut self, steering: Steering) {
        let before = std::mem::replace(&mut self.steering, steering);
        let Some((rate, from)) = steering.rate.filter(|_| steering.rate != before.rate) else { return };
        self.arrivals.alter(from, rate, self.users.timeline.end());
        match &mut self.next {
            // whoever was to come last may come now, where it was to come in vain
            Some((_, at)) => *at = self.arrivals.latest().unwrap_or(NEVER),
            None => self.advance(),
        }
    }

    /// Takes what has arrived by now, or as much of it as may be taken between two looks at everything else.
    pub(super) fn adjust(&mut self, now: Offset) {
        self.take_level();
        for _ in 0..AT_ONCE {
            let Some((number, at)) = self.next.filter(|(_, at)| *at <= now) else { break };
            self.advance();
            // what is due in a pause does not come
            if !self.steering.paused {
                self.arrive(number, at);
            }
        }
        if now >= self.users.timeline.end() && self.next.is_none() && self.queue.waiting() == 0 {
            self.stop(Phase::Draining, now);
        }
    }

    pub(super) fn stop(&mut self, phase: Phase, at: Offset) {
        self.next = None;
        self.search = None;
        // what waits for a free user will never begin
        let mut tally = self.users.context.tally.borrow_mut();
        self.queue.drain().for_each(|_| tally.drop_due());
        drop(tally);
        self.forget_gone();
        self.stops.iter().for_each(|stop| stop.advance(phase, at));
    }

    /// Goes on to this part's next arrival.
    fn advance(&mut self) {
        let part = self.users.part;
        self.next = self.arrivals.by_ref().find(|(number, _)| part.has(*number));
    }

    /// Takes the next level of a search, where there is one and the last is over.
    fn take_level(&mut self) {
        if self.next.is_some() {
            return;
        }
        let Some(levels) = &mut self.search else { return };
        let Some(rate) = levels.rates.borrow().get(levels.taken).copied() else { return };
        let step = levels.search.each + Search::REST;
        let start = levels.start + step * u32::try_from(levels.taken).unwrap_or(u32::MAX);
        levels.taken += 1;
        self.arrivals = Arrivals::even(start, Arc::new(RateCurve::constant(rate, levels.search.each)));
        // each level draws for itself
        self.seed = self.seed.derive(1);
        self.advance();
    }

    fn arrive(&mut self, number: u64, at: Offset) {
        let seed = self.seed.derive(number);
        let user_type = self.users.assignment.pick(seed.generator().random());
        let visitor = self.is_new(user_type).then(|| self.visitor(user_type, number));
        let arrival = Arrival { at, seed: seed.derive(0), visitor };
        if visitor.is_none() && self.queue.assign(user_type, arrival) {
            return;
        }
        if self.users.active.count() < self.users.part.of(self.pool.max_users.into()) {
            return self.start_user(user_type, arrival);
        }
        match self.pool.when_busy {
            WhenBusy::Late if self.queue.hold(user_type, arrival) => {}
            WhenBusy::Late | WhenBusy::Drop => self.users.context.tally.borrow_mut().drop_due(),
        }
    }

    fn start_user(&mut self, user_type: UserTypeId, arrival: Arrival) {
        // those who left by themselves are forgotten, so that the list does not grow with the run
        if self.stops.len() as u64 > 64 + 2 * self.users.active.count() {
            self.forget_gone();
        }
        let workload = match arrival.visitor {
            Some(_) => Workload::Visitors(self.queue.clone(), arrival),
            None => Workload::Arrivals(ArrivalReceiver::new(self.queue.clone(), user_type, arrival)),
        };
        let identity = arrival.visitor.unwrap_or_else(|| {
            let own: u64 = self.started.values().map(|started| u64::from(*started)).sum();
            let number = self.users.assignment.first.saturating_add(self.users.part.number(own));
            Identity { number, user_type, rank: self.next_rank(user_type) }
        });
        self.stops.push(self.users.start(identity, arrival.at, workload));
    }

    fn is_new(&self, user_type: UserTypeId) -> bool {
        let of_type = self.users.context.program.users.get(user_type.index()).map(|user_type| user_type.visitor);
        self.pool.visitor == Visitor::New || of_type == Some(Visitor::New)
    }

    /// Who comes with an arrival, by its number in the run.
    fn visitor(&mut self, user_type: UserTypeId, number: u64) -> Identity {
        let VisitorNumbers { first, step } = self.visitors;
        let number = first.saturating_add(number.saturating_mul(step));
        Identity { number, user_type, rank: self.next_rank(user_type) }
    }

    fn next_rank(&mut self, user_type: UserTypeId) -> u64 {
        let started = self.started.entry(user_type).or_default();
        let rank = self.users.assignment.rank(user_type, self.users.part.number(u64::from(*started)));
        *started = started.saturating_add(1);
        rank
    }

    fn forget_gone(&mut self) {
        self.stops.retain(|stop| Rc::strong_count(stop) > 1);
    }
}
