use std::time::Duration;

use proptest::prelude::*;
use rand::RngExt;

use super::*;
use crate::units::{Offset, Rate, Seed};

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

proptest! {
    #[test]
    fn the_parts_of_the_workers_are_the_whole(total in 0_u32..10_000, count in 1_u32..64) {
        let parts: u32 = (0..count).map(|index| Part { index, count }.of(total)).sum();
        prop_assert_eq!(parts, total);
        let part = Part { index: 0, count };
        prop_assert!(part.of(total) == 0 || part.user(part.of(total) - 1) < total);
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
        let users = assign(&weights, count);
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
    let users = assign(&[40.0, 30.0, 20.0, 10.0], 50);
    let count = |kind| users.iter().filter(|user| **user == kind).count();
    assert_eq!([count(0), count(1), count(2), count(3)], [20, 15, 10, 5]);
    assert!(assign(&[0.0, 0.0], 5).is_empty());
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
