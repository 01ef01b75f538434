use crate::metrics::Interval;
use crate::units::Offset;

/// What a worker tells the collector.
#[derive(Debug)]
pub enum WorkerMessage {
    /// A second's worth; the worker is past the end of that second.
    Second {
        /// Which worker.
        worker: u32,
        /// What it counted.
        interval: Box<Interval>,
    },
    /// A line the plan writes to the log.
    Line {
        /// When.
        at: Offset,
        /// What; no secrets in it.
        text: String,
    },
    /// The plan wants the run to end.
    Stop {
        /// Why.
        why: String,
    },
    /// The worker has told everything.
    Over {
        /// Which worker.
        worker: u32,
    },
}
