use std::collections::VecDeque;

use super::bucket::Scale;
use super::bucket_counts::BucketCounts;
use super::sparse_histogram::{Moments, SparseHistogram};

/// All samples of one measure so far: quantiles within a thousandth, the rest exact.
#[derive(Debug, Clone)]
pub struct Distribution {
    scale: Scale,
    counts: BucketCounts,
    moments: Moments,
}

/// Samples of the last seconds. What a new second costs is that second and the one that leaves, not all between them:
/// counts are taken away from the histogram, and what cannot be taken away (smallest, largest, mean) is made anew
/// from a few numbers a second.
#[derive(Debug, Clone)]
pub struct SlidingDistribution {
    length: u32,
    seconds: VecDeque<(u32, Distribution)>,
    all: Distribution,
}

impl Distribution {
    /// Without samples.
    #[must_use]
    pub const fn new(scale: Scale) -> Self {
        Self { scale, counts: BucketCounts::NONE, moments: Moments::NONE }
    }

    /// Adds samples of the same scale.
    pub fn add(&mut self, samples: &SparseHistogram) {
        debug_assert_eq!(self.scale, samples.scale);
        self.moments.merge(&samples.moments);
        self.counts.add(&samples.buckets);
    }

    /// Takes samples away again that were added; the moments are then to be set by [`Distribution::set_moments`].
    fn subtract(&mut self, samples: &Self) {
        self.counts.subtract(samples.counts.iter());
    }

    /// Sets the moments to those of the samples that are left.
    const fn set_moments(&mut self, moments: Moments) {
        self.moments = moments;
    }

    /// Adds another's samples.
    pub fn merge(&mut self, other: &Self) {
        self.moments.merge(&other.moments);
        self.counts.merge(&other.counts);
    }

    /// The same samples, each at least `floor`; see [`SparseHistogram::at_least`].
    #[must_use]
    pub fn at_least(&self, floor: f64) -> Self {
        if self.count() == 0 || self.moments.min >= floor {
            return self.clone();
        }
        let buckets = self.counts.iter().collect();
        let mut moved = Self::new(self.scale);
        moved.add(&SparseHistogram { scale: self.scale, buckets, moments: self.moments }.at_least(floor));
        moved
    }

    /// How many bytes its counts take.
    pub(super) fn bytes(&self) -> usize {
        self.counts.bytes()
    }

    /// Exact count, mean, smallest, largest and last.
    #[must_use]
    pub const fn moments(&self) -> &Moments {
        &self.moments
    }

    /// How many samples.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.moments.count
    }

    /// The mean; `None` without samples.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        (self.count() > 0).then_some(self.moments.mean)
    }

    /// The standard deviation of the samples (the population's, not an estimate); `None` without samples.
    #[must_use]
    pub fn deviation(&self) -> Option<f64> {
        (self.count() > 0).then(|| (self.moments.squares / self.count() as f64).max(0.0).sqrt())
    }

    /// The smallest sample; `None` without samples.
    #[must_use]
    pub fn min(&self) -> Option<f64> {
        (self.count() > 0).then_some(self.moments.min)
    }

    /// The largest sample; `None` without samples.
    #[must_use]
    pub fn max(&self) -> Option<f64> {
        (self.count() > 0).then_some(self.moments.max)
    }

    /// How many samples lie between each two neighbours of ascending values, the upper one included; the first ones reach
    /// down to the smallest sample, the last up to the largest. Within a thousandth, as quantiles.
    #[must_use]
    pub fn between(&self, edges: &[f64]) -> Vec<u64> {
        let mut counts = vec![0_u64; edges.len().saturating_sub(1)];
        let last = counts.len().saturating_sub(1);
        for (bucket, count) in self.counts.iter() {
            let sample = self.scale.sample(self.scale.lowest(bucket as usize));
            let place = edges.partition_point(|edge| *edge < sample).saturating_sub(1).min(last);
            if let Some(counted) = counts.get_mut(place) {
                *counted = counted.saturating_add(count);
            }
        }
        counts
    }

    /// The values that quantiles may be, ascending, each with how many samples it stands for: each touched bucket's largest time
    /// or smallest number, never outside the samples.
    pub fn values(&self) -> impl Iterator<Item = (f64, u64)> + '_ {
        self.counts.iter().map(|(bucket, count)| {
            let value = match self.scale {
                Scale::Time => self.scale.lowest(bucket as usize + 1) - 1,
                Scale::Number => self.scale.lowest(bucket as usize),
            };
            (self.scale.sample(value).clamp(self.moments.min, self.moments.max), count)
        })
    }

    /// The smallest value with at least the share `p` (0..=1) of the samples at or below it, within a thousandth
    /// and never outside the samples; `None` without samples.
    #[must_use]
    pub fn quantile(&self, p: f64) -> Option<f64> {
        let total = self.count();
        if total == 0 {
            return None;
        }
        // the tiny step back keeps 0.07 × 100 from asking for the eighth of a hundred
        let rank = ((p.clamp(0.0, 1.0) * total as f64 - 1e-9).ceil() as u64).clamp(1, total);
        let mut below = 0_u64;
        for (value, count) in self.values() {
            below = below.saturating_add(count);
            if below >= rank {
                return Some(value);
            }
        }
        self.max()
    }
}

impl SlidingDistribution {
    /// Of nothing yet; it reaches back so many seconds.
    #[must_use]
    pub const fn new(scale: Scale, length: u32) -> Self {
        Self { length, seconds: VecDeque::new(), all: Distribution::new(scale) }
    }

    /// Adds what came in a second, which is later than all before.
    pub fn add(&mut self, second: u32, samples: &SparseHistogram) {
        let mut put_together = Distribution::new(self.all.scale);
        put_together.add(samples);
        self.push(second, put_together);
    }

    /// The same of samples that were put together before.
    pub fn push(&mut self, second: u32, samples: Distribution) {
        while let Some((oldest, _)) = self.seconds.front()
            && oldest.saturating_add(self.length) <= second
        {
            if let Some((_, old)) = self.seconds.pop_front() {
                self.all.subtract(&old);
            }
        }
        self.all.merge(&samples);
        self.seconds.push_back((second, samples));
        let mut moments = Moments::NONE;
        self.seconds.iter().for_each(|(_, samples)| moments.merge(samples.moments()));
        self.all.set_moments(moments);
    }

    /// All that is within reach.
    #[must_use]
    pub const fn distribution(&self) -> &Distribution {
        &self.all
    }
}
