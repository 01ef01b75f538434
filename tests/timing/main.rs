//! What only real time can show: each test has the machine for itself.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::sync::{Mutex, MutexGuard, PoisonError};

mod coordinated_omission;
mod crash_safety;
mod latency_accuracy;
#[path = "../support/mod.rs"]
mod support;
mod validity;

/// Held by a test while it runs, so that no other runs meanwhile. `cargo test` runs one binary after the other.
fn alone() -> MutexGuard<'static, ()> {
    static MACHINE: Mutex<()> = Mutex::new(());
    // that another test failed is no reason not to run
    MACHINE.lock().unwrap_or_else(PoisonError::into_inner)
}
