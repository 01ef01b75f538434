use std::time::Duration;

use crate::units::Size;

/// How the generator itself fared in one second.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Health {
    /// The longest a worker woke later than it asked to.
    pub worker_lag: Duration,
    /// How much of the second a worker could not run although it wanted to.
    pub stalled: Duration,
    /// The longest a request was sent after it could have been: it was due, and its user had nothing else under way.
    pub lateness: Duration,
    /// How many requests were sent later than [`Health::LATE`] after they could have been.
    pub late: u64,
    /// The process's own CPU time in that second, in cores: 2.0 is two cores busy.
    pub cpu_cores: f64,
    /// Files and sockets the process has open.
    pub open_files: u64,
    /// Memory the process holds.
    pub memory: Size,
    /// Intervals that wait to be merged.
    pub backlog: u64,
}

impl Health {
    /// A request sent later than this has waited for the generator: a worker that has time for it is well below.
    pub const LATE: Duration = Duration::from_millis(10);

    /// The worse of both, figure by figure, for workers share one process; late requests are added up.
    pub fn merge(&mut self, other: &Self) {
        self.worker_lag = self.worker_lag.max(other.worker_lag);
        self.stalled = self.stalled.max(other.stalled);
        self.lateness = self.lateness.max(other.lateness);
        self.late += other.late;
        self.cpu_cores = self.cpu_cores.max(other.cpu_cores);
        self.open_files = self.open_files.max(other.open_files);
        self.memory = self.memory.max(other.memory);
        self.backlog = self.backlog.max(other.backlog);
    }
}
