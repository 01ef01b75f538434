use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use rand::RngExt;

use super::arrival_queue::{Arrival, ArrivalQueue, ArrivalReceiver};
use super::cookies::CookieJar;
use super::refresh::Freshness;
use super::row_supply::RowLease;
use super::rows_in_use::Rows;
use super::scenario::{ScenarioTimeline, UserAssignment};
use super::secrets::Heard;
use super::service_clients::ServiceClients;
use super::stop::{Phase, StopSignal};
use super::worker_context::WorkerContext;
use crate::compile::{LoopPart, Pause, RowPer, StopScope, Task, TaskOrder, UserType, WaitTime};
use crate::expression::{EvalError, Scope, ScopeRng, ScopeUser, Value};
use crate::metrics::TaskKey;
use crate::sample::{TaskFailure, TaskId, TaskOutcome, UserTypeId};
use crate::units::Offset;

/// One user: its own chance, state and connection. It is one task of one worker, and never leaves it.
pub(super) struct User {
    pub(super) context: Rc<WorkerContext>,
    pub(super) stop: Rc<StopSignal>,
    pub(super) timeline: Rc<ScenarioTimeline>,
    pub(super) scope: Arc<Scope>,
    /// Its connections: the first for its calls one after another, more for calls at once.
    pub(super) clients: Vec<ServiceClients>,
    pub(super) cookies: RefCell<CookieJar>,
    pub(super) user_type: UserTypeId,
    /// How many of its type come before it.
    pub(super) rank: u64,
    /// When the plan wants its next request.
    pub(super) due: Offset,
    /// When its last call or pause ended: before, it could do nothing else.
    pub(super) free_since: Offset,
    /// The phase at which it begins nothing more.
    pub(super) stops_at: Phase,
    /// How many of its calls have failed.
    pub(super) failed_calls: u64,
    /// How many steps and rounds it has begun, for others to have their turn.
    pub(super) steps_done: u32,
    /// How old what it has is, where that grows old.
    pub(super) freshness: Option<Box<Freshness>>,
    /// The rows it works with, of feeds whose rows end.
    pub(super) leases: RefCell<Vec<(RowPer, RowLease)>>,
}

/// Who a user is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Identity {
    /// Its number in the run, from 0.
    pub(super) number: u64,
    pub(super) user_type: UserTypeId,
    pub(super) rank: u64,
}

/// What keeps a user at work.
pub(super) enum Workload {
    /// Its own rhythm, for as long as the shape wants it.
    Continuous,
    /// So many iterations are left, for it alone or for it and others.
    Iterations(Rc<Cell<u64>>),
    /// Arrivals: one task each.
    Arrivals(ArrivalReceiver),
    /// An arrival that is a new visitor, and when it is gone, one that waits for its place.
    Visitors(Rc<ArrivalQueue>, Arrival),
}

/// The user has no task, or no row, that is left for it.
const NOTHING_TO_DO: StepsEnd = StepsEnd::Stopped(Then::Leave);

/// An iteration that sends nothing and pauses not at all must not keep its worker busy.
pub(super) const MIN_PAUSE: Duration = Duration::from_millis(1);

/// Through a pause at least so long a user keeps no buffers, neither its connection's nor its last answer's: they are
/// memory that idle users cost.
pub(super) const IDLE: Duration = Duration::from_millis(20);

/// How steps ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StepsEnd {
    /// All of them were done.
    Done,
    /// A step of the plan ended them.
    Stopped(Then),
    /// An error did.
    Failed(TaskFailure, Then),
    /// A step left the loop they are of, or its round.
    Left(LoopPart),
    /// The user was told to leave, and they were cut short.
    CutShort,
}

/// What becomes of a user whose steps ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    /// It goes on with its next task.
    GoOn,
    /// It leaves.
    Leave,
}

impl StepsEnd {
    /// What it means for the task they were of.
    const fn outcome(self) -> TaskOutcome {
        match self {
            // no loop is left that none of the steps lies in
            Self::Done | Self::Stopped(_) | Self::Left(_) => TaskOutcome::Completed,
            Self::Failed(kind, _) => TaskOutcome::Failed(kind),
            Self::CutShort => TaskOutcome::Aborted,
        }
    }

    /// Whether the user leaves.
    const fn leaves(self) -> bool {
        matches!(self, Self::Stopped(Then::Leave) | Self::Failed(_, Then::Leave) | Self::CutShort)
    }
}

/// How a pause ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Paused {
    /// When its time was over.
    ToTheEnd,
    /// When the user was told to stop.
    CutShort,
}

impl From<Paused> for StepsEnd {
    fn from(paused: Paused) -> Self {
        match paused {
            Paused::ToTheEnd => Self::Done,
            Paused::CutShort => Self::CutShort,
        }
    }
}

impl Identity {
    /// The `number`th user of a scenario, from 0.
    pub(super) fn of(assignment: &UserAssignment, number: u64) -> Self {
        let (user_type, rank) = assignment.of(number);
        Self { number: assignment.first.saturating_add(number), user_type, rank }
    }
}

impl User {
    /// A user that is due to begin at `due`.
    pub(super) fn new(
        context: Rc<WorkerContext>,
        timeline: Rc<ScenarioTimeline>,
        identity: Identity,
        due: Offset,
    ) -> Self {
        let Identity { number, user_type, rank } = identity;
        let id = number + 1;
        let name = context.program.users.get(user_type.index()).map_or_else(|| "".into(), |user| user.name.clone());
        let rng = ScopeRng::new(context.program.seed.derive(id));
        let scope = Scope::new(context.globals.clone(), ScopeUser { id, kind: name }, rng);
        let clients = vec![ServiceClients::new(&context.transports)];
        Self {
            context,
            stop: Rc::default(),
            timeline,
            scope,
            clients,
            cookies: RefCell::default(),
            user_type,
            rank,
            due,
            free_since: Offset::ZERO,
            stops_at: Phase::Draining,
            failed_calls: 0,
            steps_done: 0,
            freshness: None,
            leases: RefCell::default(),
        }
    }

    /// Lives until it is to leave, or has nothing left to do; gives who takes its place.
    pub(super) async fn live(mut self: Box<Self>, mut workload: Workload) -> Option<(Box<Self>, Workload)> {
        let program = self.context.program.clone();
        let user_type = &program.users[self.user_type.index()];
        if let Workload::Visitors(_, arrival) = &workload {
            // the same arrival asks the same; and what has arrived is served to its end
            self.scope.rng().reseed(arrival.seed);
            self.stops_at = Phase::Cutting;
        }
        let begun = self.begin_work(user_type).await;
        if begun && self.stop.phase() < Phase::Cutting {
            match &mut workload {
                Workload::Arrivals(arrivals) => self.serve(user_type, arrivals).await,
                Workload::Iterations(left) => self.work(user_type, Some(left.clone())).await,
                Workload::Visitors(..) => self.work(user_type, Some(Rc::new(Cell::new(user_type.order.flow())))).await,
                Workload::Continuous => self.work(user_type, None).await,
            }
        }
        if begun && !user_type.on_stop.is_empty() && self.stop.phase() < Phase::Cutting {
            self.stops_at = Phase::Cutting;
            // its last steps are due when it is told to stop, or has nothing left to do
            self.due = self.due.max(self.free_since).max(self.stop.told().unwrap_or_default());
            let key = self.start_task(user_type.on_stop_task);
            let end = self.steps(&user_type.on_stop, user_type.on_stop_task).await;
            self.end_task(key, end);
        }
        self.release_rows(&[RowPer::Task, RowPer::Iteration, RowPer::User]);
        let unserved = match &mut workload {
            Workload::Arrivals(arrivals) => arrivals.take_first().is_some(),
            Workload::Visitors(..) => !begun,
            Workload::Continuous | Workload::Iterations(_) => false,
        };
        if unserved {
            // it came for a user that did not get so far
            self.context.tally.borrow_mut().drop_due();
        }
        match workload {
            Workload::Visitors(queue, _) => self.next_visitor(queue),
            Workload::Continuous | Workload::Iterations(_) | Workload::Arrivals(_) => None,
        }
    }

    /// The visitor that waits for its place, if one does.
    fn next_visitor(&self, queue: Rc<ArrivalQueue>) -> Option<(Box<Self>, Workload)> {
        let arrival = queue.take_oldest_visitor()?;
        let (context, timeline, stop) = (self.context.clone(), self.timeline.clone(), self.stop.clone());
        // it could not begin before its place was free, and that is not the generator's doing
        let free_since = self.free_since.max(self.due);
        let next = Self { stop, free_since, ..Self::new(context, timeline, arrival.visitor?, arrival.at) };
        Some((Box::new(next), Workload::Visitors(queue, arrival)))
    }

    /// Does what comes before its first task; whether it goes on. A user whose start fails has no more to do: it would
    /// ask for what it could not get.
    async fn begin_work(&mut self, user_type: &UserType) -> bool {
        self.begin(0);
        let key = self.start_task(user_type.on_start_task);
        let end = self.first_steps(user_type).await;
        self.end_task(key, end);
        self.begin_freshness();
        // one that is told to stop meanwhile still has its last steps to do
        matches!(end, StepsEnd::Done | StepsEnd::Stopped(Then::GoOn) | StepsEnd::CutShort)
    }

    /// Keeps a value under a name of its state; where that is secret, it is noted.
    pub(super) fn keep(&self, name: &Arc<str>, value: Value) -> Result<(), EvalError> {
        self.context.secrets.note(name, &value);
        self.scope.keep(name, value)
    }

    /// Sets its state up, takes its rows and does its first steps.
    async fn first_steps(&mut self, user_type: &UserType) -> StepsEnd {
        for (name, template) in &user_type.state {
            if let Err(error) = template.eval(&self.scope).and_then(|value| self.keep(name, value)) {
                self.exception(&user_type.name, &format!("state `{name}`: {}", error.message));
                return StepsEnd::Failed(TaskFailure::Step, Then::Leave);
            }
        }
        match self.take_rows(RowPer::User) {
            Rows::Taken => self.steps(&user_type.on_start, user_type.on_start_task).await,
            Rows::UsedUp => NOTHING_TO_DO,
            Rows::Broken => StepsEnd::Failed(TaskFailure::Rows, Then::Leave),
        }
    }

    /// One task after another in its own rhythm.
    async fn work(&mut self, user_type: &UserType, left: Option<Rc<Cell<u64>>>) {
        for iteration in 1.. {
            if self.stop.phase() >= self.stops_at || !takes_one(left.as_ref()) {
                return;
            }
            self.begin(iteration);
            let before = self.due;
            match self.take_rows_for(user_type, iteration) {
                Rows::Taken => {}
                Rows::UsedUp | Rows::Broken => return,
            }
            let end = self.iterate(user_type, iteration).await;
            self.rows_done(user_type, iteration);
            if end.leaves() {
                return;
            }
            let sent_nothing = self.due == before;
            if left.as_ref().is_some_and(|left| left.get() == 0) {
                return;
            }
            match user_type.wait_time {
                WaitTime::ThinkTime(pause) => {
                    self.think(pause).await;
                }
                WaitTime::Pacing(step) => {
                    self.due = before;
                    self.pause(step).await;
                }
            }
            if sent_nothing && self.due == before {
                self.pause(MIN_PAUSE).await;
            }
        }
    }

    /// One task an arrival.
    async fn serve(&mut self, user_type: &UserType, arrivals: &mut ArrivalReceiver) {
        let mut iteration = 0;
        while let Some(arrival) = arrivals.next(&self.stop).await {
            iteration += 1;
            // the same arrival asks the same, whoever is free to take it
            self.scope.rng().reseed(arrival.seed);
            self.due = arrival.at;
            self.begin(iteration);
            // what has arrived is served to its end
            self.stops_at = Phase::Cutting;
            match self.take_rows_for(user_type, iteration) {
                Rows::Taken => {}
                Rows::UsedUp => return self.context.tally.borrow_mut().drop_due(),
                Rows::Broken => return,
            }
            let end = self.iterate(user_type, iteration).await;
            self.rows_done(user_type, iteration);
            if end.leaves() {
                return;
            }
            self.stops_at = Phase::Draining;
        }
    }

    pub(super) fn begin(&self, iteration: u64) {
        let stage = self.timeline.stage_at(self.due);
        match self.context.program.catalog.stages.get(stage.index()) {
            Some(stage) => self.scope.begin(iteration, &stage.name),
            None => self.scope.begin(iteration, &Arc::from("")),
        }
    }

    async fn iterate(&mut self, user_type: &UserType, iteration: u64) -> StepsEnd {
        let index = match &user_type.order {
            TaskOrder::Weighted => {
                let context = self.context.clone();
                let Some(choice) = &context.choices[self.user_type.index()] else { return NOTHING_TO_DO };
                choice.pick(self.scope.rng().draw(|rng| rng.random()))
            }
            TaskOrder::Sequence(order) => {
                let place = usize::try_from((iteration - 1) % order.len().max(1) as u64).unwrap_or(0);
                let Some(index) = order.get(place) else { return NOTHING_TO_DO };
                *index
            }
        };
        let Some(task) = user_type.tasks.get(index) else { return NOTHING_TO_DO };
        // one whose condition does not hold is no task
        let condition = self.condition(task);
        if condition == Ok(false) {
            return StepsEnd::Done;
        }
        let key = self.start_task(task.id);
        let end = match condition {
            Ok(_) => self.steps(&task.steps, task.id).await,
            Err(end) => end,
        };
        self.end_task(key, end);
        end
    }

    /// A task within a task, where its condition holds: it is a part of that one, and not counted by itself.
    pub(super) async fn inner_task(&mut self, task: &Task) -> StepsEnd {
        match self.condition(task) {
            Ok(true) => self.steps(&task.steps, task.id).await,
            Ok(false) => StepsEnd::Done,
            Err(end) => end,
        }
    }

    /// Whether a task's condition holds.
    fn condition(&self, task: &Task) -> Result<bool, StepsEnd> {
        let holds = task.when.as_ref().map_or(Ok(true), |when| when.holds(&self.scope));
        holds.map_err(|error| self.step_failed(task.id, &task.place, &error))
    }

    pub(super) fn start_task(&self, task: TaskId) -> TaskKey {
        let key = TaskKey { user: self.user_type, task, stage: self.timeline.stage_at(self.due) };
        self.context.tally.borrow_mut().start_task(key);
        key
    }

    pub(super) fn end_task(&self, key: TaskKey, end: StepsEnd) {
        self.context.tally.borrow_mut().end_task(key, end.outcome());
    }

    /// A step that cannot be evaluated ends its task, and is reported with the plan's line.
    pub(super) fn step_failed(&self, task: TaskId, place: &str, error: &EvalError) -> StepsEnd {
        let task = self.context.program.catalog.tasks.get(task.index());
        let name = task.map_or_else(|| Arc::from("task"), |task| task.name.clone());
        self.exception(&name, &format!("{place}: {}", error.message));
        StepsEnd::Failed(TaskFailure::Step, Then::GoOn)
    }

    /// What is said of the user's work, without secrets: also those of the answer it had last.
    pub(super) fn said(&self, text: &str) -> Arc<str> {
        let answer = self.scope.last_answer();
        self.context.secrets.said(text, &self.scope, Heard { answer: answer.as_ref(), ..Heard::default() })
    }

    pub(super) fn exception(&self, name: &Arc<str>, message: &str) {
        let message = self.said(message);
        self.context.tally.borrow_mut().exception(name, &message, self.context.clock.now());
    }

    /// Ends what a step wants to end.
    pub(super) fn end(&self, scope: StopScope, place: &str) -> Then {
        match scope {
            StopScope::Task => Then::GoOn,
            StopScope::User => Then::Leave,
            StopScope::Run => {
                self.context.end_run(&format!("a step of the plan stops the run ({place})"));
                Then::Leave
            }
        }
    }

    pub(super) async fn think(&mut self, pause: Pause) -> Paused {
        if pause.is_none() {
            return Paused::ToTheEnd;
        }
        let time = pause.draw(|| self.scope.rng().draw(|rng| rng.random()));
        self.pause(time).await
    }

    /// Pauses for a time; not at all where that is nothing.
    pub(super) async fn think_for(&mut self, time: Duration) -> Paused {
        if time.is_zero() {
            return Paused::ToTheEnd;
        }
        self.pause(time).await
    }

    /// Waits until the plan's next moment: the pause counts from when the last thing was over, not from when the
    /// worker got round to it. Where the user is told to stop meanwhile, the pause ends with that, and what follows is
    /// due then.
    pub(super) async fn pause(&mut self, time: Duration) -> Paused {
        let (before, until) = (self.due, self.due + time);
        if time >= IDLE {
            self.scope.compact_answer();
        }
        let paused = tokio::select! {
            biased;
            () = self.stop.reached(self.stops_at) => {
                self.due = self.stop.told().unwrap_or(before).clamp(before, until);
                Paused::CutShort
            }
            () = self.context.pacer.sleep_until(until) => {
                self.due = until;
                Paused::ToTheEnd
            }
        };
        // a pause is the plan's doing: where it takes longer than the pace allows, what comes next is not sent late
        self.free_since = self.free_since.max(self.due);
        paused
    }
}

fn takes_one(left: Option<&Rc<Cell<u64>>>) -> bool {
    let Some(left) = left else { return true };
    let before = left.get();
    left.set(before.saturating_sub(1));
    before > 0
}
