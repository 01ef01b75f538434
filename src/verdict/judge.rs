use super::measure::{Of, Tallied, measure};
use super::select::Selection;
use super::timeline::Elapsed;
use crate::metrics::Totals;
use crate::sample::{Catalog, StageId};
use crate::threshold::{Amount, NoData, Rule};
use crate::units::Offset;

/// One rule, judged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judged {
    /// What was measured; `None` without data.
    pub measured: Option<Amount>,
    /// Whether it held.
    pub status: Status,
    /// When it broke, where that decided before the end.
    pub broke: Option<Offset>,
}

/// Whether a rule held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It held.
    Held,
    /// It did not.
    Broken,
    /// There was nothing to judge, or nothing to compare with, which breaks it.
    NoData,
    /// One shard cannot tell: it is judged when the shards are merged.
    Deferred,
}

impl Status {
    /// Whether it counts as held; what is left to the merge does.
    #[must_use]
    pub const fn holds(self) -> bool {
        matches!(self, Self::Held | Self::Deferred)
    }
}

/// Judges one rule on one stage alone; a window counts for nothing there. The cost is that of merging the series it
/// selects.
#[must_use]
pub fn judge_stage(rule: &Rule, totals: &Totals, catalog: &Catalog, elapsed: &Elapsed, stage: StageId) -> Judged {
    let selection = Selection::new(&rule.require.selector, catalog, Some(stage));
    let of = Of::new(&rule.require, catalog);
    let samples = of.all(rule.require.aggregate, totals, &selection);
    let tallied = Tallied::of_all(totals, &selection);
    let measured = measure(&rule.require, (of, &selection), &tallied, &samples, selection.time(elapsed));
    Judged { measured, status: stand(rule, measured), broke: None }
}

/// Whether a rule holds with what was measured.
#[must_use]
pub fn stand(rule: &Rule, measured: Option<Amount>) -> Status {
    match (measured, rule.require.limit.amount(), rule.no_data) {
        (Some(amount), Some(limit), _) if rule.require.operator.holds(amount.value(), limit.value()) => Status::Held,
        (Some(_), Some(_), _) => Status::Broken,
        (_, _, NoData::Passes) => Status::Held,
        (_, _, NoData::Fails) => Status::NoData,
    }
}
