//! The engine: users at work. One thread per worker, each with a runtime, users, connections and a tally of its own;
//! nothing is shared between workers under load but the immutable program.
//!
//! Reading order: a [`Run`] starts workers; a worker's groups start and retire users; a user chooses tasks; a task's
//! steps make calls; a call becomes a sample in the worker's tally. Each second the tally is taken and handed out.

mod call;
mod cast;
mod clock;
mod crowd;
mod curves;
mod desk;
mod errand;
mod extract;
mod feeder;
mod group;
mod hop;
mod inbox;
mod inquire;
mod jar;
mod leash;
mod mask;
mod pacer;
mod perform;
mod presence;
mod report;
mod request;
mod scene;
mod squad;
mod start;
mod stop;
mod stream;
mod trace;
mod turns;
mod user;
mod worker;

pub use clock::Clock;
pub use curves::{curve_of, flow_of};
pub use errand::{Done, Errand, OnTrouble, Stretch};
pub use inquire::inquire;
pub use mask::Mask;
pub use report::Report;
pub use start::{NotReady, Options, Run, Start};
pub use stop::{Phase, Stop};
pub use trace::{Redirected, Traced, Watcher};
