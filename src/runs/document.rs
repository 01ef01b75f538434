use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::results::{ShardEntry, document_schema};

/// The version of the list's form. It changes when a field changes its meaning or goes away, not when one comes.
pub(super) const VERSION: u32 = 1;

/// The runs of a folder of results, the newest first. Times are in milliseconds; a number that could not be had is
/// `null`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunsReport {
    /// The version of this form.
    pub version: u32,
    /// The version of Plimsoll that wrote it.
    pub plimsoll: String,
    /// The folder.
    pub folder: String,
    /// Its runs, or those that were asked for.
    pub runs: Vec<RunLine>,
    /// How many older runs are left out.
    pub older: u64,
    /// Files that are of no run, and files of runs that cannot be read.
    pub skipped: Vec<SkippedFile>,
}

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunLine {
    /// What it is called by, as of now: `latest`, `latest~1`.
    pub reference: String,
    /// Its journal; of a run whose journal is gone, its report.
    pub file: String,
    /// What a person called it.
    pub name: Option<String>,
    /// What a person noted about it.
    pub labels: BTreeMap<String, String>,
    /// Its plan's name.
    pub plan: String,
    /// The profile that was chosen.
    pub profile: Option<String>,
    /// The part of the plan's users, rates and times that it was made with, of a rehearsal; absent in others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale: Option<f64>,
    /// When it began (RFC 3339, UTC).
    pub began: String,
    /// Which part of a run it was, of a run that several machines made; `null` for a whole one.
    pub shard: Option<ShardEntry>,
    /// What it came to.
    pub state: RunState,
    /// The verdict in words; where there is none, why.
    pub verdict: String,
    /// The exit code that follows from the verdict.
    pub exit_code: Option<u8>,
    /// For how many seconds load was made.
    pub seconds: Option<f64>,
    /// How many requests were answered or failed; these and those below are without a warm-up.
    pub requests: Option<u64>,
    /// How many failed.
    pub failed: Option<u64>,
    /// Requests a second.
    pub rate: Option<f64>,
    /// The share of calls that failed.
    pub error_rate: Option<f64>,
    /// The median of the response time.
    pub p50: Option<f64>,
    /// Its 95th percentile.
    pub p95: Option<f64>,
    /// Its 99th percentile.
    pub p99: Option<f64>,
    /// The figures that `--trend` asks for, as they were asked for; empty without.
    pub figures: BTreeMap<String, FigureEntry>,
}

/// What a run came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// It passed.
    Passed,
    /// It did not.
    Failed,
    /// The generator was the bottleneck, or broke down.
    NotValid,
    /// It was interrupted.
    Interrupted,
    /// It is under way, or was killed.
    CutOff,
    /// What there is of it cannot be read.
    Unknown,
}

/// A figure of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FigureEntry {
    /// The figure as a number; `null` without data.
    pub value: Option<f64>,
    /// What it counts: `s` (seconds), `/s`, `share` (of 1), `number` or `bytes`; empty where nothing of it is known.
    pub unit: String,
    /// The figure as a person reads it; `no data` without.
    pub shown: String,
    /// Whether failed requests are in it, each as no quicker than its timeout; absent where none is.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub failed_as_timeout: bool,
}

/// A file that tells of no run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SkippedFile {
    /// Its name.
    pub file: String,
    /// Why.
    pub why: String,
}

impl RunState {
    /// In a word or two.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::NotValid => "not valid",
            Self::Interrupted => "interrupted",
            Self::CutOff => "cut off",
            Self::Unknown => "unknown",
        }
    }
}

impl RunLine {
    /// Its labels, as they are typed.
    pub(super) fn noted(&self) -> Vec<String> {
        self.labels.iter().map(|(key, value)| format!("{key}={value}")).collect()
    }
}

/// The schema of such lists, draft-07.
#[must_use]
pub fn runs_schema() -> serde_json::Value {
    document_schema::<RunsReport>("Plimsoll runs")
}
