use std::time::Duration;

use crate::units::Offset;

/// When each stage is, by id.
#[derive(Debug, Clone, Default)]
pub struct Timeline(Vec<(Offset, Offset)>);

/// What of each stage lies before a moment, or between two, by id.
#[derive(Debug, Clone, Default)]
pub struct Elapsed(Vec<(Offset, Offset)>);

impl Timeline {
    /// Of stages with their starts and ends, by id.
    pub fn new(stages: impl IntoIterator<Item = (Offset, Offset)>) -> Self {
        Self(stages.into_iter().collect())
    }

    /// What of each stage lies before a moment.
    #[must_use]
    pub fn elapsed(&self, at: Offset) -> Elapsed {
        self.between(Offset::ZERO, at)
    }

    pub(super) fn between(&self, from: Offset, to: Offset) -> Elapsed {
        Elapsed(self.0.iter().map(|(start, end)| ((*start).clamp(from, to), (*end).clamp(from, to))).collect())
    }
}

impl Elapsed {
    /// How long any of the taken stages lasted: stages of several scenarios may lie side by side, and count once.
    pub(super) fn time(&self, takes: impl Fn(usize) -> bool) -> Duration {
        let taken = self.0.iter().enumerate().filter(|(index, _)| takes(*index)).map(|(_, span)| *span);
        let mut spans: Vec<(Offset, Offset)> = taken.collect();
        spans.sort_unstable();
        let mut reached = Offset::ZERO;
        let mut time = Duration::ZERO;
        for (start, end) in spans {
            time += end.since(start.max(reached));
            reached = reached.max(end);
        }
        time
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_side_by_side_count_once() {
        let at = |seconds| Offset::ZERO + Duration::from_secs(seconds);
        let timeline = Timeline::new([(at(0), at(10)), (at(10), at(20)), (at(5), at(30))]);
        let time = |elapsed: &Elapsed, taken: &[usize]| elapsed.time(|index| taken.contains(&index)).as_secs();
        let whole = timeline.elapsed(at(60));
        assert_eq!(time(&whole, &[0, 1, 2]), 30);
        assert_eq!(time(&whole, &[0, 2]), 30);
        assert_eq!(time(&whole, &[1]), 10);
        assert_eq!(time(&timeline.elapsed(at(12)), &[1]), 2);
        assert_eq!(time(&timeline.between(at(8), at(18)), &[0, 1]), 10);
        assert_eq!(time(&timeline.between(at(8), at(18)), &[0]), 2);
    }
}
