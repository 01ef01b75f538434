use super::*;
use crate::load::Pace;
use crate::units::Size;

pub(super) const LIMITS: Limits =
    Limits { cores: 2.0, open_files: Some(1024), memory: Some(Size::from_bytes(1 << 30)) };

fn generator(seconds: impl IntoIterator<Item = (u32, Health)>) -> GeneratorHealth {
    let mut generator = GeneratorHealth::new(LIMITS, Pace::Planned);
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
        worker_cpu: Some(Duration::from_millis(940)),
        // the most that was measured at ease on two cores
        cpu_wait: Some(Duration::from_millis(41)),
        throttled: Some(Duration::ZERO),
        stolen: Some(Duration::from_millis(20)),
    };
    assert!(generator((0..10).map(|second| (second, fine))).validity().is_ok());
    let withheld = |wait, throttled, stolen| {
        let ms = |ms| Some(Duration::from_millis(ms));
        Health { cpu_wait: ms(wait), throttled: ms(throttled), stolen: ms(stolen), ..fine }
    };
    for (health, name, why) in [
        (Health { stalled: Duration::from_millis(400), ..fine }, "stalled", "could not run for 400ms of a second"),
        (Health { late: 11, ..fine }, "late", "more than one request in 100 was sent over 10ms late, up to 30ms"),
        (Health { cpu_cores: 1.97, ..fine }, "cpu", "the process used 1.97 of 2 cores"),
        (
            Health { worker_cpu: Some(Duration::from_millis(990)), cpu_cores: 1.0, ..fine },
            "cpu",
            "a worker was on its CPU for up to 990ms of a second",
        ),
        (Health { open_files: 1020, ..fine }, "open_files", "1020 of 1024 files were open"),
        (Health { memory: Size::from_bytes(1000 << 20), ..fine }, "memory", "of memory were in use"),
        (Health { backlog: 11, ..fine }, "backlog", "a second was put together 11 seconds after its end"),
        (withheld(470, 0, 0), "starved", "a worker was ready to run and had no CPU for up to 470ms of a second"),
        (withheld(0, 300, 0), "throttled", "its control group had no CPU time left for up to 300ms of a second"),
        (withheld(0, 0, 120), "stolen", "the host kept its CPUs busy with others for up to 120ms of a second"),
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

#[test]
fn a_worker_that_waits_for_a_cpu_too_much_of_the_time_makes_the_result_invalid_however_punctual_its_beats_are() {
    // nothing woke late and nothing was sent late: this is all that the kernel alone knows
    let waits = |ms: &[u64]| {
        let health = |ms: &u64| Health { cpu_wait: Some(Duration::from_millis(*ms)), ..Health::default() };
        generator((0..).zip(ms.iter().map(health)))
    };
    assert!(waits(&[5, 27, 41, 20, 75, 49]).validity().is_ok());
    assert!(waits(&[500, 3, 2, 5, 4]).validity().is_ok(), "one second of five is no more than a fifth");
    let starved = waits(&[265, 258, 254, 126, 231, 30]);
    let reason = starved.validity().unwrap_err();
    assert_eq!((reason.suspect, reason.seconds), (5, 6));
    assert!(reason.why.starts_with("a worker was ready to run and had no CPU for up to 265ms"), "{}", reason.why);
}

#[test]
fn of_several_workers_and_machines_the_one_that_was_worst_off_counts_and_one_that_does_not_know_hides_nothing() {
    let waits = |wait: Option<u64>| Health { cpu_wait: wait.map(Duration::from_millis), ..Health::default() };
    let mut health = waits(Some(300));
    health.merge(&waits(Some(20)));
    health.merge(&waits(None));
    assert_eq!(health.cpu_wait, Some(Duration::from_millis(300)));
    let seen = |health: Health| generator([(0, health)]).saw_cpu_wait();
    assert_eq!((seen(health), seen(waits(None))), (true, false));
}
