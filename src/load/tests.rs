use std::time::Duration;

use proptest::prelude::*;
use rand::RngExt;

use super::*;
use crate::units::{Offset, Rate, Seed, Shard};

fn secs(seconds: f64) -> Offset {
    Offset::from(Duration::from_secs_f64(seconds))
}

fn leg(users: u32, seconds: u64, motion: Motion) -> Leg {
    Leg { users, length: Duration::from_secs(seconds), motion }
}

#[test]
fn a_climb_begins_with_its_first_user_and_each_next_comes_exactly_one_step_later() {
    let curve = Curve::new(&[leg(50, 20, Motion::Rate(Rate::per_second(5.0)))]);
    let at = |seconds| curve.population_at(secs(seconds));
    assert_eq!([at(0.0), at(0.199), at(0.2), at(1.0), at(9.799), at(9.8), at(19.9)], [1, 1, 2, 6, 49, 50, 50]);
    assert_eq!(at(20.0), 0, "over is over");
    assert_eq!(curve.due(7, secs(9.0)), secs(1.4));
    assert_eq!(curve.next_change(secs(0.2)), Some(secs(0.4)));
}

#[test]
fn a_stage_moves_from_the_last_level_and_lasts_exactly_its_time() {
    let rate = |per_second| Motion::Rate(Rate::per_second(per_second));
    let curve = Curve::new(&[
        leg(100, 60, rate(10.0)),
        leg(1000, 60, rate(50.0)),
        leg(200, 60, Motion::Immediate),
        leg(100, 10, Motion::Over(Duration::from_secs(10))),
    ]);
    let at = |seconds| curve.population_at(secs(seconds));
    assert_eq!([at(0.0), at(5.0), at(59.0)], [1, 51, 100]);
    assert_eq!([at(60.0), at(70.0), at(78.0), at(119.0)], [101, 601, 1000, 1000]);
    assert_eq!([at(120.0), at(179.0)], [200, 200]);
    assert_eq!([at(180.0), at(185.0), at(189.9)], [199, 149, 100]);
    assert_eq!(curve.length(), secs(190.0));
    assert_eq!([curve.leg_at(secs(59.9)), curve.leg_at(secs(60.0)), curve.leg_at(secs(999.0))], [0, 1, 3]);
}

#[test]
fn a_stage_cut_short_hands_its_level_on() {
    let curve = Curve::new(&[
        leg(100, 5, Motion::Rate(Rate::per_second(10.0))),
        leg(0, 5, Motion::Over(Duration::from_secs(5))),
    ]);
    assert_eq!(curve.population_at(secs(4.95)), 50);
    assert_eq!(curve.population_at(secs(5.0)), 49);
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

fn weighted(weights: &[f64]) -> Vec<Portion> {
    weights.iter().map(|weight| Portion::Weight(*weight)).collect()
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
            true => Arrivals::even(secs(1.0), flow(&[(rate, 3, 2)])),
            false => Arrivals::poisson(secs(1.0), flow(&[(rate, 3, 2)]), Seed::new(seed)),
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
        legs in prop::collection::vec((0_u32..40, 1_u64..8, 0_u32..200), 1..5), probe in 0.0_f64..30.0,
        workers in prop::collection::vec(1_u32..5, 1..9),
    ) {
        let legs: Vec<Leg> = legs.into_iter().map(|(users, seconds, rate)| {
            leg(users, seconds, if rate == 0 { Motion::Immediate } else { Motion::Rate(Rate::per_second(rate.into())) })
        }).collect();
        let population = u64::from(Curve::new(&legs).population_at(secs(probe)));
        let mut there: Vec<u64> = Vec::new();
        for part in parts(&workers) {
            there.extend((0..part.of(population)).map(|own| part.number(own)));
        }
        there.sort_unstable();
        prop_assert_eq!(there, (0..population).collect::<Vec<_>>());
    }

    #[test]
    fn sleeping_from_change_to_change_misses_none(
        legs in prop::collection::vec((0_u32..40, 1_u64..8, 0_u8..3, 1_u32..200), 1..5),
        probe in 0.0_f64..40.0,
    ) {
        let legs: Vec<Leg> = legs
            .into_iter()
            .map(|(users, seconds, kind, number)| leg(users, seconds, match kind {
                0 => Motion::Immediate,
                1 => Motion::Rate(Rate::per_second(f64::from(number) / 7.0)),
                _ => Motion::Over(Duration::from_millis(u64::from(number) * 20)),
            }))
            .collect();
        let curve = Curve::new(&legs);
        let (mut at, mut known) = (Offset::ZERO, curve.population_at(Offset::ZERO));
        while let Some(next) = curve.next_change(at) {
            prop_assert!(next > at);
            if (at..next).contains(&secs(probe)) {
                prop_assert_eq!(curve.population_at(secs(probe)), known);
            }
            at = next;
            known = curve.population_at(at);
        }
        prop_assert_eq!(at, curve.length());
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
    let fixed = [Portion::Weight(1.0), Portion::Count(3), Portion::Weight(1.0)];
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

fn flow(legs: &[(f64, u64, u64)]) -> std::sync::Arc<Flow> {
    let legs = legs.iter().map(|(rate, seconds, ramp)| RateLeg {
        rate: Rate::per_second(*rate),
        length: Duration::from_secs(*seconds),
        ramp: Duration::from_secs(*ramp),
    });
    std::sync::Arc::new(Flow::new(&legs.collect::<Vec<_>>()))
}

#[test]
fn even_arrivals_are_exactly_rate_times_time_and_equally_far_apart() {
    for (rate, seconds) in [(1.0, 10), (50.0, 60), (1000.0, 7), (1.0 / 3.0, 30), (0.1, 100), (7777.7, 10)] {
        let arrivals: Vec<_> = Arrivals::even(secs(5.0), flow(&[(rate, seconds, 0)])).collect();
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
    let flow = flow(&[(100.0, 20, 10), (20.0, 10, 5)]);
    let mut seen = [0_u32; 30];
    Arrivals::even(Offset::ZERO, flow.clone()).for_each(|(_, at)| seen[at.second() as usize] += 1);
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
    assert!((flow.total() - 1900.0).abs() < 1e-6);
    assert!((flow.rate_at(secs(5.0)) - 50.0).abs() < 1e-9 && flow.rate_at(secs(31.0)) == 0.0);
}

#[test]
fn poisson_gaps_pass_a_kolmogorov_smirnov_test() {
    for seed in 1..=5 {
        let arrivals = Arrivals::poisson(Offset::ZERO, flow(&[(100.0, 200, 0)]), Seed::new(seed));
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
    let all = |seed| Arrivals::poisson(secs(1.0), flow(&[(50.0, 20, 5)]), Seed::new(seed)).collect::<Vec<_>>();
    assert_eq!(all(9), all(9));
    assert_ne!(all(9), all(10));
    let recorded: Vec<_> = Arrivals::recorded(secs(2.0), std::sync::Arc::from([0, 500_000_000])).collect();
    assert_eq!(recorded, [(0, secs(2.0)), (1, secs(2.5))]);
}

#[test]
fn a_curve_that_starts_later_has_nobody_before() {
    let curve = Curve::starting_at(secs(30.0), &[leg(5, 10, Motion::Immediate)]);
    let at = |seconds| curve.population_at(secs(seconds));
    assert_eq!([at(0.0), at(29.9), at(30.0), at(39.9), at(40.0)], [0, 0, 5, 5, 0]);
    assert_eq!(curve.next_change(secs(3.0)), Some(secs(30.0)));
    assert_eq!(curve.length(), secs(40.0));
}
