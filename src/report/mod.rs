//! The report: one document with every number of a run, and the formats written from it. All of them show the same
//! number for the same quantity, because there is only one.

mod comparison;
mod console;
mod csv;
mod files;
mod format;
mod github;
mod junit;
mod markdown;
mod sanitize;
mod table;
#[cfg(test)]
mod tests;

pub use comparison::{
    ChangeEntry, ComparedEntry, ComparisonReport, DemandEntry, MethodEntry, NameEntry, Pair, RunSide, RunTrace,
    WordEntry, build_comparison, comparison_junit, comparison_markdown, comparison_schema, comparison_text, read_pair,
};
pub use console::summary;
pub(crate) use console::{figure, grouped, ms, percent};
pub use csv::{HistoryRows, exceptions, failures, history, stats};
pub use files::{Place, ResultFiles, Unwritten, stamp};
pub use format::{Format, Seconds, keep};
pub use github::annotations;
pub use junit::{Case, CaseOutcome, Suite, Suites, Trouble, junit};
pub use markdown::markdown;
pub use sanitize::visible;
pub(crate) use table::Table;
