//! Plimsoll reads a YAML plan, makes the load it describes, and says whether the service held.
//!
//! The house has floors; `ARCHITECTURE.md` draws them and `tests/floors.rs` holds them.

pub mod cli;
pub mod diagnostic;
pub mod http;
pub mod sample;
pub mod units;
