use crate::compile::Scenario;
use crate::sample::StageId;
use crate::units::Offset;

/// When each stage of one scenario begins and ends, in the run's time.
#[derive(Debug, Clone)]
pub(super) struct ScenarioTimeline {
    stages: Vec<(Offset, Offset)>,
    first: StageId,
}

impl ScenarioTimeline {
    pub(super) fn new(scenario: &Scenario) -> Self {
        let at = |time| Offset::ZERO + scenario.start + time;
        let stages = scenario.shape.stages().into_iter().map(|(start, end)| (at(start), at(end)));
        Self { stages: stages.collect(), first: scenario.first_stage }
    }

    /// A scene without stages, for what belongs to none.
    pub(super) const fn nowhere() -> Self {
        Self { stages: Vec::new(), first: StageId(u16::MAX) }
    }

    /// The stage a moment lies in: the last that has begun.
    pub(super) fn stage_at(&self, at: Offset) -> StageId {
        let begun = self.stages.partition_point(|(start, _)| *start <= at).saturating_sub(1);
        StageId(self.first.0.saturating_add(u16::try_from(begun).unwrap_or(u16::MAX)))
    }

    /// When its last stage ends.
    pub(super) fn end(&self) -> Offset {
        self.stages.last().map_or(Offset::ZERO, |(_, end)| *end)
    }
}
