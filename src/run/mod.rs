//! The run: the one place where engine and results meet. The collector merges the workers' seconds, judges the
//! thresholds that abort, hears Ctrl-C, and brings the run to its end.

mod collector;
mod fd_limit;
mod level_controller;
mod probe;
mod process_stats;
mod run_loop;
mod snapshot;
mod wait;

pub use fd_limit::{TooFew, raise};
pub use level_controller::Level;
pub use probe::{Unreachable, probe};
pub use process_stats::limits;
pub use run_loop::{Event, Outcome, conduct};
pub use snapshot::Snapshot;
