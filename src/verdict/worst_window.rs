use std::collections::VecDeque;

use super::threshold_evaluator::Judged;
use crate::threshold::{Rule, Threshold};
use crate::units::Offset;

/// Of the windows that held, the one that came nearest to breaking its rule: the figure a window's rule is about.
#[derive(Debug, Default)]
pub(super) struct WorstWindow {
    /// Of all but the most recent windows.
    worst: Option<Judged>,
    /// The most recent ones. Only the end of the run says which of them the load was still there for.
    recent: VecDeque<Judged>,
}

/// Longer than requests may take to end once the load is over.
const RECENT: usize = 120;

impl WorstWindow {
    /// Takes a window that held.
    pub(super) fn add(&mut self, window: Judged, rule: &Rule) {
        self.recent.push_back(window);
        if self.recent.len() > RECENT
            && let Some(oldest) = self.recent.pop_front()
        {
            self.worst = Some(self.worst.map_or(oldest, |worst| worse(worst, oldest, rule)));
        }
    }

    /// The worst of those that were over by a moment, of several the first.
    pub(super) fn by(&self, ended: Offset, rule: &Rule) -> Option<Judged> {
        let over = self.recent.iter().copied().filter(|window| window.window_end.is_none_or(|end| end <= ended));
        self.worst.into_iter().chain(over).reduce(|worst, window| worse(worst, window, rule))
    }
}

fn worse(one: Judged, other: Judged, rule: &Rule) -> Judged {
    let distance = |judged: &Judged| judged.measured.map(|measured| distance(&rule.require, measured.value()));
    // one without data is no better and no worse than any
    let nearer = match (distance(&one), distance(&other)) {
        (Some(one), Some(other)) => other < one,
        (before, after) => before.is_none() && after.is_some(),
    };
    if nearer { other } else { one }
}

/// How far a value that holds is from breaking its threshold.
fn distance(threshold: &Threshold, value: f64) -> f64 {
    use crate::threshold::Operator::{Above, AtLeast, AtMost, Below, Equal, NotEqual};
    let limit = threshold.limit.amount().map_or(0.0, |limit| limit.value());
    match threshold.operator {
        Below | AtMost => limit - value,
        Above | AtLeast => value - limit,
        Equal => 0.0,
        NotEqual => (value - limit).abs(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_nearer_to_the_limit_is_worse_on_either_side_of_zero() {
        // each list from the best to the worst
        for (text, values) in [
            ("max(balance) < 3", [-5.0, -1.0, 0.0, 2.0]),
            ("max(balance) < -1", [-50.0, -5.0, -2.0, -1.5]),
            ("max(balance) > -3", [5.0, 1.0, -1.0, -2.0]),
            ("max(balance) >= 3", [50.0, 9.0, 4.0, 3.0]),
            ("max(balance) != 0", [-50.0, 9.0, -4.0, 1.0]),
        ] {
            let threshold = Threshold::parse(text).unwrap();
            let distances = values.map(|value| distance(&threshold, value));
            assert!(distances.is_sorted_by(|better, worse| better > worse), "{text}: {distances:?}");
        }
    }
}
