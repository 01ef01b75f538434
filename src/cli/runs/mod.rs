//! `plimsoll runs`: the runs of a folder of results, a figure over all of them, and which are to go.

mod command;
mod prune;

pub(super) use command::{RunsArgs, run};
