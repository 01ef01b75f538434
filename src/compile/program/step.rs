use std::sync::Arc;
use std::time::Duration;

use super::value_template::ValueTemplate;
use crate::expression::{Expr, Template};
use crate::plan::{OnFailure, StopScope};
use crate::sample::{EndpointId, MetricId};
use crate::units::DurationRange;

/// One step of a task.
#[derive(Debug)]
pub struct Step {
    /// What it does.
    pub action: Action,
    /// `plan.yaml:12:3`.
    pub place: Arc<str>,
}

/// A call of an endpoint.
#[derive(Debug)]
pub struct Call {
    /// The endpoint.
    pub endpoint: EndpointId,
    /// Names bound over the endpoint's own.
    pub with: Vec<(Arc<str>, ValueTemplate)>,
    /// What a failure does.
    pub on_failure: OnFailure,
}

/// What a step does.
#[derive(Debug)]
pub enum Action {
    /// Calls an endpoint.
    Call(Call),
    /// Calls several at once.
    Parallel(Vec<Call>),
    /// Sets names of the user's state, in order.
    Set(Vec<(Arc<str>, ValueTemplate)>),
    /// Appends to a list of the user's state; beyond `keep` the oldest go.
    Append {
        /// The list's name.
        to: Arc<str>,
        /// What is appended.
        value: ValueTemplate,
        /// How many are kept.
        keep: usize,
    },
    /// Waits.
    Think(Pause),
    /// One way or the other.
    When {
        /// The condition.
        that: Expr,
        /// Steps where it is true.
        then: Vec<Step>,
        /// Steps where it is not.
        otherwise: Vec<Step>,
    },
    /// One of several ways, by a value.
    Switch {
        /// What gives the value.
        on: Expr,
        /// Steps by the value as text.
        cases: Vec<(Box<str>, Vec<Step>)>,
        /// Steps where no case has it.
        default: Vec<Step>,
    },
    /// One of several ways, by chance: weights and steps.
    Choose(Vec<(f64, Vec<Step>)>),
    /// Again and again.
    Repeat(Repeat),
    /// For each item of a list.
    ForEach {
        /// The item's name.
        item: Arc<str>,
        /// The list.
        of: ValueTemplate,
        /// The steps.
        steps: Vec<Step>,
    },
    /// The steps of another task, by its index in the user type.
    Run(usize),
    /// Steps whose time is measured.
    Transaction {
        /// Where it is recorded, in milliseconds.
        metric: MetricId,
        /// Its name.
        name: Arc<str>,
        /// The steps.
        steps: Vec<Step>,
    },
    /// Ends the task, the user or the run.
    Stop(StopScope),
    /// Writes a line to the run's log.
    Log(Template),
}

/// Steps again and again.
#[derive(Debug)]
pub struct Repeat {
    /// How often.
    pub count: RepeatCount,
    /// The pause between two repetitions.
    pub every: Option<Pause>,
    /// The steps.
    pub steps: Vec<Step>,
}

/// How often steps are repeated.
#[derive(Debug)]
pub enum RepeatCount {
    /// So many times: a number ≥ 0.
    Times(ValueTemplate),
    /// Until this is true, at least once and at most so many times.
    Until(Expr, u64),
}

/// A pause, drawn anew each time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pause {
    /// Evenly from a range.
    Even(DurationRange),
    /// From an exponential distribution with this mean.
    Exponential(Duration),
    /// From a normal distribution; what would be below zero is drawn again.
    Normal {
        /// The mean.
        mean: Duration,
        /// The standard deviation.
        deviation: Duration,
    },
}

impl Action {
    /// The steps inside it.
    #[must_use]
    pub fn inner(&self) -> Vec<&Step> {
        match self {
            Self::When { then, otherwise, .. } => then.iter().chain(otherwise).collect(),
            Self::Switch { cases, default, .. } => cases.iter().flat_map(|(_, steps)| steps).chain(default).collect(),
            Self::Choose(ways) => ways.iter().flat_map(|(_, steps)| steps).collect(),
            Self::Repeat(repeat) => repeat.steps.iter().collect(),
            Self::ForEach { steps, .. } | Self::Transaction { steps, .. } => steps.iter().collect(),
            Self::Call(_)
            | Self::Parallel(_)
            | Self::Set(_)
            | Self::Append { .. }
            | Self::Think(_)
            | Self::Run(_)
            | Self::Stop(_)
            | Self::Log(_) => Vec::new(),
        }
    }

    /// The calls it makes itself.
    #[must_use]
    pub fn calls(&self) -> &[Call] {
        match self {
            Self::Call(call) => std::slice::from_ref(call),
            Self::Parallel(calls) => calls,
            _ => &[],
        }
    }
}

/// A drawn pause is at most so many means long, so that one draw cannot end a user's work.
const LONGEST: f64 = 20.0;

impl Pause {
    /// No pause.
    pub const NONE: Self = Self::Even(DurationRange { from: Duration::ZERO, to: Duration::ZERO });

    /// Whether it is none.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        matches!(self, Self::Even(range) if range.to.is_zero())
    }

    /// Draws one; `chance` gives numbers evenly from 0 up to 1.
    #[must_use]
    pub fn draw(&self, mut chance: impl FnMut() -> f64) -> Duration {
        match *self {
            Self::Even(range) if range.from == range.to => range.from,
            Self::Even(range) => range.at(chance()),
            // the inverse of the distribution
            Self::Exponential(mean) => scaled(mean, (-(1.0 - chance()).ln()).min(LONGEST)),
            Self::Normal { mean, deviation } => {
                for _ in 0..16 {
                    // Box and Muller 1958; 1 - chance is never 0
                    let drawn = (-2.0 * (1.0 - chance()).ln()).sqrt() * (std::f64::consts::TAU * chance()).cos();
                    let seconds = mean.as_secs_f64() + deviation.as_secs_f64() * drawn;
                    if seconds >= 0.0 {
                        return Duration::from_secs_f64(seconds.min(1e9));
                    }
                }
                Duration::ZERO
            }
        }
    }

    /// The mean over many draws.
    #[must_use]
    pub fn mean(&self) -> Duration {
        match *self {
            Self::Even(range) => (range.from + range.to) / 2,
            Self::Exponential(mean) | Self::Normal { mean, .. } => mean,
        }
    }
}

fn scaled(mean: Duration, factor: f64) -> Duration {
    Duration::from_secs_f64((mean.as_secs_f64() * factor).min(1e9))
}

#[cfg(test)]
mod tests {
    use rand::RngExt;

    use super::*;
    use crate::units::Seed;

    #[test]
    fn drawn_pauses_have_the_mean_and_deviation_they_are_said_to() {
        let mean = Duration::from_secs(2);
        let deviation = Duration::from_millis(300);
        for (pause, expected) in [(Pause::Exponential(mean), 2.0), (Pause::Normal { mean, deviation }, 0.3)] {
            let mut dice = Seed::new(3).generator();
            let drawn: Vec<f64> = (0..40_000).map(|_| pause.draw(|| dice.random()).as_secs_f64()).collect();
            let average = drawn.iter().sum::<f64>() / 40_000.0;
            let spread = (drawn.iter().map(|x| (x - average).powi(2)).sum::<f64>() / 40_000.0).sqrt();
            assert!((average - 2.0).abs() < 0.05, "{pause:?}: {average}");
            assert!((spread - expected).abs() < 0.05, "{pause:?}: {spread}");
        }
    }
}
