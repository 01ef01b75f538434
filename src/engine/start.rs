use std::io;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, SystemTime};

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::clock::Clock;
use super::row_supply::RowSupply;
use super::scenario::UserAssignment;
use super::steering::Steering;
use super::stop::Stop;
use super::worker::{Worker, WorkerMessage};
use crate::compile::{Program, Service};
use crate::expression::Globals;
use crate::http::{Settings, Transport};
use crate::load::Part;
use crate::memory::MemoryBudget;
use crate::timer::ExactTimer;
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
    /// What it runs on.
    pub platform: Platform,
    /// The memory it may hold, all its workers together.
    pub memory: MemoryBudget,
}

/// What a run gets its threads, its timers and its connections from.
#[derive(Debug, Clone, Default)]
pub enum Platform {
    /// The system: a thread for each worker.
    #[default]
    System,
    /// The runtime the run is started in: workers are its tasks, and time is its own, so that it may be paused.
    /// Connections are made in memory.
    #[cfg(test)]
    Simulated(super::tests::Simulated),
}

impl Platform {
    /// A timer of the runtime this is called in.
    pub(super) fn timer(&self) -> ExactTimer {
        match self {
            Self::System => ExactTimer::new(),
            #[cfg(test)]
            Self::Simulated(_) => ExactTimer::of_runtime(),
        }
    }

    /// What the wall clock shows.
    #[must_use]
    pub fn wall_clock(&self) -> SystemTime {
        match self {
            Self::System => SystemTime::now(),
            #[cfg(test)]
            Self::Simulated(simulated) => simulated.wall_clock.now(),
        }
    }

    /// The way to a service for the users of one worker.
    pub(super) fn transport(&self, service: &Service) -> Result<Transport, NotReady> {
        self.transport_with(service, service.connections.clone())
    }

    /// The way to a service, with other settings than its own.
    pub(super) fn transport_with(&self, service: &Service, connections: Settings) -> Result<Transport, NotReady> {
        let connections = match self {
            Self::System => connections,
            #[cfg(test)]
            Self::Simulated(simulated) => {
                let network = crate::http::Network::Memory(simulated.network.clone());
                Settings { network, ..connections }
            }
        };
        Transport::new(service.origin.clone(), connections).map_err(|error| NotReady::Target(error.to_string()))
    }
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
    /// What the workers report.
    pub messages: UnboundedReceiver<WorkerMessage>,
    /// The levels of a search so far; one more begins its level.
    pub levels: watch::Sender<Vec<Rate>>,
    /// What a person changes of the load.
    pub steering: watch::Sender<Steering>,
    /// How long requests under way may take to end once nothing new begins.
    pub grace: Duration,
    workers: Vec<WorkerHandle>,
}

/// A worker at work.
enum WorkerHandle {
    Thread(JoinHandle<()>),
    #[cfg(test)]
    Task(tokio::task::JoinHandle<()>),
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
    /// It was interrupted before it began.
    #[error("interrupted before the load began")]
    Interrupted,
}

/// How long a worker that has reported its end may take to be gone.
const JOIN: Duration = Duration::from_secs(2);
/// How often it is looked at meanwhile.
const JOIN_LOOK: Duration = Duration::from_millis(2);
/// Requests under way may take this long to end, however long their own limit is.
const MAX_GRACE: Duration = Duration::from_secs(30);

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
        // made once here for its error, and once in each worker, which shares nothing
        for service in &program.services {
            options.platform.transport(service)?;
        }
        let assignments = UserAssignment::of_all(&program.scenarios, program.users.len());
        let assignments: Vec<Arc<UserAssignment>> = assignments.into_iter().map(Arc::new).collect();
        let grace = program.endpoints.iter().map(|endpoint| endpoint.timeout).max().unwrap_or_default();
        let grace = grace.min(MAX_GRACE);
        // the wall clock is asked here, once; from now on time is the monotonic clock's
        let now = options.platform.wall_clock();
        let (began, lead) = match options.start {
            Start::In(lead) => (now + lead, lead),
            Start::At(at) => (at, at.duration_since(now).map_err(|late| NotReady::Late(late.duration()))?),
        };
        let clock = Clock::starting_in(lead);
        let (sender, messages) = unbounded_channel();
        let (levels, rates) = watch::channel(Vec::new());
        let (steering, steered) = watch::channel(Steering::default());
        let (count, shard) = (options.workers.max(1), options.shard);
        let supplies = RowSupply::of_all(program, &assignments, shard);
        let mut workers = Vec::new();
        for index in 0..count {
            let worker = Worker {
                part: Part::new(shard, index, count),
                program: program.clone(),
                globals: globals.clone(),
                clock,
                platform: options.platform.clone(),
                memory: options.memory.clone(),
                assignments: assignments.clone(),
                supplies: supplies.clone(),
                levels: rates.clone(),
                steering: steered.clone(),
                grace,
                stop: stop.listen(),
                messages: sender.clone(),
            };
            workers.push(WorkerHandle::start(worker).map_err(|error| NotReady::Worker(error.to_string()))?);
        }
        Ok(Self { clock, began, messages, levels, steering, grace, workers })
    }

    /// Waits for the workers to end; the number of those that broke down.
    pub async fn join(self) -> usize {
        let mut broken = 0;
        for worker in self.workers {
            broken += usize::from(!worker.join().await);
        }
        broken
    }
}

/// A worker's stack: what a plan nests lies on it, and only what is used of it is taken from the machine.
const STACK: usize = 8 << 20;

impl WorkerHandle {
    fn start(worker: Worker) -> io::Result<Self> {
        match &worker.platform {
            Platform::System => {
                let name = format!("worker-{}", worker.part.worker());
                let thread = Builder::new().name(name).stack_size(STACK).spawn(move || {
                    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                    if let Ok(runtime) = runtime {
                        runtime.block_on(worker.work());
                        // a name that is still being looked up is not waited for
                        runtime.shutdown_background();
                    }
                });
                thread.map(Self::Thread)
            }
            #[cfg(test)]
            Platform::Simulated(simulated) => Ok(Self::Task(simulated.clone().start(worker))),
        }
    }

    /// Whether it came to its own end.
    async fn join(self) -> bool {
        match self {
            // every worker has sent its last message by then, or is left behind
            Self::Thread(thread) => {
                let gone = async {
                    while !thread.is_finished() {
                        sleep(JOIN_LOOK).await;
                    }
                };
                timeout(JOIN, gone).await.is_ok() && thread.join().is_ok()
            }
            #[cfg(test)]
            Self::Task(task) => timeout(JOIN, task).await.is_ok_and(|joined| joined.is_ok()),
        }
    }
}
