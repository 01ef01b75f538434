//! JUnit's XML, the form every CI system reads test results in.

mod run;
mod suite;
#[cfg(test)]
mod tests;

pub use run::junit;
pub use suite::{Case, CaseOutcome, Suite, Suites, Trouble};
