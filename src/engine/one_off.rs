use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::unbounded_channel;
use tokio::task::LocalSet;

use super::clock::Clock;
use super::feeder::Feeder;
use super::scenario_timeline::ScenarioTimeline;
use super::start::NotReady;
use super::stop_signal::StopSignal;
use super::trace::Watcher;
use super::user::{Flow, Identity, User};
use super::worker_context::WorkerContext;
use crate::compile::{Program, RowPer, Step};
use crate::expression::{Globals, Value};
use crate::http::Transport;
use crate::load::Part;
use crate::metrics::Health;
use crate::sample::{TaskId, UserTypeId};
use crate::units::Offset;

/// Steps that are done once, by one user of its own, and count in no statistic: setup, teardown, a try.
pub struct OneOff<'a> {
    /// The program they belong to.
    pub program: &'a Arc<Program>,
    /// What the user sees.
    pub globals: &'a Arc<Globals>,
    /// The kind of user that does them, with its state and rows; `None` for the plan's own steps.
    pub kind: Option<UserTypeId>,
    /// Who looks on.
    pub watcher: Option<Watcher>,
}

/// What an errand left.
#[derive(Debug)]
pub struct Done {
    /// Names and values.
    pub state: Vec<(Arc<str>, Value)>,
    /// What went wrong, each once; empty where all went well.
    pub failures: Vec<String>,
}

/// Some steps with the task they are booked under.
pub type Stretch<'a> = (&'a [Step], TaskId);

impl OneOff<'_> {
    /// Does the steps, part after part; a part that fails ends the rest where `stops` says so.
    ///
    /// # Errors
    /// A target that cannot be connected to as it is written.
    pub async fn run(self, parts: &[Stretch<'_>], stops: OnTrouble) -> Result<Done, NotReady> {
        let target = &self.program.target;
        let transport = Transport::new(target.origin.clone(), target.connections.clone());
        let transport = transport.map_err(|error| NotReady::Target(error.to_string()))?;
        let (sender, _reports) = unbounded_channel();
        let clock = Clock::starting_in(Duration::ZERO);
        let (program, globals) = (self.program.clone(), self.globals.clone());
        let mut desk = WorkerContext::new(program, globals, clock, Rc::new(transport), sender);
        desk.watcher = self.watcher;
        for user in &self.program.users {
            let open = |feed| Feeder::open(feed, Part::WHOLE, self.program.seed);
            let feeders: Result<Vec<_>, _> = user.feeds.iter().map(open).collect();
            desk.feeders.push(feeders.map_err(NotReady::Worker)?);
        }
        let desk = Rc::new(desk);
        LocalSet::new()
            .run_until(async {
                tokio::select! {
                    done = perform(&desk, self.kind, parts, stops) => Ok(done),
                    () = desk.pacer.drive() => Err(NotReady::Worker("the timer ended".to_owned())),
                }
            })
            .await
    }
}

/// Whether a failure ends what follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnTrouble {
    /// It does.
    Stop,
    /// The next part is done all the same.
    GoOn,
}

async fn perform(desk: &Rc<WorkerContext>, kind: Option<UserTypeId>, parts: &[Stretch<'_>], stops: OnTrouble) -> Done {
    let identity = Identity { number: 0, kind: kind.unwrap_or(UserTypeId(u16::MAX)), rank: 0 };
    let leash = Rc::new(StopSignal::default());
    let mut user = User::new(desk.clone(), leash, Rc::new(ScenarioTimeline::nowhere()), identity, Offset::ZERO);
    user.begin(1);
    let mut failures = Vec::new();
    if let Some(kind) = kind.and_then(|kind| desk.program.users.get(kind.index())) {
        for (name, blueprint) in &kind.state {
            match blueprint.eval(&user.scope) {
                Ok(value) => user.scope.set(name, value),
                Err(error) => failures.push(format!("state `{name}`: {}", error.message)),
            }
        }
        if !(user.feed(RowPer::User) && user.feed(RowPer::Iteration)) {
            failures.push("a feed has no row".to_owned());
        }
    }
    for (steps, task) in parts {
        user.due = desk.clock.now();
        let flow = user.steps(steps, *task).await;
        if flow != Flow::Done && stops == OnTrouble::Stop {
            break;
        }
    }
    let interval = desk.tally.borrow_mut().take(0, 0, Health::default());
    let told = interval.errors.iter().map(|error| format!("{}: {}", error.key.name, error.key.message));
    failures.extend(told);
    Done { state: user.scope.all_state(), failures }
}
