use serde::{Deserialize, Serialize};

use crate::units::Shard;

/// How much load a plan asks for over its time, to hold beside what there was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlannedLoad {
    /// How many seconds each figure is of.
    pub step: u32,
    /// The most users there are to be in each; empty where their number follows from something else.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<f64>,
    /// The most arrivals there are to be in a second of each; empty where the plan asks for none, or they are found out
    /// in the run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arrivals: Vec<f64>,
}

impl PlannedLoad {
    /// The most figures of each kind: a longer run has longer steps.
    pub const FIGURES: u32 = 600;

    /// How long a step is in a run of so many seconds.
    #[must_use]
    pub const fn step_of(seconds: u32) -> u32 {
        let step = seconds.div_ceil(Self::FIGURES);
        if step == 0 { 1 } else { step }
    }

    /// How many users a shard is to have in a second of the run, from 0; `None` where that is not known.
    #[must_use]
    pub fn users_in(&self, second: u32, shard: Shard) -> Option<f64> {
        self.part(&self.users, second, shard)
    }

    /// How many arrivals a shard is to have in a second of the run, from 0; `None` where that is not known.
    #[must_use]
    pub fn arrivals_in(&self, second: u32, shard: Shard) -> Option<f64> {
        self.part(&self.arrivals, second, shard)
    }

    fn part(&self, figures: &[f64], second: u32, shard: Shard) -> Option<f64> {
        let whole = figures.get((second / self.step.max(1)) as usize)?;
        Some(whole / f64::from(shard.count.max(1)))
    }
}
