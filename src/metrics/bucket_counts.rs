use hdrhistogram::Histogram;

use super::bucket::Scale;

/// How many samples each bucket of a layout holds. A run has thousands of series, and most see few of the buckets: those take
/// the room of what they saw.
#[derive(Debug, Clone)]
pub(super) enum BucketCounts {
    /// The buckets that hold any, ascending.
    Few(Vec<(u32, u64)>),
    /// All of them.
    Many(Box<Histogram<u64>>),
}

/// With more buckets than these a list of them takes more time than a whole histogram, and soon more room.
const FEW: usize = 1024;

impl BucketCounts {
    /// Of no samples.
    pub(super) const NONE: Self = Self::Few(Vec::new());

    /// Adds buckets, ascending, with how many more each holds.
    pub(super) fn add(&mut self, scale: Scale, more: &[(u32, u64)]) {
        match self {
            Self::Few(counts) if counts.is_empty() => counts.extend_from_slice(more),
            Self::Few(counts) => *counts = merged(counts, more),
            Self::Many(histogram) => record(histogram, scale, more),
        }
        if let Self::Few(counts) = self
            && counts.len() > FEW
            && let Some(mut histogram) = empty(scale)
        {
            record(&mut histogram, scale, counts);
            *self = Self::Many(histogram);
        }
    }

    /// Takes away what was added.
    pub(super) fn subtract(&mut self, scale: Scale, gone: &[(u32, u64)]) {
        match self {
            Self::Few(counts) => {
                let mut gone = gone.iter().peekable();
                counts.retain_mut(|(bucket, count)| {
                    while gone.next_if(|(other, _)| other < bucket).is_some() {}
                    if let Some((_, taken)) = gone.next_if(|(other, _)| other == bucket) {
                        *count = count.saturating_sub(*taken);
                    }
                    *count > 0
                });
            }
            Self::Many(mine) => {
                if let Some(mut theirs) = empty(scale) {
                    record(&mut theirs, scale, gone);
                    // what was added is there, so taking it away cannot fail
                    let _ = mine.subtract(theirs.as_ref());
                }
            }
        }
    }

    /// Adds another's samples, of the same layout.
    pub(super) fn merge(&mut self, scale: Scale, other: &Self) {
        match (&mut *self, other) {
            (Self::Few(mine), theirs) if mine.is_empty() => *self = theirs.clone(),
            // of one layout and growing as needed: adding cannot fail
            (Self::Many(mine), Self::Many(theirs)) => drop(mine.add(theirs.as_ref())),
            (Self::Few(mine), Self::Many(theirs)) => {
                let mut all = theirs.clone();
                record(&mut all, scale, mine);
                *self = Self::Many(all);
            }
            (_, Self::Few(theirs)) => self.add(scale, theirs),
        }
    }

    /// The buckets that hold any, ascending.
    pub(super) fn iter(&self, scale: Scale) -> Box<dyn Iterator<Item = (u32, u64)> + '_> {
        match self {
            Self::Few(counts) => Box::new(counts.iter().copied()),
            Self::Many(histogram) => Box::new(histogram.iter_recorded().map(move |step| {
                let bucket = u32::try_from(scale.bucket(step.value_iterated_to())).unwrap_or(u32::MAX);
                (bucket, step.count_at_value())
            })),
        }
    }
}

/// A histogram of a layout that grows as it needs to.
fn empty(scale: Scale) -> Option<Box<Histogram<u64>>> {
    let (low, _) = scale.bounds();
    let mut histogram = Histogram::new_with_bounds(low, low * 4096, 3).ok()?;
    histogram.auto(true);
    Some(Box::new(histogram))
}

fn record(histogram: &mut Histogram<u64>, scale: Scale, more: &[(u32, u64)]) {
    for (bucket, count) in more {
        // the layouts are one, so the library puts the count where it came from; growing, it takes all
        let _ = histogram.record_n(scale.lowest(*bucket as usize), *count);
    }
}

/// The counts of both, ascending.
pub(super) fn merged(left: &[(u32, u64)], right: &[(u32, u64)]) -> Vec<(u32, u64)> {
    let mut merged = Vec::with_capacity(left.len() + right.len());
    let (mut a, mut b) = (left.iter().copied().peekable(), right.iter().copied().peekable());
    loop {
        match (a.peek(), b.peek()) {
            (Some((left, n)), Some((right, m))) if left == right => {
                merged.push((*left, n.saturating_add(*m)));
                a.next();
                b.next();
            }
            (Some((left, _)), Some((right, _))) => merged.extend(if left < right { a.next() } else { b.next() }),
            (Some(_), None) => merged.extend(a.by_ref()),
            (None, Some(_)) => merged.extend(b.by_ref()),
            (None, None) => break,
        }
    }
    // half of the room is too much where most buckets are in both
    merged.shrink_to_fit();
    merged
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parts() -> impl Strategy<Value = Vec<Vec<(u32, u64)>>> {
        let part = prop::collection::btree_map(0_u32..3000, 1_u64..1000, 0..800);
        prop::collection::vec(part.prop_map(|part| part.into_iter().collect()), 1..6)
    }

    fn summed(parts: &[Vec<(u32, u64)>]) -> Vec<(u32, u64)> {
        let mut all = std::collections::BTreeMap::new();
        parts.iter().flatten().for_each(|(bucket, count)| *all.entry(*bucket).or_default() += count);
        all.into_iter().collect()
    }

    fn of(scale: Scale, parts: &[Vec<(u32, u64)>]) -> BucketCounts {
        let mut counts = BucketCounts::NONE;
        parts.iter().for_each(|part| counts.add(scale, part));
        counts
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        #[test]
        fn few_and_many_buckets_count_the_same(parts in parts(), at in 0_usize..6) {
            for scale in [Scale::Time, Scale::Number] {
                let all: Vec<(u32, u64)> = of(scale, &parts).iter(scale).collect();
                prop_assert_eq!(&all, &summed(&parts));
                // put together in two halves
                let (left, right) = parts.split_at(at.min(parts.len()));
                let mut merged = of(scale, left);
                merged.merge(scale, &of(scale, right));
                prop_assert_eq!(&merged.iter(scale).collect::<Vec<_>>(), &all);
                // and taken apart again
                left.iter().for_each(|part| merged.subtract(scale, part));
                prop_assert_eq!(merged.iter(scale).collect::<Vec<_>>(), summed(right));
            }
        }
    }

    #[test]
    fn a_rare_series_takes_the_room_of_what_it_saw() {
        let mut counts = BucketCounts::NONE;
        (0..100).for_each(|second| counts.add(Scale::Time, &[(4000 + second % 7, 1), (9000, 2)]));
        assert!(matches!(&counts, BucketCounts::Few(few) if few.capacity() < 20));
    }
}
