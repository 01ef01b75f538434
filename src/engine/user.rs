use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use rand::RngExt;

use super::call::{CallEnd, Caller};
use super::desk::Desk;
use super::leash::{Leash, Order};
use crate::compile::{Action, Rhythm, Step, Task};
use crate::expression::{Dice, EvalError, Scope, ScopeUser, Value};
use crate::http::Client;
use crate::sample::{TaskId, UserTypeId};
use crate::units::{DurationRange, Offset};

/// One user: its own chance, state and connection. It is one task of one worker, and never leaves it.
pub(super) struct User {
    desk: Rc<Desk>,
    leash: Rc<Leash>,
    scope: Arc<Scope>,
    client: Client,
    kind: UserTypeId,
    /// When the plan wants its next request.
    due: Offset,
}

/// A turn that sends nothing and pauses not at all must not keep its worker busy.
const LEAST_PAUSE: Duration = Duration::from_millis(1);

/// Through a pause at least so long a connection is kept without its buffers: it is memory that idle users cost.
const RESTED: Duration = Duration::from_millis(20);

/// How steps ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    /// To their end.
    Done,
    /// A call failed: the task is over.
    Failed,
    /// The user is to leave.
    Leave,
}

impl User {
    /// User number `number` of the run (from 0), of a type, due to begin at `due`.
    pub(super) fn new(desk: Rc<Desk>, leash: Rc<Leash>, number: u32, kind: UserTypeId, due: Offset) -> Self {
        let id = u64::from(number) + 1;
        let name = desk.program.users[kind.index()].name.clone();
        let dice = Dice::new(desk.program.seed.derive(id));
        let scope = Scope::new(desk.program.globals.clone(), ScopeUser { id, kind: name }, dice);
        let client = Client::new(desk.transport.clone());
        Self { desk, leash, scope, client, kind, due }
    }

    /// Lives until it is told to leave.
    pub(super) async fn live(mut self) {
        let program = self.desk.program.clone();
        let kind = &program.users[self.kind.index()];
        self.begin(0);
        for (name, blueprint) in &kind.state {
            match blueprint.eval(&self.scope) {
                Ok(value) => self.scope.set(name, value),
                Err(error) => return self.exception(&kind.name, &format!("state `{name}`: {}", error.message)),
            }
        }
        if self.steps(&kind.on_start, kind.on_start_task).await == Flow::Leave {
            return;
        }
        let desk = self.desk.clone();
        let Some(choice) = &desk.choices[self.kind.index()] else { return };
        for iteration in 1.. {
            if self.leash.order() != Order::Work {
                return;
            }
            self.begin(iteration);
            let task = &kind.tasks[choice.pick(self.scope.dice().roll(|dice| dice.random()))];
            let before = self.due;
            if self.turn(task).await == Flow::Leave {
                return;
            }
            let sent_nothing = self.due == before;
            match kind.rhythm {
                Rhythm::ThinkTime(range) => self.think(range).await,
                Rhythm::Pacing(step) => {
                    self.due = before;
                    self.pause(step).await;
                }
            }
            if sent_nothing && self.due == before {
                self.pause(LEAST_PAUSE).await;
            }
        }
    }

    fn begin(&self, iteration: u64) {
        let stage = self.desk.stage_at(self.due);
        let name = self.desk.program.catalog.stages.get(stage.index()).map(|stage| stage.name.clone());
        self.scope.begin(iteration, name.unwrap_or_else(|| Arc::from("")));
    }

    async fn turn(&mut self, task: &Task) -> Flow {
        match task.when.as_ref().map(|when| when.holds(&self.scope)) {
            None | Some(Ok(true)) => self.steps(&task.steps, task.id).await,
            Some(Ok(false)) => Flow::Done,
            Some(Err(error)) => self.failed(task.id, &task.place, &error),
        }
    }

    async fn steps(&mut self, steps: &[Step], task: TaskId) -> Flow {
        for step in steps {
            let flow = match &step.action {
                Action::Call { endpoint, with } => {
                    let caller = Caller { desk: &self.desk, leash: &self.leash, scope: &self.scope, user: self.kind };
                    let (end, at) = caller.call(&mut self.client, task, (*endpoint, with), self.due).await;
                    self.due = at;
                    match end {
                        CallEnd::Ok => Flow::Done,
                        CallEnd::Failed => Flow::Failed,
                        CallEnd::Stopped => Flow::Leave,
                    }
                }
                Action::Think(range) => {
                    self.think(*range).await;
                    Flow::Done
                }
                Action::When { that, then, otherwise } => match that.holds(&self.scope) {
                    Ok(true) => self.branch(then, task).await,
                    Ok(false) => self.branch(otherwise, task).await,
                    Err(error) => self.failed(task, &step.place, &error),
                },
                Action::Set(names) => {
                    let set = names.iter().try_for_each(|(name, blueprint)| {
                        blueprint.eval(&self.scope).map(|value| self.scope.set(name, value))
                    });
                    set.map_or_else(|error| self.failed(task, &step.place, &error), |()| Flow::Done)
                }
                Action::Append { to, value, keep } => match value.eval(&self.scope) {
                    Ok(value) => {
                        self.append(to, value, *keep);
                        Flow::Done
                    }
                    Err(error) => self.failed(task, &step.place, &error),
                },
            };
            if flow != Flow::Done {
                return flow;
            }
        }
        Flow::Done
    }

    /// Steps inside steps; boxed, because the depth is the plan's.
    fn branch<'a>(&'a mut self, steps: &'a [Step], task: TaskId) -> Pin<Box<dyn Future<Output = Flow> + 'a>> {
        Box::pin(self.steps(steps, task))
    }

    /// A step that cannot be evaluated ends its task, and is told with the plan's line.
    fn failed(&self, task: TaskId, place: &str, error: &EvalError) -> Flow {
        let task = self.desk.program.catalog.tasks.get(task.index());
        let name = task.map_or_else(|| Arc::from("task"), |task| task.name.clone());
        self.exception(&name, &format!("{place}: {}", error.message));
        Flow::Failed
    }

    fn exception(&self, name: &Arc<str>, message: &str) {
        let message = self.desk.mask.hide(message);
        self.desk.tally.borrow_mut().exception(name, &message, self.desk.clock.now());
    }

    fn append(&self, to: &Arc<str>, value: Value, keep: usize) {
        let list = self.scope.state(to).and_then(|list| list.try_iter().ok());
        let mut items: Vec<Value> = list.into_iter().flatten().collect();
        items.push(value);
        let beyond = items.len().saturating_sub(keep);
        items.drain(..beyond);
        self.scope.set(to, Value::from(items));
    }

    async fn think(&mut self, range: DurationRange) {
        if range.to.is_zero() {
            return;
        }
        let share = if range.from == range.to { 0.0 } else { self.scope.dice().roll(|dice| dice.random()) };
        self.pause(range.at(share)).await;
    }

    /// Waits until the plan's next moment: the pause counts from when the last thing was over, not from when the
    /// worker got round to it.
    async fn pause(&mut self, time: Duration) {
        self.due = self.due + time;
        if time >= RESTED {
            self.client.rest();
        }
        tokio::select! {
            biased;
            () = self.leash.told(Order::Leave) => {}
            () = self.desk.pacer.sleep_until(self.due) => {}
        }
    }
}
