//! The report: one document with every number of a run, and the formats written from it. All of them show the same
//! number for the same quantity, because there is only one.

mod baseline;
mod build;
mod comparison;
mod console;
mod csv;
mod document;
mod figures;
mod files;
mod format;
mod github;
mod junit;
mod markdown;
mod progress;
mod request_rows;
mod retell;
mod sanitize;
mod table;
#[cfg(test)]
mod tests;
mod user_rows;
mod value;

pub use baseline::baseline;
pub use build::{Facts, build};
pub use comparison::{
    ChangeEntry, ComparedEntry, ComparisonReport, DemandEntry, MethodEntry, NameEntry, Pair, RunSide, RunTrace,
    WordEntry, build_comparison, comparison_junit, comparison_markdown, comparison_schema, comparison_text, read_pair,
};
pub use console::summary;
pub(crate) use console::{figure, grouped, ms, percent};
pub use csv::{HistoryRows, exceptions, failures, history, stats};
pub use document::{
    BooksEntry, FailureEntry, GeneratorEntry, LevelEntry, MetricEntry, PlanEntry, Report, RequestEntry, RunEntry,
    SecondEntry, StageEntry, TaskEntry, ThresholdEntry, ThresholdPoint, ThresholdState, TimeEntry, UserEntry,
    VerdictEntry, report_schema,
};
pub use files::{Place, Results, Unwritten, stamp};
pub use format::{Format, Seconds, keep};
pub use github::annotations;
pub use junit::{Case, CaseOutcome, Suite, Suites, Trouble, junit};
pub use markdown::markdown;
pub use progress::{Moment, line};
pub use retell::{Integrity, Unreadable, retell, retell_against};
pub use sanitize::visible;
pub(crate) use table::Table;
pub use value::kept;
