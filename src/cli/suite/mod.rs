//! Several plans, run one after another and reported together.

mod entries;
mod found;
mod index;
mod run_suite;

pub(super) use entries::SuitePlan;
pub(super) use found::{FoundSuite, find_suite};
pub(super) use run_suite::{requested, run_suite};
