//! Markdown for a pull request's comment or a job's summary.

mod page;
mod sections;
mod words;

pub use sections::markdown;
pub(super) use words::code;
