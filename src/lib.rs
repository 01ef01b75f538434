//! Plimsoll reads a YAML plan, makes the load it describes, and says whether the service held.
//!
//! The house has floors; `ARCHITECTURE.md` draws them and `tests/floors.rs` holds them.

pub mod analysis;
pub mod cli;
pub mod compile;
pub mod diagnostic;
pub mod engine;
pub mod expression;
pub mod http;
pub mod import;
pub mod journal;
pub mod live;
pub mod load;
pub mod metrics;
pub mod plan;
pub mod report;
pub mod results;
pub mod rows;
pub mod run;
pub mod sample;
pub mod secrets;
pub mod target;
pub mod threshold;
pub mod timer;
pub mod units;
pub mod verdict;
