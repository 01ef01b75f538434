//! What a run may hold in memory: one budget in bytes, shared by all its threads.
//!
//! What grows with what a service answers, or with the names a plan makes, is held against the [`MemoryBudget`] of the run.
//! Where it is used up, what is new folds into `other`, or fails, and says so: the process is never ended by the system for
//! the memory it takes.

mod budget;
mod system;

pub use budget::{Held, MemoryBudget, NoRoom, Part, hold};
pub use system::memory_limit;
