use crate::units::Rate;

/// A search for the highest rate that holds: it doubles from the lowest until one breaks or the highest holds, then
/// halves what lies between the highest that held and the lowest that broke.
#[derive(Debug, Clone)]
pub struct RateSearch {
    top: f64,
    precision: f64,
    held: Option<f64>,
    broken: Option<f64>,
    next: Option<f64>,
}

impl RateSearch {
    /// A search between two rates, to within a third.
    #[must_use]
    pub fn new(from: Rate, to: Rate, precision: Rate) -> Self {
        let (from, top) = (from.as_per_second(), to.as_per_second());
        Self { top, precision: precision.as_per_second(), held: None, broken: None, next: Some(from) }
    }

    /// The level to try now; `None` once the search is over.
    #[must_use]
    pub fn next(&self) -> Option<Rate> {
        self.next.map(Rate::per_second)
    }

    /// Takes the result of the level that was tried.
    pub fn record(&mut self, result: LevelResult) {
        let Some(tried) = self.next else { return };
        match result {
            LevelResult::Held => self.held = Some(self.held.map_or(tried, |held| held.max(tried))),
            LevelResult::Broken => self.broken = Some(self.broken.map_or(tried, |broken| broken.min(tried))),
        }
        self.next = match (self.held, self.broken) {
            // not even the lowest holds: there is nothing below it to try
            (None, _) => None,
            (Some(held), None) if held >= self.top => None,
            (Some(held), None) => Some((held * 2.0).min(self.top)),
            (Some(held), Some(broken)) if broken - held <= self.precision => None,
            (Some(held), Some(broken)) => Some(f64::midpoint(held, broken)),
        };
    }

    /// The highest rate that held so far.
    #[cfg(test)]
    fn held(&self) -> Option<Rate> {
        self.held.map(Rate::per_second)
    }
}

/// Whether a level held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LevelResult {
    /// Every threshold held.
    Held,
    /// One broke.
    Broken,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(capacity: f64, from: f64, to: f64, precision: f64) -> (Option<f64>, usize) {
        let rate = Rate::per_second;
        let mut search = RateSearch::new(rate(from), rate(to), rate(precision));
        let mut tries = 0;
        while let Some(level) = search.next() {
            tries += 1;
            search.record(if level.as_per_second() <= capacity { LevelResult::Held } else { LevelResult::Broken });
        }
        (search.held().map(Rate::as_per_second), tries)
    }

    #[test]
    fn a_search_comes_within_its_precision_of_the_line() {
        for capacity in [100.0, 137.0, 512.0, 799.0, 1000.0] {
            let (held, tries) = found(capacity, 100.0, 1000.0, 10.0);
            let held = held.unwrap();
            assert!(held <= capacity && capacity - held <= 10.0, "{held} for {capacity}");
            assert!(tries <= 13, "{tries} levels");
        }
        assert_eq!(found(5000.0, 100.0, 1000.0, 10.0), (Some(1000.0), 5));
        assert_eq!(found(50.0, 100.0, 1000.0, 10.0), (None, 1));
    }
}
