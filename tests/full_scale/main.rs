//! Whole loads that need all of the machine: the suite at its full number of users, and the shards of one run, each a
//! process of its own. A binary of its own, so that no test that needs the machine at ease runs beside them.

#![allow(clippy::unwrap_used, clippy::panic)]

mod shard_runs;
mod shards;
mod suite;
#[path = "../support/mod.rs"]
mod support;
