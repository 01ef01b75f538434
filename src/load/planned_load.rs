use serde::{Deserialize, Serialize};

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

    /// How many users there are to be in a second of the run, from 0; `None` where that is not known.
    #[must_use]
    pub fn users_in(&self, second: u32) -> Option<f64> {
        self.users.get(self.place(second)).copied()
    }

    /// How many arrivals there are to be in a second of the run, from 0; `None` where that is not known.
    #[must_use]
    pub fn arrivals_in(&self, second: u32) -> Option<f64> {
        self.arrivals.get(self.place(second)).copied()
    }

    fn place(&self, second: u32) -> usize {
        (second / self.step.max(1)) as usize
    }
}
