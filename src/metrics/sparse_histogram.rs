use super::bucket::Scale;
use super::bucket_counts::merged;

/// Counts of a histogram's touched buckets, in order, with what a histogram alone cannot give exactly.
#[derive(Debug, Clone, PartialEq)]
pub struct SparseHistogram {
    pub(super) scale: Scale,
    pub(super) buckets: Vec<(u32, u64)>,
    pub(super) moments: Moments,
}

/// Exact count, mean, spread, smallest and largest of samples, mergeable in any order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moments {
    /// How many samples.
    pub count: u64,
    /// Their mean.
    pub mean: f64,
    /// The sum of squared distances from the mean.
    pub squares: f64,
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
    /// The last recorded.
    pub last: f64,
    /// How many lay outside the histogram's bounds and count as the nearest bound.
    pub clipped: u64,
    /// How many were no finite numbers and are in nothing else.
    pub refused: u64,
}

/// Parts that no samples can have come from; says why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Implausible(&'static str);

impl Implausible {
    /// Why, in words.
    #[must_use]
    pub const fn why(self) -> &'static str {
        self.0
    }
}

impl Moments {
    /// Of no samples.
    pub const NONE: Self = Self {
        count: 0,
        mean: 0.0,
        squares: 0.0,
        min: f64::INFINITY,
        max: f64::NEG_INFINITY,
        last: 0.0,
        clipped: 0,
        refused: 0,
    };

    /// Their sum, in fourteen digits: what is beyond comes of the arithmetic.
    #[must_use]
    pub fn sum(&self) -> f64 {
        let sum = self.mean * self.count as f64;
        format!("{sum:.13e}").parse().unwrap_or(sum)
    }

    pub(super) fn add(&mut self, sample: f64, clips: bool) {
        // Welford 1962: stable where the plain sum of squares is not
        self.count += 1;
        let distance = sample - self.mean;
        self.mean += distance / self.count as f64;
        self.squares += distance * (sample - self.mean);
        self.min = self.min.min(sample);
        self.max = self.max.max(sample);
        self.last = sample;
        self.clipped += u64::from(clips);
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.refused += other.refused;
        if other.count == 0 {
            return;
        }
        // Chan, Golub, LeVeque 1983: the pairwise form of the same
        let count = self.count + other.count;
        let distance = other.mean - self.mean;
        let share = other.count as f64 / count as f64;
        self.squares += other.squares + distance * distance * self.count as f64 * share;
        self.mean += distance * share;
        self.count = count;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.last = other.last;
        self.clipped += other.clipped;
    }
}

impl Default for Moments {
    fn default() -> Self {
        Self::NONE
    }
}

impl SparseHistogram {
    /// Without samples.
    #[must_use]
    pub const fn empty(scale: Scale) -> Self {
        Self { scale, buckets: Vec::new(), moments: Moments::NONE }
    }

    /// Puts together what [`SparseHistogram::buckets`] and [`SparseHistogram::moments`] gave.
    ///
    /// # Errors
    /// Buckets out of order or out of the layout, and moments that do not belong to them.
    pub fn from_parts(scale: Scale, buckets: Vec<(u32, u64)>, moments: Moments) -> Result<Self, Implausible> {
        let (Some((first, _)), Some((last, _))) = (buckets.first(), buckets.last()) else {
            let none = Moments { refused: moments.refused, ..Moments::NONE };
            let plausible = moments == none;
            return if plausible {
                Ok(Self { scale, buckets, moments })
            } else {
                Err(Implausible("there are moments without samples"))
            };
        };
        if buckets.windows(2).any(|pair| matches!(pair, [(left, _), (right, _)] if left >= right)) {
            return Err(Implausible("buckets are out of order"));
        }
        if *last as usize > scale.last_bucket() {
            return Err(Implausible("a bucket is out of the layout"));
        }
        let count = buckets.iter().try_fold(0_u64, |sum, (_, count)| sum.checked_add(*count));
        if count != Some(moments.count) || buckets.iter().any(|(_, count)| *count == 0) {
            return Err(Implausible("the buckets do not add up to the count"));
        }
        let Moments { min, max, last: latest, .. } = moments;
        if !min.is_finite() || !max.is_finite() || !(min..=max).contains(&latest) {
            return Err(Implausible("the last sample is not between the smallest and the largest"));
        }
        if scale.bucket_of(min) != *first as usize || scale.bucket_of(max) != *last as usize {
            return Err(Implausible("the smallest or largest sample is in no bucket"));
        }
        if moments.clipped > moments.count {
            return Err(Implausible("more samples are out of bounds than there are"));
        }
        Ok(Self { scale, buckets, moments })
    }

    /// What its values are.
    #[must_use]
    pub const fn scale(&self) -> Scale {
        self.scale
    }

    /// The touched buckets of HDR's layout, ascending, each with how many samples it holds.
    #[must_use]
    pub fn buckets(&self) -> &[(u32, u64)] {
        &self.buckets
    }

    /// Exact count, mean, smallest and largest.
    #[must_use]
    pub const fn moments(&self) -> &Moments {
        &self.moments
    }

    /// The same samples, each at least `floor`. What is moved lies exactly there; the mean and the spread of the rest are
    /// those of its buckets, within a thousandth.
    #[must_use]
    pub fn at_least(&self, floor: f64) -> Self {
        if self.moments.count == 0 || self.moments.min >= floor {
            return self.clone();
        }
        let at = u32::try_from(self.scale.bucket_of(floor)).unwrap_or(u32::MAX);
        let below = self.buckets.partition_point(|(bucket, _)| *bucket <= at);
        let (moved, above) = self.buckets.split_at(below);
        let moved: u64 = moved.iter().map(|(_, count)| count).sum();
        let value = |bucket: u32| {
            let (low, next) = (self.scale.lowest(bucket as usize), self.scale.lowest(bucket as usize + 1));
            self.scale.sample(low.midpoint(next)).clamp(floor, self.moments.max.max(floor))
        };
        let values = || std::iter::once((floor, moved)).chain(above.iter().map(|(bucket, n)| (value(*bucket), *n)));
        let mean = values().map(|(value, n)| value * n as f64).sum::<f64>() / self.moments.count as f64;
        let squares = values().map(|(value, n)| (value - mean).powi(2) * n as f64).sum();
        let moments = Moments {
            mean,
            squares,
            min: floor,
            max: self.moments.max.max(floor),
            last: self.moments.last.max(floor),
            ..self.moments
        };
        let buckets = std::iter::once((at, moved)).chain(above.iter().copied()).filter(|(_, count)| *count > 0);
        Self { scale: self.scale, buckets: buckets.collect(), moments }
    }

    /// All samples of several of one scale; merged in pairs, so that many cost little more than their buckets.
    pub fn all<'a>(scale: Scale, several: impl Iterator<Item = &'a Self>) -> Self {
        let mut several: Vec<Self> = several.cloned().collect();
        while several.len() > 1 {
            let odd = several.len() % 2 == 1;
            let last = if odd { several.pop() } else { None };
            let mut pairs = several.into_iter();
            let mut merged = Vec::with_capacity(pairs.len() / 2 + 1);
            while let (Some(mut left), Some(right)) = (pairs.next(), pairs.next()) {
                left.merge(&right);
                merged.push(left);
            }
            merged.extend(last);
            several = merged;
        }
        several.pop().unwrap_or_else(|| Self::empty(scale))
    }

    /// Adds another's samples; the order of merging does not matter.
    pub fn merge(&mut self, other: &Self) {
        self.moments.merge(&other.moments);
        self.buckets = merged(&self.buckets, &other.buckets);
    }
}
