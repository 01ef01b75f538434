//! Two runs held against each other: what changed, within which bounds, and a word for it.
//!
//! An [`Accumulator`] takes a run second by second and keeps a [`Trace`] of it: for each endpoint at most 128 bins of
//! consecutive seconds. [`compare`] resamples blocks of bins, the same places of both runs together, and judges each
//! change by its interval. `docs/compare.md` has the method and its sources.

mod accumulator;
mod bins;
mod comparison;
mod judge;
mod resampling;
mod standard_error;
#[cfg(test)]
mod synthetic;
#[cfg(test)]
mod tests;
mod window;

pub use accumulator::{Accumulator, Name, Trace};
pub use comparison::{Change, Compared, Comparison, Demand, Quantity, Word};
pub use judge::{LEVEL, compare};
pub use resampling::REPLICATES;
pub use window::{Span, Window};
