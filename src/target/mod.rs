//! The embedded reference server: CONTINUUM's memory API over HTTP/1.1, and beside it a small shop that the examples
//! run against, with delays and faults on demand. It counts what it serves, so that a run's books can be held against
//! somebody else's.

mod api;
mod behaviour;
mod counts;
mod delay;
mod demo;
mod exchange;
mod federation;
mod limit;
mod memory;
mod route;
mod server;
mod socket;
mod state;
#[cfg(test)]
mod tests;
mod wait;

pub use behaviour::{Behaviour, Freeze};
pub use counts::{Counts, RouteCount};
pub use delay::Delay;
pub use route::PATHS;
pub use server::Target;
