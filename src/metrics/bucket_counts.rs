/// How many samples each bucket of a layout holds. A run has thousands of series: each takes four bytes for a bucket that
/// holds any, and nothing for the others.
#[derive(Debug, Clone)]
pub(super) struct BucketCounts {
    /// The buckets that hold any, ascending, each with the low 16 bits of its count.
    counts: Vec<(u16, u16)>,
    /// What is above those bits, of the few buckets that hold that many, ascending.
    above: Vec<(u16, u64)>,
}

impl BucketCounts {
    /// Of no samples.
    pub(super) const NONE: Self = Self { counts: Vec::new(), above: Vec::new() };

    /// Adds buckets, ascending, with how many more each holds.
    pub(super) fn add(&mut self, more: &[(u32, u64)]) {
        self.add_all(more.iter().copied());
    }

    /// Adds another's samples, of the same layout.
    pub(super) fn merge(&mut self, other: &Self) {
        if self.counts.is_empty() {
            self.clone_from(other);
        } else {
            self.add_all(other.iter());
        }
    }

    /// Takes away what was added.
    pub(super) fn subtract(&mut self, gone: impl Iterator<Item = (u32, u64)>) {
        let mut gone = gone.map(|(bucket, count)| (number(bucket), count)).peekable();
        let above = &mut self.above;
        self.counts.retain_mut(|(bucket, low)| {
            while gone.next_if(|(other, _)| other < bucket).is_some() {}
            if let Some((_, taken)) = gone.next_if(|(other, _)| other == bucket) {
                let place = above.binary_search_by_key(bucket, |(known, _)| *known);
                let high = place.map_or(0, |place| above[place].1);
                let left = (high << 16 | u64::from(*low)).saturating_sub(taken);
                *low = left as u16;
                if let Ok(place) = place {
                    above[place].1 = left >> 16;
                }
                return left > 0;
            }
            true
        });
        self.above.retain(|(_, high)| *high > 0);
    }

    /// The buckets that hold any, ascending.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, u64)> + '_ {
        let mut above = self.above.iter().peekable();
        self.counts.iter().map(move |(bucket, low)| {
            let high = above.next_if(|(known, _)| known == bucket).map_or(0, |(_, high)| *high);
            (u32::from(*bucket), high << 16 | u64::from(*low))
        })
    }

    /// How many bytes it takes.
    pub(super) fn bytes(&self) -> usize {
        self.counts.capacity() * size_of::<(u16, u16)>() + self.above.capacity() * size_of::<(u16, u64)>()
    }

    fn add_all(&mut self, more: impl Iterator<Item = (u32, u64)>) {
        let mut fresh = Vec::new();
        let mut at = 0;
        for (bucket, count) in more {
            let bucket = number(bucket);
            at = self.first_from(at, bucket);
            match self.counts.get_mut(at) {
                Some((known, low)) if *known == bucket => {
                    let sum = count.saturating_add(u64::from(*low));
                    *low = sum as u16;
                    self.carry(bucket, sum >> 16);
                }
                _ => {
                    fresh.push((bucket, count as u16));
                    self.carry(bucket, count >> 16);
                }
            }
        }
        self.insert(&fresh);
    }

    /// The first place from one on that holds a bucket, or one behind it. What comes next is mostly near: the steps grow until
    /// they lead beyond it.
    fn first_from(&self, from: usize, bucket: u16) -> usize {
        let (mut at, mut step) = (from, 1);
        while self.counts.get(at + step - 1).is_some_and(|(known, _)| *known < bucket) {
            at += step;
            step *= 2;
        }
        let end = (at + step - 1).min(self.counts.len());
        at + self.counts[at..end].partition_point(|(known, _)| *known < bucket)
    }

    fn carry(&mut self, bucket: u16, high: u64) {
        if high == 0 {
            return;
        }
        match self.above.binary_search_by_key(&bucket, |(known, _)| *known) {
            // both halves together are to fit 64 bits
            Ok(place) => self.above[place].1 = self.above[place].1.saturating_add(high).min(u64::MAX >> 16),
            Err(place) => self.above.insert(place, (bucket, high)),
        }
    }

    /// Puts buckets that are not there yet into their places, from the last to the first, without a second list.
    fn insert(&mut self, fresh: &[(u16, u16)]) {
        let (mut old, all) = (self.counts.len(), self.counts.len() + fresh.len());
        if all > self.counts.capacity() {
            // doubled, half of the room of most series would never be used
            self.counts.reserve_exact(fresh.len() + all / 8);
        }
        self.counts.resize(all, (0, 0));
        let mut place = all;
        for one in fresh.iter().rev() {
            while old > 0 && self.counts[old - 1].0 > one.0 {
                (old, place) = (old - 1, place - 1);
                self.counts[place] = self.counts[old];
            }
            place -= 1;
            self.counts[place] = *one;
        }
    }
}

/// A bucket's number: no layout has as many as 16 bits tell apart.
fn number(bucket: u32) -> u16 {
    u16::try_from(bucket).unwrap_or(u16::MAX)
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
        let part = prop::collection::btree_map(0_u32..3000, prop_oneof![1_u64..1000, 1_u64..1 << 40], 0..800);
        prop::collection::vec(part.prop_map(|part| part.into_iter().collect()), 1..6)
    }

    fn summed(parts: &[Vec<(u32, u64)>]) -> Vec<(u32, u64)> {
        let mut all = std::collections::BTreeMap::new();
        parts.iter().flatten().for_each(|(bucket, count)| *all.entry(*bucket).or_default() += count);
        all.into_iter().collect()
    }

    fn of(parts: &[Vec<(u32, u64)>]) -> BucketCounts {
        let mut counts = BucketCounts::NONE;
        parts.iter().for_each(|part| counts.add(part));
        counts
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        #[test]
        fn buckets_count_the_same_however_they_are_put_together(parts in parts(), at in 0_usize..6) {
            let all: Vec<(u32, u64)> = of(&parts).iter().collect();
            prop_assert_eq!(&all, &summed(&parts));
            // put together in two halves
            let (left, right) = parts.split_at(at.min(parts.len()));
            let mut merged = of(left);
            merged.merge(&of(right));
            prop_assert_eq!(&merged.iter().collect::<Vec<_>>(), &all);
            // and taken apart again
            left.iter().for_each(|part| merged.subtract(part.iter().copied()));
            prop_assert_eq!(merged.iter().collect::<Vec<_>>(), summed(right));
        }
    }

    #[test]
    fn a_rare_series_takes_the_room_of_what_it_saw() {
        let mut counts = BucketCounts::NONE;
        (0..100).for_each(|second| counts.add(&[(4000 + second % 7, 1), (9000, 2)]));
        assert!(counts.bytes() < 80, "{}", counts.bytes());
    }

    #[test]
    fn a_busy_series_takes_a_few_bytes_a_bucket() {
        let all: Vec<(u32, u64)> = (4000..8000).map(|bucket| (bucket, 70_000)).collect();
        let few: Vec<(u32, u64)> = (4000..8000).map(|bucket| (bucket, 7)).collect();
        let (mut busy, mut calm) = (BucketCounts::NONE, BucketCounts::NONE);
        (0..100).for_each(|_| busy.add(&all));
        (0..100).for_each(|_| calm.add(&few));
        assert_eq!(busy.iter().map(|(_, count)| count).sum::<u64>(), 4000 * 70_000 * 100);
        assert!(calm.bytes() <= 4000 * 6, "{}", calm.bytes());
    }

    #[test]
    fn what_it_takes_is_what_both_of_its_lists_take() {
        let mut few = BucketCounts::NONE;
        assert_eq!(few.bytes(), 0);
        few.add(&[(1, 5), (2, 5)]);
        let mut many = few.clone();
        many.add(&[(1, 1 << 20)]);
        assert!(few.bytes() >= 8 && many.bytes() >= few.bytes() + 16, "{} {}", few.bytes(), many.bytes());
    }
}
