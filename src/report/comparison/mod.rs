//! Two runs compared: the document, and the page made from it.

mod differences;
mod document;
mod page;
mod read;

pub(super) use document::{ChangeEntry, ComparedEntry, WordEntry};
pub use document::{ComparisonReport, ResultsWanted, build_comparison, comparison_schema};
pub use page::comparison_page;
pub(super) use page::{difference, interval, quantity, value};
pub use read::read_pair;
