use crate::journal::Header;
use crate::load::PlannedLoad;
use crate::metrics::Interval;
use crate::sample::{Catalog, StageId, TaskRole};

/// What the plan asks for, and which tasks it is of.
#[derive(Debug)]
pub(super) struct Planned {
    load: Option<PlannedLoad>,
    /// Which part of it falls to this shard.
    share: f64,
    /// The stages whose tasks are arrivals; where no arrivals are planned, all.
    arrivals: Vec<bool>,
    catalog: Catalog,
}

impl Planned {
    pub(super) fn new(header: &Header) -> Self {
        let load = header.planned.clone();
        let asked = load.as_ref().is_some_and(|load| !load.arrivals.is_empty());
        Self {
            load,
            share: 1.0 / f64::from(header.shard.count.max(1)),
            arrivals: header.stages.iter().map(|stage| !asked || stage.users.is_none()).collect(),
            catalog: header.catalog.clone(),
        }
    }

    pub(super) fn users(&self, second: u32) -> Option<f64> {
        Some(self.load.as_ref()?.users_in(second)? * self.share)
    }

    pub(super) fn arrivals(&self, second: u32) -> Option<f64> {
        Some(self.load.as_ref()?.arrivals_in(second)? * self.share)
    }

    /// The tasks that were begun in a second and that the plan's arrivals are to be held beside; what users do first and
    /// last is none of them.
    pub(super) fn begun(&self, second: &Interval) -> u64 {
        let is_work = |task: usize| self.catalog.tasks.get(task).is_none_or(|task| task.role == TaskRole::Work);
        let is_arrival = |stage: StageId| self.arrivals.get(stage.index()).copied().unwrap_or(true);
        let counted = second.tasks.iter().filter(|(key, _)| is_work(key.task.index()) && is_arrival(key.stage));
        counted.map(|(_, counts)| counts.started).sum()
    }
}
