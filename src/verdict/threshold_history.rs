use super::evaluate::Status;
use crate::threshold::Amount;

/// What was measured of a rule, second by second; in a long run, in longer steps.
#[derive(Debug, Clone, PartialEq)]
pub struct ThresholdHistory {
    points: Vec<HistoryPoint>,
    stride: u32,
}

/// One step of a history.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HistoryPoint {
    /// Its first second, from 0.
    pub second: u32,
    /// How many seconds it stands for.
    pub length: u32,
    /// What was measured at its end, or where it was broken; `None` without data.
    pub measured: Option<Amount>,
    /// Whether it was broken at any of its seconds.
    pub broken: bool,
}

/// How many points a history may have before neighbours are folded into one.
const POINTS: usize = 600;

impl ThresholdHistory {
    pub(super) const fn new() -> Self {
        Self { points: Vec::new(), stride: 1 }
    }

    /// Its points, in order.
    #[must_use]
    pub fn points(&self) -> &[HistoryPoint] {
        &self.points
    }

    pub(super) fn add(&mut self, second: u32, measured: Option<Amount>, status: Status) {
        let point = HistoryPoint { second, length: 1, measured, broken: status == Status::Broken };
        match self.points.last_mut() {
            Some(last) if second < last.second.saturating_add(self.stride) => last.fold(&point),
            _ => self.points.push(point),
        }
        if self.points.len() > POINTS {
            self.stride = self.stride.saturating_mul(2);
            let folded = self.points.chunks(2).map(|pair| {
                let mut first = pair[0];
                pair[1..].iter().for_each(|point| first.fold(point));
                first
            });
            self.points = folded.collect();
        }
    }
}

impl HistoryPoint {
    /// Takes a later point in. What breaks a rule must not vanish between what holds it.
    fn fold(&mut self, other: &Self) {
        self.length = other.second.saturating_add(other.length).saturating_sub(self.second);
        if other.broken || !self.broken {
            self.measured = other.measured;
        }
        self.broken |= other.broken;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(seconds: u32) -> ThresholdHistory {
        let mut history = ThresholdHistory::new();
        (0..seconds).for_each(|second| history.add(second, Some(Amount::Number(second.into())), Status::Held));
        history
    }

    #[test]
    fn ten_minutes_are_kept_second_by_second_and_longer_runs_in_as_many_points() {
        let ten_minutes = history(600);
        assert_eq!(ten_minutes.points().len(), 600);
        assert!(ten_minutes.points().iter().all(|point| point.length == 1));
        for seconds in [601, 5000, 100_000] {
            let long = history(seconds);
            assert!((300..=600).contains(&long.points().len()), "{seconds}: {}", long.points().len());
            assert_eq!(long.points().iter().map(|point| point.length).sum::<u32>(), seconds);
        }
    }
}
