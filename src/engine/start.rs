use std::rc::Rc;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::clock::Clock;
use super::stop::Stop;
use super::worker::{Report, Worker};
use crate::compile::{Program, Ramp, Shape};
use crate::http::{Origin, Settings, Transport};
use crate::schedule::{Curve, Leg, Motion, Part, assign};

/// How a run is made, besides what the program says.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many worker threads; at least 1.
    pub workers: u32,
    /// How long until the run's zero, so that every worker is ready by then.
    pub lead: Duration,
}

/// A run under way.
pub struct Run {
    /// Its clock.
    pub clock: Clock,
    /// Its curve.
    pub curve: Curve,
    /// What the workers tell.
    pub reports: UnboundedReceiver<Report>,
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
}

/// Requests under way may take this long to end, however long their own limit is.
const LONGEST_GRACE: Duration = Duration::from_secs(30);

impl Run {
    /// Starts the workers.
    ///
    /// # Errors
    /// A target that cannot be connected to as it is written, or no thread to be had.
    pub fn start(program: &Arc<Program>, options: &Options, stop: &Stop) -> Result<Self, NotReady> {
        let origin = Origin::parse(&program.target.origin).map_err(|misread| NotReady::Target(misread.to_string()))?;
        let settings = Settings { connect_timeout: program.target.connect_timeout, ..Settings::default() };
        // made once here for its error, and once in each worker, which shares nothing
        Transport::new(origin.clone(), settings.clone()).map_err(|error| NotReady::Target(error.to_string()))?;
        let curve = curve_of(&program.shape);
        let weights: Vec<f64> = program.users.iter().map(|user| user.weight).collect();
        let kinds: Arc<[u16]> = assign(&weights, program.shape.peak()).into();
        let grace = program.endpoints.iter().map(|endpoint| endpoint.timeout).max().unwrap_or_default();
        let clock = Clock::starting_in(options.lead);
        let (sender, reports) = unbounded_channel();
        let count = options.workers.max(1);
        let mut threads = Vec::new();
        for index in 0..count {
            let (program, curve, kinds) = (program.clone(), curve.clone(), kinds.clone());
            let (origin, settings, sender, stop) = (origin.clone(), settings.clone(), sender.clone(), stop.listen());
            let thread = Builder::new().name(format!("worker-{index}")).spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                let (Ok(runtime), Ok(transport)) = (runtime, Transport::new(origin, settings)) else { return };
                let worker = Worker {
                    part: Part { index, count },
                    program,
                    clock,
                    curve,
                    transport: Rc::new(transport),
                    kinds: kinds.iter().copied().collect(),
                    grace: grace.min(LONGEST_GRACE),
                    stop,
                    reports: sender,
                };
                runtime.block_on(worker.work());
            });
            threads.push(thread.map_err(|error| NotReady::Worker(error.to_string()))?);
        }
        Ok(Self { clock, curve, reports, threads })
    }

    /// Waits for the workers' threads; the number of those that broke down.
    #[must_use]
    pub fn join(self) -> usize {
        self.threads.into_iter().filter_map(|thread| thread.join().err()).count()
    }
}

/// The curve of a shape.
#[must_use]
pub fn curve_of(shape: &Shape) -> Curve {
    let Shape::Closed(stages) = shape;
    let legs: Vec<Leg> = stages
        .iter()
        .map(|stage| Leg {
            users: stage.users,
            length: stage.length,
            motion: match stage.ramp {
                Ramp::Immediate => Motion::Immediate,
                Ramp::Rate(rate) => Motion::Rate(rate),
                Ramp::Over(time) => Motion::Over(time),
            },
        })
        .collect();
    Curve::new(&legs)
}
