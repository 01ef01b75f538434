//! The embedded reference server: CONTINUUM's memory API over HTTP/1.1, and beside it a small shop that the examples
//! run against, with delays and faults on demand. It counts what it serves, so that a run's accounting can be compared
//! with somebody else's.

mod behaviour;
mod counts;
mod excess;
mod exchange;
mod server;
mod state;
#[cfg(test)]
mod tests;

mod demo;
mod memory;

pub use behaviour::{Behaviour, Delay, Freeze};
pub use counts::Counts;
pub use excess::excess;
pub use exchange::PATHS;
pub use server::Target;
