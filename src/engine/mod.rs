//! The engine: users at work. One thread per worker, each with a runtime, users, connections and a tally of its own;
//! nothing is shared between workers under load but the immutable program.
//!
//! Reading order: a [`Run`] starts workers; a worker's crowd starts and retires users; a user chooses tasks; a task's
//! steps make calls; a call becomes a sample in the worker's tally. Each second the tally is taken and handed out.

mod call;
mod clock;
mod crowd;
mod desk;
mod extract;
mod leash;
mod mask;
mod pacer;
mod request;
mod start;
mod stop;
mod user;
mod worker;

pub use clock::Clock;
pub use mask::Mask;
pub use start::{NotReady, Options, Run, curve_of};
pub use stop::{Phase, Stop};
pub use worker::Report;
