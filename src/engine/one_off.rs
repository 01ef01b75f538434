use std::future::pending;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;
use tokio::task::LocalSet;

use super::clock::Clock;
use super::feeder::Feeder;
use super::rows_in_use::Rows;
use super::scenario::ScenarioTimeline;
use super::start::{NotReady, Platform};
use super::trace::CallObserver;
use super::user::{Identity, StepsEnd, User};
use super::worker::WorkerMessage;
use super::worker_context::WorkerContext;
use crate::compile::{Program, Ready, RowPer, Service, Step};
use crate::expression::{Globals, Value};
use crate::http::{Client, Content, Ending, Keep, NotReached, Outgoing, Settings, reach};
use crate::load::Part;
use crate::metrics::Health;
use crate::sample::{TaskId, TaskRole, UserTypeId};
use crate::units::Offset;

/// Steps that are done once, by one user of its own, and count in no statistic: setup, teardown, a try.
pub struct OneOff<'a> {
    /// The program they belong to.
    pub program: &'a Arc<Program>,
    /// What the user sees.
    pub globals: &'a Arc<Globals>,
    /// The type of the user that does them, with its state and rows; `None` for the plan's own steps.
    pub user_type: Option<UserTypeId>,
    /// Who hears of every request.
    pub observer: Option<CallObserver>,
    /// Where the lines go that the steps log.
    pub messages: UnboundedSender<WorkerMessage>,
    /// What it runs on.
    pub platform: &'a Platform,
}

/// What such steps left.
#[derive(Debug)]
pub struct OneOffResult {
    /// Names and values.
    pub state: Vec<(Arc<str>, Value)>,
    /// What failed, each once; empty where nothing did.
    pub failures: Vec<String>,
}

/// Some steps with the task they are counted under.
pub type StepGroup<'a> = (&'a [Step], TaskId);

impl OneOff<'_> {
    /// Does the steps, group after group; one that fails ends the rest where `on_failure` says so.
    ///
    /// # Errors
    /// A target that cannot be connected to as it is written.
    pub async fn run(self, groups: &[StepGroup<'_>], on_failure: OnStepFailure) -> Result<OneOffResult, NotReady> {
        self.run_until(groups, on_failure, pending()).await
    }

    /// The same, until somebody has no time for it; what had failed by then is told.
    ///
    /// # Errors
    /// As [`OneOff::run`].
    pub async fn run_until(
        self,
        groups: &[StepGroup<'_>],
        on_failure: OnStepFailure,
        cut: impl Future<Output = ()>,
    ) -> Result<OneOffResult, NotReady> {
        let clock = Clock::starting_in(Duration::ZERO);
        let (program, globals) = (self.program.clone(), self.globals.clone());
        let mut context = WorkerContext::new(program, globals, clock, self.platform, self.messages)?;
        context.observer = self.observer;
        for user in &self.program.users {
            let open = |feed| Feeder::open(feed, Part::WHOLE, self.program.seed, None);
            let feeders: Result<Vec<_>, _> = user.feeds.iter().map(open).collect();
            context.feeders.push(feeders.map_err(NotReady::Worker)?);
        }
        let context = Rc::new(context);
        LocalSet::new()
            .run_until(async {
                tokio::select! {
                    biased;
                    done = perform(&context, self.user_type, groups, (on_failure, cut)) => Ok(done),
                    never = context.pacer.drive() => match never {},
                }
            })
            .await
    }
}

/// Whether a failure ends what follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnStepFailure {
    /// It does.
    Stop,
    /// The next group is done all the same.
    Continue,
}

async fn perform(
    context: &Rc<WorkerContext>,
    user_type: Option<UserTypeId>,
    groups: &[StepGroup<'_>],
    (on_failure, cut): (OnStepFailure, impl Future<Output = ()>),
) -> OneOffResult {
    let identity = Identity { number: 0, user_type: user_type.unwrap_or(UserTypeId(u16::MAX)), rank: 0 };
    let mut user = User::new(context.clone(), Rc::new(ScenarioTimeline::nowhere()), identity, Offset::ZERO);
    user.begin(1);
    let mut failures = Vec::new();
    if let Some(user_type) = user_type.and_then(|id| context.program.users.get(id.index())) {
        for (name, template) in &user_type.state {
            if let Err(error) = template.eval(&user.scope).and_then(|value| user.keep(name, value)) {
                failures.push(user.said(&format!("state `{name}`: {}", error.message)).to_string());
            }
        }
        if [RowPer::User, RowPer::Iteration, RowPer::Task].into_iter().any(|per| user.take_rows(per) != Rows::Taken) {
            failures.push("a feed has no row".to_owned());
        }
    }
    let work = async {
        for (steps, task) in groups {
            user.due = context.clock.now();
            if context.program.catalog.role(*task) != TaskRole::Start {
                user.begin_freshness();
            }
            let end = user.steps(steps, *task).await;
            if end != StepsEnd::Done && on_failure == OnStepFailure::Stop {
                break;
            }
        }
    };
    let interrupted = tokio::select! {
        biased;
        () = cut => true,
        () = work => false,
    };
    context.secrets.flush();
    let interval = context.tally.borrow_mut().take(0, 0, Health::default());
    let errors = interval.errors.iter().map(|error| format!("{}: {}", error.key.name, error.key.message));
    failures.extend(errors);
    if interrupted {
        failures.push("interrupted before it was done".to_owned());
    }
    OneOffResult { state: user.scope.all_state(), failures }
}

/// Asks a service one question the way the load will: over its TLS, its proxy, its socket. Gives the status.
///
/// # Errors
/// Why there was no answer.
pub async fn ready_check(service: &Service, platform: &Platform, question: &Ready) -> Result<u16, String> {
    let transport = platform.transport(service).map_err(|error| error.to_string())?;
    let path = &question.path;
    let outgoing = Outgoing {
        method: http::Method::GET,
        target: path.parse().map_err(|_| format!("`{path}` is not a valid path"))?,
        headers: question
            .host
            .iter()
            .map(|host| (http::header::HOST, host.clone()))
            .collect::<http::HeaderMap>()
            .into(),
        body: Content::EMPTY,
        timeout: question.within,
        keep: Keep::Nothing,
    };
    let mut client = Client::new(Rc::new(transport));
    let exchange = LocalSet::new().run_until(client.exchange(&outgoing, std::future::pending())).await;
    match exchange.ending {
        Ending::Answer(answer) => Ok(answer.status),
        Ending::Failed(failure) => Err(failure.message),
        Ending::Cut => Err("it was cut off".to_owned()),
    }
}

/// Makes a connection to a service, or to the proxy before it, and gives it up.
///
/// # Errors
/// Why there is no connection.
pub async fn connection_check(service: &Service, platform: &Platform, within: Duration) -> Result<(), NotReached> {
    let settings = Settings { connect_timeout: within, ..service.connections.clone() };
    let transport = platform.transport_with(service, settings);
    reach(&transport.map_err(|error| NotReached::NoPeer(error.to_string()))?).await
}
