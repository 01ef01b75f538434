//! JUnit's XML, the form every CI system reads test results in.

mod cases;
mod suite;

pub use cases::comparison_junit;
pub(super) use cases::{junit, suites_of};
pub(super) use suite::{Case, CaseOutcome, Failure, Suite, Suites};
