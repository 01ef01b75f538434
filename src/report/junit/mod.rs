//! JUnit's XML, the form every CI system reads test results in.

mod suite;
#[cfg(test)]
mod tests;

pub use suite::{Case, CaseOutcome, Suite, Suites, Trouble};
