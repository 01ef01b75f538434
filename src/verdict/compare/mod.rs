//! Two runs held against each other: what changed, within which bounds, and what that comes to in a word.
//!
//! A [`Fold`] takes a run second by second and keeps a [`Trace`] of it: for each endpoint at most 128 cells of consecutive
//! seconds. [`compare`] resamples blocks of cells, the same places of both runs together, and judges each change by its
//! interval. `docs/compare.md` tells the method and its sources.

mod accumulator;
mod bins;
mod blocks;
mod influence;
mod judge;
mod quantity;
mod replicate;
mod student;
#[cfg(test)]
mod synthetic;
#[cfg(test)]
mod tests;
mod window;
mod word;

pub use accumulator::{Fold, Name, Trace};
pub use judge::{Change, Compared, Comparison, Demand, LEVEL, compare};
pub use quantity::Quantity;
pub use replicate::REPLICATES;
pub use window::{Span, Window};
pub use word::Word;
