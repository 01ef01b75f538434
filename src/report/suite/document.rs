use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::results::{VerdictEntry, document_schema};

/// The version of the suite's form. It changes when a field changes its meaning or goes away, not when one comes.
pub(super) const VERSION: u32 = 1;

/// What the plans of a suite came to. Times are in milliseconds unless the name says otherwise; a number that could not
/// be had is `null`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SuiteReport {
    /// The version of this form.
    pub version: u32,
    /// The version of Plimsoll that wrote it.
    pub plimsoll: String,
    /// The suite's name.
    pub name: String,
    /// What it is for; empty where nobody says.
    pub description: String,
    /// The file it was read from; absent where its plans were named on the command line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The part of its plans' users, rates and times that was run, of a rehearsal; absent in others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale: Option<f64>,
    /// When it began (RFC 3339, UTC).
    pub began: String,
    /// How many seconds it took so far, rests among them.
    pub seconds: f64,
    /// How many seconds it rested between two plans.
    pub rest: f64,
    /// Whether it is over; before, this is what it has come to so far.
    pub over: bool,
    /// The verdict on all of it. Its exit code is the worst of its runs.
    pub verdict: VerdictEntry,
    /// Its runs, in order.
    pub runs: Vec<SuiteRunEntry>,
}

/// One plan of a suite.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SuiteRunEntry {
    /// What its run is called.
    pub name: String,
    /// The plan's file.
    pub file: String,
    /// What was said over the plan, as flags.
    pub flags: Vec<String>,
    /// What it came to.
    pub state: SuiteState,
    /// Its exit code; `null` where it was not run.
    pub exit_code: Option<u8>,
    /// The same in words: its verdict, or why there is none.
    pub text: String,
    /// The beginning of its files' names; `null` where it left none.
    pub stem: Option<String>,
    /// The part of the plan's users, rates and times it was run with, of a rehearsal; absent in others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale: Option<f64>,
    /// When it began (RFC 3339, UTC).
    pub began: Option<String>,
    /// For how many seconds load was made.
    pub seconds: Option<f64>,
    /// The most users there were at once.
    pub users: Option<u64>,
    /// How many requests were answered or failed; these and those below are without a warm-up.
    pub requests: Option<u64>,
    /// How many failed.
    pub failed: Option<u64>,
    /// The share of calls that failed.
    pub error_rate: Option<f64>,
    /// Requests a second.
    pub rate: Option<f64>,
    /// The median of the response time.
    pub p50: Option<f64>,
    /// Its 95th percentile.
    pub p95: Option<f64>,
    /// Its 99th percentile.
    pub p99: Option<f64>,
    /// How many thresholds it had.
    pub thresholds: u64,
    /// How many of them held.
    pub held: u64,
    /// Those that did not, with what was measured.
    pub broken: Vec<String>,
    /// Those of the plan that say nothing of this run, and why.
    pub left_out: Vec<String>,
}

/// What a plan of a suite came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SuiteState {
    /// It passed.
    Passed,
    /// It failed.
    Failed,
    /// It ended in another way: not valid, interrupted, or something was lost.
    NotValid,
    /// It did not start.
    NotStarted,
    /// The suite ended before its turn.
    NotRun,
    /// It is still to come.
    Waiting,
}

/// The schema of a suite's report, draft-07.
#[must_use]
pub fn suite_report_schema() -> serde_json::Value {
    document_schema::<SuiteReport>("Plimsoll suite report")
}
