//! `plimsoll run`: from a plan's file to files of results and an exit code.

mod args;
mod baseline;
mod chronicle;
mod command;
mod compared;
mod dry;
mod hush;
mod keep;
mod split;
mod veil;
mod watch;

pub(super) use args::RunArgs;
pub(super) use command::run;
