use std::fmt;

use super::generator_health::InvalidReason;
use super::threshold_evaluator::Finding;
use crate::journal::Closing;
use crate::metrics::Accounting;

/// The result of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Every threshold held.
    Passed,
    /// Thresholds did not hold; their indices.
    Failed(Vec<usize>),
    /// Nothing was asked of the service, so nothing can be said of it.
    Empty,
    /// The generator was the bottleneck.
    Invalid(InvalidReason),
    /// Somebody ended it before its time.
    Interrupted,
    /// It is not known to be over: it is under way, or was killed.
    CutOff,
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
    accounting: &Accounting,
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
        _ if accounting.ok + accounting.failures() == 0 => Verdict::Empty,
        _ if !broken.is_empty() => Verdict::Failed(broken),
        _ => Verdict::Passed,
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
            Self::Invalid(reason) => write!(f, "not valid: {reason}"),
            Self::Interrupted => f.write_str("interrupted: the numbers are of what ran until then"),
            Self::CutOff => {
                f.write_str("no end: the run is under way, or was killed; the numbers are of what there is")
            }
        }
    }
}
