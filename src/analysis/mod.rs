//! What a finished run says, and what to do about it: figures of a run of ours or of Locust's CSV files, held against
//! targets, with advice for the symptoms that are there. Pure: files are read by the command.

mod advice;
mod bound;
mod cause;
mod companion_csvs;
mod conclude;
mod csv;
mod document;
mod figures;
mod growth;
mod judge;
mod names;
mod own;
mod page;
mod stats;
mod targets;
#[cfg(test)]
mod tests;
mod throughput;
mod trend;

pub use bound::{Bound, Share};
pub use conclude::{Examined, Outcome, conclude};

pub use companion_csvs::{CompanionCsvs, read_exceptions, read_failures, read_history};
pub use csv::{LIMIT, Unread};
pub use document::{Analysis, analysis_schema};
pub use figures::{Figures, Origin, Standards};
pub use names::{Known, Names};
pub use own::{of_journal, of_report};
pub use page::page;
pub use stats::read_stats;
pub use targets::targets;
pub use trend::{Point, Trend};
