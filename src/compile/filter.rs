use std::collections::BTreeSet;

use crate::compile::program::{Step, TaskOrder, UserType};
use crate::diagnostic::{Problem, Problems, Span, did_you_mean};
use crate::load::Share;
use crate::sample::{Catalog, UserTypeId};

/// Which tasks take part in a run: `--user`, `--tag` and `--exclude-tag`. A word that chooses nothing is a problem.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// User types that take part; all where empty.
    pub users: Vec<(String, Span)>,
    /// Tasks with at least one of these tags take part; all where empty.
    pub tags: Vec<(String, Span)>,
    /// Tasks with one of these tags do not.
    pub exclude_tags: Vec<(String, Span)>,
}

impl Filter {
    /// Whether it takes all there is.
    pub(super) fn takes_all(&self) -> bool {
        self.users.is_empty() && self.tags.is_empty() && self.exclude_tags.is_empty()
    }

    pub(super) fn apply(&self, users: &mut [UserType], catalog: &Catalog, problems: &mut Problems) {
        let names: Vec<_> = catalog.users.iter().map(|user| &*user.name).collect();
        for (name, span) in self.users.iter().filter(|(name, _)| !names.contains(&name.as_str())) {
            let problem = Problem::at(*span, format!("unknown user type `{name}`"));
            problems.push(problem.help_if(did_you_mean(name, names.iter().copied())));
        }
        let all: BTreeSet<&str> = users.iter().flat_map(|user| user_tags(user, catalog)).collect();
        for (tag, span) in self.tags.iter().chain(&self.exclude_tags).filter(|(tag, _)| !all.contains(tag.as_str())) {
            let problem = Problem::at(*span, format!("no task has the tag `{tag}`"));
            problems.push(problem.help_if(did_you_mean(tag, all.iter().copied())));
        }
        for user in users.iter_mut() {
            if !self.users.is_empty() && !self.users.iter().any(|(name, _)| **name == *user.name) {
                user.share = Share::Weight(0.0);
            }
            let UserType { id, tasks, .. } = &mut *user;
            for task in tasks.iter_mut() {
                let tags = task_tags(*id, task.id.index(), &task.steps, catalog);
                let has = |wanted: &[(String, Span)]| wanted.iter().any(|(tag, _)| tags.contains(tag.as_str()));
                if (!self.tags.is_empty() && !has(&self.tags)) || has(&self.exclude_tags) {
                    task.weight = 0.0;
                }
            }
            // a user type without a task left takes no part; the others share its users
            if let TaskOrder::Sequence(order) = &mut user.order {
                order.retain(|index| user.tasks[*index].weight > 0.0);
            }
            if user.tasks.iter().all(|task| task.weight == 0.0) {
                user.share = Share::Weight(0.0);
            }
        }
        if !self.takes_all() && problems.errors() == 0 && users.iter().all(UserType::is_idle) {
            let span =
                [&self.users, &self.tags, &self.exclude_tags].into_iter().flatten().next().map(|(_, span)| *span);
            let problem = Problem { span, ..Problem::new("the filters leave no task to run") };
            problems.push(problem.help("ask for fewer tags, or other users"));
        }
    }
}

fn user_tags<'a>(user: &'a UserType, catalog: &'a Catalog) -> BTreeSet<&'a str> {
    user.tasks.iter().flat_map(|task| task_tags(user.id, task.id.index(), &task.steps, catalog)).collect()
}

/// A task's tags: its own, its user type's, and those of every endpoint it may call.
fn task_tags<'a>(user: UserTypeId, task: usize, steps: &[Step], catalog: &'a Catalog) -> BTreeSet<&'a str> {
    let mut tags: BTreeSet<&str> = BTreeSet::new();
    tags.extend(catalog.users.get(user.index()).into_iter().flat_map(|user| &user.tags).map(|tag| &**tag));
    tags.extend(catalog.tasks.get(task).into_iter().flat_map(|task| &task.tags).map(|tag| &**tag));
    let mut open: Vec<&Step> = steps.iter().collect();
    while let Some(step) = open.pop() {
        for call in step.action.calls() {
            let endpoint = catalog.endpoints.get(call.endpoint.index());
            tags.extend(endpoint.into_iter().flat_map(|endpoint| &endpoint.tags).map(|tag| &**tag));
        }
        open.extend(step.action.inner());
    }
    tags
}
