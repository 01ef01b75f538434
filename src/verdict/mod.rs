//! Whether the service held: each threshold evaluated each second on merged numbers, the generator judged by its own
//! health, and the verdict of both.

mod ceiling;
pub mod compare;
mod conclude;
mod evaluate;
mod exit;
mod generator_health;
mod measurement;
mod rate_search;
mod selection;
#[cfg(test)]
mod tests;
mod threshold_evaluator;
mod threshold_history;
mod worst_window;

pub use ceiling::{AtCeiling, decided_by_ceiling};
pub use conclude::{Achievement, Integrity, MissedLevel, Trust, Verdict, conclude};
pub use evaluate::{Count, Figure, Source, Status, decide, evaluate};
pub use exit::Exit;
pub use generator_health::{GeneratorHealth, HealthIssue, Limits, SecondHealth};
pub use rate_search::{LevelResult, RateSearch};
pub use selection::{Elapsed, Timeline};
pub use threshold_evaluator::{Finding, Judged, ThresholdEvaluator, failures_of, judge_stage};
pub use threshold_history::HistoryPoint;
