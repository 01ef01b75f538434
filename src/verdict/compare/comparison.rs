use std::fmt;
use std::time::Duration;

use super::accumulator::Name;
use crate::units::Ratio;

/// How large a change must be to matter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Demand {
    /// The part of the base's value that may change.
    pub tolerance: Ratio,
    /// A response time may change by so much, however short it is.
    pub floor: Duration,
    /// An error rate may change by so much, however small it is.
    pub error_floor: Ratio,
}

/// Two runs held against each other.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The worst word of all rows.
    pub word: Word,
    /// All requests together.
    pub all: Compared,
    /// Requests by method and name: those of both runs, in that order.
    pub rows: Vec<Compared>,
    /// Names of the base alone.
    pub only_base: Vec<Name>,
    /// Names of the new run alone.
    pub only_new: Vec<Name>,
    /// How many changes were judged together.
    pub changes: usize,
    /// How many blocks each run was cut into.
    pub blocks: usize,
}

/// One row of both runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    /// Method and name; both empty for all together.
    pub name: Name,
    /// Requests answered or failed: of the base and the new run.
    pub ended: (u64, u64),
    /// Of those, failed.
    pub failed: (u64, u64),
    /// Each quantity.
    pub changes: Vec<Change>,
    /// The worst word among them.
    pub word: Word,
}

/// One quantity of a row. Throughput is in requests a second, an error rate a share, times in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change {
    /// Which.
    pub quantity: Quantity,
    /// The base's value; `None` without samples.
    pub base: Option<f64>,
    /// The new run's.
    pub new: Option<f64>,
    /// new / base − 1; of an error rate new − base.
    pub change: Option<f64>,
    /// Between which bounds the change lies; all intervals of a comparison hold together in 97 of 100 comparisons.
    pub interval: Option<(f64, f64)>,
    /// What is to be said of it.
    pub word: Word,
}

/// A number of a row that is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Quantity {
    /// Requests answered or failed, a second.
    Throughput,
    /// The share of them that failed.
    ErrorRate,
    /// The response time that half of them took at most.
    P50,
    /// That nine in ten took at most.
    P90,
    /// That 95 in 100 took at most.
    P95,
    /// That 99 in 100 took at most.
    P99,
}

/// What is to be said of a change, or of a whole comparison, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Word {
    /// The samples do not carry a word.
    NotEnoughData,
    /// No change that chance could not have made, or none that matters.
    Same,
    /// A change for the better, beyond chance and tolerance.
    Improved,
    /// A change for the worse, beyond chance and tolerance.
    Regressed,
}

impl Compared {
    pub(super) fn word_of(&self, quantity: Quantity) -> Word {
        Word::of(self.changes.iter().filter(|change| change.quantity == quantity).map(|change| change.word))
    }
}

impl Quantity {
    /// Every quantity, in the order of the tables.
    pub const ALL: [Self; 6] = [Self::Throughput, Self::ErrorRate, Self::P50, Self::P90, Self::P95, Self::P99];

    /// Its name in tables and documents.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Throughput => "throughput",
            Self::ErrorRate => "error_rate",
            Self::P50 => "p50",
            Self::P90 => "p90",
            Self::P95 => "p95",
            Self::P99 => "p99",
        }
    }

    /// Of a response time, the share of requests that took no longer.
    #[must_use]
    pub const fn share(self) -> Option<f64> {
        match self {
            Self::Throughput | Self::ErrorRate => None,
            Self::P50 => Some(0.5),
            Self::P90 => Some(0.9),
            Self::P95 => Some(0.95),
            Self::P99 => Some(0.99),
        }
    }
}

impl Word {
    /// Of several: a regression outranks an improvement, which outranks that nothing changed.
    #[must_use]
    pub fn of(words: impl IntoIterator<Item = Self>) -> Self {
        words.into_iter().max().unwrap_or(Self::NotEnoughData)
    }

    /// The word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotEnoughData => "not enough data",
            Self::Same => "same",
            Self::Improved => "improved",
            Self::Regressed => "regressed",
        }
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
