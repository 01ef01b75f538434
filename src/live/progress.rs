use crate::journal::Stage;
use crate::report::rate;
use crate::results::{Snapshot, ThresholdNow, ThresholdState};
use crate::units::{Offset, show_duration};

/// For so many seconds each has a line …
const EACH: u64 = 10;
/// … and then one in so many.
const EVERY: u64 = 5;

/// Whether a second has a line where lines stay.
pub(super) fn has_line(second: &Snapshot) -> bool {
    let elapsed = second.elapsed.as_secs();
    elapsed <= EACH || elapsed.is_multiple_of(EVERY)
}

/// The line that says a stage begins: `stage ramp (2 of 3) begins at 30s: to 100 users`.
pub(super) fn stage_begins((index, stages): (usize, &[Stage])) -> Option<String> {
    let stage = stages.get(index).filter(|_| stages.len() > 1)?;
    let to = match (stage.users, stage.rate) {
        (Some(users), _) => format!(": to {users} user{}", if users == 1 { "" } else { "s" }),
        (None, Some(arrivals)) => format!(": to {}", rate(arrivals)),
        (None, None) => String::new(),
    };
    let purpose = if stage.purpose.is_measured() { "" } else { ", a warm-up" };
    let at = show_duration(stage.start.since(Offset::ZERO));
    Some(format!("stage `{}` ({} of {}{purpose}) begins at {at}{to}", stage.name, index + 1, stages.len()))
}

/// The line that says a threshold broke or recovered, where it did since a second before.
pub(super) fn threshold_turns(was_broken: bool, now: &ThresholdNow, second: &Snapshot) -> Option<String> {
    let word = match (was_broken, now.state) {
        (false, ThresholdState::Broken) => "✗ broken",
        (true, ThresholdState::Held) => "✓ holds again",
        _ => return None,
    };
    let at = show_duration(second.elapsed);
    Some(format!("{word} at {at}: {}, measured {}", now.require, now.measured.as_deref().unwrap_or("nothing")))
}

/// The line that shows a second: `5s of 15s  25 users  24/s  p95 3.1ms  0 failed`.
pub(super) fn line(second: &Snapshot) -> String {
    let p95 = second.p95.map_or_else(|| "–".to_owned(), show_duration);
    let stage = if &*second.stage == "constant" { String::new() } else { format!("  {}", second.stage) };
    // behind its time a run waits for requests under way
    let of = if second.elapsed > second.length {
        "ending".to_owned()
    } else {
        format!("of {}", show_duration(second.length))
    };
    let at = format!("{:>6} {of}", show_duration(second.elapsed));
    let s = if second.users == 1 { "" } else { "s" };
    format!(
        "{at}{stage}  {:>4} user{s}  {:>6}/s  p95 {:>7}  {} failed",
        second.users, second.ended, p95, second.failed_so_far,
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::sample::StagePurpose;

    fn second(elapsed: u64) -> Snapshot {
        Snapshot {
            elapsed: Duration::from_secs(elapsed),
            length: Duration::from_secs(15),
            stage: "constant".into(),
            users: 25,
            ended: 24,
            failed_so_far: 0,
            p95: Some(Duration::from_micros(3100)),
            begun: Vec::new(),
            thresholds: Vec::new(),
        }
    }

    #[test]
    fn progress_is_one_line_of_figures() {
        assert_eq!(line(&second(5)), "    5s of 15s    25 users      24/s  p95   3.1ms  0 failed");
    }

    #[test]
    fn each_of_the_first_seconds_has_a_line_and_then_one_in_five() {
        let with_line: Vec<u64> = (1..=31).filter(|elapsed| has_line(&second(*elapsed))).collect();
        assert_eq!(with_line, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30]);
    }

    #[test]
    fn a_stage_that_begins_is_told_where_there_are_several() {
        let stage = |name: &str, start, users, rate, purpose| Stage {
            name: name.to_owned(),
            scenario: String::new(),
            start: Offset::from(Duration::from_secs(start)),
            end: Offset::from(Duration::from_secs(start + 30)),
            users,
            rate,
            purpose,
        };
        let stages = [
            stage("warm", 0, Some(1), None, StagePurpose::WarmUp),
            stage("peak", 30, None, Some(50.0), StagePurpose::Measured),
        ];
        let told = |index| stage_begins((index, &stages)).unwrap();
        assert_eq!(told(0), "stage `warm` (1 of 2, a warm-up) begins at 0s: to 1 user");
        assert_eq!(told(1), "stage `peak` (2 of 2) begins at 30s: to 50/s");
        assert_eq!(stage_begins((0, &stages[..1])), None);
        assert_eq!(stage_begins((7, &stages)), None);
    }

    #[test]
    fn a_threshold_is_told_when_it_breaks_and_when_it_holds_again() {
        let now = |state| ThresholdNow { require: "p95 < 1ms".to_owned(), measured: Some("2ms".to_owned()), state };
        let told = |was, state| threshold_turns(was, &now(state), &second(7));
        use ThresholdState::{Broken, Held, NoData};
        assert_eq!(told(false, Broken).unwrap(), "✗ broken at 7s: p95 < 1ms, measured 2ms");
        assert_eq!(told(true, Held).unwrap(), "✓ holds again at 7s: p95 < 1ms, measured 2ms");
        for same in [(false, Held), (true, Broken), (false, NoData), (true, NoData)] {
            assert_eq!(told(same.0, same.1), None);
        }
    }
}
