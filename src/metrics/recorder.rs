use super::bucket::Scale;
use super::sparse_histogram::{Moments, SparseHistogram};

/// A histogram being filled, at about ten nanoseconds a sample. It grows to the largest value seen, and knows
/// which buckets it touched, so that taking a second's worth costs only what that second touched.
#[derive(Debug, Clone)]
pub struct Recorder {
    scale: Scale,
    counts: Vec<u32>,
    touched: Vec<u32>,
    moments: Moments,
}

impl Recorder {
    /// An empty one; it holds no memory until the first sample.
    #[must_use]
    pub const fn new(scale: Scale) -> Self {
        Self { scale, counts: Vec::new(), touched: Vec::new(), moments: Moments::NONE }
    }

    /// Counts a sample: nanoseconds, or a number. What is not finite is counted as refused and nothing else.
    pub fn record(&mut self, sample: f64) {
        if !sample.is_finite() {
            self.moments.refused += 1;
            return;
        }
        let bucket = self.scale.bucket_of(sample);
        if bucket >= self.counts.len() {
            self.counts.resize((bucket + 1).next_multiple_of(1024), 0);
        }
        let count = &mut self.counts[bucket];
        if *count == 0 {
            self.touched.push(bucket as u32);
        }
        *count = count.saturating_add(1);
        self.moments.add(sample, self.scale.clips(sample));
    }

    /// Whether nothing was counted since the last take.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.moments.count == 0 && self.moments.refused == 0
    }

    /// What was counted since the last take.
    pub fn take(&mut self) -> SparseHistogram {
        self.touched.sort_unstable();
        let buckets = self.touched.drain(..);
        let counts = &mut self.counts;
        let buckets = buckets.map(|bucket| (bucket, u64::from(std::mem::take(&mut counts[bucket as usize]))));
        SparseHistogram { scale: self.scale, buckets: buckets.collect(), moments: std::mem::take(&mut self.moments) }
    }
}
