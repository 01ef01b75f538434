//! A test of this machine and of the generator on it: the runs of plans made in memory against embedded targets whose
//! delays are known, and what follows from them.

mod command;
mod findings;
mod page;
mod runs;

pub(super) use command::{SelftestArgs, run};
