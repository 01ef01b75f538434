use serde::{Deserialize, Serialize};

/// What says when the next request of a run goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pace {
    /// The plan, at least for some users: arrivals, think time, pacing. A generator that cannot keep up sends late.
    #[default]
    Planned,
    /// Nothing does: each user goes on as soon as it has its answer, so none is ever late, and a generator that cannot keep
    /// up sends less.
    FullSpeed,
}

impl Pace {
    /// Whether it is the plan's.
    #[must_use]
    pub fn is_planned(&self) -> bool {
        *self == Self::Planned
    }
}
