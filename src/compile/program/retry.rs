use std::time::Duration;

use super::check::StatusSet;
use super::pause::Pause;
use crate::sample::FailureKind;

/// When a call is made again.
#[derive(Debug)]
pub struct Retry {
    /// How many more tries there are at most.
    pub times: u64,
    /// The statuses that are tried again, expected or not.
    pub statuses: StatusSet,
    /// The kinds of failure that are.
    pub failures: Vec<FailureKind>,
    /// The pause before the second try.
    pub wait: Pause,
    /// How many times longer each pause is than the one before it.
    pub backoff: f64,
    /// The longest pause.
    pub max_wait: Duration,
    /// What an answer's `Retry-After` does.
    pub retry_after: RetryAfter,
}

/// What an answer's `Retry-After` does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryAfter {
    /// The pause is at least as long as it says.
    Honored,
    /// Nothing.
    Ignored,
}

impl Retry {
    /// Whether a request that ended so is made again.
    #[must_use]
    pub fn takes(&self, status: Option<u16>, failure: Option<FailureKind>) -> bool {
        status.is_some_and(|status| self.statuses.contains(status))
            || failure.is_some_and(|kind| self.failures.contains(&kind))
    }

    /// The pause after so many tries, where the answer asks for so long; `chance` gives numbers evenly from 0 up to 1.
    #[must_use]
    pub fn pause(&self, tries: u64, asked: Duration, chance: impl FnMut() -> f64) -> Duration {
        let longer = self.backoff.powf(tries.saturating_sub(1) as f64);
        let seconds = self.wait.draw(chance).as_secs_f64() * longer;
        // a product beyond all numbers is the longest, too
        let own = if seconds < self.max_wait.as_secs_f64() { Duration::from_secs_f64(seconds) } else { self.max_wait };
        own.max(asked).min(self.max_wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::DurationRange;

    #[test]
    fn pauses_grow_to_the_longest_and_never_beyond() {
        let wait = Pause::Even(DurationRange { from: Duration::from_secs(1), to: Duration::from_secs(1) });
        let retry = Retry {
            times: 9,
            statuses: StatusSet(vec![429..=429]),
            failures: Vec::new(),
            wait,
            backoff: 2.0,
            max_wait: Duration::from_secs(6),
            retry_after: RetryAfter::Honored,
        };
        let pauses = |tries, asked| retry.pause(tries, Duration::from_secs(asked), || 0.5).as_secs();
        assert_eq!([1, 2, 3, 4, u64::MAX].map(|tries| pauses(tries, 0)), [1, 2, 4, 6, 6]);
        assert_eq!([0, 1, 3, u64::MAX].map(|asked| pauses(1, asked)), [1, 1, 3, 6]);
    }
}
