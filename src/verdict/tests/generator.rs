use super::*;
use crate::units::Size;

const LIMITS: Limits =
    Limits { cores: 2.0, workers: 2, open_files: Some(1024), memory: Some(Size::from_bytes(1 << 30)) };

fn generator(seconds: impl IntoIterator<Item = (u32, Health)>) -> GeneratorHealth {
    let mut generator = GeneratorHealth::new(LIMITS);
    for (second, health) in seconds {
        let accounting = Accounting { ok: 1000, ..Accounting::default() };
        generator.hear(&Interval { health, accounting, ..Interval::empty(second) });
    }
    generator
}

fn lags(ms: &[u64]) -> GeneratorHealth {
    let health = |ms: &u64| Health { worker_lag: Duration::from_millis(*ms), ..Health::default() };
    generator((0..).zip(ms.iter().map(health)))
}

#[test]
fn a_generator_that_lags_too_often_makes_the_result_invalid() {
    assert!(lags(&[1, 2, 1, 3, 300]).validity().is_ok());
    assert_eq!(lags(&[1, 200, 1, 3, 300]).validity().unwrap_err().suspect, 2);
    assert!(lags(&[200, 300]).validity().is_ok(), "two seconds prove nothing");
}

#[test]
fn each_issue_is_reported_by_its_name_and_figure() {
    let fine = Health {
        worker_lag: Duration::from_millis(20),
        stalled: Duration::from_millis(50),
        lateness: Duration::from_millis(30),
        late: 9,
        cpu_cores: 1.5,
        open_files: 900,
        memory: Size::from_bytes(500 << 20),
        backlog: 4,
    };
    assert!(generator((0..10).map(|second| (second, fine))).validity().is_ok());
    for (health, name, why) in [
        (Health { stalled: Duration::from_millis(400), ..fine }, "stalled", "could not run for 400ms of a second"),
        (Health { late: 11, ..fine }, "late", "more than one request in 100 was sent over 10ms late, up to 30ms"),
        (Health { cpu_cores: 1.97, ..fine }, "cpu", "the process used 1.97 of 2 cores"),
        (Health { open_files: 1020, ..fine }, "open_files", "1020 of 1024 files were open"),
        (Health { memory: Size::from_bytes(1000 << 20), ..fine }, "memory", "of memory were in use"),
        (Health { backlog: 21, ..fine }, "backlog", "21 seconds of workers waited"),
    ] {
        let generator = generator((0..10).map(|second| (second, health)));
        assert_eq!(generator.issues().map(|(issue, count)| (issue.name(), count)).collect::<Vec<_>>(), [(name, 10)]);
        let reason = generator.validity().unwrap_err().to_string();
        assert!(reason.contains(why), "{reason}");
    }
}

#[test]
fn seconds_that_nobody_was_awake_to_count_are_suspect() {
    let fine = Health::default();
    let slept = generator([0, 1, 2, 3, 7, 8, 9].map(|second| (second, fine)));
    assert_eq!((slept.suspect(), slept.validity().unwrap_err().seconds), (3, 10));
    // one of two workers slept: the other's seconds are there, and the sleeper reports them when it wakes
    let mut one = lags(&[1, 1, 1, 1, 3400, 1, 1, 1]);
    assert_eq!(one.suspect(), 4);
    one.hear(&Interval::empty(8));
    assert!(one.validity().is_err());
}
