//! Locust's four CSV files, to the column, so that what was written to read those reads these.
//!
//! The first three are written from the report, the history from the journal. Source of the format: `stats.py` of
//! Locust 2.47.

mod cells;
mod history;
mod totals;

#[cfg(test)]
mod tests;

pub use cells::{rows as csv_rows, text as csv_text};
pub use history::HistoryRows;
pub(super) use history::history;
pub(super) use totals::stats;
pub use totals::{exceptions, failures};
