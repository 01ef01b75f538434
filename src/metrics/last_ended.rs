use std::collections::BTreeMap;

use crate::sample::StageId;
use crate::units::Offset;

/// When the last requests ended that were answered or failed: of each stage that they began in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LastEnded {
    stages: BTreeMap<StageId, Offset>,
    /// Of all stages, where nobody knows of which: in old journals.
    any: Option<Offset>,
}

impl LastEnded {
    /// That of a second whose stages are not told apart.
    #[must_use]
    pub const fn in_unknown_stage(at: Offset) -> Self {
        Self { stages: BTreeMap::new(), any: Some(at) }
    }

    /// Takes the end of a request of a stage.
    pub fn add(&mut self, stage: StageId, at: Offset) {
        let last = self.stages.entry(stage).or_insert(at);
        *last = at.max(*last);
    }

    /// Takes what another worker, or another second, has.
    pub fn merge(&mut self, other: &Self) {
        other.stages.iter().for_each(|(stage, at)| self.add(*stage, *at));
        self.any = self.any.max(other.any);
    }

    /// The latest of all; none where no request ended.
    #[must_use]
    pub fn latest(&self) -> Option<Offset> {
        self.any.max(self.stages.values().copied().max())
    }

    /// That of the requests that began in a stage.
    #[must_use]
    pub fn of(&self, stage: StageId) -> Option<Offset> {
        self.stages.get(&stage).copied()
    }

    /// That of requests of which nobody knows in which stage they began.
    #[must_use]
    pub const fn of_unknown_stage(&self) -> Option<Offset> {
        self.any
    }

    /// Each stage with its last request's end.
    pub fn stages(&self) -> impl ExactSizeIterator<Item = (StageId, Offset)> {
        self.stages.iter().map(|(stage, at)| (*stage, *at))
    }
}
