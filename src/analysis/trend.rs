use std::collections::VecDeque;

use crate::metrics::Interval;

/// A moment of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Point {
    /// When it was, in seconds from the start.
    pub(super) second: f64,
    /// How many users there were.
    pub(super) users: Option<u64>,
    /// Requests a second.
    pub(super) rate: Option<f64>,
    /// The 95th percentile of the requests just before, in milliseconds.
    pub(super) p95: Option<f64>,
}

/// A run as it went, in so many points at most: of a long run every second, fourth, … is kept.
#[derive(Debug, Clone, Default)]
pub struct Trend {
    points: VecDeque<Point>,
    skipped: u32,
    stride: u32,
    users: Option<u64>,
    last: f64,
}

/// Latency that grew with time: how it was early, and how it was late.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Growth {
    pub(super) from: Point,
    pub(super) to: Point,
    pub(super) before: f64,
    pub(super) after: f64,
}

/// The most points that are kept.
const MOST: usize = 4096;
/// Fewer moments than these show no growth.
const FEWEST_MOMENTS: usize = 6;
/// It grew when it is so many times as long …
const GREW_TIMES: f64 = 1.5;
/// … and so many milliseconds longer.
const GREW_BY: f64 = 50.0;

impl Trend {
    /// Adds the next moment.
    pub(super) fn add(&mut self, point: Point) {
        self.users = self.users.max(point.users);
        self.last = self.last.max(point.second);
        if self.skipped + 1 < self.stride {
            self.skipped += 1;
            return;
        }
        self.skipped = 0;
        self.points.push_back(point);
        if self.points.len() > MOST {
            let mut odd = false;
            self.points.retain(|_| {
                odd = !odd;
                odd
            });
            self.stride = self.stride.max(1) * 2;
        }
    }

    /// Adds a second of a run of ours.
    pub fn add_second(&mut self, interval: &Interval) {
        let times = interval.response_times();
        self.add(Point {
            second: f64::from(interval.second),
            users: Some(interval.users),
            rate: Some(times.count() as f64),
            p95: times.quantile(0.95).map(|nanos| nanos / 1e6),
        });
    }

    /// The most users there were.
    pub(super) fn users(&self) -> Option<u64> {
        self.users
    }

    /// How long it went on, in seconds.
    pub(super) fn seconds(&self) -> Option<f64> {
        (self.last > 0.0).then_some(self.last)
    }

    /// The moments that were kept.
    pub(super) fn points(self) -> Vec<Point> {
        self.points.into()
    }
}

/// Whether latency grew: the middle moment of the first third, by its p95, against that of the last. Both are moments
/// that were measured, so nothing is averaged, and one odd moment says nothing.
pub(super) fn growth(trend: &[Point]) -> Option<Growth> {
    let measured: Vec<Point> = trend.iter().copied().filter(|point| point.p95.is_some()).collect();
    if measured.len() < FEWEST_MOMENTS {
        return None;
    }
    let third = measured.len() / 3;
    let from = middle(&measured[..third])?;
    let to = middle(&measured[measured.len() - third..])?;
    let (before, after) = (from.p95?, to.p95?);
    (after >= before * GREW_TIMES && after >= before + GREW_BY).then_some(Growth { from, to, before, after })
}

fn middle(points: &[Point]) -> Option<Point> {
    let mut points = points.to_vec();
    points.sort_by(|a, b| a.p95.unwrap_or(0.0).total_cmp(&b.p95.unwrap_or(0.0)));
    points.get(points.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rising(p95: impl Fn(u32) -> f64) -> Vec<Point> {
        (0..30).map(|s| Point { second: f64::from(s), users: None, rate: Some(1.0), p95: Some(p95(s)) }).collect()
    }

    #[test]
    fn latency_grows_when_it_rises_and_not_when_it_wobbles_or_falls() {
        assert!(growth(&rising(|s| 100.0 + f64::from(s) * 20.0)).is_some());
        assert!(growth(&rising(|s| 100.0 + f64::from(s % 7) * 20.0)).is_none());
        assert!(growth(&rising(|s| 800.0 - f64::from(s) * 20.0)).is_none());
        assert!(growth(&rising(|s| if s == 29 { 9000.0 } else { 100.0 })).is_none());
        assert!(growth(&rising(|s| 1.0 + f64::from(s) / 10.0)).is_none(), "three milliseconds are no growth");
        assert!(growth(&[]).is_none());
    }

    #[test]
    fn a_run_of_any_length_is_a_bounded_number_of_points_in_order() {
        let mut trend = Trend::default();
        for second in 0..100_000_u32 {
            let users = Some(u64::from(second % 777));
            trend.add(Point { second: f64::from(second), users, rate: None, p95: None });
        }
        assert_eq!((trend.users(), trend.seconds()), (Some(776), Some(99_999.0)));
        let points = trend.points();
        assert!(points.len() <= MOST && points.len() > MOST / 4, "{}", points.len());
        assert!(points.is_sorted_by(|a, b| a.second < b.second));
    }
}
