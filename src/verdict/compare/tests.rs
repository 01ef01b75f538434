use super::synthetic::{Service, demand};
use super::*;
use crate::units::Seed;

/// The words of a hundred comparisons.
#[derive(Default, Debug)]
struct Trials {
    same: u32,
    improved: u32,
    regressed: u32,
    lacking: u32,
    /// How often the row of all regressed, and that of the first endpoint.
    all: u32,
    first: u32,
}

fn trials(base: &Service, new: &Service) -> Trials {
    let mut trials = Trials::default();
    for trial in 0..100 {
        let comparison = compare(&base.run(trial * 2), &new.run(trial * 2 + 1), &demand(), Seed::new(1));
        match comparison.word {
            Word::Same => trials.same += 1,
            Word::Improved => trials.improved += 1,
            Word::Regressed => trials.regressed += 1,
            Word::NotEnoughData => trials.lacking += 1,
        }
        trials.all += u32::from(comparison.all.word == Word::Regressed);
        trials.first += u32::from(comparison.rows[0].word == Word::Regressed);
    }
    println!("{trials:?}");
    trials
}

fn service() -> Service {
    Service::default()
}

#[test]
fn two_runs_of_the_same_plan_are_the_same_in_95_of_100_trials() {
    let trials = trials(&service(), &service());
    assert!(trials.same >= 95, "{trials:?}");
}

#[test]
fn so_they_are_where_a_twentieth_of_the_answers_is_far_slower_and_some_fail() {
    let service = Service { tail: 0.05, fails: 0.02, ..service() };
    let trials = trials(&service, &service);
    assert!(trials.same >= 95, "{trials:?}");
}

#[test]
fn so_they_are_on_a_ramp_and_on_a_spike() {
    let ramp = Service { rate: |x| 5.0 + 45.0 * x, level: |x| 5.0 + 45.0 * x, ..service() };
    let of_ramp = trials(&ramp, &ramp);
    let spike =
        Service { boundaries: &[0.4, 0.6], rate: |x| if (0.4..0.6).contains(&x) { 60.0 } else { 12.0 }, ..service() };
    let spike = Service { level: |x| if (0.4..0.6).contains(&x) { 120.0 } else { 15.0 }, ..spike };
    let of_spike = trials(&spike, &spike);
    assert!(of_ramp.same >= 95 && of_spike.same >= 95, "{of_ramp:?} {of_spike:?}");
}

#[test]
fn so_they_are_where_runs_are_short() {
    let short = Service { seconds: 8, ..service() };
    let trials = trials(&short, &short);
    assert!(trials.same + trials.lacking >= 95, "{trials:?}");
}

#[test]
fn answers_a_tenth_slower_are_found_in_95_of_100_trials() {
    let slow = Service { slow: [1.1; 3], ..service() };
    let trials = trials(&service(), &slow);
    assert!(trials.all >= 95 && trials.improved == 0, "{trials:?}");
}

#[test]
fn so_they_are_in_forty_seconds_and_on_a_ramp() {
    let short = Service { seconds: 40, rate: |_| 33.0, ..service() };
    let of_short = trials(&short, &Service { slow: [1.1; 3], ..short });
    let ramp = Service { rate: |x| 5.0 + 45.0 * x, level: |x| 5.0 + 45.0 * x, ..service() };
    let of_ramp = trials(&ramp, &Service { slow: [1.1; 3], ..ramp });
    assert!(of_short.regressed >= 95 && of_ramp.regressed >= 95, "{of_short:?} {of_ramp:?}");
}

#[test]
fn an_endpoint_that_alone_is_a_tenth_slower_is_found_in_95_of_100_trials() {
    let base = Service { rate: |_| 75.0, ..service() };
    let trials = trials(&base, &Service { slow: [1.1, 1.0, 1.0], ..base });
    assert!(trials.first >= 95, "{trials:?}");
}

/// The level wanders by a twentieth for ten seconds at a time: one of two runs may meet it high and the other low, and
/// nothing within a run tells that from a change.
#[test]
fn a_service_whose_level_wanders_fools_a_comparison_now_and_then() {
    let few = Service { wander: (0.05, 10.0), rate: |_| 10.0, ..service() };
    let many = Service { rate: |_| 25.0, ..few };
    let long = Service { seconds: 300, ..few };
    let (of_few, of_many, of_long) = (trials(&few, &few), trials(&many, &many), trials(&long, &long));
    assert!(of_few.same >= 95 && of_many.same >= 75 && of_long.same >= 90, "{of_few:?} {of_many:?} {of_long:?}");
}

#[test]
fn failures_of_one_request_in_fifty_are_found_and_of_one_in_five_thousand_are_not() {
    let few = trials(&service(), &Service { fails: 0.0002, ..service() });
    assert!(few.same >= 95, "{few:?}");
    let many = trials(&service(), &Service { fails: 0.02, ..service() });
    assert!(many.all >= 95, "{many:?}");
}

#[test]
fn the_same_runs_give_the_same_words_and_bounds() {
    let (base, new) = (service().run(1), service().run(2));
    let once = compare(&base, &new, &demand(), Seed::new(1));
    assert_eq!(once, compare(&base, &new, &demand(), Seed::new(1)));
}

#[test]
fn a_run_held_against_itself_is_the_same_and_its_intervals_are_narrow() {
    let run = service().run(1);
    let comparison = compare(&run, &run, &demand(), Seed::new(1));
    assert_eq!(comparison.word, Word::Same);
    for change in &comparison.all.changes {
        assert_eq!(change.change, Some(0.0));
        let (low, high) = change.interval.unwrap();
        assert!(low < 0.0 && high > 0.0 && high < 0.01, "{change:?}");
    }
}

#[test]
fn a_word_needs_seconds_and_samples() {
    let word = |service: Service, quantity: usize| {
        let comparison = compare(&service.run(1), &service.run(2), &demand(), Seed::new(1));
        comparison.all.changes[quantity].word
    };
    let lacking = Word::NotEnoughData;
    // four seconds are four blocks
    assert_eq!(word(Service { seconds: 4, rate: |_| 1000.0, ..service() }, 2), lacking);
    // 60 requests do not show one in a hundred
    let rare = Service { rate: |_| 0.34, ..service() };
    assert_eq!(word(rare, 5), lacking);
    let nothing = Service { rate: |_| 0.0, ..service() };
    assert_eq!(word(nothing, 0), lacking);
    assert_eq!(word(service(), 5), Word::Same);
}

#[test]
fn a_change_below_the_floor_does_not_matter_however_sure_it_is() {
    let quick = Service { level: |_| 0.2, rate: |_| 200.0, ..service() };
    let slower = Service { slow: [1.5; 3], ..quick };
    let (base, new) = (quick.run(1), slower.run(2));
    let comparison = compare(&base, &new, &demand(), Seed::new(1));
    let p50 = comparison.all.changes[2];
    assert!(p50.interval.unwrap().0 > 0.3, "{p50:?}");
    assert_eq!(comparison.word, Word::Same);
    let none = Demand { floor: std::time::Duration::ZERO, ..demand() };
    assert_eq!(compare(&base, &new, &none, Seed::new(1)).word, Word::Regressed);
    let generous = Demand { tolerance: crate::units::Ratio::parse("80%").unwrap(), ..none };
    assert_eq!(compare(&base, &new, &generous, Seed::new(1)).word, Word::Same);
}

#[test]
fn fewer_requests_a_second_are_a_regression_and_more_are_none() {
    let less = Service { rate: |_| 20.0, ..service() };
    let comparison = compare(&service().run(1), &less.run(2), &demand(), Seed::new(1));
    let throughput = comparison.all.changes[0];
    assert_eq!((throughput.quantity, throughput.word), (Quantity::Throughput, Word::Regressed));
    assert!((throughput.base.unwrap() / 75.0 - 1.0).abs() < 0.05, "{throughput:?}");
    let comparison = compare(&less.run(2), &service().run(1), &demand(), Seed::new(1));
    assert_eq!(comparison.all.changes[0].word, Word::Improved);
}

#[test]
fn warm_up_is_left_out_of_every_number() {
    let warm = Service { warm_up: 20, ..service() };
    let (base, new) = (warm.run(1), warm.run(2));
    assert!((base.seconds() - 40.0).abs() < 1e-9);
    let comparison = compare(&base, &new, &demand(), Seed::new(1));
    let rate = comparison.all.changes[0].base.unwrap();
    assert!((rate / 75.0 - 1.0).abs() < 0.05, "{rate}");
    assert_eq!(comparison.blocks, 32);
}

#[test]
fn names_of_one_run_alone_are_listed_and_not_judged() {
    let base = service().run(1);
    let new = Service { endpoints: &["/a", "/b", "/d"], ..service() }.run(2);
    let comparison = compare(&base, &new, &demand(), Seed::new(1));
    let names = |names: &[Name]| names.iter().map(|(method, name)| format!("{method} {name}")).collect::<Vec<_>>();
    assert_eq!(names(&comparison.only_base), ["GET /c"]);
    assert_eq!(names(&comparison.only_new), ["GET /d"]);
    assert_eq!(comparison.rows.len(), 2);
}

#[test]
fn a_day_takes_the_room_of_two_minutes() {
    let day = Service { seconds: 86_400, rate: |_| 1.0, ..service() };
    let run = day.run(1);
    assert!((64..=128).contains(&run.bins), "{} bins", run.bins);
    assert!((run.seconds() - 86_400.0).abs() < 1e-6);
    let counted: u64 = run.all.bins.iter().map(|bin| bin.ended).sum();
    assert_eq!(counted, run.all.ended);
    assert!(run.all.ended > 250_000, "{}", run.all.ended);
}

#[test]
fn seconds_far_behind_the_end_neither_lengthen_the_run_nor_break_it() {
    let mut far = service();
    far.stray = Some(i32::MAX as u32);
    let (base, new) = (service().run(1), far.run(1));
    assert!((new.seconds() - 60.0).abs() < 1e-9);
    assert_eq!(base.all.ended, new.all.ended);
    assert_ne!(compare(&base, &new, &demand(), Seed::new(1)).all.ended.1, 0);
}
