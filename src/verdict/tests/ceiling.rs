use super::super::ceiling::Ceiling;
use super::super::conclude::Decided;
use super::generator::LIMITS;
use super::*;
use crate::load::Pace;

/// A second of a worker that never paused, and never waited for a CPU either.
fn busy() -> Health {
    let ms = |ms| Some(Duration::from_millis(ms));
    Health { worker_cpu: ms(995), cpu_wait: ms(4), cpu_cores: 1.0, ..Health::default() }
}

fn generator(pace: Pace, seconds: &[Health]) -> GeneratorHealth {
    let mut generator = GeneratorHealth::new(LIMITS, pace);
    for (second, health) in (0..).zip(seconds) {
        let accounting = Accounting { ok: 1000, ..Accounting::default() };
        generator.hear(&Interval { health: *health, accounting, ..Interval::empty(second) });
    }
    generator
}

#[test]
fn a_generator_at_full_speed_that_is_busy_all_the_time_is_at_its_ceiling_and_one_with_a_schedule_is_not_valid() {
    let full = generator(Pace::FullSpeed, &[busy(); 10]);
    assert_eq!((full.at_ceiling(), full.suspect(), full.validity()), (10, 0, Ok(())));
    assert_eq!(full.ceiling().unwrap().to_string(), "the generator was at its ceiling in 10 of 10 seconds");
    let planned = generator(Pace::Planned, &[busy(); 10]);
    assert_eq!((planned.at_ceiling(), planned.suspect(), planned.ceiling()), (0, 10, None));
    assert!(planned.validity().is_err());
}

#[test]
fn at_full_speed_whatever_else_is_wrong_with_a_second_makes_it_suspect() {
    for wrong in [
        Health { cpu_wait: Some(Duration::from_millis(80)), ..busy() },
        // nobody knows whether it waited
        Health { cpu_wait: None, cpu_cores: 1.99, ..busy() },
        Health { stalled: Duration::from_millis(400), ..busy() },
        Health { late: 11, ..busy() },
        Health { throttled: Some(Duration::from_millis(101)), ..busy() },
    ] {
        let generator = generator(Pace::FullSpeed, &[wrong; 10]);
        assert_eq!((generator.at_ceiling(), generator.suspect()), (0, 10), "{wrong:?}");
        assert!(generator.validity().is_err() && generator.ceiling().is_none(), "{wrong:?}");
    }
}

#[test]
fn seconds_at_the_ceiling_and_suspect_ones_count_together() {
    let starved = Health { cpu_wait: Some(Duration::from_millis(80)), ..busy() };
    let fine = Health::default();
    let of = |seconds: &[Health]| generator(Pace::FullSpeed, seconds);
    // neither is more than a fifth by itself
    let both = of(&[busy(), busy(), starved, fine, fine, fine, fine, fine, fine, fine, fine, fine]);
    assert_eq!((both.validity(), both.ceiling()), (Ok(()), Some(Ceiling { at: 3, of: 12 })));
    assert_eq!(of(&[busy(), fine, fine, fine, fine]).ceiling(), None, "one in five is no more than a fifth");
    assert_eq!(of(&[busy(); 4]).ceiling(), None, "four seconds prove nothing");
    assert!(of(&[starved, starved, busy(), busy(), busy()]).validity().is_err(), "more than a fifth are suspect");
}

/// The catalog, with a transaction and a counter beside what it has.
fn catalog() -> Catalog {
    let mut catalog = super::catalog();
    for (name, kind) in [("checkout", MetricKind::Time), ("sold", MetricKind::Counter)] {
        catalog.metrics.push(CatalogMetric { name: name.into(), kind, unit: None });
    }
    catalog
}

#[test]
fn what_the_ceiling_can_have_decided_is_what_it_moves_towards() {
    use crate::threshold::Amount;
    let ms = |ms| Amount::Time(Duration::from_millis(ms));
    let rate = |rate| Amount::Rate(crate::units::Rate::per_second(rate));
    let number = Amount::Number;
    for (text, measured, decided) in [
        // times are too long, never too short: what holds is sound
        ("p95 < 100ms", ms(200), true),
        ("p95 < 100ms", ms(20), false),
        ("p99(service_time) <= 1s", ms(1200), true),
        ("max(connect_time) < 10ms", ms(20), true),
        ("p50 > 1ms", ms(2), true),
        ("p50 > 1ms", Amount::Time(Duration::from_micros(500)), false),
        ("stddev < 5ms", ms(1), true),
        ("p95(checkout) < 100ms", ms(200), true),
        ("p95(checkout) < 100ms", ms(50), false),
        // throughput is too low, never too high
        ("rate >= 50000/s", rate(40000.0), true),
        ("rate >= 50000/s", rate(60000.0), false),
        ("rate < 50000/s", rate(40000.0), true),
        ("rate < 50000/s", rate(60000.0), false),
        ("count > 1000", number(900.0), true),
        ("bytes > 1MB", Amount::Size(crate::units::Size::from_bytes(10)), true),
        ("min(total_rps) > 50", number(40.0), true),
        ("count == 1000", number(1000.0), true),
        ("count(sold) > 10", number(5.0), true),
        // what answers say, and how many users there are, it does not move
        ("avg(found) > 5", number(4.0), false),
        ("max(concurrent_users) >= 10", number(4.0), false),
        ("share{status=404} < 1%", Amount::Ratio(crate::units::Ratio::new(0.5)), false),
        // nothing was given up for the time it took
        ("error_rate < 1%", Amount::Ratio(crate::units::Ratio::new(0.5)), false),
        ("error_rate < 1%", Amount::Ratio(crate::units::Ratio::new(0.0)), false),
    ] {
        let rule = rule(text);
        let status = super::super::evaluate::status_of(&rule, Some(measured));
        let mut totals = crate::metrics::Totals::new();
        totals.add(&interval());
        assert_eq!(
            decided_by_ceiling(&rule, (Some(measured), status), &totals, &catalog()),
            decided,
            "{text} {status:?}"
        );
    }
}

#[test]
fn failures_are_the_services_but_for_those_that_were_given_up_for_the_time_they_took() {
    let decided = |timeouts: u64, others: u64| {
        let mut tally = Tally::new();
        let key = SeriesKey {
            endpoint: EndpointId(0),
            name: Arc::from("/recall"),
            user: UserTypeId(0),
            task: TaskId(0),
            stage: StageId(1),
            status: None,
        };
        let series = tally.series(&key);
        let kinds = [(FailureKind::Timeout, timeouts), (FailureKind::Check, others)];
        for (kind, count) in kinds {
            for _ in 0..count {
                let timing = Timing::new(Offset::ZERO, Offset::ZERO, Offset::ZERO, at(1));
                let outcome = Outcome::Failed(kind);
                let (phases, transmission) = (Phases::default(), Transmission::Sent);
                let sample = Sample { timing, phases, outcome, transmission, bytes_out: 1, bytes_in: 1, content: 1 };
                tally.start();
                tally.record(series, &sample);
            }
        }
        let mut totals = crate::metrics::Totals::new();
        totals.add(&tally.take(14, 0, Health::default()));
        let rule = rule("error_rate < 5%");
        // of a thousand requests
        let measured =
            Some(crate::threshold::Amount::Ratio(crate::units::Ratio::new((timeouts + others) as f64 / 1e3)));
        let status = super::super::evaluate::status_of(&rule, measured);
        decided_by_ceiling(&rule, (measured, status), &totals, &catalog())
    };
    assert!(decided(100, 0), "without them there is no failure");
    assert!(decided(20, 40));
    assert!(!decided(20, 60), "the others alone are too many");
    assert!(!decided(0, 60));
    assert!(!decided(10, 10), "it holds");
}

#[test]
fn at_the_ceiling_what_is_certain_is_said_and_what_is_not_is_not_valid() {
    let ceiling = Ceiling { at: 9, of: 10 };
    let verdict = |findings: &[Status], doubtful: &[usize], level_in_doubt, achievement: &Achievement| {
        let findings: Vec<Finding> = findings.iter().copied().map(found).collect();
        let doubtful = doubtful.iter().map(|index| (*index, format!("threshold {index}"))).collect();
        let trust = Trust::ToCeiling(AtCeiling { ceiling, doubtful, level_in_doubt });
        conclude(Some(Closing::Complete), &findings, achievement, trust)
    };
    let of = |findings: &[Status], doubtful: &[usize]| verdict(findings, doubtful, false, &FINE);
    let (held, broken) = (Status::Held, Status::Broken);
    let code = |verdict: &Verdict| Exit::of(verdict, Integrity::Sound).code();

    let passed = of(&[held, held], &[]);
    assert_eq!((&passed, code(&passed)), (&Verdict::PassedAtCeiling(ceiling), 0));
    assert_eq!(
        passed.to_string(),
        "passed; the generator was at its ceiling in 9 of 10 seconds, so it may be that more was possible"
    );

    let doubtful = of(&[held, broken], &[1]);
    assert_eq!(code(&doubtful), 4);
    assert_eq!(
        doubtful.to_string(),
        "not valid: the generator was at its ceiling in 9 of 10 seconds, and for that alone `threshold 1` may be judged \
         as it is"
    );
    assert_eq!(code(&of(&[held, held], &[0])), 4, "a limit from below may hold only for that");

    let failed = of(&[broken, broken], &[1]);
    assert_eq!((&failed, code(&failed)), (&Verdict::Failed(vec![0, 1]), 1), "one is broken for certain");

    let levels = |held, missed| Achievement { levels: 3, levels_held: held, missed, ..FINE };
    let missed = || Some(MissedLevel { asked: "20 users".to_owned(), held: Some("10 users".to_owned()) });
    let in_doubt = Verdict::CeilingDecides(ceiling, Decided::HighestLevel);
    assert_eq!(verdict(&[held], &[], true, &levels(2, None)), in_doubt);
    assert_eq!(verdict(&[held], &[], true, &levels(2, missed())), in_doubt);
    assert_eq!(code(&verdict(&[held], &[], false, &levels(2, missed()))), 1, "what broke the next level is certain");
    assert_eq!(verdict(&[held], &[], false, &levels(2, None)), Verdict::PassedAtCeiling(ceiling));
    let nothing = Achievement { calls_ok: 0, ..FINE };
    assert_eq!(code(&verdict(&[held], &[], false, &nothing)), 1);
}
