//! What people see of a run while it is under way. Each view listens to the run's events and asks the results; nothing
//! here counts anything itself.

mod progress;
mod terminal;

pub use terminal::{Talk, Terminal};
