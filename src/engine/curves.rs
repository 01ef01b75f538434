use crate::compile::{Ramp, RateStage, Stage};
use crate::load::{Curve, Flow, Leg, Motion, RateLeg};
use crate::units::Offset;

/// The curve of users through some stages.
#[must_use]
pub fn curve_of(start: Offset, stages: &[Stage]) -> Curve {
    let legs: Vec<Leg> = stages
        .iter()
        .map(|stage| Leg {
            users: stage.users,
            length: stage.length,
            motion: match stage.ramp {
                Ramp::Immediate => Motion::Immediate,
                Ramp::Rate(rate) => Motion::Rate(rate),
                Ramp::Over(time) => Motion::Over(time),
            },
        })
        .collect();
    Curve::starting_at(start, &legs)
}

/// The flow of arrivals through some stages.
#[must_use]
pub fn flow_of(stages: &[RateStage]) -> Flow {
    let legs = stages.iter().map(|stage| RateLeg { rate: stage.rate, length: stage.length, ramp: stage.ramp });
    Flow::new(&legs.collect::<Vec<_>>())
}
