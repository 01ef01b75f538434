use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::frame::FORMAT;
use super::identity::Labels;
use super::moment;
use super::run_id::{Fingerprint, RunId};
use crate::load::{Pace, PlannedLoad};
use crate::sample::{Catalog, StagePurpose};
use crate::threshold::{Amount, LeftOut, NoData, OnBreak};
use crate::units::{Offset, Seed, Shard};

/// What a journal says before its seconds: enough to read it without the plan. No secrets in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// The version of the journal's format.
    pub format: u32,
    /// The version of Plimsoll that wrote it.
    pub plimsoll: String,
    /// The run; shards of one run share it.
    pub run: RunId,
    /// What a person called it; none where nobody did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What a person noted about it.
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub labels: Labels,
    /// When the run began, by the wall clock.
    #[serde(with = "moment::wall")]
    pub began: SystemTime,
    /// The number all chance derived from.
    pub seed: Seed,
    /// Which part of the run this is.
    pub shard: Shard,
    /// How many worker threads made load.
    pub workers: u32,
    /// What was run.
    pub plan: PlanText,
    /// Where it was run.
    pub environment: Environment,
    /// The names behind the ids.
    pub catalog: Catalog,
    /// What must hold.
    pub thresholds: Vec<Threshold>,
    /// What the plan asks for and this run does not; empty in most.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOut>,
    /// The part of the plan's users, rates and times that the run was made with; none where that is all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale: Option<f64>,
    /// When each stage is, in the catalog's order.
    pub stages: Vec<Stage>,
    /// How much load the plan asks for over its time; none in journals that do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub planned: Option<PlannedLoad>,
    /// What says when the next request goes out; the plan in journals that do not say.
    #[serde(default, skip_serializing_if = "Pace::is_planned")]
    pub pace: Pace,
    /// The least level that must hold, of a search or a staircase to failure; none where it is not asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<MinimumLevel>,
    /// The shards a merged journal was made from; empty in others.
    #[serde(default)]
    pub parts: Vec<Part>,
}

/// The plan of a run, in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanText {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The file it was read from.
    pub file: String,
    /// The profile that was chosen.
    pub profile: Option<String>,
    /// The service it was aimed at.
    pub target: String,
    /// The file's text as a person wrote it.
    pub text: String,
    /// The SHA-256 of what was read: two runs of the same text have the same.
    pub sha256: Fingerprint,
    /// The plan as it was run, with everything that is included, inherited and overridden in its place.
    pub effective: String,
}

/// Where a run was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    /// The operating system.
    pub os: String,
    /// The processor's architecture.
    pub arch: String,
    /// The machine's name; none where it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The commit that was checked out where the plan lies; none outside a checkout.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// How many cores the process may use.
    pub cores: usize,
    /// How many files it may have open; none where that is not known.
    #[serde(default)]
    pub open_files: Option<u64>,
    /// How much memory it may use, in bytes; none where that is not known.
    #[serde(default)]
    pub memory: Option<u64>,
    /// How much of that the run may hold for what it counts and what it keeps of answers, in bytes; none where that is not
    /// known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_budget: Option<u64>,
    /// The command line after the program's name.
    pub arguments: Vec<String>,
}

/// What must hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Threshold {
    /// The condition, as a threshold is written.
    pub require: String,
    /// The condition as the plan has it, where the run is scaled and its own is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unscaled: Option<String>,
    /// Its name, where the plan gives one.
    pub name: Option<String>,
    /// What breaking it does.
    pub on_break: OnBreak,
    /// It aborts nothing before this time.
    #[serde(rename = "after_ns", with = "moment::nanos")]
    pub after: Duration,
    /// What no samples mean.
    pub no_data: NoData,
    /// Its place in the plan: `plan.yaml:12:3`; empty for the default.
    pub place: String,
    /// What the baseline measured, where the threshold compares with one and it is known.
    #[serde(default)]
    pub baseline: Option<Amount>,
}

/// When a stage is, and what it moves to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stage {
    /// Its name.
    pub name: String,
    /// The scenario it belongs to; empty where the plan has none.
    pub scenario: String,
    /// When it begins.
    #[serde(rename = "start_ns")]
    pub start: Offset,
    /// When it is over.
    #[serde(rename = "end_ns")]
    pub end: Offset,
    /// The number of users it moves to; none where it is a rate, or found out in the run.
    pub users: Option<u32>,
    /// The rate of arrivals it moves to, a second; none where it is a number of users, or found out in the run.
    pub rate: Option<f64>,
    /// Whether it counts.
    pub purpose: StagePurpose,
}

/// The least level that must hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MinimumLevel {
    /// How high it is: `100 users`, `50/s`.
    pub level: String,
    /// The same as a number.
    pub height: f64,
}

/// A shard that went into a merged journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Which part of the run it was.
    pub shard: Shard,
    /// When it began, by its own wall clock.
    #[serde(with = "moment::wall")]
    pub began: SystemTime,
    /// How many worker threads it had.
    pub workers: u32,
    /// Where it was run.
    pub environment: Environment,
}

impl Header {
    /// The format this program writes.
    pub const FORMAT: u32 = FORMAT;
}

impl Environment {
    /// This machine; `arguments` are shown as they are, so the caller masks what is secret.
    #[must_use]
    pub fn here(arguments: Vec<String>) -> Self {
        Self {
            os: std::env::consts::OS.to_owned(),
            arch: std::env::consts::ARCH.to_owned(),
            host: None,
            commit: None,
            cores: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            open_files: None,
            memory: None,
            memory_budget: None,
            arguments,
        }
    }
}
