use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::read::Pair;
use crate::results::document_schema;
use crate::verdict::Exit;
use crate::verdict::compare::{Change, Compared, Comparison, Demand, LEVEL, Name, Quantity, REPLICATES, Word};

/// The version of the comparison's form. It changes when a field changes its meaning or goes away, not when one comes.
const VERSION: u32 = 1;

/// Two runs held against each other. Times are in milliseconds; a number that could not be had is `null`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ComparisonReport {
    /// The version of this form.
    pub version: u32,
    /// The version of Plimsoll that wrote it.
    pub plimsoll: String,
    /// The result: the worst word of all rows.
    pub word: WordEntry,
    /// The exit code: 1 for a regression, 4 for too little data where a result is required, else 0.
    pub exit_code: u8,
    /// What is to be known before the words are believed: what differs between the runs, what is missing.
    pub warnings: Vec<String>,
    /// The earlier run.
    pub base: RunSide,
    /// The run that is compared with it.
    pub new: RunSide,
    /// What a change must exceed to matter.
    pub demand: DemandEntry,
    /// How the intervals were made.
    pub method: MethodEntry,
    /// All requests together.
    pub total: ComparedEntry,
    /// Requests by method and name: those that both runs have.
    pub requests: Vec<ComparedEntry>,
    /// Requests of the base alone.
    pub only_base: Vec<NameEntry>,
    /// Requests of the new run alone.
    pub only_new: Vec<NameEntry>,
}

/// One of the two runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunSide {
    /// Its journal.
    pub file: String,
    /// Its plan's name.
    pub plan: String,
    /// The SHA-256 of the plan's file.
    pub sha256: String,
    /// The service it was aimed at.
    pub target: String,
    /// When it began (RFC 3339, UTC).
    pub began: String,
    /// How many seconds of it are compared; stages that warm up are not.
    pub seconds: f64,
    /// The number all chance derived from.
    pub seed: u64,
}

/// What a change must exceed to matter.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DemandEntry {
    /// A part of the base's value: 0.05 is five in a hundred.
    pub tolerance: f64,
    /// Of a response time: so many milliseconds.
    pub floor: f64,
    /// Of an error rate: so large a share of all requests.
    pub error_floor: f64,
}

/// How the intervals were made.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MethodEntry {
    /// How often all intervals of a comparison are right together.
    pub confidence: f64,
    /// How many changes were evaluated together.
    pub changes: usize,
    /// Into how many blocks of consecutive seconds each run was cut.
    pub blocks: usize,
    /// How often blocks were drawn.
    pub replicates: usize,
}

/// Requests of both runs that share a method and a name, or all of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ComparedEntry {
    /// The method; empty for all together.
    pub method: String,
    /// The name; `all` for all together.
    pub name: String,
    /// The worst word of its changes.
    pub word: WordEntry,
    /// How many requests of the base were answered or failed.
    pub base_requests: u64,
    /// How many of the new run.
    pub new_requests: u64,
    /// Throughput, error rate and quantiles of the response time.
    pub changes: Vec<ChangeEntry>,
}

/// One quantity in both runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChangeEntry {
    /// `throughput` (requests a second), `error_rate` (a share of 1), or `p50`, `p90`, `p95`, `p99` (milliseconds).
    pub quantity: String,
    /// The base's value.
    pub base: Option<f64>,
    /// The new run's value.
    pub new: Option<f64>,
    /// new / base − 1; of an error rate new − base.
    pub change: Option<f64>,
    /// The interval's lower end.
    pub low: Option<f64>,
    /// The interval's upper end.
    pub high: Option<f64>,
    /// Whether the interval is so wide that it means nothing: a doubling, or of an error rate five points, would not be seen.
    /// Absent where it is not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub too_wide: bool,
    /// The result.
    pub word: WordEntry,
}

/// A request's method and name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NameEntry {
    /// The method.
    pub method: String,
    /// The name.
    pub name: String,
}

/// The result of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WordEntry {
    /// For the better, beyond chance and tolerance.
    Improved,
    /// No change that chance could not have made, or none that matters.
    Same,
    /// For the worse, beyond chance and tolerance.
    Regressed,
    /// The samples do not carry a word.
    NotEnoughData,
}

/// Whether a comparison has to come to a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResultsWanted {
    /// It is as good as one without a change where there is too little data.
    WhereKnown,
    /// It must: too little data is an error.
    Always,
}

/// Makes the document of a comparison.
#[must_use]
pub fn build_comparison(
    pair: &Pair,
    demand: &Demand,
    comparison: &Comparison,
    results: ResultsWanted,
) -> ComparisonReport {
    let name = |(method, name): &Name| NameEntry { method: method.to_string(), name: name.to_string() };
    ComparisonReport {
        version: VERSION,
        plimsoll: env!("CARGO_PKG_VERSION").to_owned(),
        word: comparison.word.into(),
        exit_code: match (comparison.word, results) {
            (Word::Regressed, _) => Exit::Failed,
            (Word::NotEnoughData, ResultsWanted::Always) => Exit::Invalid,
            (Word::NotEnoughData | Word::Same | Word::Improved, _) => Exit::Passed,
        }
        .code(),
        warnings: pair.warnings.clone(),
        base: pair.base.side.clone(),
        new: pair.new.side.clone(),
        demand: DemandEntry {
            tolerance: demand.tolerance.as_f64(),
            floor: demand.floor.as_secs_f64() * 1e3,
            error_floor: demand.error_floor.as_f64(),
        },
        method: MethodEntry {
            confidence: 1.0 - LEVEL,
            changes: comparison.changes,
            blocks: comparison.blocks,
            replicates: REPLICATES,
        },
        total: ComparedEntry { name: "all".to_owned(), ..row(&comparison.all) },
        requests: comparison.rows.iter().map(row).collect(),
        only_base: comparison.only_base.iter().map(name).collect(),
        only_new: comparison.only_new.iter().map(name).collect(),
    }
}

fn row(compared: &Compared) -> ComparedEntry {
    ComparedEntry {
        method: compared.name.0.to_string(),
        name: compared.name.1.to_string(),
        word: compared.word.into(),
        base_requests: compared.ended.0,
        new_requests: compared.ended.1,
        changes: compared.changes.iter().map(change).collect(),
    }
}

fn change(change: &Change) -> ChangeEntry {
    let shown = |value: f64| match change.quantity {
        Quantity::Throughput | Quantity::ErrorRate => value,
        _ => value / 1e6,
    };
    ChangeEntry {
        quantity: change.quantity.name().to_owned(),
        base: change.base.map(shown),
        new: change.new.map(shown),
        change: change.change,
        low: change.interval.map(|(low, _)| low),
        high: change.interval.map(|(_, high)| high),
        // with an interval there is no other reason for want of a result
        too_wide: change.interval.is_some() && change.word == Word::NotEnoughData,
        word: change.word.into(),
    }
}

impl WordEntry {
    /// The word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Improved => Word::Improved.name(),
            Self::Same => Word::Same.name(),
            Self::Regressed => Word::Regressed.name(),
            Self::NotEnoughData => Word::NotEnoughData.name(),
        }
    }
}

impl From<Word> for WordEntry {
    fn from(word: Word) -> Self {
        match word {
            Word::Improved => Self::Improved,
            Word::Same => Self::Same,
            Word::Regressed => Self::Regressed,
            Word::NotEnoughData => Self::NotEnoughData,
        }
    }
}

/// The schema of comparisons, draft-07.
#[must_use]
pub fn comparison_schema() -> serde_json::Value {
    document_schema::<ComparisonReport>("Plimsoll comparison")
}
