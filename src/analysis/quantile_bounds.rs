use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::figures::Step;

/// A share of samples in millionths, so that sums of them are exact: `p95` is 950,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Share(u32);

/// Between which values a quantile lies, in milliseconds; where both are the same it is known.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Bound {
    /// It is no less than this.
    pub at_least: f64,
    /// It is no more than this.
    pub at_most: f64,
}

impl Share {
    /// All samples.
    pub(super) const ALL: Self = Self(1_000_000);

    /// That many of a hundred; `None` beyond 0 to 100.
    pub(super) fn percent(percent: f64) -> Option<Self> {
        (0.0..=100.0).contains(&percent).then(|| Self((percent * 10_000.0).round() as u32))
    }
}

impl Bound {
    /// The value, where it is known.
    pub(super) fn known(self) -> Option<f64> {
        (self.at_least >= self.at_most).then_some(self.at_most)
    }
}

/// Where a quantile of samples from several parts lies, when of each part only the number of samples and some quantiles
/// are known; `None` where nothing bounds it from above.
///
/// A part with the quantile `q` at share `s` has at least `s` of its samples at or below `q`, and less than `s` below
/// `q`. Weighted with the numbers of samples and added up, the first bounds how many of all samples lie at or below a
/// value from below, the second from above; the quantile lies where these bounds cross its share. Of one part the
/// bounds meet at the quantiles that are known. Nothing is averaged.
pub(super) fn bound(parts: &[(u64, &[Step])], share: Share) -> Option<Bound> {
    let all: u128 = parts.iter().map(|(count, _)| u128::from(*count)).sum();
    let wanted = all * u128::from(share.0);
    let steps = parts.iter().enumerate().flat_map(|(part, (_, steps))| (0..steps.len()).map(move |step| (part, step)));
    let mut order: Vec<(usize, usize)> = steps.collect();
    let value = |&(part, step): &(usize, usize)| parts[part].1[step].ms;
    order.sort_by(|a, b| value(a).total_cmp(&value(b)).then(a.cmp(b)));

    let weight = |part: usize, share: u32| u128::from(parts[part].0) * u128::from(share);
    let first = |part: usize| parts[part].1.first().map_or(Share::ALL.0, |step| step.share.0);
    // how many millionths of a sample lie at or below the value, at least; and below the next, at most
    let mut at_or_below = 0;
    let mut below: u128 = (0..parts.len()).map(|part| weight(part, first(part))).sum();
    let mut reached = vec![0; parts.len()];
    let (mut at_least, mut at_most) = (0.0_f64, None);
    let mut next = 0;
    while next < order.len() && all > 0 {
        let here = value(&order[next]);
        if below <= wanted {
            at_least = here;
        }
        while next < order.len() && value(&order[next]) <= here {
            let (part, step) = order[next];
            let steps = parts[part].1;
            let own = steps[step].share.0;
            at_or_below += weight(part, own) - weight(part, reached[part]);
            reached[part] = own;
            below += weight(part, steps.get(step + 1).map_or(Share::ALL.0, |step| step.share.0)) - weight(part, own);
            next += 1;
        }
        if at_or_below >= wanted && at_most.is_none() {
            at_most = Some(here);
        }
    }
    at_most.map(|at_most| Bound { at_least: at_least.min(at_most), at_most })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn quantile(samples: &[u32], percent: f64) -> f64 {
        let rank = (percent / 100.0 * samples.len() as f64 - 1e-9).ceil().max(1.0) as usize;
        f64::from(samples[rank - 1])
    }

    fn steps(samples: &mut [u32], percents: &[f64]) -> Vec<Step> {
        samples.sort_unstable();
        let known = |percent: &f64| Step { share: Share::percent(*percent).unwrap(), ms: quantile(samples, *percent) };
        percents.iter().map(known).collect()
    }

    const LOCUST: [f64; 11] = [50.0, 66.0, 75.0, 80.0, 90.0, 95.0, 98.0, 99.0, 99.9, 99.99, 100.0];

    proptest! {
        #[test]
        fn the_quantile_of_all_samples_lies_within_the_bounds(
            mut parts in proptest::collection::vec(proptest::collection::vec(0_u32..5000, 1..200), 1..6),
            percent in 1_u32..=100,
        ) {
            let percent = f64::from(percent);
            let known: Vec<(u64, Vec<Step>)> =
                parts.iter_mut().map(|part| (part.len() as u64, steps(part, &LOCUST))).collect();
            let known: Vec<(u64, &[Step])> = known.iter().map(|(count, steps)| (*count, steps.as_slice())).collect();
            let mut all: Vec<u32> = parts.concat();
            all.sort_unstable();
            let truth = quantile(&all, percent);
            let bound = bound(&known, Share::percent(percent).unwrap()).unwrap();
            prop_assert!(bound.at_least <= truth && truth <= bound.at_most, "{truth} is not in {bound:?}");
        }
    }

    #[test]
    fn a_quantile_that_is_known_is_given_exactly() {
        let mut samples: Vec<u32> = (1..=1000).collect();
        let steps = steps(&mut samples, &LOCUST);
        for (percent, value) in [(50.0, 500.0), (95.0, 950.0), (99.9, 999.0), (100.0, 1000.0)] {
            let bound = bound(&[(1000, &steps)], Share::percent(percent).unwrap()).unwrap();
            assert_eq!(bound.known(), Some(value));
        }
        let between = bound(&[(1000, &steps)], Share::percent(97.0).unwrap()).unwrap();
        assert_eq!((between.at_least, between.at_most), (950.0, 980.0));
    }

    #[test]
    fn a_small_slow_part_hardly_moves_the_bound_of_a_large_fast_one() {
        let (mut fast, mut slow) = (vec![10; 10_000], vec![5000; 10]);
        let (fast, slow) = (steps(&mut fast, &LOCUST), steps(&mut slow, &LOCUST));
        let bound = bound(&[(10_000, &fast), (10, &slow)], Share::percent(95.0).unwrap()).unwrap();
        assert_eq!(bound.known(), Some(10.0));
    }

    #[test]
    fn without_quantiles_there_is_no_bound() {
        assert_eq!(bound(&[], Share::ALL), None);
        assert_eq!(bound(&[(10, &[])], Share::ALL), None);
    }
}
