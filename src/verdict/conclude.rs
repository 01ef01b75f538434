use std::fmt;

use super::ceiling::{AtCeiling, Ceiling};
use super::generator_health::InvalidReason;
use super::threshold_evaluator::Finding;
use crate::journal::Closing;

/// The result of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Every threshold held.
    Passed,
    /// Every threshold held, though the generator was at its ceiling.
    PassedAtCeiling(Ceiling),
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
    /// The generator was at its ceiling, and something may be as it is for that alone; what.
    CeilingDecides(Ceiling, Decided),
    /// Somebody ended it before its time.
    Interrupted,
    /// It is not known to be over: it is under way, or was killed.
    CutOff,
}

/// What the generator's ceiling alone may have decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decided {
    /// Thresholds, as they are written; there is one at least.
    Thresholds(Vec<String>),
    /// Which level is the highest that holds.
    HighestLevel,
}

/// What there is to say of a run's generator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// The numbers are the service's.
    Full,
    /// As far as the generator's ceiling did not decide.
    ToCeiling(AtCeiling),
    /// The numbers may be the generator's own.
    None(InvalidReason),
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

/// The verdict of a run that ended for a reason, where that is known. What outranks: interrupted, then invalid, then failed;
/// but what failed for certain outranks what the generator's ceiling may have decided.
#[must_use]
pub fn conclude(closing: Option<Closing>, findings: &[Finding], achievement: &Achievement, trust: Trust) -> Verdict {
    let holds = |finding: &Finding| finding.judged.status.holds();
    let mut broken: Vec<usize> = (0..findings.len()).filter(|index| !holds(&findings[*index])).collect();
    if let Some(Closing::Threshold(index)) = closing
        && !broken.contains(&index)
    {
        broken.push(index);
    }
    match (closing, trust) {
        (Some(Closing::Asked), _) => Verdict::Interrupted,
        (None, _) => Verdict::CutOff,
        (_, Trust::None(reason)) => Verdict::Invalid(reason),
        _ if achievement.ended == 0 => Verdict::Empty,
        (_, Trust::ToCeiling(at)) => conclude_at_ceiling(broken, achievement, at),
        _ if !broken.is_empty() => Verdict::Failed(broken),
        (_, Trust::Full) => achievement.shortfall().unwrap_or(Verdict::Passed),
    }
}

/// The verdict of a run whose generator was at its ceiling. One threshold that is broken for certain is a failure, whatever
/// the others are; else what the ceiling may have decided is not known; what is left is known although it was there.
fn conclude_at_ceiling(broken: Vec<usize>, achievement: &Achievement, at: AtCeiling) -> Verdict {
    if broken.iter().any(|index| !at.decided(*index)) {
        return Verdict::Failed(broken);
    }
    if !at.doubtful.is_empty() {
        let texts = at.doubtful.into_iter().map(|(_, text)| text).collect();
        return Verdict::CeilingDecides(at.ceiling, Decided::Thresholds(texts));
    }
    match achievement.shortfall() {
        Some(Verdict::LevelTooLow(_)) | None if at.level_in_doubt => {
            Verdict::CeilingDecides(at.ceiling, Decided::HighestLevel)
        }
        Some(shortfall) => shortfall,
        None => Verdict::PassedAtCeiling(at.ceiling),
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
            Self::PassedAtCeiling(ceiling) => write!(f, "passed; {ceiling}, so it may be that more was possible"),
            Self::Invalid(reason) => write!(f, "not valid: {reason}"),
            Self::CeilingDecides(ceiling, decided) => write!(f, "not valid: {ceiling}, and for that alone {decided}"),
            Self::Interrupted => f.write_str("interrupted: the numbers are of what ran until then"),
            Self::CutOff => {
                f.write_str("no end: the run is under way, or was killed; the numbers are of what there is")
            }
        }
    }
}

impl fmt::Display for Decided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Thresholds(texts) => {
                let (first, more) = (texts.first().map_or("", |text| text.trim()), texts.len().saturating_sub(1));
                write!(f, "`{first}` may be judged as it is")?;
                match more {
                    0 => Ok(()),
                    1 => f.write_str(", and another threshold"),
                    _ => write!(f, ", and {more} other thresholds"),
                }
            }
            Self::HighestLevel => f.write_str("no higher level may have held"),
        }
    }
}
