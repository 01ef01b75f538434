use crate::metrics::{Scale, SparseHistogram};

/// How many of HDR's buckets are one of these: a step is at most 0.8 % of its value.
const STEP: u32 = 8;
/// How many buckets may wait to be sorted in beyond twice those that are.
const WAITING: usize = 256;

/// Counts of response times in coarse buckets: enough to see how a quantile varies, small enough to keep for each
/// place of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct CoarseHistogram {
    buckets: Vec<(u16, u32)>,
    /// How many of them, from the first, are in order and each there once.
    sorted: usize,
}

/// What one stretch of a run counted for one row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Bin {
    /// Requests answered or failed.
    pub(super) ended: u64,
    /// Of those, failed.
    pub(super) failed: u64,
    /// Their response times.
    pub(super) times: CoarseHistogram,
}

impl CoarseHistogram {
    pub(super) fn add(&mut self, samples: &SparseHistogram) {
        for (bucket, count) in samples.buckets() {
            let bucket = u16::try_from(bucket / STEP).unwrap_or(u16::MAX);
            self.push(bucket, u32::try_from(*count).unwrap_or(u32::MAX));
        }
        self.settle_if_long();
    }

    fn merge(&mut self, other: &Self) {
        other.buckets.iter().for_each(|(bucket, count)| self.push(*bucket, *count));
        self.settle_if_long();
    }

    /// The touched buckets in order, each once.
    pub(super) fn settle(&mut self) -> &[(u16, u32)] {
        if self.sorted < self.buckets.len() {
            self.buckets.sort_unstable_by_key(|(bucket, _)| *bucket);
            self.buckets.dedup_by(|next, kept| {
                let same = next.0 == kept.0;
                if same {
                    kept.1 = kept.1.saturating_add(next.1);
                }
                same
            });
            self.sorted = self.buckets.len();
        }
        &self.buckets
    }

    /// Settles, and gives back the room that waiting took.
    pub(super) fn pack(&mut self) {
        self.settle();
        self.buckets.shrink_to_fit();
    }

    /// The same as [`CoarseHistogram::settle`] gives, where nothing was added since.
    pub(super) fn settled(&self) -> &[(u16, u32)] {
        debug_assert_eq!(self.sorted, self.buckets.len());
        &self.buckets
    }

    fn push(&mut self, bucket: u16, count: u32) {
        match self.buckets.last_mut() {
            // eight of a second's buckets become one
            Some(last) if last.0 == bucket => last.1 = last.1.saturating_add(count),
            _ => self.buckets.push((bucket, count)),
        }
    }

    fn settle_if_long(&mut self) {
        if self.buckets.len() > 2 * self.sorted + WAITING {
            self.settle();
        }
    }
}

impl Bin {
    pub(super) fn merge(&mut self, other: &Self) {
        self.ended = self.ended.saturating_add(other.ended);
        self.failed = self.failed.saturating_add(other.failed);
        self.times.merge(&other.times);
    }
}

/// The time in nanoseconds at which a coarse bucket begins.
pub(super) fn floor(bucket: usize) -> f64 {
    let bucket = u32::try_from(bucket).unwrap_or(u32::MAX).saturating_mul(STEP);
    // the end of the last bucket is no bucket's floor
    Scale::Time.floor(bucket).unwrap_or(3.6e12)
}
