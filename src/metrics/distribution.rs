use std::collections::VecDeque;

use hdrhistogram::Histogram;

use super::bucket::Scale;
use super::sparse_histogram::{Moments, SparseHistogram};

/// All samples of one measure so far: quantiles within a thousandth, the rest exact.
#[derive(Debug, Clone)]
pub struct Distribution {
    scale: Scale,
    histogram: Option<Box<Histogram<u64>>>,
    moments: Moments,
}

/// Samples of the last seconds. What a new second costs is that second and the one that leaves, not all between them:
/// counts are taken away from the histogram, and what cannot be taken away (smallest, largest, mean) is made anew
/// from a few numbers a second.
#[derive(Debug, Clone)]
pub struct SlidingDistribution {
    length: u32,
    seconds: VecDeque<(u32, SparseHistogram)>,
    all: Distribution,
}

impl Distribution {
    /// Without samples.
    #[must_use]
    pub const fn new(scale: Scale) -> Self {
        Self { scale, histogram: None, moments: Moments::NONE }
    }

    /// Adds samples of the same scale.
    pub fn add(&mut self, samples: &SparseHistogram) {
        debug_assert_eq!(self.scale, samples.scale);
        self.moments.merge(&samples.moments);
        if samples.buckets.is_empty() {
            return;
        }
        let scale = self.scale;
        if let Some(histogram) = self.histogram_mut() {
            for (bucket, count) in &samples.buckets {
                // the layouts are one, so the library puts the count where it came from; growing, it takes all
                let _ = histogram.record_n(scale.lowest(*bucket as usize), *count);
            }
        }
    }

    /// Takes samples away again that were added; the moments are then to be set by [`Distribution::set_moments`].
    fn subtract(&mut self, samples: &SparseHistogram) {
        let mut gone = Self::new(self.scale);
        gone.add(samples);
        if let (Some(mine), Some(theirs)) = (&mut self.histogram, &gone.histogram) {
            // what was added is there, so taking it away cannot fail
            let _ = mine.subtract(theirs.as_ref());
        }
    }

    /// Sets the moments to those of the samples that are left.
    const fn set_moments(&mut self, moments: Moments) {
        self.moments = moments;
    }

    /// Adds another's samples.
    pub fn merge(&mut self, other: &Self) {
        self.moments.merge(&other.moments);
        let Some(theirs) = &other.histogram else { return };
        match &mut self.histogram {
            // of one layout and growing as needed: adding cannot fail
            Some(mine) => drop(mine.add(theirs.as_ref())),
            None => self.histogram = Some(theirs.clone()),
        }
    }

    /// The same samples, each at least `floor`; see [`SparseHistogram::at_least`].
    #[must_use]
    pub fn at_least(&self, floor: f64) -> Self {
        let Some(histogram) = self.histogram.as_ref().filter(|_| self.moments.min < floor) else { return self.clone() };
        let bucket = |value| u32::try_from(self.scale.bucket(value)).unwrap_or(u32::MAX);
        let recorded = histogram.iter_recorded();
        let buckets = recorded.map(|step| (bucket(step.value_iterated_to()), step.count_at_value())).collect();
        let mut moved = Self::new(self.scale);
        moved.add(&SparseHistogram { scale: self.scale, buckets, moments: self.moments }.at_least(floor));
        moved
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

    /// The smallest value with at least the share `p` (0..=1) of the samples at or below it, within a thousandth
    /// and never outside the samples; `None` without samples.
    #[must_use]
    pub fn quantile(&self, p: f64) -> Option<f64> {
        let histogram = self.histogram.as_ref()?;
        let total = histogram.len();
        if total == 0 {
            return None;
        }
        // the tiny step back keeps 0.07 × 100 from asking for the eighth of a hundred
        let rank = ((p.clamp(0.0, 1.0) * total as f64 - 1e-9).ceil() as u64).clamp(1, total);
        let mut below = 0;
        for step in histogram.iter_recorded() {
            below += step.count_at_value();
            if below >= rank {
                let value = match self.scale {
                    Scale::Time => histogram.highest_equivalent(step.value_iterated_to()),
                    Scale::Number => histogram.lowest_equivalent(step.value_iterated_to()),
                };
                return Some(self.scale.sample(value).clamp(self.moments.min, self.moments.max));
            }
        }
        self.max()
    }

    fn histogram_mut(&mut self) -> Option<&mut Histogram<u64>> {
        if self.histogram.is_none() {
            let (low, _) = self.scale.bounds();
            let mut histogram = Histogram::new_with_bounds(low, low * 4096, 3).ok()?;
            histogram.auto(true);
            self.histogram = Some(Box::new(histogram));
        }
        self.histogram.as_deref_mut()
    }
}

impl SlidingDistribution {
    /// Of nothing yet; it reaches back so many seconds.
    #[must_use]
    pub const fn new(scale: Scale, length: u32) -> Self {
        Self { length, seconds: VecDeque::new(), all: Distribution::new(scale) }
    }

    /// Adds what came in a second, which is later than all before.
    pub fn add(&mut self, second: u32, samples: SparseHistogram) {
        while let Some((oldest, _)) = self.seconds.front()
            && oldest.saturating_add(self.length) <= second
        {
            if let Some((_, old)) = self.seconds.pop_front() {
                self.all.subtract(&old);
            }
        }
        self.all.add(&samples);
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
