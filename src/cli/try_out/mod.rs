//! `plimsoll try`: each call of a plan once, and all that was sent and answered.

mod body;
mod command;
mod exchange;

pub(super) use command::{TryArgs, run};
