use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::moment;
use crate::sample::StageId;
use crate::threshold::Amount;
use crate::units::Offset;

/// Something that happened in a run, for those who read its numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Annotation {
    /// When.
    #[serde(rename = "at_ns")]
    pub at: Offset,
    /// What kind of thing.
    pub mark: Mark,
    /// What, in words; no secrets in it.
    pub text: String,
}

/// What kind of thing an annotation reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// A stage began.
    StageBegan,
    /// A level of a search or a staircase was tried.
    LevelTried,
    /// A threshold that aborts was broken.
    ThresholdBroke,
    /// Somebody, or the plan, wants the run to end.
    StopAsked,
    /// Requests under way are cut off.
    Cut,
    /// A line the plan writes to the log.
    Line,
    /// A person changed the load while it was under way.
    Steered,
    /// A limit is met: some of what is counted goes to `other` from then on, or secrets have no more room.
    Folded,
    /// Anything else; also what a later version marks with a word of its own.
    #[serde(other)]
    Note,
}

/// The end of a run. A journal without it was cut off, or is still being written. Where a teardown follows the load there
/// are two, before it and after it, and the last holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct End {
    /// Why it ended.
    pub closing: Closing,
    /// How long load was made for.
    #[serde(rename = "elapsed_ns", with = "moment::nanos")]
    pub elapsed: Duration,
    /// Workers that broke down.
    pub broken_workers: usize,
    /// What went wrong in the plan's teardown; before that is over, [`End::TEARDOWN_OPEN`].
    pub teardown: Vec<String>,
    /// Levels that were tried, in that order.
    #[serde(default)]
    pub levels: Vec<Level>,
    /// What became of what was sent elsewhere while the run was under way; empty where nothing was to be.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exports: Vec<Export>,
}

/// What became of what a run sent to one place while it was under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Export {
    /// The exporter, by its flag: `prometheus`.
    pub by: String,
    /// Where it sent to; no secrets in it.
    pub to: String,
    /// How much arrived: seconds, and the end.
    pub delivered: u64,
    /// How much did not.
    pub lost: u64,
    /// Why; none where nothing was lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

impl End {
    /// What an end says of a teardown that is not over yet: it stays where the process is killed in it.
    pub const TEARDOWN_OPEN: &str = "it was not over yet when this was written";
}

/// Why a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Closing {
    /// Its time was up.
    Complete,
    /// The plan itself ended it: a step, a feed, or the search for a level.
    Plan,
    /// A threshold that aborts was broken; its place in the header's list.
    Threshold(usize),
    /// Somebody asked it to.
    Asked,
}

/// A level that was tried: of a search, or of a staircase to failure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Level {
    /// The stage it was tried in.
    pub stage: StageId,
    /// How high it is: `100 users`, `50/s`.
    pub level: String,
    /// The same as a number.
    pub height: f64,
    /// The thresholds that did not hold on it, with what was measured.
    pub broken: Vec<String>,
    /// Arrivals that were dropped in it.
    pub dropped: u64,
    /// What was measured of each threshold, in the header's order; `null` without data.
    #[serde(default)]
    pub measured: Vec<Option<Amount>>,
}

impl Level {
    /// Whether every threshold held, and nothing was dropped.
    #[must_use]
    pub fn held(&self) -> bool {
        self.dropped == 0 && self.broken.is_empty()
    }
}
