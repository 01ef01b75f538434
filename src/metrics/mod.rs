//! The numbers: what one worker counts, one second of all workers, and the whole run.
//!
//! A worker's [`Tally`] is the only thing that changes under load. Each second it gives an [`Interval`], which is
//! merged with the other workers' and added to the [`Totals`]. Quantiles are merged, never averaged.

mod accounting;
mod bucket;
mod bucket_counts;
mod distribution;
mod errors;
mod interval;
mod last_ended;
mod recorder;
mod run_gauges;
mod series;
mod sparse_histogram;
mod tally;
mod tasks;
#[cfg(test)]
mod tests;
mod totals;
mod user_steps;

pub use accounting::Accounting;
pub use bucket::Scale;
pub use distribution::{Distribution, SlidingDistribution};
pub use errors::{ErrorCount, ErrorKey, LONGEST_EXAMPLE, SEEN_FOR_EXAMPLE};
pub use interval::{Health, Interval, MetricCount, SeriesCount};
pub use last_ended::LastEnded;
pub use recorder::Recorder;
pub use run_gauges::{add_run_gauges, covered_by_load, recompute_run_gauges};
pub use series::{Counts, Measure, SeriesKey};
pub use sparse_histogram::{Moments, SparseHistogram};
pub use tally::{Fold, NAMES, SERIES, SeriesRef, Tally};
pub use tasks::{TaskCounts, TaskGroups, TaskKey};
pub use totals::{MetricTotal, Second, SeriesTotal, Totals};
pub use user_steps::{UserChange, UserSteps};
