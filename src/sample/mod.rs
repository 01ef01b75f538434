//! What happened to one request: pure data that flows from the wire to the numbers.

mod outcome;
mod timing;

pub use outcome::{FailureKind, Outcome};
pub use timing::{Phases, Timing};
