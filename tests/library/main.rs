//! The library from outside: numbers and journals held against independent readers, inputs that once broke something.

#![allow(clippy::unwrap_used, clippy::panic)]

mod codec;
mod conformance;
mod distributions;
mod fuzz_regressions;
mod journal;
mod journal_corruption;
#[path = "../support/mod.rs"]
mod support;
