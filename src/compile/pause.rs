use std::time::Duration;

use crate::units::DurationRange;

/// A pause, drawn anew each time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pause {
    /// Evenly from a range.
    Even(DurationRange),
    /// From an exponential distribution with this mean.
    Exponential(Duration),
    /// From a normal distribution; what would be below zero is drawn again.
    Normal {
        /// The mean.
        mean: Duration,
        /// The standard deviation.
        deviation: Duration,
    },
}

/// A drawn pause is at most so many means long, so that one draw cannot end a user's work.
const LONGEST: f64 = 20.0;

impl Pause {
    /// No pause.
    pub const NONE: Self = Self::Even(DurationRange { from: Duration::ZERO, to: Duration::ZERO });

    /// Whether it is none.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        matches!(self, Self::Even(range) if range.to.is_zero())
    }

    /// Draws one; `chance` gives numbers evenly from 0 up to 1.
    #[must_use]
    pub fn draw(&self, mut chance: impl FnMut() -> f64) -> Duration {
        match *self {
            Self::Even(range) if range.from == range.to => range.from,
            Self::Even(range) => range.at(chance()),
            // the inverse of the distribution
            Self::Exponential(mean) => scaled(mean, (-(1.0 - chance()).ln()).min(LONGEST)),
            Self::Normal { mean, deviation } => {
                for _ in 0..16 {
                    // Box and Muller 1958; 1 - chance is never 0
                    let drawn = (-2.0 * (1.0 - chance()).ln()).sqrt() * (std::f64::consts::TAU * chance()).cos();
                    let seconds = mean.as_secs_f64() + deviation.as_secs_f64() * drawn;
                    if seconds >= 0.0 {
                        return Duration::from_secs_f64(seconds.min(1e9));
                    }
                }
                Duration::ZERO
            }
        }
    }

    /// The mean: what it comes to over a run.
    #[must_use]
    pub fn mean(&self) -> Duration {
        match *self {
            Self::Even(range) => (range.from + range.to) / 2,
            Self::Exponential(mean) | Self::Normal { mean, .. } => mean,
        }
    }
}

fn scaled(mean: Duration, factor: f64) -> Duration {
    Duration::from_secs_f64((mean.as_secs_f64() * factor).min(1e9))
}

#[cfg(test)]
mod tests {
    use rand::RngExt;

    use super::*;
    use crate::units::Seed;

    #[test]
    fn drawn_pauses_have_the_mean_and_deviation_they_are_said_to() {
        let mean = Duration::from_secs(2);
        let deviation = Duration::from_millis(300);
        for (pause, expected) in [(Pause::Exponential(mean), 2.0), (Pause::Normal { mean, deviation }, 0.3)] {
            let mut dice = Seed::new(3).generator();
            let drawn: Vec<f64> = (0..40_000).map(|_| pause.draw(|| dice.random()).as_secs_f64()).collect();
            let average = drawn.iter().sum::<f64>() / 40_000.0;
            let spread = (drawn.iter().map(|x| (x - average).powi(2)).sum::<f64>() / 40_000.0).sqrt();
            assert!((average - 2.0).abs() < 0.05, "{pause:?}: {average}");
            assert!((spread - expected).abs() < 0.05, "{pause:?}: {spread}");
        }
    }
}
