//! Whether the service held: each threshold judged each second on merged numbers, the generator judged by its own
//! health, and what the two come to.

pub mod compare;
mod conclude;
mod exit;
mod generator_health;
mod judge;
mod measure;
mod measurement;
mod rate_search;
mod select;
#[cfg(test)]
mod tests;
mod threshold_evaluator;
mod threshold_history;
mod timeline;
mod whole;

pub use conclude::{Integrity, Verdict, conclude};
pub use exit::Exit;
pub use generator_health::{GeneratorHealth, HealthIssue, InvalidReason, Limits, health_issues};
pub use judge::{Judged, Status, judge_stage, stand};
pub use rate_search::{RateSearch, Tried};
pub use threshold_evaluator::{Finding, ThresholdEvaluator};
pub use threshold_history::{Point, ThresholdHistory};
pub use timeline::{Elapsed, Timeline};
pub use whole::{is_of_the_whole, on_shard};
