use std::time::{Duration, SystemTime};

use tokio::task::spawn_local;
use tokio::time::{Instant, sleep};

use crate::engine::worker::Worker;
use crate::http::MemoryNetwork;

/// What a run in virtual time runs on: the runtime it is started in, a network in memory, a wall clock that may jump,
/// and workers that may be lost.
#[derive(Debug, Clone)]
pub struct Simulated {
    pub(crate) network: MemoryNetwork,
    pub(crate) wall_clock: WallClock,
    pub(crate) lost_worker: Option<LostWorker>,
}

/// A wall clock that goes with virtual time, and jumps at some moments.
#[derive(Debug, Clone)]
pub(crate) struct WallClock {
    began: Instant,
    jumps: Vec<(Duration, Jump)>,
}

/// How a clock is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Jump {
    Forward(Duration),
    Back(Duration),
}

/// A worker that does not come to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LostWorker {
    pub(crate) worker: u32,
    /// When it is lost, since it was started.
    pub(crate) at: Duration,
    pub(crate) how: Loss,
}

/// How a worker is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loss {
    /// It panics.
    Panics,
    /// It does nothing any more, and does not end.
    Hangs,
}

/// What the wall clock shows when a simulation begins.
const BEGAN: Duration = Duration::from_secs(1_800_000_000);

impl Simulated {
    /// On a network, with a wall clock that is never set and workers that work.
    pub(crate) fn on(network: MemoryNetwork) -> Self {
        Self { network, wall_clock: WallClock::new(Vec::new()), lost_worker: None }
    }

    /// Starts a worker as a task of the runtime.
    pub(in crate::engine) fn start(&self, worker: Worker) -> tokio::task::JoinHandle<()> {
        match self.lost_worker.filter(|lost| lost.worker == worker.part.worker()) {
            None => spawn_local(worker.work()),
            Some(lost) => spawn_local(async move {
                let mut work = Box::pin(worker.work());
                tokio::select! {
                    biased;
                    () = &mut work => return,
                    () = sleep(lost.at) => {}
                }
                match lost.how {
                    // as a panic, without a word on stderr
                    Loss::Panics => std::panic::resume_unwind(Box::new("the worker is lost")),
                    Loss::Hangs => std::future::pending().await,
                }
            }),
        }
    }
}

impl WallClock {
    /// A clock that is set at these moments from now.
    pub(crate) fn new(jumps: Vec<(Duration, Jump)>) -> Self {
        Self { began: Instant::now(), jumps }
    }

    /// What it shows.
    pub(crate) fn now(&self) -> SystemTime {
        let elapsed = self.began.elapsed();
        let shows = SystemTime::UNIX_EPOCH + BEGAN + elapsed;
        self.jumps.iter().filter(|(at, _)| *at <= elapsed).fold(shows, |shows, (_, jump)| match jump {
            Jump::Forward(by) => shows + *by,
            Jump::Back(by) => shows - *by,
        })
    }
}
