use std::fmt;

use crate::sample::{FailureKind, Outcome, Sample, Transmission};

/// Where every request of a run went. They add up: scheduled = started + dropped, and, once nothing is under way,
/// started = ok + failed + aborted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Accounting {
    /// Requests the plan wanted.
    pub scheduled: u64,
    /// Of those, not begun because nobody was free to.
    pub dropped: u64,
    /// Of those, begun.
    pub started: u64,
    /// Of the begun, answered as expected.
    pub ok: u64,
    /// Of the begun, failed, by kind in the order of [`FailureKind::ALL`].
    pub failed: [u64; FailureKind::ALL.len()],
    /// Of the begun, cut off by the end of the run.
    pub aborted: u64,
    /// Of the begun, those of which no byte was sent: the target cannot have counted them.
    pub never_sent: u64,
}

/// Requests that do not add up: which equation, and its two sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Imbalance {
    /// scheduled ≠ started + dropped.
    Scheduled(u64, u64),
    /// started ≠ ok + failed + aborted.
    Started(u64, u64),
}

impl Accounting {
    /// All failures, of any kind.
    #[must_use]
    pub fn failures(&self) -> u64 {
        self.failed.iter().sum()
    }

    /// Begun, and not over yet.
    #[must_use]
    pub fn under_way(&self) -> u64 {
        self.started.saturating_sub(self.ok + self.failures() + self.aborted)
    }

    /// Checks that requests add up, for a run that is over.
    ///
    /// # Errors
    /// The first equation that does not hold.
    pub fn balance(&self) -> Result<(), Imbalance> {
        let ended = self.ok + self.failures() + self.aborted;
        if self.scheduled != self.started + self.dropped {
            Err(Imbalance::Scheduled(self.scheduled, self.started + self.dropped))
        } else if self.started != ended {
            Err(Imbalance::Started(self.started, ended))
        } else {
            Ok(())
        }
    }

    /// Counts the end of a request.
    pub(super) fn end(&mut self, sample: &Sample) {
        match sample.outcome {
            Outcome::Ok | Outcome::Redirected => self.ok += 1,
            Outcome::Failed(kind) => self.failed[kind as usize] += 1,
            Outcome::Aborted => self.aborted += 1,
        }
        self.never_sent += u64::from(sample.transmission == Transmission::NeverSent);
    }

    /// Adds another's requests.
    pub fn merge(&mut self, other: &Self) {
        self.scheduled += other.scheduled;
        self.dropped += other.dropped;
        self.started += other.started;
        self.ok += other.ok;
        self.aborted += other.aborted;
        self.never_sent += other.never_sent;
        for (mine, theirs) in self.failed.iter_mut().zip(other.failed) {
            *mine += theirs;
        }
    }
}

impl fmt::Display for Imbalance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scheduled(left, right) => write!(f, "scheduled {left} is not started + dropped {right}"),
            Self::Started(left, right) => write!(f, "started {left} is not ok + failed + aborted {right}"),
        }
    }
}
