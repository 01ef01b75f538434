//! The run: the one place where engine and results meet. The collector merges the workers' seconds, judges the
//! thresholds that abort, hears Ctrl-C, and brings the run to its end.

mod collector;
mod conduct;
mod handles;
mod ladder;
mod probe;
mod snapshot;
mod vitals;
mod wait;

pub use conduct::{Event, Outcome, conduct};
pub use handles::{TooFew, raise};
pub use ladder::Level;
pub use probe::{Unreachable, probe};
pub use snapshot::Snapshot;
pub use vitals::limits;
