//! The engine: users at work. One thread per worker, each with a runtime, users, connections and a tally of its own;
//! nothing is shared between workers under load but the immutable program.
//!
//! Reading order: a [`Run`] starts workers; a worker's groups start and retire users; a user chooses tasks; a task's
//! steps make calls; a call becomes a sample in the worker's tally. Each second the tally is taken and handed out.

mod active_users;
mod arrival_pool;
mod arrival_queue;
mod call;
mod clock;
mod closed_pool;
mod cookies;
mod extract;
mod feeder;
mod group;
mod iteration_pool;
mod one_off;
mod pacer;
mod perform;
mod ready_check;
mod redact;
mod redirect;
mod request;
mod row_partition;
mod scenario_timeline;
mod start;
mod stop;
mod stop_signal;
mod trace;
mod user;
mod user_assignment;
mod worker;
mod worker_context;
mod worker_message;

pub use clock::Clock;
pub use one_off::{Done, OnTrouble, OneOff, Stretch};
pub use ready_check::ready_check;
pub use start::{NotReady, Options, Run, Start};
pub use stop::{Phase, Stop};
pub use trace::{Redirected, Traced, Watcher};
pub use worker_message::WorkerMessage;
