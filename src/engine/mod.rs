//! The engine: users at work. One thread per worker, each with a runtime, users, connections and a tally of its own;
//! nothing is shared between workers under load but the immutable program.
//!
//! Reading order: a [`Run`] starts workers; a worker's pools start users and let them go; a user chooses tasks; a task's
//! steps make calls; a call becomes a sample in the worker's tally. Each second the tally is taken and handed out.

mod start;
mod steering;
mod stop;
mod worker;

mod clock;
mod cpu_account;
mod feeder;
mod secrets;
mod worker_context;

mod arrival_pool;
mod arrival_queue;
mod closed_pool;
mod cookies;
mod iteration_pool;
mod scenario;
mod service_clients;
mod user_gauge;
mod user_pool;

mod answer;
mod call;
mod capture;
mod destination;
mod few;
mod follow;
mod loops;
mod parallel;
mod redirect;
mod refresh;
mod request;
mod row_supply;
mod rows_in_use;
mod sharing;
mod steps;
mod tries;
mod user;

mod one_off;
mod trace;

#[cfg(test)]
pub(crate) mod tests;

pub use cookies::{Asked, CookieJar, Moment};
pub use one_off::{OnStepFailure, OneOff, OneOffResult, connection_check, ready_check};
pub use redirect::{Redirect, redirect};
pub use start::{NotReady, Options, Platform, Run, Start};
pub use steering::Steering;
pub use stop::{Phase, Stop};
pub use trace::{CallObserver, CallTrace, Redirected};
pub use worker::{CUT_GRACE, WorkerMessage};
