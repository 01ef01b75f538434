use std::fmt;

use super::amount::{Amount, RateUnit};
use crate::units::Ratio;

/// What a threshold compares with: a value of its own, or what an earlier run measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Limit {
    /// This.
    Amount(Amount),
    /// The same measure of an earlier run, moved by a drift; `None` where no run is named, or it has no data for this.
    Baseline(Drift, Option<Amount>),
}

/// How far a value may lie from the baseline's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Drift {
    /// Not at all: `baseline`.
    None,
    /// By a part of it: `baseline + 10%`.
    Share(Direction, Ratio),
    /// By an amount: `baseline + 5ms`.
    By(Direction, Amount),
}

/// To which side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// `+`
    Up,
    /// `-`
    Down,
}

impl Limit {
    /// What to compare with; `None` where the baseline is not known.
    #[must_use]
    pub fn amount(&self) -> Option<Amount> {
        let (drift, was) = match self {
            Self::Amount(amount) => return Some(*amount),
            Self::Baseline(drift, was) => (drift, was.as_ref()?),
        };
        let moved = |direction: &Direction, by: f64| match direction {
            Direction::Up => was.value() + by,
            Direction::Down => was.value() - by,
        };
        Some(match drift {
            Drift::None => *was,
            Drift::Share(direction, share) => was.with(moved(direction, was.value() * share.as_f64())),
            Drift::By(direction, amount) => was.with(moved(direction, amount.value())),
        })
    }

    /// What the earlier run measured, where one decides and it is known.
    #[must_use]
    pub const fn baseline(&self) -> Option<Amount> {
        match self {
            Self::Amount(_) => None,
            Self::Baseline(_, was) => *was,
        }
    }

    /// Whether an earlier run decides.
    #[must_use]
    pub const fn is_baseline(&self) -> bool {
        matches!(self, Self::Baseline(..))
    }

    /// As it is written, with rates by a unit.
    pub(super) fn by(&self, unit: RateUnit) -> String {
        match self {
            Self::Amount(amount) => amount.by(unit),
            Self::Baseline(Drift::None, _) => "baseline".to_owned(),
            Self::Baseline(Drift::Share(direction, share), _) => format!("baseline {direction} {share}"),
            Self::Baseline(Drift::By(direction, amount), _) => format!("baseline {direction} {}", amount.by(unit)),
        }
    }

    /// The same limit, with what the baseline measured.
    #[must_use]
    pub const fn against(self, was: Amount) -> Self {
        match self {
            Self::Amount(_) => self,
            Self::Baseline(drift, _) => Self::Baseline(drift, Some(was)),
        }
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Up => "+",
            Self::Down => "-",
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_baseline_is_moved_by_a_part_of_it_or_by_an_amount() {
        let was = Some(Amount::Time(Duration::from_millis(200)));
        let limit = |drift| Limit::Baseline(drift, was).amount().map(|amount| amount.to_string());
        assert_eq!(limit(Drift::None).as_deref(), Some("200ms"));
        assert_eq!(limit(Drift::Share(Direction::Up, Ratio::new(0.1))).as_deref(), Some("220ms"));
        let more = Amount::Time(Duration::from_millis(5));
        assert_eq!(limit(Drift::By(Direction::Down, more)).as_deref(), Some("195ms"));
        assert_eq!(limit(Drift::By(Direction::Down, Amount::Time(Duration::from_secs(9)))).as_deref(), Some("0s"));
        assert_eq!(Limit::Baseline(Drift::None, None).amount(), None);
    }
}
