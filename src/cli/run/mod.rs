//! `plimsoll run`: from a plan's file to files of results and an exit code.

mod args;
mod baseline;
mod command;
#[cfg(test)]
mod torture;
mod write_results;

pub(super) use args::RunArgs;
pub(super) use command::run;
