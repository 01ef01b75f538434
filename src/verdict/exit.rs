use std::process::ExitCode;

use super::conclude::{Integrity, Verdict};

/// How a command ended, as the number a shell sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// It passed.
    Passed,
    /// A threshold failed.
    Failed,
    /// The plan or the command line is wrong.
    Usage,
    /// The run could not start: target not ready, no file handles, no place for results.
    NotStarted,
    /// The result is not valid: the generator was the bottleneck.
    Invalid,
    /// It was interrupted; what was measured is written.
    Interrupted,
    /// Results were lost.
    Lost,
    /// A bug of this program.
    Bug,
}

impl Exit {
    /// That of a run.
    #[must_use]
    pub const fn of(verdict: &Verdict, integrity: Integrity) -> Self {
        match (integrity, verdict) {
            (Integrity::Broken, _) => Self::Bug,
            (_, Verdict::Passed | Verdict::PassedAtCeiling(_)) => Self::Passed,
            (
                _,
                Verdict::Failed(_)
                | Verdict::Empty
                | Verdict::NoSuccess(_)
                | Verdict::NoLevelHeld
                | Verdict::LevelTooLow(_),
            ) => Self::Failed,
            (_, Verdict::Invalid(_) | Verdict::CeilingDecides(..)) => Self::Invalid,
            (_, Verdict::Interrupted | Verdict::CutOff) => Self::Interrupted,
        }
    }

    /// The worse of two, for what is done for several runs. Whatever leaves less known of the service is worse: that it
    /// failed is known for certain; of a result that is not valid nothing is, a run that did not start has none, a plan
    /// that is wrong never has one, what is interrupted leaves open what comes behind it, results that are lost cannot be
    /// looked at, and a bug puts all of it in doubt.
    #[must_use]
    pub fn worse(self, other: Self) -> Self {
        let rank = |exit| Self::FROM_BEST.iter().position(|known| *known == exit);
        if rank(other) > rank(self) { other } else { self }
    }

    /// From the best to the worst.
    const FROM_BEST: [Self; 8] = [
        Self::Passed,
        Self::Failed,
        Self::Invalid,
        Self::NotStarted,
        Self::Usage,
        Self::Interrupted,
        Self::Lost,
        Self::Bug,
    ];

    /// What it means, in a word or two.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Usage => "plan or command line wrong",
            Self::NotStarted => "not started",
            Self::Invalid => "not valid",
            Self::Interrupted => "interrupted",
            Self::Lost => "results lost",
            Self::Bug => "bug",
        }
    }

    /// The number.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Passed => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::NotStarted => 3,
            Self::Invalid => 4,
            Self::Interrupted => 5,
            Self::Lost => 6,
            Self::Bug => 70,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worse_of_two_exits_is_the_one_that_leaves_less_known() {
        let from_best = [0, 1, 4, 3, 2, 5, 6, 70];
        assert_eq!(Exit::FROM_BEST.map(Exit::code), from_best);
        for (index, exit) in Exit::FROM_BEST.into_iter().enumerate() {
            for (other_index, other) in Exit::FROM_BEST.into_iter().enumerate() {
                assert_eq!(exit.worse(other), Exit::FROM_BEST[index.max(other_index)]);
            }
        }
    }
}
