//! What may be said of the service where the generator was at its ceiling: it had no schedule to be late for, and sent as
//! much as it could.
//!
//! Each time that was measured is that of the service, and what the generator took besides. So times are too long or right,
//! throughput is too low or right, and some requests may have failed that the generator was too slow for. A threshold is
//! judged for certain where that cannot have been what decided it.

use std::fmt;

use super::evaluate::{Status, status_of};
use super::selection::Selection;
use crate::metrics::Totals;
use crate::sample::{Catalog, FailureKind, MetricKind, RunGauge};
use crate::threshold::{Aggregate, Amount, Operator, Rule, Subject};
use crate::units::Ratio;

/// In how much of a run the generator was at its ceiling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ceiling {
    /// In so many seconds.
    pub at: u64,
    /// Of how many.
    pub of: u64,
}

/// What the ceiling may have decided of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AtCeiling {
    /// In how much of the run.
    pub ceiling: Ceiling,
    /// The thresholds that may be judged as they are for that alone: their indices and texts.
    pub doubtful: Vec<(usize, String)>,
    /// Whether a level may not have held for that alone, and so the highest that held is not the answer.
    pub level_in_doubt: bool,
}

/// Which way the ceiling moves a figure, if it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moves {
    Nowhere,
    Up,
    Down,
    Anywhere,
    /// Up, by the requests that were given up for the time they took.
    WithTimeouts,
}

/// Whether a rule may be judged as it is for the ceiling alone, with what was measured.
#[must_use]
pub fn decided_by_ceiling(
    rule: &Rule,
    (measured, status): (Option<Amount>, Status),
    totals: &Totals,
    catalog: &Catalog,
) -> bool {
    // what is not there nobody moved
    let Some(measured) = measured else { return false };
    let held = match status {
        Status::Held => true,
        Status::Broken => false,
        Status::NoData | Status::Deferred => return false,
    };
    let helps = match rule.require.operator {
        Operator::Below | Operator::AtMost => Moves::Down,
        Operator::Above | Operator::AtLeast => Moves::Up,
        Operator::Equal | Operator::NotEqual => Moves::Anywhere,
    };
    match moves(rule, catalog) {
        Moves::Nowhere => false,
        Moves::Anywhere => true,
        Moves::WithTimeouts => without_timeouts(rule, measured, totals, catalog) != status,
        moved => helps == Moves::Anywhere || (helps == moved) == held,
    }
}

fn moves(rule: &Rule, catalog: &Catalog) -> Moves {
    let metric = match &rule.require.subject {
        Subject::Declared(name) => match RunGauge::named(name) {
            Some(RunGauge::ConcurrentUsers) => return Moves::Nowhere,
            Some(RunGauge::TotalRps) => {
                let spread = rule.require.aggregate == Aggregate::Stddev;
                return if spread { Moves::Anywhere } else { Moves::Down };
            }
            None => catalog.metrics.iter().find(|metric| *metric.name == **name).map(|metric| metric.kind),
        },
        _ => Some(MetricKind::Time),
    };
    match (rule.require.aggregate, metric) {
        (Aggregate::Count | Aggregate::Rate | Aggregate::Bytes, _) => Moves::Down,
        (Aggregate::ErrorRate | Aggregate::TaskErrorRate | Aggregate::StartErrorRate | Aggregate::Errors, _) => {
            Moves::WithTimeouts
        }
        (Aggregate::Share | Aggregate::Dropped, _) => Moves::Nowhere,
        (Aggregate::Stddev, Some(MetricKind::Time)) => Moves::Anywhere,
        (_, Some(MetricKind::Time)) => Moves::Up,
        // values of answers
        (_, Some(MetricKind::Trend | MetricKind::Counter | MetricKind::Gauge) | None) => Moves::Nowhere,
    }
}

/// How a rule on what failed is judged without what failed for the time it took.
fn without_timeouts(rule: &Rule, measured: Amount, totals: &Totals, catalog: &Catalog) -> Status {
    let selection = Selection::new(&rule.require.selector, catalog, None);
    let (mut timeouts, mut all) = (0, 0);
    for (_, total) in totals.series().filter(|(key, _)| selection.takes(key)) {
        timeouts += total.counts.failed[FailureKind::Timeout as usize];
        all += total.counts.failures();
    }
    let others = if all == 0 { 1.0 } else { 1.0 - timeouts as f64 / all as f64 };
    let amount = match measured {
        Amount::Ratio(share) => Amount::Ratio(Ratio::new(share.as_f64() * others)),
        Amount::Number(number) => Amount::Number(number * others),
        other => other,
    };
    status_of(rule, Some(amount))
}

impl AtCeiling {
    /// Whether a threshold may be judged as it is for that alone.
    pub(super) fn decided(&self, index: usize) -> bool {
        self.doubtful.iter().any(|(doubtful, _)| *doubtful == index)
    }
}

impl fmt::Display for Ceiling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the generator was at its ceiling in {} of {} seconds", self.at, self.of)
    }
}
