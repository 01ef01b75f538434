use std::collections::BTreeMap;

use crate::sample::{StageId, TaskFailure, TaskId, TaskOutcome, UserTypeId};

/// What tasks are grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskKey {
    /// The user type.
    pub user: UserTypeId,
    /// The task; `on_start` and `on_stop` are tasks here too.
    pub task: TaskId,
    /// The stage of the shape it was due in.
    pub stage: StageId,
}

/// Where tasks went. Once nothing is under way, started = completed + failed + aborted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TaskCounts {
    /// Begun.
    pub started: u64,
    /// Of the begun, done to their end.
    pub completed: u64,
    /// Of the begun, ended by an error, by kind in the order of [`TaskFailure::ALL`].
    pub failed: [u64; TaskFailure::ALL.len()],
    /// Of the begun, cut short because their user was to leave.
    pub aborted: u64,
}

/// Tasks by what they are grouped by. There are as many groups as the plan has tasks and stages.
pub type TaskGroups = BTreeMap<TaskKey, TaskCounts>;

impl TaskCounts {
    /// All that failed, of any kind.
    #[must_use]
    pub fn failures(&self) -> u64 {
        self.failed.iter().sum()
    }

    /// Of those, the ones that no failed request stands for.
    #[must_use]
    pub fn failures_without_request(&self) -> u64 {
        self.failures() - self.failed[TaskFailure::Call as usize]
    }

    /// Tasks that came to an end of their own: completed or failed.
    #[must_use]
    pub fn ended(&self) -> u64 {
        self.completed + self.failures()
    }

    /// Begun, and not over yet.
    #[must_use]
    pub fn under_way(&self) -> u64 {
        self.started.saturating_sub(self.ended() + self.aborted)
    }

    /// Counts the end of one.
    pub(super) fn end(&mut self, outcome: TaskOutcome) {
        match outcome {
            TaskOutcome::Completed => self.completed += 1,
            TaskOutcome::Failed(kind) => self.failed[kind as usize] += 1,
            TaskOutcome::Aborted => self.aborted += 1,
        }
    }

    /// Adds another's.
    pub fn merge(&mut self, other: &Self) {
        self.started += other.started;
        self.completed += other.completed;
        self.aborted += other.aborted;
        for (mine, theirs) in self.failed.iter_mut().zip(other.failed) {
            *mine += theirs;
        }
    }
}

/// Adds groups to groups.
pub(super) fn merge(mine: &mut TaskGroups, theirs: &TaskGroups) {
    for (key, counts) in theirs {
        mine.entry(*key).or_default().merge(counts);
    }
}
