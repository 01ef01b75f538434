use std::time::Duration;

use crate::compile::{Program, Scenario, Shape};
use crate::load::{PlannedLoad, RateCurve, UserCurve};
use crate::units::Offset;

/// What a plan asks for of one second.
type Figure = Box<dyn Fn(u32) -> f64>;

/// How much load a plan asks for over its time. Users are known where all scenarios are levels of users, arrivals where
/// no scenario finds out its own.
pub(super) fn planned(program: &Program) -> PlannedLoad {
    let seconds = u32::try_from(program.length().as_millis().div_ceil(1000)).unwrap_or(u32::MAX);
    let step = PlannedLoad::step_of(seconds);
    let figures = |of: fn(&Scenario) -> Option<Figure>| {
        let curves: Option<Vec<Figure>> = program.scenarios.iter().map(of).collect();
        let curves = curves.unwrap_or_default();
        if curves.is_empty() {
            return Vec::new();
        }
        let of_second = |second: u32| curves.iter().map(|curve| curve(second)).sum::<f64>();
        let of_step = |first: u32| {
            let last = first.saturating_add(step).min(seconds);
            let stride = (step / LOOKS).max(1);
            (first..last).step_by(stride as usize).map(of_second).fold(0.0, f64::max)
        };
        (0..seconds).step_by(step as usize).map(of_step).collect()
    };
    let mut arrivals = figures(arrivals);
    if arrivals.iter().all(|rate| *rate == 0.0) {
        arrivals.clear();
    }
    PlannedLoad { step, users: figures(users), arrivals }
}

/// The most users of each second.
fn users(scenario: &Scenario) -> Option<Figure> {
    let Shape::Closed(stages, _) = &scenario.shape else { return None };
    let curve = UserCurve::starting_at(Offset::from(scenario.start), stages);
    Some(Box::new(move |second| f64::from(curve.most_between(begin(second), begin(second.saturating_add(1))))))
}

/// So many seconds of a step are looked at: all of them in a run of less than four days.
const LOOKS: u32 = 600;

/// The arrivals of each second.
fn arrivals(scenario: &Scenario) -> Option<Figure> {
    let start = Offset::from(scenario.start);
    match &scenario.shape {
        Shape::Closed(..) | Shape::Iterations(_) => Some(Box::new(|_| 0.0)),
        Shape::Search(_) => None,
        Shape::Open(stages, ..) => {
            let (curve, length) = (RateCurve::new(stages), scenario.shape.length());
            Some(Box::new(move |second| {
                let middle = begin(second) + Duration::from_millis(500);
                let into = middle.since(start);
                if middle < start || into >= length { 0.0 } else { curve.rate_at(Offset::from(into)) }
            }))
        }
        Shape::Replay(times, _) => {
            let times = times.clone();
            let before = move |at: Offset| times.partition_point(|time| start + Duration::from_nanos(*time) < at);
            Some(Box::new(move |second| (before(begin(second.saturating_add(1))) - before(begin(second))) as f64))
        }
    }
}

fn begin(second: u32) -> Offset {
    Offset::from(Duration::from_secs(u64::from(second)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::tests::VirtualRun;

    #[test]
    fn what_is_planned_is_the_curve_of_each_second_and_in_a_long_run_the_most_of_each_few() {
        let planned =
            |shape: &str| planned(&VirtualRun::of(&format!("endpoints: {{root: {{get: /}}}}\n{shape}")).program);
        let users = planned(
            "
scenarios:
  a: {shape: {constant: {users: 4, for: 5s, spawn_rate: 1/s}}}
  b: {start: 2s, shape: {constant: {users: 3, for: 2s}}}
",
        );
        assert_eq!((users.step, users.users), (1, vec![1.0, 2.0, 6.0, 7.0, 4.0]));
        assert!(users.arrivals.is_empty());
        let spike = planned("shape: {stages: [{users: 2, for: 1h}, {users: 90, for: 1s}, {users: 2, for: 1h}]}");
        assert_eq!((spike.step, spike.users.len()), (13, 554));
        assert_eq!(spike.users.iter().filter(|users| **users == 90.0).count(), 1);
        let arrivals = planned("shape: {stages: [{rate: 10/s, for: 2s}, {rate: 20/s, for: 2s, ramp: 2s}]}");
        assert_eq!(arrivals.arrivals, [10.0, 10.0, 12.5, 17.5]);
        assert!(arrivals.users.is_empty());
    }
}
