use super::document::TimeEntry;
use crate::metrics::Distribution;

/// A distribution of nanoseconds as the report's figures; `None` without samples.
pub(super) fn times(all: &Distribution) -> Option<TimeEntry> {
    let ms = |nanos: f64| nanos / 1e6;
    let quantile = |p: f64| all.quantile(p).map(ms);
    Some(TimeEntry {
        count: all.count(),
        min: ms(all.min()?),
        mean: ms(all.mean()?),
        stddev: ms(all.deviation()?),
        p50: quantile(0.5)?,
        p66: quantile(0.66)?,
        p75: quantile(0.75)?,
        p80: quantile(0.8)?,
        p90: quantile(0.9)?,
        p95: quantile(0.95)?,
        p98: quantile(0.98)?,
        p99: quantile(0.99)?,
        p999: quantile(0.999)?,
        p9999: quantile(0.9999)?,
        max: ms(all.max()?),
        beyond: all.moments().clipped,
    })
}
