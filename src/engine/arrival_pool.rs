use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use rand::RngExt;
use tokio::sync::watch;
use tokio::task::spawn_local;

use super::active_users::Attendance;
use super::arrival_queue::{Arrival, ArrivalQueue, ArrivalReceiver};
use super::scenario_timeline::ScenarioTimeline;
use super::stop_signal::{Order, StopSignal};
use super::user::{Drive, Identity, User};
use super::user_assignment::UserAssignment;
use super::worker_context::WorkerContext;
use crate::compile::{Pool, Search, WhenBusy};
use crate::load::{Arrivals, Part, RateCurve};
use crate::sample::UserTypeId;
use crate::units::{Offset, Rate, Seed};

/// The users of an open shape: each due arrival is given to a free one, and more are made as they are needed.
pub(super) struct Stream {
    desk: Rc<WorkerContext>,
    scene: Rc<ScenarioTimeline>,
    part: Part,
    cast: Arc<UserAssignment>,
    pool: Pool,
    seed: Seed,
    arrivals: Arrivals,
    /// This part's next arrival.
    next: Option<(u64, Offset)>,
    levels: Option<Levels>,
    queue: Rc<ArrivalQueue>,
    members: Vec<Rc<StopSignal>>,
    made: BTreeMap<UserTypeId, u32>,
    attendance: Attendance,
}

/// The levels of a search, as the collector decides them.
pub(super) struct Levels {
    pub(super) search: Search,
    pub(super) start: Offset,
    pub(super) rates: watch::Receiver<Vec<Rate>>,
    /// How many have been taken.
    pub(super) taken: usize,
}

/// What a stream is made of, besides its users.
pub(super) struct Source {
    pub(super) pool: Pool,
    pub(super) seed: Seed,
    pub(super) arrivals: Arrivals,
    pub(super) levels: Option<Levels>,
}

/// How soon a search looks again for its next level.
const LOOK: Duration = Duration::from_millis(10);

impl Stream {
    pub(super) fn new(
        desk: Rc<WorkerContext>,
        scene: Rc<ScenarioTimeline>,
        part: Part,
        cast: Arc<UserAssignment>,
        source: Source,
    ) -> Self {
        let Source { pool, seed, arrivals, levels } = source;
        // arrivals are shared out among those that have users
        let part = part.among(pool.max_users);
        let mut stream = Self {
            desk,
            scene,
            part,
            cast,
            pool,
            seed,
            arrivals,
            next: None,
            levels,
            queue: Rc::default(),
            members: Vec::new(),
            made: BTreeMap::new(),
            attendance: Attendance::default(),
        };
        stream.advance();
        stream
    }

    pub(super) fn present(&self) -> u64 {
        self.attendance.count()
    }

    pub(super) fn next_change(&self, now: Offset) -> Option<Offset> {
        match (&self.next, &self.levels) {
            (Some((_, at)), _) => Some(*at),
            (None, Some(_)) => Some(now + LOOK),
            (None, None) => None,
        }
    }

    pub(super) fn adjust(&mut self, now: Offset) {
        self.look_for_level();
        while let Some((number, at)) = self.next.filter(|(_, at)| *at <= now) {
            self.advance();
            self.arrive(number, at);
        }
        if now >= self.scene.end() && self.next.is_none() && self.queue.waiting() == 0 {
            self.give(Order::Leave);
        }
    }

    pub(super) fn give(&mut self, order: Order) {
        self.next = None;
        self.levels = None;
        // what waits for a free user will never begin
        let mut tally = self.desk.tally.borrow_mut();
        self.queue.drain().for_each(|_| tally.drop_due());
        drop(tally);
        self.members.retain(|leash| Rc::strong_count(leash) > 1);
        self.members.iter().for_each(|leash| leash.give(order));
    }

    /// Goes on to this part's next arrival.
    fn advance(&mut self) {
        let part = self.part;
        self.next = self.arrivals.by_ref().find(|(number, _)| part.has(*number));
    }

    fn look_for_level(&mut self) {
        if self.next.is_some() {
            return;
        }
        let Some(levels) = &mut self.levels else { return };
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
        let kind = self.cast.pick(seed.generator().random());
        let arrival = Arrival { at, seed: seed.derive(0) };
        if self.queue.hand(kind, arrival) {
            return;
        }
        if self.attendance.count() < self.part.of(self.pool.max_users.into()) {
            return self.make(kind, arrival);
        }
        match self.pool.when_busy {
            WhenBusy::Late if self.queue.keep(kind, arrival) => {}
            WhenBusy::Late | WhenBusy::Drop => self.desk.tally.borrow_mut().drop_due(),
        }
    }

    fn make(&mut self, kind: UserTypeId, arrival: Arrival) {
        // those who left by themselves are forgotten, so that the list does not grow with the run
        if self.members.len() as u64 > 64 + 2 * self.attendance.count() {
            self.members.retain(|leash| Rc::strong_count(leash) > 1);
        }
        let own: u64 = self.made.values().map(|made| u64::from(*made)).sum();
        let made = self.made.entry(kind).or_default();
        let rank = self.cast.rank(kind, self.part.number(u64::from(*made)));
        *made += 1;
        let number = self.cast.first.saturating_add(self.part.number(own));
        let leash = Rc::new(StopSignal::default());
        let identity = Identity { number, kind, rank };
        let user = User::new(self.desk.clone(), leash.clone(), self.scene.clone(), identity, arrival.at);
        let arrivals = ArrivalReceiver::new(self.queue.clone(), kind, leash.clone(), arrival);
        let presence = self.attendance.enter();
        spawn_local(async move {
            user.live(Drive::Arrivals(arrivals)).await;
            drop(presence);
        });
        self.members.push(leash);
    }
}

/// Arrivals that wait for a free user, and users that wait for an arrival.
pub(super) type Waiting = VecDeque<(UserTypeId, Arrival)>;
