use std::time::Duration;

use crate::metrics::{Health, Second};

/// Why a result cannot be trusted: the generator was the bottleneck in too many of its seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Doubt {
    /// How many seconds were suspect.
    pub suspect: u64,
    /// Of how many.
    pub seconds: u64,
    /// The longest a worker woke late.
    pub worst_lag: Duration,
}

/// A worker that wakes this much later than it asked to adds so much to what it measures.
const LAG: Duration = Duration::from_millis(100);
/// Fewer seconds than these prove nothing.
const FEWEST: u64 = 5;
/// The result is not valid when more than one in so many seconds is suspect.
const ONE_IN: u64 = 5;

/// Whether a second's numbers are coloured by the generator itself.
#[must_use]
pub fn is_suspect(health: &Health) -> bool {
    health.worker_lag > LAG
}

/// Judges the generator by the run's history.
///
/// # Errors
/// [`Doubt`], where more than a fifth of at least five seconds were suspect.
pub fn validity(history: &[Second]) -> Result<(), Doubt> {
    let seconds = history.iter().map(|second| u64::from(second.length)).sum();
    let suspects = history.iter().filter(|second| is_suspect(&second.health));
    let suspect: u64 = suspects.map(|second| u64::from(second.length)).sum();
    if seconds < FEWEST || suspect * ONE_IN <= seconds {
        return Ok(());
    }
    let worst_lag = history.iter().map(|second| second.health.worker_lag).max().unwrap_or_default();
    Err(Doubt { suspect, seconds, worst_lag })
}
