use std::time::Duration;

use serde::Serialize;

use crate::results::{Report, TimeEntry};
use crate::verdict::Exit;

/// What a test of this machine came to. Times are in milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Selftest {
    /// The version of this document.
    pub(super) version: u32,
    /// The version of the program.
    pub(super) plimsoll: String,
    /// Whether the accuracy contract is met, by a machine that was not too busy to tell.
    pub(super) passed: bool,
    pub(super) text: String,
    pub(super) exit_code: u8,
    /// The cores there are for it.
    pub(super) cores: Option<f64>,
    pub(super) grain: Grain,
    pub(super) accuracy: Vec<Accuracy>,
    pub(super) rate: HighestRate,
    /// What this machine has of files and ports.
    pub(super) limits: Vec<MachineLimit>,
    /// Why the machine was too busy, where it was.
    pub(super) busy: Vec<String>,
}

/// What the machine itself adds to a delay, as a bare socket sees it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Grain {
    pub(super) p50: f64,
    pub(super) p99: f64,
}

impl Grain {
    /// The worse of two.
    pub(super) const fn max(self, other: Self) -> Self {
        Self { p50: self.p50.max(other.p50), p99: self.p99.max(other.p99) }
    }
}

/// What was measured of one programmed delay.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Accuracy {
    pub(super) programmed: f64,
    pub(super) requests: u64,
    /// How far a quantile may be off: 0.1 % of what was programmed, and the grain.
    pub(super) allowed: f64,
    pub(super) quantiles: Vec<QuantileError>,
    pub(super) met: bool,
}

/// How far a quantile is off.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct QuantileError {
    pub(super) quantile: &'static str,
    pub(super) measured: f64,
    /// Measured less programmed.
    pub(super) error: f64,
}

/// The highest rate of arrivals at which a run says that its numbers are the service's.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct HighestRate {
    /// The most requests a second of users who never pause: the ceiling of the generator and the target together.
    pub(super) ceiling: f64,
    /// `null` where none that was tried was honest.
    pub(super) honest: Option<f64>,
    /// The longest that a request of the honest rate was sent late.
    pub(super) lateness: Option<f64>,
    /// The rates that were tried, from the highest, each with what was wrong.
    pub(super) tried: Vec<TriedRate>,
    pub(super) limited_by: String,
    pub(super) fix: String,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct TriedRate {
    pub(super) rate: u64,
    /// Empty where it was honest.
    pub(super) wrong: Vec<String>,
}

/// Something the machine has so much of.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct MachineLimit {
    pub(super) what: &'static str,
    pub(super) there: u64,
    pub(super) means: String,
    pub(super) fix: &'static str,
}

/// The most of what was programmed that a quantile may be off by.
const SHARE: f64 = 0.001;
/// A machine that adds more than this to a delay is busy with something else.
const BUSY_GRAIN: f64 = 1.0;

/// The accuracy of one delay.
pub(super) fn accuracy(programmed: Duration, times: Option<&TimeEntry>, grain: Grain) -> Accuracy {
    let programmed = programmed.as_secs_f64() * 1e3;
    let allowed = programmed * SHARE + grain.p99;
    let quantiles: Vec<QuantileError> = times
        .into_iter()
        .flat_map(|times| {
            [("p50", times.p50), ("p75", times.p75), ("p90", times.p90), ("p95", times.p95), ("p99", times.p99)]
        })
        .map(|(quantile, measured)| QuantileError { quantile, measured, error: measured - programmed })
        .collect();
    let fits = |one: &QuantileError| one.error <= allowed && one.error >= -programmed * SHARE;
    Accuracy {
        programmed,
        requests: times.map_or(0, |times| times.count),
        allowed,
        met: !quantiles.is_empty() && quantiles.iter().all(fits),
        quantiles,
    }
}

/// What was wrong with a run at a rate: nothing where its numbers are the service's.
pub(super) fn wrongs(report: &Report) -> Vec<String> {
    let generator = &report.generator;
    let mut wrong: Vec<String> = generator
        .suspect_by
        .iter()
        .map(|(issue, seconds)| format!("{} in {seconds} s", issue.replace('_', " ")))
        .collect();
    let all = report.books.started.max(1);
    if generator.late * 100 > all && !generator.suspect_by.contains_key("late") {
        wrong.push(format!("{} of {all} requests late", generator.late));
    }
    if report.books.dropped > 0 {
        wrong.push(format!("{} arrivals that nobody was free for", report.books.dropped));
    }
    if report.books.failed > 0 {
        wrong.push(format!("{} requests failed", report.books.failed));
    }
    wrong
}

/// What kept the machine from being judged, of the run that was to show its accuracy.
pub(super) fn busy(grain: Grain, accuracy: &Report) -> Vec<String> {
    let mut busy = Vec::new();
    if grain.p99 > BUSY_GRAIN {
        busy.push(format!("a bare socket saw {:.1}ms on top of a delay", grain.p99));
    }
    let generator = &accuracy.generator;
    let by = |issue: &str| generator.suspect_by.get(issue).copied().unwrap_or_default();
    for (issue, words) in [
        ("throttled", "the control group had no CPU time left"),
        ("stolen", "the host kept its CPUs busy with others"),
        ("starved", "other programs were on the CPU"),
        ("stalled", "a worker could not run"),
        ("late", "requests were sent late"),
    ] {
        if by(issue) > 0 {
            busy.push(format!("{words} in {} s", by(issue)));
        }
    }
    busy
}

/// What limits the rate, and what to do about it, by what was wrong with the rates that were too high.
pub(super) fn limit(tried: &[TriedRate]) -> (String, String) {
    let wrong = |what: &str| tried.iter().flat_map(|rate| &rate.wrong).any(|wrong| wrong.contains(what));
    let (by, fix) = match () {
        () if wrong("open files") => ("open files", "raise the limit with `ulimit -n`"),
        () if wrong("failed") => ("requests that failed", "look at open files and ports below"),
        () if wrong("throttled") => ("the CPU quota of the control group", "raise the quota"),
        () if wrong("stolen") => ("the host of this virtual machine", "take a machine with cores of its own"),
        () => (
            "cores",
            "the target of this test takes some of them too; give the generator more, end what else runs, or run on several machines",
        ),
    };
    (by.to_owned(), fix.to_owned())
}

/// The verdict in words and as a code: a busy machine is not judged.
pub(super) fn conclude(accuracy: &[Accuracy], busy: &[String]) -> (String, Exit) {
    let missed = accuracy.iter().filter(|one| !one.met).count();
    if !busy.is_empty() {
        return (format!("not valid: this machine was too busy to be judged: {}", busy.join("; ")), Exit::Invalid);
    }
    if missed == 0 {
        return ("passed: the accuracy contract is met".to_owned(), Exit::Passed);
    }
    let text = format!(
        "failed: of {} programmed delays {missed} were measured with more than 0.1 % and the grain of error",
        accuracy.len()
    );
    (text, Exit::Failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRAIN: Grain = Grain { p50: 0.1, p99: 0.2 };

    fn times(of: f64, p99: f64) -> TimeEntry {
        TimeEntry {
            count: 100,
            min: of,
            mean: of,
            stddev: 0.0,
            p50: of,
            p66: of,
            p75: of,
            p80: of,
            p90: of,
            p95: of,
            p98: of,
            p99,
            p999: p99,
            p9999: p99,
            max: p99,
            beyond: 0,
        }
    }

    #[test]
    fn a_quantile_may_be_off_by_a_thousandth_and_the_grain_and_never_too_quick() {
        let of = |measured, p99| accuracy(Duration::from_millis(100), Some(&times(measured, p99)), GRAIN).met;
        assert!(of(100.05, 100.29));
        assert!(!of(100.05, 100.31));
        assert!(!of(99.8, 100.0), "too quick");
        assert!(!accuracy(Duration::from_millis(100), None, GRAIN).met, "nothing was measured");
    }

    #[test]
    fn a_busy_machine_is_not_judged_and_one_at_ease_is() {
        let (good, bad) = (
            accuracy(Duration::from_millis(100), Some(&times(100.1, 100.1)), GRAIN),
            accuracy(Duration::from_millis(100), Some(&times(101.0, 101.0)), GRAIN),
        );
        let code = |accuracy: &[&Accuracy], busy: &[&str]| {
            let accuracy: Vec<Accuracy> = accuracy.iter().map(|one| (*one).clone()).collect();
            conclude(&accuracy, &busy.iter().map(|why| (*why).to_owned()).collect::<Vec<_>>()).1.code()
        };
        assert_eq!((code(&[&good], &[]), code(&[&good, &bad], &[]), code(&[&good, &bad], &["starved"])), (0, 1, 4));
        assert_eq!(code(&[&good], &["starved"]), 4);
    }

    #[test]
    fn what_limits_the_rate_is_what_was_wrong_with_the_higher_ones() {
        let tried = |wrong: &str| limit(&[TriedRate { rate: 9, wrong: vec![wrong.to_owned()] }]).0;
        assert_eq!(tried("cpu in 3 s"), "cores");
        assert_eq!(tried("throttled in 3 s"), "the CPU quota of the control group");
        assert_eq!(tried("open files in 1 s"), "open files");
    }
}
