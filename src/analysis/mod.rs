//! What a finished run says, and what to do about it: figures of a run of ours or of Locust's CSV files, held against
//! targets, with advice for the symptoms that are there. Pure: files are read by the command.

mod advice;
mod cause;
mod conclude;
mod csv;
mod document;
mod figure_source;
mod figures;
mod locust;
mod page;
mod quantile_bounds;
mod report_figures;
mod targets;
#[cfg(test)]
mod tests;
mod throughput;
mod trend;

pub use conclude::{Outcome, conclude};
pub use csv::InputError;
pub use document::analysis_schema;
pub use figure_source::{EndpointNames, KnownEndpoint};
pub use figures::Figures;
pub use locust::{CompanionCsvs, read_exceptions, read_failures, read_history, read_stats};
pub use page::page;
pub use report_figures::{of_journal, of_report};
pub use targets::Examined;
pub use trend::Trend;
