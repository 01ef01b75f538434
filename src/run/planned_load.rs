use std::time::Duration;

use crate::compile::{Program, Shape};
use crate::load::{RateCurve, UserCurve};
use crate::units::Offset;

/// The load that a plan wants at each moment, as far as that is known before the run.
#[derive(Debug, Clone)]
pub struct PlannedLoad {
    users: Vec<UserCurve>,
    arrivals: Vec<(Duration, RateCurve)>,
}

impl PlannedLoad {
    /// Of all scenarios of a program.
    #[must_use]
    pub fn of(program: &Program) -> Self {
        let mut planned = Self { users: Vec::new(), arrivals: Vec::new() };
        for scenario in &program.scenarios {
            match &scenario.shape {
                Shape::Closed(stages, _) => {
                    planned.users.push(UserCurve::starting_at(Offset::from(scenario.start), stages));
                }
                Shape::Open(stages, ..) => planned.arrivals.push((scenario.start, RateCurve::new(stages))),
                // how much these are is found out in the run, or written in a file
                Shape::Iterations(_) | Shape::Replay(..) | Shape::Search(_) => {}
            }
        }
        planned
    }

    /// How many users there are to be at a moment; `None` where no scenario says.
    #[must_use]
    pub fn users_at(&self, at: Duration) -> Option<f64> {
        let users = self.users.iter().map(|curve| f64::from(curve.population_at(Offset::from(at))));
        (!self.users.is_empty()).then(|| users.sum())
    }

    /// How many arrivals a second there are to be at a moment; `None` where no scenario says.
    #[must_use]
    pub fn arrivals_at(&self, at: Duration) -> Option<f64> {
        let rate = |(start, curve): &(Duration, RateCurve)| {
            at.checked_sub(*start).map_or(0.0, |at| curve.rate_at(Offset::from(at)))
        };
        (!self.arrivals.is_empty()).then(|| self.arrivals.iter().map(rate).sum())
    }
}
