//! The report: one document with every number of a run, and the formats written from it. All of them show the same
//! number for the same quantity, because there is only one.

mod comparison;
mod csv;
mod files;
mod format;
mod github;
mod html;
mod junit;
mod numbers;
mod page;
mod sanitize;
mod suite;
mod summary;

pub use comparison::{
    ComparisonReport, ResultsWanted, build_comparison, comparison_page, comparison_schema, read_pair,
};
pub use csv::{HistoryRows, csv_rows, csv_text, exceptions, failures};
pub use files::{NewRun, Place, ResultFiles};
pub use format::{Baseline, Format, Seconds, keep};
pub use github::annotations;
pub use html::{
    Knob, LivePage, LiveRenderer, LiveSecond, LiveState, RunState, page_environment, source_hash, without_secrets,
};
pub use junit::comparison_junit;
pub(crate) use numbers::{Unit, counted, grouped, ms, percent, rate};
pub(crate) use page::{Block, Cell, Column, Item, Limit, Line, List, Mark, Section, Table, Verdict};
pub use page::{Looks, Page, wrapped};
pub use sanitize::{shortened, visible, visible_line};
pub use suite::{
    SuiteHead, SuiteOutcome, SuiteReport, SuiteRun, suite_html, suite_junit, suite_page, suite_report,
    suite_report_schema,
};
pub use summary::run_page;
