use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use rand::RngExt;

use super::arrival_queue::ArrivalReceiver;
use super::cookies::CookieJar;
use super::feeder::Fed;
use super::scenario_timeline::ScenarioTimeline;
use super::stop_signal::{Order, StopSignal};
use super::user_assignment::UserAssignment;
use super::worker_context::WorkerContext;
use crate::compile::{AtEnd, Pause, RowPer, StopScope, Task, TaskOrder, WaitTime};
use crate::expression::{EvalError, Scope, ScopeRng, ScopeUser};
use crate::http::Client;
use crate::sample::{TaskId, UserTypeId};
use crate::units::Offset;

/// One user: its own chance, state and connection. It is one task of one worker, and never leaves it.
pub(super) struct User {
    pub(super) desk: Rc<WorkerContext>,
    pub(super) leash: Rc<StopSignal>,
    pub(super) scene: Rc<ScenarioTimeline>,
    pub(super) scope: Arc<Scope>,
    /// Its connections: the first for its calls one after another, more for calls at once.
    pub(super) clients: Vec<Client>,
    pub(super) jar: RefCell<CookieJar>,
    pub(super) kind: UserTypeId,
    /// How many of its kind come before it.
    rank: u64,
    /// When the plan wants its next request.
    pub(super) due: Offset,
    /// When its last call ended.
    pub(super) free: Offset,
    /// The order at which it begins nothing more.
    pub(super) heeds: Order,
}

/// Who a user is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Identity {
    /// Its number in the run, from 0.
    pub(super) number: u64,
    pub(super) kind: UserTypeId,
    pub(super) rank: u64,
}

/// What keeps a user at work.
pub(super) enum Drive {
    /// Its own rhythm, for as long as the shape wants it.
    Endless,
    /// So many tasks, its own or shared.
    Quota(Rc<Cell<u64>>),
    /// Arrivals: one task each.
    Arrivals(ArrivalReceiver),
}

/// A turn that sends nothing and pauses not at all must not keep its worker busy.
const LEAST_PAUSE: Duration = Duration::from_millis(1);

/// Through a pause at least so long a connection is kept without its buffers: it is memory that idle users cost.
const RESTED: Duration = Duration::from_millis(20);

/// How steps ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    /// To their end.
    Done,
    /// The task is over: a call failed, or a step said so.
    Over,
    /// The user is to leave.
    Leave,
}

impl Identity {
    /// The `number`th user of a cast, from 0.
    pub(super) fn of(cast: &UserAssignment, number: u64) -> Self {
        let (kind, rank) = cast.of(number);
        Self { number: cast.first.saturating_add(number), kind, rank }
    }
}

impl User {
    /// A user that is due to begin at `due`.
    pub(super) fn new(
        desk: Rc<WorkerContext>,
        leash: Rc<StopSignal>,
        scene: Rc<ScenarioTimeline>,
        identity: Identity,
        due: Offset,
    ) -> Self {
        let Identity { number, kind, rank } = identity;
        let id = number + 1;
        let name = desk.program.users.get(kind.index()).map_or_else(|| "".into(), |user| user.name.clone());
        let rng = ScopeRng::new(desk.program.seed.derive(id));
        let scope = Scope::new(desk.globals.clone(), ScopeUser { id, kind: name }, rng);
        let clients = vec![Client::new(desk.transport.clone())];
        let (jar, heeds) = (RefCell::default(), Order::Leave);
        Self { desk, leash, scene, scope, clients, jar, kind, rank, due, free: Offset::ZERO, heeds }
    }

    /// Lives until it is told to leave, or has nothing left to do.
    pub(super) async fn live(mut self, mut drive: Drive) {
        let program = self.desk.program.clone();
        let kind = &program.users[self.kind.index()];
        let begun = self.enter(kind).await;
        if begun && self.leash.order() < Order::Cut {
            match &mut drive {
                Drive::Arrivals(arrivals) => self.serve(kind, arrivals).await,
                Drive::Quota(quota) => self.work(kind, Some(quota.clone())).await,
                Drive::Endless => self.work(kind, None).await,
            }
        }
        if begun && !kind.on_stop.is_empty() && self.leash.order() < Order::Cut {
            self.heeds = Order::Cut;
            self.due = self.due.max(self.desk.clock.now());
            self.steps(&kind.on_stop, kind.on_stop_task).await;
        }
    }

    /// Sets its state up and does its first steps; whether it goes on.
    async fn enter(&mut self, kind: &crate::compile::UserType) -> bool {
        self.begin(0);
        for (name, blueprint) in &kind.state {
            match blueprint.eval(&self.scope) {
                Ok(value) => self.scope.set(name, value),
                Err(error) => {
                    self.exception(&kind.name, &format!("state `{name}`: {}", error.message));
                    return false;
                }
            }
        }
        self.feed(RowPer::User) && self.steps(&kind.on_start, kind.on_start_task).await != Flow::Leave
    }

    /// One task after another in its own rhythm.
    async fn work(&mut self, kind: &crate::compile::UserType, quota: Option<Rc<Cell<u64>>>) {
        for iteration in 1.. {
            if self.leash.order() != Order::Work || !takes_one(quota.as_ref()) {
                return;
            }
            self.begin(iteration);
            let before = self.due;
            if !self.feed(RowPer::Iteration) || self.turn(kind, iteration).await == Flow::Leave {
                return;
            }
            let sent_nothing = self.due == before;
            if quota.as_ref().is_some_and(|quota| quota.get() == 0) {
                return;
            }
            match kind.wait_time {
                WaitTime::ThinkTime(pause) => self.think(pause).await,
                WaitTime::Pacing(step) => {
                    self.due = before;
                    self.pause(step).await;
                }
            }
            if sent_nothing && self.due == before {
                self.pause(LEAST_PAUSE).await;
            }
        }
    }

    /// One task an arrival.
    async fn serve(&mut self, kind: &crate::compile::UserType, arrivals: &mut ArrivalReceiver) {
        let mut iteration = 0;
        while let Some(arrival) = arrivals.next().await {
            iteration += 1;
            // the same arrival asks the same, whoever is free to take it
            self.scope.rng().reseed(arrival.seed);
            self.due = arrival.at;
            self.begin(iteration);
            // what has arrived is served to its end
            self.heeds = Order::Cut;
            if !self.feed(RowPer::Iteration) {
                self.desk.tally.borrow_mut().drop_due();
                return;
            }
            if self.turn(kind, iteration).await == Flow::Leave {
                return;
            }
            self.heeds = Order::Leave;
        }
    }

    pub(super) fn begin(&self, iteration: u64) {
        let stage = self.scene.stage_at(self.due);
        let name = self.desk.program.catalog.stages.get(stage.index()).map(|stage| stage.name.clone());
        self.scope.begin(iteration, name.unwrap_or_else(|| Arc::from("")));
    }

    async fn turn(&mut self, kind: &crate::compile::UserType, iteration: u64) -> Flow {
        let index = match &kind.order {
            TaskOrder::Weighted => {
                let desk = self.desk.clone();
                let Some(choice) = &desk.choices[self.kind.index()] else { return Flow::Leave };
                choice.pick(self.scope.rng().draw(|rng| rng.random()))
            }
            TaskOrder::Sequence(order) => {
                let place = usize::try_from((iteration - 1) % order.len().max(1) as u64).unwrap_or(0);
                let Some(index) = order.get(place) else { return Flow::Leave };
                *index
            }
        };
        let Some(task) = kind.tasks.get(index) else { return Flow::Leave };
        self.task(task).await
    }

    /// One task, where its condition holds.
    pub(super) async fn task(&mut self, task: &Task) -> Flow {
        match task.when.as_ref().map(|when| when.holds(&self.scope)) {
            None | Some(Ok(true)) => self.steps(&task.steps, task.id).await,
            Some(Ok(false)) => Flow::Done,
            Some(Err(error)) => self.failed(task.id, &task.place, &error),
        }
    }

    /// Takes its rows; whether it goes on.
    pub(super) fn feed(&self, per: RowPer) -> bool {
        let Some(feeders) = self.desk.feeders.get(self.kind.index()) else { return true };
        for feeder in feeders.iter().filter(|feeder| feeder.feed().per == per) {
            match feeder.take(self.rank, self.scope.rng()) {
                Fed::Row(row) => self.scope.set(&feeder.feed().name, row),
                Fed::End(AtEnd::StopRun) => {
                    let path = feeder.feed().table.path().display().to_string();
                    self.desk.end_run(&format!("the rows of feed `{}` {path} are used up", feeder.feed().name));
                    return false;
                }
                Fed::End(AtEnd::Stop | AtEnd::Repeat) => return false,
                Fed::Broken(why) => {
                    self.exception(&feeder.feed().name.clone(), &why);
                    return false;
                }
            }
        }
        true
    }

    /// A step that cannot be evaluated ends its task, and is told with the plan's line.
    pub(super) fn failed(&self, task: TaskId, place: &str, error: &EvalError) -> Flow {
        let task = self.desk.program.catalog.tasks.get(task.index());
        let name = task.map_or_else(|| Arc::from("task"), |task| task.name.clone());
        self.exception(&name, &format!("{place}: {}", error.message));
        Flow::Over
    }

    fn exception(&self, name: &Arc<str>, message: &str) {
        let message = self.desk.redactor.redact(message, &self.scope);
        self.desk.tally.borrow_mut().exception(name, &message, self.desk.clock.now());
    }

    /// What a step's wish to end something comes to.
    pub(super) fn stop(&self, what: StopScope, place: &str) -> Flow {
        match what {
            StopScope::Task => Flow::Over,
            StopScope::User => Flow::Leave,
            StopScope::Run => {
                self.desk.end_run(&format!("a step of the plan says so ({place})"));
                Flow::Leave
            }
        }
    }

    pub(super) async fn think(&mut self, pause: Pause) {
        if !pause.is_none() {
            let time = pause.draw(|| self.scope.rng().draw(|rng| rng.random()));
            self.pause(time).await;
        }
    }

    /// Waits until the plan's next moment: the pause counts from when the last thing was over, not from when the
    /// worker got round to it.
    async fn pause(&mut self, time: Duration) {
        self.due = self.due + time;
        if time >= RESTED {
            self.clients.iter_mut().for_each(Client::rest);
        }
        tokio::select! {
            biased;
            () = self.leash.told(self.heeds) => {}
            () = self.desk.pacer.sleep_until(self.due) => {}
        }
    }
}

fn takes_one(quota: Option<&Rc<Cell<u64>>>) -> bool {
    let Some(quota) = quota else { return true };
    let left = quota.get();
    quota.set(left.saturating_sub(1));
    left > 0
}
