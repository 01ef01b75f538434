use std::rc::Rc;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, SystemTime};

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::watch;

use super::clock::Clock;
use super::stop::Stop;
use super::user_assignment::UserAssignment;
use super::worker::Worker;
use super::worker_message::WorkerMessage;
use crate::compile::Program;
use crate::expression::Globals;
use crate::http::Transport;
use crate::load::Part;
use crate::units::{Rate, Shard, show_duration};

/// How a run is made, besides what the program says.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many worker threads; at least 1.
    pub workers: u32,
    /// When the run's zero is.
    pub start: Start,
    /// Which part of the run this process makes.
    pub shard: Shard,
}

/// When a run's zero is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// So long from now: every worker is to be ready by then.
    In(Duration),
    /// At this moment of the wall clock, on every machine.
    At(SystemTime),
}

/// A run under way.
pub struct Run {
    /// Its clock.
    pub clock: Clock,
    /// Its zero by the wall clock.
    pub began: SystemTime,
    /// What the workers tell.
    pub reports: UnboundedReceiver<WorkerMessage>,
    /// The levels of a search so far; one more begins its level.
    pub levels: watch::Sender<Vec<Rate>>,
    threads: Vec<JoinHandle<()>>,
}

/// Why a run could not start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotReady {
    /// The target's address or its TLS settings cannot be used.
    #[error("{0}")]
    Target(String),
    /// The system gives no thread or no runtime.
    #[error("a worker could not start: {0}")]
    Worker(String),
    /// The plan's setup failed.
    #[error("the plan's setup failed: {0}")]
    Setup(String),
    /// The moment it was to start at is over.
    #[error("the run was not ready in time: it was to start {} ago", show_duration(*.0))]
    Late(Duration),
    /// Somebody ended it before it began.
    #[error("interrupted before the load began")]
    Interrupted,
}

/// Requests under way may take this long to end, however long their own limit is.
const LONGEST_GRACE: Duration = Duration::from_secs(30);

impl Run {
    /// Starts the workers. `globals` is what every user sees: vars, data, and what the setup left.
    ///
    /// # Errors
    /// A target that cannot be connected to as it is written, or no thread to be had.
    pub fn start(
        program: &Arc<Program>,
        globals: &Arc<Globals>,
        options: &Options,
        stop: &Stop,
    ) -> Result<Self, NotReady> {
        let (origin, settings) = (&program.target.origin, &program.target.connections);
        // made once here for its error, and once in each worker, which shares nothing
        Transport::new(origin.clone(), settings.clone()).map_err(|error| NotReady::Target(error.to_string()))?;
        let casts = UserAssignment::of_all(&program.scenarios, program.users.len());
        let casts: Vec<Arc<UserAssignment>> = casts.into_iter().map(Arc::new).collect();
        let grace = program.endpoints.iter().map(|endpoint| endpoint.timeout).max().unwrap_or_default();
        // the wall clock is asked here, once; from now on time is the monotonic clock's
        let now = SystemTime::now();
        let (began, lead) = match options.start {
            Start::In(lead) => (now + lead, lead),
            Start::At(at) => (at, at.duration_since(now).map_err(|late| NotReady::Late(late.duration()))?),
        };
        let clock = Clock::starting_in(lead);
        let (sender, reports) = unbounded_channel();
        let (levels, rates) = watch::channel(Vec::new());
        let (count, shard) = (options.workers.max(1), options.shard);
        let mut threads = Vec::new();
        for index in 0..count {
            let (program, globals, casts, rates) = (program.clone(), globals.clone(), casts.clone(), rates.clone());
            let (origin, settings, sender, stop) = (origin.clone(), settings.clone(), sender.clone(), stop.listen());
            let thread = Builder::new().name(format!("worker-{index}")).spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                let (Ok(runtime), Ok(transport)) = (runtime, Transport::new(origin, settings)) else { return };
                let worker = Worker {
                    part: Part::new(shard, index, count),
                    program,
                    globals,
                    clock,
                    transport: Rc::new(transport),
                    casts,
                    levels: rates,
                    grace: grace.min(LONGEST_GRACE),
                    stop,
                    reports: sender,
                };
                runtime.block_on(worker.work());
            });
            threads.push(thread.map_err(|error| NotReady::Worker(error.to_string()))?);
        }
        Ok(Self { clock, began, reports, levels, threads })
    }

    /// Waits for the workers' threads; the number of those that broke down.
    #[must_use]
    pub fn join(self) -> usize {
        self.threads.into_iter().filter_map(|thread| thread.join().err()).count()
    }
}
