use std::time::Duration;

use crate::sample::StagePurpose;
use crate::units::Offset;

/// When a stage is, and whether it counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// When it begins.
    pub start: Offset,
    /// When it is over.
    pub end: Offset,
    /// Whether it counts.
    pub purpose: StagePurpose,
}

/// The part of a run that is compared: from the first stage that counts to the end of the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    start: Offset,
    end: Offset,
    /// Where stages that count begin, but for the first, ascending.
    boundaries: Vec<Offset>,
}

impl Window {
    /// That of a run with these stages. A run without stages that count is compared whole.
    #[must_use]
    pub fn of(stages: &[Span]) -> Self {
        let counted = stages.iter().filter(|stage| stage.purpose.is_measured());
        let start = counted.clone().map(|stage| stage.start).min().unwrap_or(Offset::ZERO);
        let end = counted.clone().map(|stage| stage.end).max().unwrap_or(Offset::from_nanos(u64::MAX));
        let mut boundaries: Vec<Offset> =
            counted.map(|stage| stage.start).filter(|boundary| *boundary > start).collect();
        boundaries.sort_unstable();
        boundaries.dedup();
        Self { start, end, boundaries }
    }

    /// The same, but no longer than to `end`.
    #[must_use]
    pub fn until(self, end: Offset) -> Self {
        let end = self.end.min(end).max(self.start);
        Self { end, boundaries: self.boundaries.into_iter().filter(|boundary| *boundary < end).collect(), ..self }
    }

    /// When it is over; a run may be over before.
    #[must_use]
    pub const fn end(&self) -> Offset {
        self.end
    }

    /// Whether the other has its stages at the same times, up to the end of the shorter one.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        let end = self.end.min(other.end);
        self.start == other.start && self.clone().until(end).boundaries == other.clone().until(end).boundaries
    }

    pub(super) fn length(&self) -> Duration {
        self.end.since(self.start)
    }

    /// Where its stages begin, but for the first, as shares of the whole.
    pub(super) fn boundaries(&self) -> Vec<f64> {
        let length = self.length().as_secs_f64();
        self.boundaries.iter().map(|boundary| boundary.since(self.start).as_secs_f64() / length).collect()
    }

    /// The second of the window that a second of the run falls in; what ended before it counts as its first.
    pub(super) fn place(&self, second: u32) -> u32 {
        second.saturating_sub(self.start.second())
    }
}
