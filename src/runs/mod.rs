//! Runs that can be found again: what lies in a folder of results, which run is meant by a word, what each came to, and
//! which are to go.
//!
//! A folder is a list of names until somebody asks: [`RunsFolder::read`] looks at no more of each run than its journal's
//! header. What a run came to is read from the JSON report beside its journal, which the same fold wrote when the run
//! was over; only a run without one, as a killed run is, is folded again. A trend is of any figure a threshold can be
//! of, and so is always folded from the journals.

mod folder;
mod head;

mod find;
mod outcome;

mod document;
mod list;
mod text;

mod figure;
mod trend;
mod trend_page;

mod prune;
#[cfg(test)]
mod tests;

pub use document::{RunsReport, runs_schema};
pub use figure::TrendFigure;
pub use find::{NoRun, find};
pub use folder::RunsFolder;
pub use head::RunHead;
pub use list::{Filter, list};
pub use prune::to_prune;
pub use text::list_text;
pub use trend::{trend_csv, trend_text};
pub use trend_page::trend_page;
