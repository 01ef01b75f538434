use std::collections::BTreeMap;

use super::document::{TaskCountEntry, TasksEntry};
use super::request_rows::share;
use crate::metrics::{TaskCounts, Totals};
use crate::sample::{Catalog, TaskFailure, TaskId, TaskRole, UserTypeId};

/// Where every task went, in the order of the plan; `None` where nobody counted them.
pub(super) fn tasks(totals: &Totals, catalog: &Catalog, has_ended: bool) -> Option<TasksEntry> {
    if totals.tasks().is_empty() {
        return None;
    }
    let mut rows: BTreeMap<(UserTypeId, TaskId), TaskCounts> = BTreeMap::new();
    for (key, counts) in totals.tasks() {
        rows.entry((key.user, key.task)).or_default().merge(counts);
    }
    let (mut all, mut starts) = (TaskCounts::default(), TaskCounts::default());
    for ((_, task), counts) in &rows {
        let role = catalog.role(*task);
        match role {
            TaskRole::Start => starts.merge(counts),
            TaskRole::Work | TaskRole::Stop => all.merge(counts),
        }
    }
    let by_task = rows.into_iter().map(|((user, task), counts)| TaskCountEntry {
        user: catalog.users.get(user.index()).map(|user| user.name.to_string()).unwrap_or_default(),
        name: catalog.tasks.get(task.index()).map(|task| task.name.to_string()).unwrap_or_default(),
        started: counts.started,
        completed: counts.completed,
        failed: counts.failures(),
        aborted: counts.aborted,
        failed_by_kind: by_kind(&counts),
    });
    Some(TasksEntry {
        started: all.started,
        completed: all.completed,
        failed: all.failures(),
        aborted: all.aborted,
        under_way: if has_ended { 0 } else { all.under_way() },
        failed_by_kind: by_kind(&all),
        error_rate: share(all.failures(), all.ended()),
        users: starts.started,
        users_not_started: starts.failures(),
        by_task: by_task.collect(),
    })
}

fn by_kind(counts: &TaskCounts) -> BTreeMap<String, u64> {
    let kinds = TaskFailure::ALL.iter().zip(counts.failed).filter(|(_, count)| *count > 0);
    kinds.map(|(kind, count)| (kind.name().to_owned(), count)).collect()
}
