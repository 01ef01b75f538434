//! `plimsoll run`: from a plan's file to files of results and an exit code.

mod args;
mod baseline;
mod command;
mod export_args;
#[cfg(test)]
mod torture;
mod web;
mod write_results;

pub(super) use args::RunArgs;
pub(super) use command::{Ended, Part, TellsJob, make, run};
pub(super) use write_results::add_to_job;
