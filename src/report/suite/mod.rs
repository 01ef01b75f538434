//! A suite: what several plans came to that were run one after another, as one table, one page and one JUnit file.

mod document;
mod html;
mod page;
mod runs;

pub use document::{SuiteReport, suite_report_schema};
pub use html::suite_html;
pub use page::suite_page;
pub use runs::{SuiteHead, SuiteOutcome, SuiteRun, suite_junit, suite_report};
