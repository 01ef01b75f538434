use std::collections::BTreeMap;

use super::document::{TaskEntry, UserEntry};
use super::request_rows::times;
use crate::metrics::{Distribution, Measure, Scale, Totals};
use crate::sample::{Catalog, TaskId, UserTypeId};

/// The requests of one user type.
struct Person {
    requests: u64,
    failed: u64,
    tags: BTreeMap<String, u64>,
    times: Distribution,
    tasks: BTreeMap<TaskId, (u64, u64)>,
}

/// The user types that sent anything, in the order of the plan.
pub(super) fn users(totals: &Totals, catalog: &Catalog, seconds: f64) -> Vec<UserEntry> {
    let mut people: BTreeMap<UserTypeId, Person> = BTreeMap::new();
    for (key, total) in totals.series() {
        let (ended, failed) = (total.counts.ended(), total.counts.failures());
        let person = people.entry(key.user).or_insert_with(Person::new);
        person.requests += ended;
        person.failed += failed;
        for tag in catalog.endpoints.get(key.endpoint.index()).into_iter().flat_map(|endpoint| &endpoint.tags) {
            *person.tags.entry(tag.to_string()).or_default() += ended;
        }
        for measure in Measure::RESPONSE {
            total.time(measure).into_iter().for_each(|times| person.times.merge(times));
        }
        let task = person.tasks.entry(key.task).or_default();
        task.0 += ended;
        task.1 += failed;
    }
    let all: u64 = people.values().map(|person| person.requests).sum();
    people.into_iter().filter_map(|(id, person)| person.entry(id, all, catalog, seconds)).collect()
}

impl Person {
    fn new() -> Self {
        Self {
            requests: 0,
            failed: 0,
            tags: BTreeMap::new(),
            times: Distribution::new(Scale::Time),
            tasks: BTreeMap::new(),
        }
    }

    fn entry(self, id: UserTypeId, all: u64, catalog: &Catalog, seconds: f64) -> Option<UserEntry> {
        let tasks = self.tasks.into_iter().filter_map(|(task, (requests, failed))| {
            Some(TaskEntry { name: catalog.tasks.get(task.index())?.name.to_string(), requests, failed })
        });
        Some(UserEntry {
            name: catalog.users.get(id.index())?.name.to_string(),
            requests: self.requests,
            failed: self.failed,
            rate: if seconds > 0.0 { self.requests as f64 / seconds } else { 0.0 },
            share: (all > 0).then(|| self.requests as f64 / all as f64),
            tags: self.tags,
            response_time: times(&self.times),
            tasks: tasks.collect(),
        })
    }
}
