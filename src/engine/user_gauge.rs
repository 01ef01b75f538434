use std::cell::{Cell, RefCell};
use std::time::Duration;

use crate::metrics::{UserChange, UserSteps};
use crate::units::Offset;

/// Counts one worker's users as they come and go.
#[derive(Debug, Default)]
pub(super) struct UserGauge {
    /// How many there were when the second under way began.
    at_start: Cell<u64>,
    /// Who came and went since.
    changes: RefCell<Vec<(Offset, i64)>>,
    last_gone: Cell<Offset>,
}

impl UserGauge {
    /// A user is there from when it is due: that the worker starts users one after another is no part of the plan.
    pub(super) fn enter(&self, due: Offset) {
        self.changes.borrow_mut().push((due, 1));
    }

    /// A user is gone.
    pub(super) fn leave(&self, at: Offset) {
        self.changes.borrow_mut().push((at, -1));
        self.last_gone.set(self.last_gone.get().max(at));
    }

    /// When the last that has gone went.
    pub(super) fn last_gone(&self) -> Offset {
        self.last_gone.get()
    }

    /// Those of a second that is over. What came before it, while the worker slept, counts from its begin.
    pub(super) fn take(&self, second: u32) -> UserSteps {
        let begin = Offset::from(Duration::from_secs(second.into()));
        let end = begin + Duration::from_secs(1);
        let mut changes = self.changes.borrow_mut();
        let (over, later) = changes.drain(..).partition::<Vec<_>, _>(|(at, _)| *at < end);
        *changes = later;
        let over = over.into_iter().map(|(at, by)| UserChange { at: at.since(begin), by });
        let steps = UserSteps::new(self.at_start.get(), over.collect());
        self.at_start.set(steps.at_end());
        steps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_has_its_own_changes_and_those_before_it_that_nobody_was_awake_for() {
        let at = |ms| Offset::from(Duration::from_millis(ms));
        let gauge = UserGauge::default();
        gauge.enter(at(0));
        gauge.enter(at(500));
        gauge.leave(at(1200));
        let changes = |steps: &UserSteps| {
            steps.changes().iter().map(|change| (change.at.as_millis(), change.by)).collect::<Vec<_>>()
        };
        let first = gauge.take(0);
        assert_eq!((first.at_start(), changes(&first)), (0, vec![(0, 1), (500, 1)]));
        gauge.enter(at(1300));
        let third = gauge.take(2);
        assert_eq!((third.at_start(), third.at_end()), (2, 2));
        assert_eq!(gauge.last_gone(), at(1200));
    }
}
