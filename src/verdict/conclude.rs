use std::fmt;

use super::generator_health::InvalidReason;
use super::threshold_evaluator::Finding;
use crate::journal::Closing;

/// The result of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Every threshold held.
    Passed,
    /// Thresholds did not hold; their indices.
    Failed(Vec<usize>),
    /// Nothing was asked of the service, so nothing can be said of it.
    Empty,
    /// Nothing that was tried succeeded: no request, or no task.
    NoSuccess(Tried),
    /// No level of a search, or of a staircase to failure, held.
    NoLevelHeld,
    /// A search, or a staircase to failure, did not come as high as it had to.
    LevelTooLow(MissedLevel),
    /// The generator was the bottleneck.
    Invalid(InvalidReason),
    /// Somebody ended it before its time.
    Interrupted,
    /// It is not known to be over: it is under way, or was killed.
    CutOff,
}

/// What a run tried without success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tried {
    /// So many calls.
    Calls(u64),
    /// So many tasks.
    Tasks(u64),
}

/// What a run has got done, whatever its thresholds say of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Achievement {
    /// Requests that were answered or failed.
    pub ended: u64,
    /// Calls that were answered or failed, of stages that count.
    pub calls: u64,
    /// Of those, the ones that came out as expected.
    pub calls_ok: u64,
    /// Tasks that were completed, `on_start` and `on_stop` not among them.
    pub tasks_completed: u64,
    /// Tasks that failed.
    pub tasks_failed: u64,
    /// Levels that were tried.
    pub levels: u64,
    /// Of those, the ones that held.
    pub levels_held: u64,
    /// The level that had to hold and did not.
    pub missed: Option<MissedLevel>,
}

/// A level that had to hold, and did not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissedLevel {
    /// How high it is.
    pub asked: String,
    /// The highest that held; none where no level was over.
    pub held: Option<String>,
}

/// Whether a run's own counts and workers are in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Integrity {
    /// They are, as far as can be told.
    Sound,
    /// Only a bug of this program makes them so.
    Broken,
}

/// The verdict of a run that ended for a reason, where that is known. What outranks: interrupted, then invalid, then failed.
#[must_use]
pub fn conclude(
    closing: Option<Closing>,
    findings: &[Finding],
    achievement: &Achievement,
    validity: Result<(), InvalidReason>,
) -> Verdict {
    let holds = |finding: &Finding| finding.judged.status.holds();
    let mut broken: Vec<usize> = (0..findings.len()).filter(|index| !holds(&findings[*index])).collect();
    if let Some(Closing::Threshold(index)) = closing
        && !broken.contains(&index)
    {
        broken.push(index);
    }
    match (closing, validity) {
        (Some(Closing::Asked), _) => Verdict::Interrupted,
        (None, _) => Verdict::CutOff,
        (_, Err(reason)) => Verdict::Invalid(reason),
        _ if achievement.ended == 0 => Verdict::Empty,
        _ if !broken.is_empty() => Verdict::Failed(broken),
        _ => achievement.shortfall().unwrap_or(Verdict::Passed),
    }
}

impl Achievement {
    /// Why it is no pass, though no threshold is broken: where nothing succeeds, what holds says nothing.
    fn shortfall(&self) -> Option<Verdict> {
        if self.calls_ok == 0 {
            Some(Verdict::NoSuccess(Tried::Calls(self.calls)))
        } else if self.tasks_completed == 0 && self.tasks_failed > 0 {
            Some(Verdict::NoSuccess(Tried::Tasks(self.tasks_failed)))
        } else if self.levels > 0 && self.levels_held == 0 {
            Some(Verdict::NoLevelHeld)
        } else {
            self.missed.clone().map(Verdict::LevelTooLow)
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passed => f.write_str("passed"),
            Self::Failed(broken) => {
                let s = if broken.len() == 1 { "" } else { "s" };
                write!(f, "failed: {} threshold{s} did not hold", broken.len())
            }
            Self::Empty => f.write_str("failed: no request was answered or failed, so nothing was measured"),
            Self::NoSuccess(Tried::Calls(calls)) => match calls {
                0 => f.write_str("failed: no call ended outside the warm-up"),
                1 => f.write_str("failed: the one call there was failed"),
                _ => write!(f, "failed: of {calls} calls none succeeded"),
            },
            Self::NoSuccess(Tried::Tasks(tasks)) => match tasks {
                1 => f.write_str("failed: the one task there was failed"),
                _ => write!(f, "failed: of {tasks} tasks none was completed"),
            },
            Self::LevelTooLow(MissedLevel { asked, held: Some(held) }) => {
                write!(f, "failed: the highest level that held is {held}, and at least {asked} was asked for")
            }
            Self::LevelTooLow(MissedLevel { asked, held: None }) => {
                write!(f, "failed: no level came to its end, and at least {asked} was asked for")
            }
            Self::NoLevelHeld => f.write_str("failed: no level held"),
            Self::Invalid(reason) => write!(f, "not valid: {reason}"),
            Self::Interrupted => f.write_str("interrupted: the numbers are of what ran until then"),
            Self::CutOff => {
                f.write_str("no end: the run is under way, or was killed; the numbers are of what there is")
            }
        }
    }
}
