use std::time::Duration;

/// How many users there were through one second: at its begin, and each change of that in its order. Two parts of a run
/// put together say how many there were at once, which their largest numbers do not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UserSteps {
    at_start: u64,
    changes: Vec<UserChange>,
}

/// Users that came or went at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UserChange {
    /// When, since the second began; within the second.
    pub at: Duration,
    /// How many more there are from then on.
    pub by: i64,
}

/// The users of a span of time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UserFigures {
    /// The fewest there were at any time.
    pub least: u64,
    /// The most there were at any time.
    pub most: u64,
    /// Their mean over the time.
    pub mean: f64,
}

/// How many changes of a second are kept as they were; of more, those of one millisecond are one.
const EXACT: usize = 1000;
const SECOND: Duration = Duration::from_secs(1);
const MILLISECOND: u128 = 1_000_000;

impl UserSteps {
    /// Those of a second that began with so many users; the changes may come in any order.
    #[must_use]
    pub fn new(at_start: u64, mut changes: Vec<UserChange>) -> Self {
        changes.sort_by_key(|change| change.at);
        let mut changes = joined(changes, Duration::as_nanos);
        if changes.len() > EXACT {
            changes = joined(changes, |at| at.as_nanos() / MILLISECOND);
        }
        Self { at_start, changes }
    }

    /// How many there were when the second began.
    #[must_use]
    pub const fn at_start(&self) -> u64 {
        self.at_start
    }

    /// How many there were when it ended.
    #[must_use]
    pub fn at_end(&self) -> u64 {
        self.changes.iter().fold(self.at_start, |users, change| users.saturating_add_signed(change.by))
    }

    /// Each moment at which some came or went, in order.
    #[must_use]
    pub fn changes(&self) -> &[UserChange] {
        &self.changes
    }

    /// Adds those of another part of the run.
    pub(super) fn merge(&mut self, other: &Self) {
        let mut changes = std::mem::take(&mut self.changes);
        changes.extend(&other.changes);
        *self = Self::new(self.at_start.saturating_add(other.at_start), changes);
    }

    /// The numbers of users in the first so much of the second, each with how long it lasted; what lasted no time was
    /// not there.
    pub fn spans(&self, length: Duration) -> impl Iterator<Item = (u64, Duration)> {
        let length = length.min(SECOND);
        let ends = self.changes.iter().map(|change| change.at).chain([SECOND]);
        let mut users = self.at_start;
        let mut begun = Duration::ZERO;
        let mut changes = self.changes.iter();
        ends.filter_map(move |end| {
            let span = (users, end.min(length).saturating_sub(begun.min(length)));
            begun = end;
            users = users.saturating_add_signed(changes.next().map_or(0, |change| change.by));
            (!span.1.is_zero()).then_some(span)
        })
    }

    /// What they come to in the first so much of the second; `None` in no time.
    #[must_use]
    pub fn figures(&self, length: Duration) -> Option<UserFigures> {
        let (mut least, mut most, mut time, mut sum) = (u64::MAX, 0, 0.0, 0.0);
        for (users, lasted) in self.spans(length) {
            (least, most) = (least.min(users), most.max(users));
            time += lasted.as_secs_f64();
            sum += users as f64 * lasted.as_secs_f64();
        }
        (time > 0.0).then(|| UserFigures { least, most, mean: (sum / time).clamp(least as f64, most as f64) })
    }
}

/// Changes in order, those of one moment as one; those that cancel out are none.
fn joined(changes: Vec<UserChange>, moment: impl Fn(&Duration) -> u128) -> Vec<UserChange> {
    let mut joined: Vec<UserChange> = Vec::with_capacity(changes.len());
    for change in changes {
        match joined.last_mut() {
            Some(last) if moment(&last.at) == moment(&change.at) => last.by = last.by.saturating_add(change.by),
            _ => joined.push(change),
        }
    }
    joined.retain(|change| change.by != 0);
    joined
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn steps(at_start: u64, changes: &[(u64, i64)]) -> UserSteps {
        let change = |(ms, by): &(u64, i64)| UserChange { at: Duration::from_millis(*ms), by: *by };
        UserSteps::new(at_start, changes.iter().map(change).collect())
    }

    fn figures(steps: &UserSteps, ms: u64) -> Option<(u64, u64, f64)> {
        let figures = steps.figures(Duration::from_millis(ms))?;
        Some((figures.least, figures.most, figures.mean))
    }

    #[test]
    fn users_count_for_as_long_as_they_were_there() {
        let second = steps(0, &[(0, 4), (250, -4)]);
        assert_eq!(figures(&second, 1000), Some((0, 4, 1.0)));
        assert_eq!(figures(&second, 250), Some((4, 4, 4.0)), "load that was over then had four all the time");
        assert_eq!(figures(&second, 0), None);
        assert_eq!((second.at_start(), second.at_end()), (0, 0));
        assert_eq!(figures(&steps(7, &[]), 1000), Some((7, 7, 7.0)));
    }

    #[test]
    fn those_who_come_as_others_go_are_not_there_at_once() {
        let (first, then) = (steps(5, &[(500, -5)]), steps(0, &[(500, 5)]));
        let mut both = first.clone();
        both.merge(&then);
        assert_eq!(figures(&both, 1000), Some((5, 5, 5.0)));
        assert!(both.changes().is_empty());
    }

    #[test]
    fn a_crowd_that_comes_and_goes_keeps_its_memory_and_its_mean() {
        let change = |index: u64| {
            let at = Duration::from_nanos(index * 10_000);
            UserChange { at, by: if index.is_multiple_of(2) { 1 } else { -1 } }
        };
        let crowd = UserSteps::new(10, (0..100_000).map(change).collect());
        assert!(crowd.changes().len() <= 1000, "{}", crowd.changes().len());
        assert_eq!(crowd.at_end(), 10);
    }

    proptest! {
        #[test]
        fn parts_put_together_are_the_whole(
            changes in prop::collection::vec((0_u64..1000, 1_i64..4, 0_usize..3), 0..60),
            length in 1_u64..=1000,
        ) {
            let part = |part: usize| {
                let own: Vec<(u64, i64)> =
                    changes.iter().filter(|change| change.2 == part).map(|change| (change.0, change.1)).collect();
                steps(part as u64, &own)
            };
            let mut merged = part(2);
            merged.merge(&part(0));
            merged.merge(&part(1));
            let all: Vec<(u64, i64)> = changes.iter().map(|change| (change.0, change.1)).collect();
            prop_assert_eq!(&merged, &steps(3, &all));
            let lasted: Duration = merged.spans(Duration::from_millis(length)).map(|(_, lasted)| lasted).sum();
            prop_assert_eq!(lasted, Duration::from_millis(length));
        }
    }
}
