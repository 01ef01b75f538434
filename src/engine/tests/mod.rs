//! Whole runs in virtual time: a plan, some workers and a service in memory, all on one runtime whose time is paused
//! and moves as soon as nothing is left to do. Minutes of a plan take milliseconds, and every time in them is exact.

mod arrivals;
mod bodies;
mod captures;
mod ends;
mod failures;
mod flow;
mod idle_memory;
mod last_steps;
mod pace;
mod parallel;
mod refresh;
mod retries;
mod rows;
mod seconds;
mod sequences;
mod service;
mod services;
mod shapes;
mod sharing;
mod simulated;
mod slow_lines;
mod times;
mod virtual_run;
mod visitors;

pub(crate) use service::{Accept, Received, Reply};
pub(crate) use simulated::{Jump, Loss, LostWorker, Simulated, WallClock};
pub(crate) use virtual_run::{Played, VirtualRun, in_virtual_time, ms, secs, tick};
