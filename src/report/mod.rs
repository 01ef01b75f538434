//! The report: one document with every number of a run, and the formats written from it. All of them show the same
//! number for the same quantity, because there is only one.

mod build;
mod comparison;
mod console;
mod document;
mod figures;
mod files;
mod junit;
mod people;
mod progress;
mod retell;
mod rows;
mod table;
#[cfg(test)]
mod tests;

pub use build::{Facts, build};
pub use comparison::{
    ChangeEntry, ComparedEntry, ComparisonReport, DemandEntry, MethodEntry, NameEntry, Pair, RunSide, RunTrace,
    WordEntry, build_comparison, comparison_junit, comparison_markdown, comparison_schema, comparison_text, read_pair,
};
pub use console::{summary, visible};
pub use document::{
    BooksEntry, FailureEntry, GeneratorEntry, LevelEntry, MetricEntry, PlanEntry, Report, RequestEntry, RunEntry,
    SecondEntry, StageEntry, TaskEntry, ThresholdEntry, ThresholdState, TimeEntry, UserEntry, VerdictEntry,
    report_schema,
};
pub use files::{Results, stamp};
pub use junit::{Case, CaseOutcome, Suite, Suites, Trouble};
pub use progress::{Moment, line};
pub use retell::{Order, Unreadable, retell};
