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
            (_, Verdict::Passed) => Self::Passed,
            (
                _,
                Verdict::Failed(_)
                | Verdict::Empty
                | Verdict::NoSuccess(_)
                | Verdict::NoLevelHeld
                | Verdict::LevelTooLow(_),
            ) => Self::Failed,
            (_, Verdict::Invalid(_)) => Self::Invalid,
            (_, Verdict::Interrupted | Verdict::CutOff) => Self::Interrupted,
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
