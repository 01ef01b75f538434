use std::sync::Arc;
use std::time::Duration;

use rand::RngExt;

use crate::expression::{EvalError, Scope, Template};
use crate::units::{DurationRange, show_duration};

/// A pause between steps.
#[derive(Debug)]
pub enum StepPause {
    /// Drawn anew each time.
    Drawn(Pause),
    /// As long as its text says, which is filled in each time: `{{ headers['retry-after'] }}s`.
    Filled(Template),
}

/// What a service says may be a pause is no longer: a user that waits for a day does nothing.
const LONGEST_FILLED: Duration = Duration::from_secs(3600);

impl StepPause {
    /// The pause of a text that is the same each time.
    ///
    /// # Errors
    /// Why it says none.
    pub fn of_text(text: &str) -> Result<Self, String> {
        read_pause(text, LONGEST_FILLED).map(|range| Self::Drawn(Pause::Even(range)))
    }

    /// The same of what is no pause, and so may be longer.
    ///
    /// # Errors
    /// Why it says none.
    pub fn of_length(text: &str) -> Result<Self, String> {
        read_pause(text, Duration::MAX).map(|range| Self::Drawn(Pause::Even(range)))
    }

    /// How long a pause it is this time.
    ///
    /// # Errors
    /// A text that is no duration, or one of more than an hour.
    pub fn time(&self, scope: &Arc<Scope>) -> Result<Duration, EvalError> {
        match self {
            Self::Filled(text) => drawn_from(&text.render(scope)?, LONGEST_FILLED, scope),
            Self::Drawn(pause) => Ok(pause.draw(|| chance(scope))),
        }
    }

    /// How long something lasts that is no pause, and so may be longer.
    ///
    /// # Errors
    /// A text that is no duration.
    pub fn length(&self, scope: &Arc<Scope>) -> Result<Duration, EvalError> {
        match self {
            Self::Filled(text) => drawn_from(&text.render(scope)?, Duration::MAX, scope),
            Self::Drawn(_) => self.time(scope),
        }
    }
}

fn chance(scope: &Scope) -> f64 {
    scope.rng().draw(|rng| rng.random())
}

fn drawn_from(text: &str, longest: Duration, scope: &Scope) -> Result<Duration, EvalError> {
    let range = read_pause(text, longest).map_err(|message| EvalError { message })?;
    Ok(Pause::Even(range).draw(|| chance(scope)))
}

/// The pause that a text says.
fn read_pause(text: &str, longest: Duration) -> Result<DurationRange, String> {
    let range = DurationRange::parse(text).map_err(|invalid| format!("{}: {}", invalid.message, invalid.help))?;
    if range.to > longest {
        let (text, longest) = (text.trim(), show_duration(longest));
        return Err(format!("`{text}` is longer than a pause may be that is worked out ({longest})"));
    }
    Ok(range)
}

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

    /// No draw is longer.
    #[must_use]
    pub fn longest(&self) -> Duration {
        match *self {
            Self::Even(range) => range.to,
            Self::Exponential(mean) => scaled(mean, LONGEST),
            Self::Normal { mean, deviation } => scaled(mean + deviation * 4, 1.0),
        }
    }

    /// The mean over many draws.
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
