use super::trend::Point;

/// Latency that grew with time: how it was early, and how it was late.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Growth {
    pub(super) from: Point,
    pub(super) to: Point,
    pub(super) before: f64,
    pub(super) after: f64,
}

/// Fewer moments than these show no growth.
const FEWEST: usize = 6;
/// It grew when it is so many times as long …
const TIMES: f64 = 1.5;
/// … and so many milliseconds longer.
const BY: f64 = 50.0;

/// Whether latency grew: the middle moment of the first third, by its p95, against that of the last. Both are moments
/// that were measured, so nothing is averaged, and one odd moment says nothing.
pub(super) fn growth(trend: &[Point]) -> Option<Growth> {
    let measured: Vec<Point> = trend.iter().copied().filter(|point| point.p95.is_some()).collect();
    if measured.len() < FEWEST {
        return None;
    }
    let third = measured.len() / 3;
    let from = middle(&measured[..third])?;
    let to = middle(&measured[measured.len() - third..])?;
    let (before, after) = (from.p95?, to.p95?);
    (after >= before * TIMES && after >= before + BY).then_some(Growth { from, to, before, after })
}

fn middle(points: &[Point]) -> Option<Point> {
    let mut points = points.to_vec();
    points.sort_by(|a, b| a.p95.unwrap_or(0.0).total_cmp(&b.p95.unwrap_or(0.0)));
    points.get(points.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trend(p95: impl Fn(u32) -> f64) -> Vec<Point> {
        (0..30).map(|s| Point { second: f64::from(s), users: None, rate: Some(1.0), p95: Some(p95(s)) }).collect()
    }

    #[test]
    fn latency_grows_when_it_rises_and_not_when_it_wobbles_or_falls() {
        assert!(growth(&trend(|s| 100.0 + f64::from(s) * 20.0)).is_some());
        assert!(growth(&trend(|s| 100.0 + f64::from(s % 7) * 20.0)).is_none());
        assert!(growth(&trend(|s| 800.0 - f64::from(s) * 20.0)).is_none());
        assert!(growth(&trend(|s| if s == 29 { 9000.0 } else { 100.0 })).is_none());
        assert!(growth(&trend(|s| 1.0 + f64::from(s) / 10.0)).is_none(), "three milliseconds are no growth");
        assert!(growth(&[]).is_none());
    }
}
