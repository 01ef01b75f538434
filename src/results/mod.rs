//! The results of a run so far: the one fold over its entries. `run` feeds it from the engine, everything else from a
//! journal, so nothing of a run can be known to the one and not to the other.
//!
//! [`Results`] are built from a journal's header, hear each entry, and know at any second the numbers, the
//! thresholds, the generator's health and whether the run has to stop. [`Results::report`] is the document every format is written
//! from.

mod dashboard;
mod fold;
mod levels;
mod planned;
mod recent;
mod rules;
mod snapshot;

mod build;
mod document;
mod few_samples;
mod group_rows;
mod request_rows;
mod task_rows;
mod try_command;
mod user_rows;

mod reading;
mod replay;
#[cfg(test)]
mod tests;

pub use dashboard::{Dashboard, EndpointNow};
#[cfg(test)]
pub use dashboard::{Errors, GeneratorNow};
pub use document::{
    BreakdownEntry, ExportEntry, FailureEntry, GroupEntry, LeftOutEntry, LevelEntry, MetricEntry, Report, RequestEntry,
    SecondEntry, ShardEntry, StageEntry, TaskCountEntry, TasksEntry, ThresholdEntry, ThresholdState, TimeEntry,
    UserEntry, VerdictEntry, document_schema, rehearsal, report_schema,
};
pub use few_samples::{FEW_BEYOND, has_few_samples};
pub use fold::Results;
pub use levels::level;
pub use planned::{Planned, tasks_begun};
pub use reading::{NotAReport, read_report};
pub use recent::{Quantiles, Recent};
pub use replay::{TooLarge, baseline, replay};
pub use rules::{Unreadable, written};
pub use snapshot::{Snapshot, ThresholdNow};
