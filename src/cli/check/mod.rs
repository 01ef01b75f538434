//! `plimsoll check`: [`command`] checks plans and suites once, [`watch`] again whenever what they are made of changes.

mod command;
mod watch;

pub(super) use command::{CheckArgs, run};
