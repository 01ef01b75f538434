//! A page: what a run, a comparison or an analysis has to say, in sections of tables and lines, apart from how it looks.
//! It is built once, and each renderer shows it its own way: text for a terminal, Markdown for a comment.
//!
//! Text from outside, such as a name, is kept apart from words of ours, and each renderer makes it harmless in one place.

mod columns;
mod ink;
mod line;
mod markdown;
mod model;
mod table;
#[cfg(test)]
mod tests;
mod text;

pub use ink::wrapped;
pub(crate) use line::Line;
pub(super) use model::Importance;
pub use model::Page;
pub(crate) use model::{Block, Item, List, Mark, Section, Verdict};
pub(super) use table::Row;
pub(crate) use table::{Cell, Column, Limit, Table};
pub use text::Looks;
