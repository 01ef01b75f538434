use crate::journal::Header;
use crate::metrics::Interval;
use crate::sample::{StageId, TaskRole};

/// The load that the plan wants of this run, or of this shard of it, in a second.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Planned {
    /// Users; none where the plan has arrivals alone.
    pub users: Option<f64>,
    /// Arrivals a second; none where the plan has users alone, or finds it out.
    pub arrivals: Option<f64>,
}

impl Planned {
    /// Of a second of a run, from 0.
    #[must_use]
    pub fn of(header: &Header, second: u32) -> Self {
        let load = header.planned.as_ref();
        Self {
            users: load.and_then(|load| load.users_in(second, header.shard)),
            arrivals: load.and_then(|load| load.arrivals_in(second, header.shard)),
        }
    }
}

/// The tasks that were begun in a second: of a plan with arrivals, those that are arrivals. What users do first and last is
/// none of them.
#[must_use]
pub fn tasks_begun(header: &Header, interval: &Interval) -> u64 {
    let asked = header.planned.as_ref().is_some_and(|load| !load.arrivals.is_empty());
    let is_arrival = |stage: StageId| header.stages.get(stage.index()).is_none_or(|stage| stage.users.is_none());
    let counted = interval
        .tasks
        .iter()
        .filter(|(key, _)| header.catalog.role(key.task) == TaskRole::Work && (!asked || is_arrival(key.stage)));
    counted.map(|(_, counts)| counts.started).sum()
}
