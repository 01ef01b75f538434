//! Text on its way out of the process, written by a thread of its own: whoever says something never waits for who reads
//! it. A pipe nobody empties, a terminal that was stopped and a disk that hangs cost lines, and never a run.

mod queue;
#[cfg(test)]
mod tests;
mod writer;

pub use queue::Taken;
pub use writer::Spool;
