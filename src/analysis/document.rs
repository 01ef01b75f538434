use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::quantile_bounds::Bound;
use crate::results::document_schema;

/// The version of the analysis's form. It changes when a field changes its meaning or goes away, not when one comes.
pub(super) const VERSION: u32 = 2;

/// What one or several finished runs say. Times are in milliseconds; a number that could not be had is `null`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Analysis {
    /// The version of this form.
    pub version: u32,
    /// The version of Plimsoll that wrote it.
    pub plimsoll: String,
    /// Whether every target that could be judged is met, and there was something to judge.
    pub passed: bool,
    /// The result in words.
    pub text: String,
    /// The exit code of the result: 0 also where there are no targets.
    pub exit_code: u8,
    /// The plan whose thresholds the targets are; `null` where each run is held against its own.
    pub standards: Option<String>,
    /// Each file that was read.
    pub files: Vec<FileEntry>,
    /// All requests of all files. Files may be of different times, so there is no rate of several.
    pub total: RowEntry,
    /// Requests of all files by method and name.
    pub requests: Vec<RowEntry>,
    /// The five of each kind that stand out.
    pub top: Top,
}

/// What one file says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FileEntry {
    /// The file, as it was named.
    pub file: String,
    /// `journal`, `report` or `locust`.
    pub kind: String,
    /// What was run, where the file says it.
    pub plan: Option<String>,
    /// For how many seconds load was made.
    pub seconds: Option<f64>,
    /// The most users there were at once.
    pub users: Option<u64>,
    /// All its requests.
    pub total: RowEntry,
    /// Each target with what was measured: the plan's thresholds, or else the run's own.
    pub targets: Vec<TargetEntry>,
    /// Why the result is not valid: the generator was the bottleneck.
    pub invalid: Option<String>,
    /// Symptoms the run shows, and what to look at.
    pub recommendations: Vec<Recommendation>,
    /// What was approximated, left out, or looks odd.
    pub notes: Vec<String>,
}

/// Requests that share a method and a name, or all of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RowEntry {
    /// The method; empty for all together.
    pub method: String,
    /// The name; `all` for all together.
    pub name: String,
    /// How many were answered or failed.
    pub requests: u64,
    /// How many failed.
    pub failed: u64,
    /// The share that failed; `null` without requests.
    pub error_rate: Option<f64>,
    /// Requests a second; `null` where several files make the row.
    pub rate: Option<f64>,
    /// The mean response time.
    pub mean: Option<f64>,
    /// The shortest.
    pub min: Option<f64>,
    /// The median, or between which values it lies.
    pub p50: Option<Bound>,
    /// The 95th percentile, or between which values it lies.
    pub p95: Option<Bound>,
    /// The 99th percentile, or between which values it lies.
    pub p99: Option<Bound>,
    /// The longest.
    pub max: Option<f64>,
}

/// The five of each kind that stand out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Top {
    /// Those with the most requests.
    pub requests: Vec<RowEntry>,
    /// Those with the highest 95th percentile.
    pub slowest: Vec<RowEntry>,
    /// Those with the most failures, where there are any.
    pub errors: Vec<RowEntry>,
}

/// One target with what was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TargetEntry {
    /// Its name, where the plan gives one.
    pub name: Option<String>,
    /// The condition.
    pub require: String,
    /// What was measured, as a person reads it; `null` where nothing was.
    pub measured: Option<String>,
    /// Whether it is met.
    pub state: State,
    /// Why it was not judged, or what else is to be known of it.
    pub note: Option<String>,
}

/// Whether a target is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It is.
    Met,
    /// It is not.
    Missed,
    /// There was nothing to judge, which misses it.
    NoData,
    /// The file does not say enough; this neither passes nor fails.
    NotJudged,
}

/// A symptom, and what to look at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Recommendation {
    /// The symptom.
    pub symptom: Symptom,
    /// The figures that show it.
    pub finding: String,
    /// The endpoints it shows at, the worst first.
    pub endpoints: Vec<String>,
    /// What to look at, in this order.
    pub look_at: Vec<String>,
}

/// What may be wrong with a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Symptom {
    /// The generator was the bottleneck.
    Generator,
    /// More than 5 % of the requests failed.
    Errors,
    /// Connections failed, broke off or timed out.
    Connections,
    /// The service said that there are too many requests.
    RateLimit,
    /// The 95th percentile is above 500 ms.
    SlowAnswers,
    /// Requests waited long before they were sent.
    Waiting,
    /// Arrivals were due and nobody was free to begin them.
    Dropped,
    /// Fewer than 10,000 requests a minute, although there are many users.
    Throughput,
    /// The plan itself, or the locustfile, has errors.
    Exceptions,
}

impl Analysis {
    /// Whose thresholds the targets are, in words.
    pub(super) fn whose(&self) -> &str {
        self.standards.as_deref().unwrap_or("the run itself")
    }
}

/// The schema of analyses, draft-07.
#[must_use]
pub fn analysis_schema() -> serde_json::Value {
    document_schema::<Analysis>("Plimsoll analysis")
}
