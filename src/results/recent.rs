use std::time::Duration;

use crate::metrics::{Distribution, Interval, Scale, SlidingDistribution};

/// The response times of the last seconds of a run under way.
#[derive(Debug)]
pub struct Recent(SlidingDistribution);

/// Three quantiles of response times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quantiles {
    /// Half of them were no longer.
    pub p50: Duration,
    /// The 95th percentile.
    pub p95: Duration,
    /// The 99th percentile.
    pub p99: Duration,
    /// How many there were.
    pub count: u64,
}

impl Recent {
    /// So many seconds are recent.
    pub const SECONDS: u32 = 10;

    /// Of a run that has heard nothing yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(SlidingDistribution::new(Scale::Time, Self::SECONDS))
    }

    /// Takes a second.
    pub fn hear(&mut self, interval: &Interval) {
        self.0.push(interval.second, interval.response_times());
    }

    /// Their quantiles; `None` where nothing ended.
    #[must_use]
    pub fn quantiles(&self) -> Option<Quantiles> {
        Quantiles::of(self.0.distribution())
    }
}

impl Default for Recent {
    fn default() -> Self {
        Self::new()
    }
}

impl Quantiles {
    pub(super) fn of(times: &Distribution) -> Option<Self> {
        let quantile = |p| times.quantile(p).map(|nanos| Duration::from_nanos(nanos as u64));
        Some(Self { p50: quantile(0.5)?, p95: quantile(0.95)?, p99: quantile(0.99)?, count: times.count() })
    }
}
