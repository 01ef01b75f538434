//! Two runs compared: the document, and the page made from it.

mod differences;
mod document;
mod page;
mod read;

pub use document::{
    ChangeEntry, ComparedEntry, ComparisonReport, DemandEntry, MethodEntry, NameEntry, RunSide, WordEntry,
    build_comparison, comparison_schema,
};
pub use page::comparison_page;
pub(super) use page::{difference, interval, quantity, value};
pub use read::{Pair, RunTrace, read_pair};
