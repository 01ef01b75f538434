use std::collections::BTreeMap;

use super::document::{BreakdownEntry, GroupEntry};
use super::request_rows::{share, times};
use crate::metrics::{Counts, Distribution, Measure, Scale, SeriesKey, SeriesTotal, Totals};
use crate::sample::{Catalog, StageId};

/// Requests that have something in common.
struct Group {
    counts: Counts,
    response: Distribution,
    service: Distribution,
}

/// The requests by stage, user type, task and status. `seconds` is what rates are over: of the whole run, and of a stage.
pub(super) fn breakdown(
    totals: &Totals,
    catalog: &Catalog,
    seconds: f64,
    stage_seconds: impl Fn(StageId) -> f64,
) -> BreakdownEntry {
    let stage = |stage: &StageId| catalog.stages.get(stage.index()).map_or("", |stage| &*stage.name).to_owned();
    let user = |user: &_| user_type(catalog, *user).to_owned();
    BreakdownEntry {
        stages: groups(totals, |key| key.stage, stage, |stage| stage_seconds(*stage)),
        users: groups(totals, |key| key.user, user, |_| seconds),
        tasks: groups(
            totals,
            |key| (key.user, key.task),
            |(user, task)| {
                let task = catalog.tasks.get(task.index()).map_or("–", |task| &*task.name);
                format!("{} / {task}", user_type(catalog, *user))
            },
            |_| seconds,
        ),
        statuses: groups(
            totals,
            |key| key.status,
            |status| status.map_or_else(|| "no answer".to_owned(), |status| status.to_string()),
            |_| seconds,
        ),
    }
}

fn user_type(catalog: &Catalog, user: crate::sample::UserTypeId) -> &str {
    catalog.users.get(user.index()).map_or("", |user| &*user.name)
}

fn groups<K: Ord>(
    totals: &Totals,
    of: impl Fn(&SeriesKey) -> K,
    name: impl Fn(&K) -> String,
    seconds: impl Fn(&K) -> f64,
) -> Vec<GroupEntry> {
    let mut groups: BTreeMap<K, Group> = BTreeMap::new();
    for (key, total) in totals.series() {
        groups.entry(of(key)).or_insert_with(Group::new).add(total);
    }
    groups.into_iter().map(|(key, group)| group.entry(name(&key), seconds(&key))).collect()
}

impl Group {
    fn new() -> Self {
        let none = || Distribution::new(Scale::Time);
        Self { counts: Counts::default(), response: none(), service: none() }
    }

    fn add(&mut self, total: &SeriesTotal) {
        self.counts.merge(&total.counts);
        let merge = |into: &mut Distribution, measures: [Measure; 2]| {
            measures.into_iter().filter_map(|measure| total.time(measure)).for_each(|times| into.merge(times));
        };
        merge(&mut self.response, [Measure::ResponseOk, Measure::ResponseFailed]);
        merge(&mut self.service, [Measure::ServiceOk, Measure::ServiceFailed]);
    }

    fn entry(self, name: String, seconds: f64) -> GroupEntry {
        let ended = self.counts.ended();
        GroupEntry {
            name,
            requests: ended,
            failed: self.counts.failures(),
            rate: if seconds > 0.0 { ended as f64 / seconds } else { 0.0 },
            error_rate: share(self.counts.failures(), self.counts.calls()),
            bytes_in: self.counts.bytes_in,
            bytes_out: self.counts.bytes_out,
            response_time: times(&self.response),
            service_time: times(&self.service),
        }
    }
}
