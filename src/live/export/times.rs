use crate::metrics::Distribution;

/// The times of requests, as far as any format wants them; in seconds.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Times {
    pub(super) count: u64,
    pub(super) sum: f64,
    pub(super) min: f64,
    pub(super) max: f64,
    /// Quantiles, each with its share.
    pub(super) quantiles: [(f64, f64); 4],
    /// How many were no longer than each of [`edges`].
    pub(super) at_most: Vec<u64>,
    /// How many were no time at all.
    pub(super) zero: u64,
    /// Exponential buckets that hold any, ascending: the one with index `i` holds what is above `base^i`, and no longer than
    /// `base^(i + 1)`, where `base` is 2 to the power of `1 / 2^SCALE`.
    pub(super) exponential: Vec<(i32, u64)>,
}

/// The shares that quantiles are told of.
const SHARES: [f64; 4] = [0.5, 0.9, 0.95, 0.99];
/// The scale of the exponential buckets: 32 to a doubling, each 2.2 % wide.
pub(super) const SCALE: i32 = 5;
const PER_DOUBLING: f64 = 32.0;
/// The first and the last edge of the classic buckets, as powers of the square root of two: 0.24 ms and 64 s.
const EDGES: std::ops::RangeInclusive<i32> = -24..=12;

/// The upper bounds of the classic buckets, in seconds. They are bounds of Prometheus's native histograms of schema 1, so that
/// one can be made of the other without loss.
pub(super) fn edges() -> impl Iterator<Item = f64> {
    EDGES.map(|power| {
        // a power of two is exact, and so is its product
        let whole = 2_f64.powi(power.div_euclid(2));
        if power.rem_euclid(2) == 1 { whole * std::f64::consts::SQRT_2 } else { whole }
    })
}

impl Times {
    /// Of a distribution of nanoseconds. A sample counts as the value that quantiles give it: the largest of its bucket.
    pub(super) fn of(distribution: &Distribution) -> Option<Self> {
        const SECOND: f64 = 1e9;
        let quantile = |share| distribution.quantile(share).map(|nanos| (share, nanos / SECOND));
        let [p50, p90, p95, p99] = SHARES.map(quantile);
        let mut times = Self {
            count: distribution.count(),
            sum: distribution.moments().sum() / SECOND,
            min: distribution.min()? / SECOND,
            max: distribution.max()? / SECOND,
            quantiles: [p50?, p90?, p95?, p99?],
            at_most: Vec::new(),
            zero: 0,
            exponential: Vec::new(),
        };
        let mut edges = edges().peekable();
        let mut below = 0;
        for (nanos, count) in distribution.values() {
            let value = nanos / SECOND;
            while edges.next_if(|edge| *edge < value).is_some() {
                times.at_most.push(below);
            }
            below += count;
            times.add(value, count);
        }
        times.at_most.extend(edges.map(|_| below));
        Some(times)
    }

    fn add(&mut self, value: f64, count: u64) {
        if value <= 0.0 {
            self.zero += count;
            return;
        }
        let index = exponential_index(value);
        match self.exponential.last_mut() {
            Some((last, counted)) if *last == index => *counted += count,
            _ => self.exponential.push((index, count)),
        }
    }

    /// How many bytes it takes besides itself.
    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>() + self.at_most.capacity() * 8 + self.exponential.capacity() * 16
    }
}

/// The exponential bucket of a value above zero.
fn exponential_index(value: f64) -> i32 {
    let near = (value.log2() * PER_DOUBLING).ceil() as i32 - 1;
    // a logarithm is right to its last digit or so, and a bound belongs to the bucket below it
    let bound = |index: i32| 2_f64.powf(f64::from(index) / PER_DOUBLING);
    if value <= bound(near) {
        near - 1
    } else if value > bound(near + 1) {
        near + 1
    } else {
        near
    }
}

/// The upper bound of an exponential bucket.
pub(super) fn upper_bound(index: i32) -> f64 {
    2_f64.powf(f64::from(index + 1) / PER_DOUBLING)
}
