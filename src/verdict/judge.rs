use super::measure::measure;
use super::select::Elapsed;
use crate::metrics::Totals;
use crate::plan::threshold::{Amount, NoData, Rule};
use crate::sample::{Catalog, StageId};

/// One rule, judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// What was measured; `None` without data.
    pub measured: Option<Amount>,
    /// Whether it held.
    pub standing: Standing,
}

/// Whether a rule held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It held.
    Held,
    /// It did not.
    Broken,
    /// There was nothing to judge, which breaks it.
    NoData,
    /// One shard cannot tell: it is judged when the shards are merged.
    Left,
}

impl Standing {
    /// Whether it counts as held; what is left to the merge does.
    #[must_use]
    pub const fn holds(self) -> bool {
        matches!(self, Self::Held | Self::Left)
    }
}

/// Judges one rule on everything so far, or on its window. The cost is that of merging the series it selects.
#[must_use]
pub fn judge(rule: &Rule, totals: &Totals, catalog: &Catalog, elapsed: &Elapsed) -> Judged {
    let measured = match rule.require.window {
        Some(window) => {
            let seconds = u32::try_from(window.as_secs_f64().ceil() as u64).unwrap_or(u32::MAX);
            measure(&rule.require, &totals.last(seconds), catalog, elapsed, None)
        }
        None => measure(&rule.require, totals, catalog, elapsed, None),
    };
    standing(rule, measured)
}

/// Judges one rule on one stage alone; a window counts for nothing there.
#[must_use]
pub fn judge_stage(rule: &Rule, totals: &Totals, catalog: &Catalog, elapsed: &Elapsed, stage: StageId) -> Judged {
    standing(rule, measure(&rule.require, totals, catalog, elapsed, Some(stage)))
}

fn standing(rule: &Rule, measured: Option<Amount>) -> Judged {
    let standing = match (measured, rule.no_data) {
        (Some(amount), _) if rule.require.operator.holds(amount.value(), rule.require.amount.value()) => Standing::Held,
        (Some(_), _) => Standing::Broken,
        (None, NoData::Passes) => Standing::Held,
        (None, NoData::Fails) => Standing::NoData,
    };
    Judged { measured, standing }
}
