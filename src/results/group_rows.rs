use std::collections::BTreeMap;
use std::sync::Arc;

use super::document::{BreakdownEntry, GroupEntry};
use super::request_rows::{Row, share};
use crate::metrics::{Measure, SeriesKey, Totals};
use crate::sample::{Catalog, StageId, UserTypeId};

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
        services: services(totals, catalog, seconds),
        statuses: groups(
            totals,
            |key| key.status,
            |status| status.map_or_else(|| "no answer".to_owned(), |status| status.to_string()),
            |_| seconds,
        ),
    }
}

/// The requests by service, where the plan's services have names.
fn services(totals: &Totals, catalog: &Catalog, seconds: f64) -> Vec<GroupEntry> {
    let of = |key: &SeriesKey| catalog.endpoints.get(key.endpoint.index()).and_then(|entry| entry.service.clone());
    let name = |service: &Option<Arc<str>>| service.as_deref().unwrap_or("–").to_owned();
    if catalog.endpoints.iter().all(|entry| entry.service.is_none()) {
        return Vec::new();
    }
    groups(totals, of, name, |_| seconds)
}

fn user_type(catalog: &Catalog, user: UserTypeId) -> &str {
    catalog.users.get(user.index()).map_or("", |user| &*user.name)
}

fn groups<K: Ord>(
    totals: &Totals,
    of: impl Fn(&SeriesKey) -> K,
    name: impl Fn(&K) -> String,
    seconds: impl Fn(&K) -> f64,
) -> Vec<GroupEntry> {
    let mut groups: BTreeMap<K, Row> = BTreeMap::new();
    for (key, total) in totals.series() {
        groups.entry(of(key)).or_insert_with(Row::new).add(key.status, total);
    }
    groups.into_iter().map(|(key, row)| entry(&row, name(&key), seconds(&key))).collect()
}

fn entry(row: &Row, name: String, seconds: f64) -> GroupEntry {
    let (ended, failed) = (row.counts.ended(), row.counts.failures());
    GroupEntry {
        name,
        requests: ended,
        failed,
        rate: if seconds > 0.0 { ended as f64 / seconds } else { 0.0 },
        error_rate: share(failed, row.counts.calls()),
        bytes_in: row.counts.bytes_in,
        bytes_out: row.counts.bytes_out,
        response_time: row.of(&Measure::RESPONSE),
        service_time: row.of(&Measure::SERVICE),
    }
}
