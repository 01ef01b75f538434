//! Rows of data files, read as a stream: a file of any size costs the memory of one row and a bounded index.
//!
//! A [`Table`] is a file looked through once: its columns, how many rows it has, and marks to find any of them again.
//! A [`Reader`] gives row number so-and-so. [`Permutation`] orders rows at random without keeping the order.

mod column_type;
mod csv;
mod cursor;
mod formats;
mod permutation;
mod stream;
mod table;
#[cfg(test)]
mod tests;

pub use column_type::ColumnType;
pub use csv::{Blanks, CsvDialect};
pub use formats::Format;
pub use permutation::Permutation;
pub use table::{Reader, Table};
