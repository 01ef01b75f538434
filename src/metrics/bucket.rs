use std::time::Duration;

/// How a histogram's buckets lie: HDR's layout with 3 significant digits (2,048 sub-buckets), so that
/// `hdrhistogram` reads what is counted here without loss.
///
/// Source: Gil Tene's HdrHistogram; index arithmetic as its documentation gives it.
const SUB_BUCKETS: u64 = 2048;
const HALF: u64 = SUB_BUCKETS / 2;
const HALF_MAGNITUDE: u32 = 10;

/// What a histogram's values are, and how they become the integers it counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Times in nanoseconds: 1 µs to 1 h, the smallest step 512 ns.
    Time,
    /// Numbers of any kind, in steps of 2⁻²⁰ up to 2⁴². Whole numbers below 2,048 come back exactly.
    Number,
}

impl Scale {
    pub(super) const fn unit_magnitude(self) -> u32 {
        match self {
            Self::Time => 9,
            Self::Number => 0,
        }
    }

    /// The smallest and largest value of the layout.
    pub(super) const fn bounds(self) -> (u64, u64) {
        match self {
            Self::Time => (1_000, 3_600_000_000_000),
            Self::Number => (1, 1 << 62),
        }
    }

    /// The integer a sample is counted under; what is out of bounds counts as the nearest bound.
    pub(super) fn to_integer(self, sample: f64) -> u64 {
        let (_, highest) = self.bounds();
        let scaled = match self {
            Self::Time => sample,
            Self::Number => sample * NUMBER_STEPS,
        };
        // casts of floats saturate: negative and not-a-number become 0
        (scaled.round() as u64).min(highest)
    }

    /// The sample that an integer stands for.
    pub(super) fn sample(self, integer: u64) -> f64 {
        match self {
            Self::Time => integer as f64,
            Self::Number => integer as f64 / NUMBER_STEPS,
        }
    }

    /// Whether a sample lies outside what the layout can tell apart.
    pub(super) fn clips(self, sample: f64) -> bool {
        let (_, highest) = self.bounds();
        sample < 0.0 || self.sample(highest) < sample
    }

    pub(super) fn bucket(self, integer: u64) -> usize {
        let magnitude = self.unit_magnitude();
        let ceiling = 64 - (integer | ((SUB_BUCKETS - 1) << magnitude)).leading_zeros();
        let bucket = ceiling - magnitude - (HALF_MAGNITUDE + 1);
        let sub = integer >> (bucket + magnitude);
        // sub-buckets of every bucket but the first fill its upper half alone
        ((u64::from(bucket + 1) << HALF_MAGNITUDE) + sub - HALF) as usize
    }

    /// The last bucket of the layout.
    pub(super) fn last_bucket(self) -> usize {
        self.bucket(self.bounds().1)
    }

    /// The bucket a sample is counted in.
    pub(super) fn bucket_of(self, sample: f64) -> usize {
        self.bucket(self.to_integer(sample))
    }

    /// The smallest sample a bucket holds; `None` for a bucket that the layout does not have.
    #[must_use]
    pub fn floor(self, bucket: u32) -> Option<f64> {
        let bucket = bucket as usize;
        (bucket <= self.last_bucket()).then(|| self.sample(self.lowest(bucket)))
    }

    /// The smallest integer of a bucket.
    pub(super) fn lowest(self, bucket: usize) -> u64 {
        let index = bucket as u64;
        let (power, sub) = match (index >> HALF_MAGNITUDE).checked_sub(1) {
            Some(power) => (power, (index & (HALF - 1)) + HALF),
            None => (0, index & (HALF - 1)),
        };
        sub << (power + u64::from(self.unit_magnitude()))
    }
}

const NUMBER_STEPS: f64 = (1_u64 << 20) as f64;

pub(super) fn nanos(time: Duration) -> f64 {
    time.as_nanos() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_holds_its_value_within_a_thousandth() {
        for scale in [Scale::Time, Scale::Number] {
            let mut value = 1_u64;
            while value < scale.bounds().1 {
                let low = scale.lowest(scale.bucket(value));
                let high = scale.lowest(scale.bucket(value) + 1);
                assert!(low <= value && value < high, "{scale:?} {value}: {low}..{high}");
                let step = 1_u64 << scale.unit_magnitude();
                assert!(high - low <= step.max(value / 1000), "{scale:?} {value}: {low}..{high}");
                value += value / 7 + 1;
            }
        }
    }

    #[test]
    fn whole_numbers_below_2048_are_the_lowest_of_their_buckets() {
        for number in 0..2048_u32 {
            let integer = Scale::Number.to_integer(f64::from(number));
            let low = Scale::Number.lowest(Scale::Number.bucket(integer));
            assert_eq!(Scale::Number.sample(low), f64::from(number));
        }
    }
}
