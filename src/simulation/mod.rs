//! Whole runs that a seed makes: a plan, a service, and what befalls them in any phase – answers that stall, break off or
//! make no sense, signals, a disk that is full or broken, lost workers, a wall clock that is set. Each is played in
//! virtual time from the probe to the files of results, and held against what must be true of every run.
//!
//! The same seed gives the same run, to the byte. `PLIMSOLL_SEED=7 cargo test --lib -- simulation` plays one and tells
//! all of it; `CONTRIBUTING.md` has the rest.

mod dice;
mod disk_trouble;
mod drawn_plan;
mod drawn_steps;
mod invariants;
mod played;
mod service;
mod tests;
mod trouble;
