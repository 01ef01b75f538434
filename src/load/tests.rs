use std::time::Duration;

use proptest::prelude::*;
use rand::RngExt;

use super::*;
use crate::units::{Offset, Rate, Seed, Shard};

fn secs(seconds: f64) -> Offset {
    Offset::from(Duration::from_secs_f64(seconds))
}

fn stage(users: u32, seconds: u64, ramp: Ramp) -> Stage {
    Stage { users, length: Duration::from_secs(seconds), ramp }
}

#[test]
fn a_climb_begins_with_its_first_user_and_each_next_comes_exactly_one_step_later() {
    let curve = UserCurve::new(&[stage(50, 20, Ramp::Rate(Rate::per_second(5.0)))]);
    let at = |seconds| curve.population_at(secs(seconds));
    assert_eq!([at(0.0), at(0.199), at(0.2), at(1.0), at(9.799), at(9.8), at(19.9)], [1, 1, 2, 6, 49, 50, 50]);
    assert_eq!(at(20.0), 0, "over is over");
    assert_eq!(curve.due(7, secs(9.0)), secs(1.4));
    assert_eq!(curve.next_change(secs(0.2)), Some(secs(0.4)));
}

#[test]
fn a_climb_faster_than_a_user_a_millisecond_goes_by_the_millisecond() {
    for (rate, at_once, later) in [(2000.0, 2, 4), (1e6, 100, 100), (1e9, 100, 100), (1e300, 100, 100)] {
        let curve = UserCurve::new(&[stage(100, 1, Ramp::Rate(Rate::per_second(rate)))]);
        assert_eq!(curve.population_at(Offset::ZERO), at_once, "{rate}");
        assert_eq!(curve.population_at(secs(0.001)), later, "{rate}");
        assert_eq!(curve.due(1, secs(0.0005)), Offset::ZERO, "{rate}");
        let next = if rate < 1e6 { secs(0.001) } else { secs(1.0) };
        assert_eq!(curve.next_change(secs(0.000_1)), Some(next), "{rate}");
    }
}

#[test]
fn a_stage_moves_from_the_last_level_and_lasts_exactly_its_time() {
    let rate = |per_second| Ramp::Rate(Rate::per_second(per_second));
    let curve = UserCurve::new(&[
        stage(100, 60, rate(10.0)),
        stage(1000, 60, rate(50.0)),
        stage(200, 60, Ramp::Immediate),
        stage(100, 10, Ramp::Over(Duration::from_secs(10))),
    ]);
    let at = |seconds| curve.population_at(secs(seconds));
    assert_eq!([at(0.0), at(5.0), at(59.0)], [1, 51, 100]);
    assert_eq!([at(60.0), at(70.0), at(78.0), at(119.0)], [101, 601, 1000, 1000]);
    assert_eq!([at(120.0), at(179.0)], [200, 200]);
    assert_eq!([at(180.0), at(185.0), at(189.9)], [199, 149, 100]);
    assert_eq!(curve.end(), secs(190.0));
}

#[test]
fn a_stage_cut_short_hands_its_level_on() {
    let curve = UserCurve::new(&[
        stage(100, 5, Ramp::Rate(Rate::per_second(10.0))),
        stage(0, 5, Ramp::Over(Duration::from_secs(5))),
    ]);
    assert_eq!(curve.population_at(secs(4.95)), 50);
    assert_eq!(curve.population_at(secs(5.0)), 49);
}

#[test]
fn a_plateau_lets_its_workers_sleep_whichever_way_it_was_reached() {
    let hour = 3600;
    let over = Ramp::Over(Duration::from_secs(10));
    for ramp in [Ramp::Rate(Rate::per_second(10.0)), over] {
        let curve = UserCurve::new(&[stage(100, hour, ramp), stage(0, hour, ramp), stage(0, hour, ramp)]);
        let next = |seconds| curve.next_change(secs(seconds));
        assert_eq!([next(9.8), next(9.9), next(10.0)], [Some(secs(9.9)), Some(secs(3600.0)), Some(secs(3600.0))]);
        assert_eq!([next(3609.8), next(3609.9)], [Some(secs(3609.9)), Some(secs(7200.0))]);
        assert_eq!([next(7200.0), next(9000.0)], [Some(secs(10_800.0)); 2], "nobody is left to go");
    }
}

/// Stages of every kind, up and down.
fn stages() -> impl Strategy<Value = Vec<Stage>> {
    let one = (0_u32..40, 1_u64..8, 0_u8..4, 1_u32..200).prop_map(|(users, seconds, kind, number)| {
        let ramp = match kind {
            0 => Ramp::Immediate,
            1 => Ramp::Rate(Rate::per_second(f64::from(number) / 7.0)),
            // faster than a user a millisecond, up to what no machine can do
            2 => Ramp::Rate(Rate::per_second(1000.1 * 1.12_f64.powi(number as i32))),
            _ => Ramp::Over(Duration::from_millis(u64::from(number) * 20)),
        };
        stage(users, seconds, ramp)
    });
    prop::collection::vec(one, 1..5)
}

/// When each stage begins and ends, in nanoseconds.
fn spans(start_seconds: u64, stages: &[Stage]) -> Vec<(u64, u64)> {
    let mut start = start_seconds * 1_000_000_000;
    let span = |stage: &Stage| {
        let end = start + stage.length.as_nanos() as u64;
        (std::mem::replace(&mut start, end), end)
    };
    stages.iter().map(span).collect()
}

/// The parts of shards, each with workers of its own.
fn parts(workers: &[u32]) -> Vec<Part> {
    let count = workers.len() as u32;
    let of_shard = |(index, workers): (usize, &u32)| {
        let (shard, workers) = (Shard { index: index as u32, count }, *workers);
        (0..workers).map(move |worker| Part::new(shard, worker, workers))
    };
    workers.iter().enumerate().flat_map(of_shard).collect()
}

fn weighted(weights: &[f64]) -> Vec<Share> {
    weights.iter().map(|weight| Share::Weight(*weight)).collect()
}

proptest! {
    #[test]
    fn the_parts_of_all_workers_of_all_shards_are_the_whole_and_each_shard_has_its_own(
        total in 0_u64..500, workers in prop::collection::vec(1_u32..9, 1..9),
    ) {
        let count = workers.len() as u32;
        let mut owners = vec![Vec::new(); total as usize];
        for part in parts(&workers) {
            let own: Vec<u64> = (0..part.of(total)).map(|own| part.number(own)).collect();
            prop_assert_eq!(&own, &(0..total).filter(|number| part.has(*number)).collect::<Vec<_>>());
            own.iter().for_each(|number| owners[*number as usize].push(part.shard().index));
        }
        for (number, owners) in owners.iter().enumerate() {
            prop_assert_eq!(owners, &vec![number as u32 % count]);
        }
    }

    #[test]
    fn what_is_shared_out_goes_to_those_alone_that_have_users(
        users in 1_u32..40, total in 0_u64..500, workers in prop::collection::vec(1_u32..9, 1..9),
    ) {
        let mut owners = vec![0; total as usize];
        let mut people = vec![0; users as usize];
        for part in parts(&workers) {
            let count = workers.len() as u32;
            // the users that are a worker's whoever shares the work
            let has_users = part.of(users.into());
            let part = part.among(users);
            prop_assert_eq!(part.of(users.into()), has_users, "nobody's users change");
            prop_assert!(part.of(total) == 0 || has_users > 0, "work without a user");
            (0..has_users).for_each(|own| people[part.number(own) as usize] += 1);
            for own in 0..part.of(total) {
                let number = part.number(own);
                prop_assert!(part.has(number));
                prop_assert!(users < count || number % u64::from(count) == u64::from(part.shard().index));
                owners[number as usize] += 1;
            }
        }
        prop_assert!(owners.iter().chain(&people).all(|owners| *owners == 1));
    }

    #[test]
    fn the_arrivals_of_all_shards_are_those_of_the_whole(
        seed in 0_u64..1000, rate in 1.0_f64..200.0, most in 1_u32..40, even in any::<bool>(),
        workers in prop::collection::vec(1_u32..5, 1..9),
    ) {
        let arrivals = || match even {
            true => Arrivals::even(secs(1.0), rate_curve(&[(rate, 3, 2)])),
            false => Arrivals::poisson(secs(1.0), rate_curve(&[(rate, 3, 2)]), Seed::new(seed)),
        };
        let mut union: Vec<(u64, Offset)> = Vec::new();
        for part in parts(&workers) {
            union.extend(arrivals().filter(|(number, _)| part.among(most).has(*number)));
        }
        union.sort_unstable();
        prop_assert_eq!(union, arrivals().collect::<Vec<_>>());
    }

    #[test]
    fn the_users_of_all_shards_come_and_go_with_those_of_the_whole(
        stages in prop::collection::vec((0_u32..40, 1_u64..8, 0_u32..200), 1..5), probe in 0.0_f64..30.0,
        workers in prop::collection::vec(1_u32..5, 1..9),
    ) {
        let stages: Vec<Stage> = stages.into_iter().map(|(users, seconds, rate)| {
            stage(users, seconds, if rate == 0 { Ramp::Immediate } else { Ramp::Rate(Rate::per_second(rate.into())) })
        }).collect();
        let population = u64::from(UserCurve::new(&stages).population_at(secs(probe)));
        let mut there: Vec<u64> = Vec::new();
        for part in parts(&workers) {
            there.extend((0..part.of(population)).map(|own| part.number(own)));
        }
        there.sort_unstable();
        prop_assert_eq!(there, (0..population).collect::<Vec<_>>());
    }

    #[test]
    fn sleeping_from_change_to_change_misses_none(stages in stages(), probe in 0.0_f64..40.0) {
        let curve = UserCurve::new(&stages);
        let (mut at, mut known) = (Offset::ZERO, curve.population_at(Offset::ZERO));
        while let Some(next) = curve.next_change(at) {
            prop_assert!(next > at);
            if (at..next).contains(&secs(probe)) {
                prop_assert_eq!(curve.population_at(secs(probe)), known);
            }
            at = next;
            known = curve.population_at(at);
        }
        prop_assert_eq!(at, curve.end());
    }

    #[test]
    fn a_stage_that_has_reached_its_level_sleeps_to_its_end(stages in stages(), start in 0_u64..3) {
        let curve = UserCurve::starting_at(secs(start as f64), &stages);
        for (start, end) in spans(start, &stages) {
            let level = curve.population_at(Offset::from_nanos(end - 1));
            // within a stage the level moves one way, so its last change can be searched for
            let (mut before, mut at) = (start, end - 1);
            while before < at {
                let middle = before + (at - before) / 2;
                if curve.population_at(Offset::from_nanos(middle)) == level { at = middle } else { before = middle + 1 }
            }
            prop_assert_eq!(curve.next_change(Offset::from_nanos(at)), Some(Offset::from_nanos(end)));
        }
    }

    #[test]
    fn a_stage_wakes_its_workers_once_for_each_change_and_once_for_its_start(stages in stages()) {
        let curve = UserCurve::new(&stages);
        let mut wakes = vec![0];
        wakes.extend(std::iter::successors(curve.next_change(Offset::ZERO), |at| curve.next_change(*at)).map(Offset::as_nanos));
        let mut level = 0;
        for ((start, end), stage) in spans(0, &stages).into_iter().zip(&stages) {
            let reached = curve.population_at(Offset::from_nanos(end - 1));
            let changes = match stage.ramp {
                Ramp::Immediate => usize::from(reached != level),
                Ramp::Rate(_) | Ramp::Over(_) => reached.abs_diff(level) as usize,
            };
            let woken = wakes.iter().filter(|at| (start..end).contains(*at)).count();
            let one_by_one = match stage.ramp {
                Ramp::Rate(rate) => rate.as_per_second() <= 1000.0,
                Ramp::Immediate => true,
                Ramp::Over(time) => time.as_millis() >= 40,
            };
            let fine = if one_by_one { changes..=changes + 1 } else { 0..=changes + 1 };
            prop_assert!(fine.contains(&woken), "{} wakes for {} changes", woken, changes);
            level = reached;
        }
    }

    #[test]
    fn as_many_arrivals_have_come_as_the_rate_adds_up_to(
        stages in prop::collection::vec((0.0_f64..120.0, 1_u64..5, 0_u64..7), 1..5), probe in 0.0_f64..22.0,
    ) {
        const STEP: f64 = 1e-3;
        let curve = rate_curve(&stages);
        let steps = (probe / STEP) as u32;
        let wanted: f64 = (0..steps).map(|step| curve.rate_at(secs((f64::from(step) + 0.5) * STEP)) * STEP).sum();
        let come = Arrivals::even(Offset::ZERO, curve).take_while(|(_, at)| at.as_secs_f64() < f64::from(steps) * STEP);
        let come = come.count() as f64;
        // whole arrivals, the first at once; a step of the sum may hold a jump of the rate
        prop_assert!((come - wanted).abs() <= 1.0 + 5.0 * 120.0 * STEP, "{} came where {} were wanted", come, wanted);
    }

    #[test]
    fn user_types_come_as_near_to_their_weights_as_whole_users_allow(
        weights in prop::collection::vec(0.0_f64..100.0, 1..7), count in 1_u32..500,
    ) {
        prop_assume!(weights.iter().sum::<f64>() > 0.0);
        let users = assign(&weighted(&weights), count);
        prop_assert_eq!(users.len(), count as usize);
        let total: f64 = weights.iter().sum();
        for (kind, weight) in weights.iter().enumerate() {
            let given = users.iter().filter(|user| usize::from(**user) == kind).count() as f64;
            prop_assert!((given - weight / total * f64::from(count)).abs() <= weights.len() as f64);
            prop_assert!(*weight > 0.0 || given == 0.0);
        }
    }
}

#[test]
fn fifty_users_of_four_weights_are_their_shares() {
    let users = assign(&weighted(&[40.0, 30.0, 20.0, 10.0]), 50);
    let count = |kind| users.iter().filter(|user| **user == kind).count();
    assert_eq!([count(0), count(1), count(2), count(3)], [20, 15, 10, 5]);
    assert!(assign(&weighted(&[0.0, 0.0]), 5).is_empty());
    let fixed = [Share::Weight(1.0), Share::Count(3), Share::Weight(1.0)];
    assert_eq!(assign(&fixed, 7), [1, 1, 1, 0, 2, 0, 2]);
    assert_eq!(assign(&fixed, 2), [1, 1]);
}

#[test]
fn a_weighted_choice_passes_chi_square_and_never_takes_weight_zero() {
    let weights = [60.0, 20.0, 15.0, 5.0, 3.0, 2.0, 0.0];
    let choice = Choice::new(weights).unwrap();
    let mut generator = Seed::new(7).generator();
    let (draws, mut seen) = (105_000, [0.0_f64; 7]);
    (0..draws).for_each(|_| seen[choice.pick(generator.random())] += 1.0);
    let expected = weights.map(|weight| weight / 105.0 * f64::from(draws));
    let chi: f64 = seen.iter().zip(expected).filter(|(_, e)| *e > 0.0).map(|(s, e)| (s - e).powi(2) / e).sum();
    assert!(chi < 20.5, "chi-square {chi} of 5 degrees of freedom is beyond 1 in 1,000");
    assert_eq!(seen[6], 0.0);
    assert_eq!([choice.pick(0.0), choice.pick(1.0)], [0, 5]);
    assert!(Choice::new([0.0, 0.0]).is_none());
}

fn rate_curve(stages: &[(f64, u64, u64)]) -> std::sync::Arc<RateCurve> {
    let stages = stages.iter().map(|(rate, seconds, ramp)| RateStage {
        rate: Rate::per_second(*rate),
        length: Duration::from_secs(*seconds),
        ramp: Duration::from_secs(*ramp),
    });
    std::sync::Arc::new(RateCurve::new(&stages.collect::<Vec<_>>()))
}

#[test]
fn even_arrivals_are_exactly_rate_times_time_and_equally_far_apart() {
    for (rate, seconds) in [(1.0, 10), (50.0, 60), (1000.0, 7), (1.0 / 3.0, 30), (0.1, 100), (7777.7, 10)] {
        let arrivals: Vec<_> = Arrivals::even(secs(5.0), rate_curve(&[(rate, seconds, 0)])).collect();
        assert_eq!(arrivals.len() as f64, (rate * seconds as f64 - 1e-6).ceil(), "{rate}/s for {seconds}s");
        for (number, at) in &arrivals {
            let exact = 5.0 + *number as f64 / rate;
            assert!((at.as_secs_f64() - exact).abs() < 2e-9 * exact.max(1.0), "{number} at {at:?}, not {exact}");
        }
    }
}

#[test]
fn arrivals_follow_a_ramp_second_by_second() {
    // 0 to 100/s in 10 s, 100/s for 10 s, then down to 20/s in 5 s and held for 5 s
    let curve = rate_curve(&[(100.0, 20, 10), (20.0, 10, 5)]);
    let mut seen = [0_u32; 30];
    Arrivals::even(Offset::ZERO, curve.clone()).for_each(|(_, at)| seen[at.second() as usize] += 1);
    let wanted = |second: f64| match second {
        s if s < 10.0 => s * s * 5.0,
        s if s < 20.0 => 500.0 + (s - 10.0) * 100.0,
        s if s < 25.0 => 1500.0 + (s - 20.0) * 100.0 - (s - 20.0) * (s - 20.0) * 8.0,
        s => 1800.0 + (s - 25.0) * 20.0,
    };
    for (second, seen) in seen.iter().enumerate() {
        let second = second as f64;
        let expected = wanted(second + 1.0) - wanted(second);
        assert!((f64::from(*seen) - expected).abs() <= 1.0, "second {second}: {seen}, not {expected}");
    }
    assert_eq!(seen.iter().sum::<u32>(), 1900);
    assert!((curve.total() - 1900.0).abs() < 1e-6);
    assert!((curve.rate_at(secs(5.0)) - 50.0).abs() < 1e-9 && curve.rate_at(secs(31.0)) == 0.0);
}

#[test]
fn poisson_gaps_pass_a_kolmogorov_smirnov_test() {
    for seed in 1..=5 {
        let arrivals = Arrivals::poisson(Offset::ZERO, rate_curve(&[(100.0, 200, 0)]), Seed::new(seed));
        let times: Vec<f64> = arrivals.map(|(_, at)| at.as_secs_f64()).collect();
        let count = times.len() as f64;
        assert!((count - 20_000.0).abs() < 4.0 * 20_000.0_f64.sqrt(), "{count} arrivals of 20,000 expected");
        let mut gaps: Vec<f64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
        gaps.sort_by(f64::total_cmp);
        let n = gaps.len() as f64;
        let distance = gaps.iter().enumerate().map(|(index, gap)| {
            let exact = 1.0 - (-100.0 * gap).exp();
            (exact - index as f64 / n).abs().max(((index + 1) as f64 / n - exact).abs())
        });
        let distance = distance.fold(0.0, f64::max);
        // the critical value for 1 in 1,000 (Massey 1951): 1.95 / sqrt(n)
        assert!(distance < 1.95 / n.sqrt(), "seed {seed}: {distance}");
    }
}

#[test]
fn every_worker_sees_the_same_arrivals_and_a_recording_is_replayed_as_it_is() {
    let all = |seed| Arrivals::poisson(secs(1.0), rate_curve(&[(50.0, 20, 5)]), Seed::new(seed)).collect::<Vec<_>>();
    assert_eq!(all(9), all(9));
    assert_ne!(all(9), all(10));
    let recorded: Vec<_> = Arrivals::recorded(secs(2.0), std::sync::Arc::from([0, 500_000_000])).collect();
    assert_eq!(recorded, [(0, secs(2.0)), (1, secs(2.5))]);
}

#[test]
fn a_curve_that_starts_later_has_nobody_before() {
    let curve = UserCurve::starting_at(secs(30.0), &[stage(5, 10, Ramp::Immediate)]);
    let at = |seconds| curve.population_at(secs(seconds));
    assert_eq!([at(0.0), at(29.9), at(30.0), at(39.9), at(40.0)], [0, 0, 5, 5, 0]);
    assert_eq!(curve.next_change(secs(3.0)), Some(secs(30.0)));
    assert_eq!(curve.end(), secs(40.0));
}
