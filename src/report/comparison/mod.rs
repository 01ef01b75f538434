//! Two runs held against each other, as a document, and as text, Markdown and JUnit made from it.

mod differences;
mod document;
mod figures;
mod junit;
mod markdown;
mod read;
mod text;

pub use document::{
    ChangeEntry, ComparedEntry, ComparisonReport, DemandEntry, MethodEntry, NameEntry, RunSide, WordEntry,
    build_comparison, comparison_schema,
};
pub use junit::comparison_junit;
pub use markdown::comparison_markdown;
pub use read::{Pair, RunTrace, read_pair};
pub use text::comparison_text;
