//! The numbers: what one worker counts, what one second comes to, what the whole run comes to.
//!
//! A worker's [`Tally`] is the only thing that changes under load. Each second it gives an [`Interval`], which is
//! merged with the other workers' and added to the [`Totals`]. Quantiles are merged, never averaged.

mod accounting;
mod bucket;
mod distribution;
mod errors;
mod health;
mod interval;
mod recorder;
mod run_gauges;
mod series;
mod sliding;
mod sparse_histogram;
mod tally;
#[cfg(test)]
mod tests;
mod totals;

pub use accounting::{Accounting, Imbalance};
pub use bucket::Scale;
pub use distribution::Distribution;
pub use errors::{ErrorCount, ErrorKey};
pub use health::Health;
pub use interval::{Interval, MetricCount, SeriesCount};
pub use recorder::Recorder;
pub use run_gauges::{pulse, repulse};
pub use series::{Counts, Measure, SeriesKey};
pub use sliding::Sliding;
pub use sparse_histogram::{Implausible, Moments, SparseHistogram};
pub use tally::{SeriesRef, Tally};
pub use totals::{MetricTotal, Second, SeriesTotal, Totals};
