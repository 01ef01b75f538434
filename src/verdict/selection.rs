use std::time::Duration;

use crate::metrics::{SeriesKey, TaskKey};
use crate::sample::{Catalog, CatalogEndpoint, StageId, StagePurpose, TaskId, TaskRole, UserTypeId};
use crate::threshold::{Field, Matcher};
use crate::units::Offset;

/// When each stage is, by id.
#[derive(Debug, Clone, Default)]
pub struct Timeline(Vec<(Offset, Offset)>);

/// What of each stage lies before a moment, or between two, by id.
#[derive(Debug, Clone, Default)]
pub struct Elapsed(Vec<(Offset, Offset)>);

/// Which series a selector is about.
pub(super) struct Selection<'a> {
    matchers: &'a [Matcher],
    catalog: &'a Catalog,
    /// Whether the selector names stages itself: warm-ups are left out otherwise.
    names_stages: bool,
    /// The one stage that is looked at, whatever the selector says.
    only: Option<StageId>,
}

/// What a matcher looks at, of a request or a task.
struct Selected<'a> {
    endpoint: Option<&'a CatalogEndpoint>,
    name: &'a str,
    user: UserTypeId,
    task: TaskId,
    stage: StageId,
    status: Option<u16>,
}

impl Timeline {
    /// Of stages with their starts and ends, by id.
    pub fn new(stages: impl IntoIterator<Item = (Offset, Offset)>) -> Self {
        Self(stages.into_iter().collect())
    }

    /// What of each stage lies before a moment.
    #[must_use]
    pub fn elapsed(&self, at: Offset) -> Elapsed {
        self.between(Offset::ZERO, at)
    }

    /// The time that figures of a run are about whose load ended at one moment, and whose last request ended at another:
    /// the stages it ended in last until then, for what ended after the load counts and takes its time.
    #[must_use]
    pub fn measured(&self, ended: Offset, last_ended: Option<Offset>) -> Elapsed {
        let mut elapsed = self.elapsed(ended);
        let last = last_ended.unwrap_or(ended).max(ended);
        elapsed.0.iter_mut().filter(|(start, end)| *end == ended && start < end).for_each(|(_, end)| *end = last);
        elapsed
    }

    pub(super) fn between(&self, from: Offset, to: Offset) -> Elapsed {
        Elapsed(self.0.iter().map(|(start, end)| ((*start).clamp(from, to), (*end).clamp(from, to))).collect())
    }
}

impl Elapsed {
    /// How long any of the taken stages lasted: stages of several scenarios may lie side by side, and count once.
    pub fn time(&self, takes: impl Fn(usize) -> bool) -> Duration {
        let taken = self.0.iter().enumerate().filter(|(index, _)| takes(*index)).map(|(_, span)| *span);
        let mut spans: Vec<(Offset, Offset)> = taken.collect();
        spans.sort_unstable();
        let mut reached = Offset::ZERO;
        let mut time = Duration::ZERO;
        for (start, end) in spans {
            time += end.since(start.max(reached));
            reached = reached.max(end);
        }
        time
    }
}

impl<'a> Selection<'a> {
    pub(super) fn new(matchers: &'a [Matcher], catalog: &'a Catalog, only: Option<StageId>) -> Self {
        let names_stages = matchers.iter().any(|matcher| matcher.field == Field::Stage);
        Self { matchers, catalog, names_stages, only }
    }

    pub(super) fn takes(&self, key: &SeriesKey) -> bool {
        let request = Selected {
            endpoint: self.catalog.endpoints.get(key.endpoint.index()),
            name: &key.name,
            user: key.user,
            task: key.task,
            stage: key.stage,
            status: key.status,
        };
        self.counts(key.stage) && self.matchers.iter().all(|matcher| self.matches(matcher, &request))
    }

    /// The same of a task: it has no endpoint, no name and no status, so that only what leaves some out takes it.
    pub(super) fn takes_task(&self, key: &TaskKey) -> bool {
        let TaskKey { user, task, stage } = *key;
        let of_task = Selected { endpoint: None, name: "", user, task, stage, status: None };
        self.counts(stage) && self.matchers.iter().all(|matcher| self.matches(matcher, &of_task))
    }

    /// When a user does a task.
    pub(super) fn role(&self, task: TaskId) -> TaskRole {
        self.catalog.tasks.get(task.index()).map_or(TaskRole::Work, |task| task.role)
    }

    /// How long a request of a series may take, in nanoseconds; `None` where that is not known.
    pub(super) fn limit(&self, key: &SeriesKey) -> Option<f64> {
        let timeout = self.catalog.endpoints.get(key.endpoint.index())?.timeout?;
        Some(timeout.as_nanos() as f64)
    }

    /// Whether every request is taken.
    pub(super) const fn takes_all(&self) -> bool {
        self.matchers.is_empty() && self.only.is_none()
    }

    /// The time the taken stages have lasted.
    pub(super) fn time(&self, elapsed: &Elapsed) -> Duration {
        elapsed.time(|index| u16::try_from(index).is_ok_and(|index| self.takes_stage(StageId(index))))
    }

    /// Whether requests of a stage would be taken if the selector asked for no more than that.
    pub(super) fn takes_stage(&self, stage: StageId) -> bool {
        let scenario = self.catalog.stages.get(stage.index()).map_or("", |stage| &*stage.scenario);
        let taken = self.matchers.iter().all(|matcher| match matcher.field {
            Field::Stage => matcher.takes(self.stage_name(stage)),
            Field::Scenario => matcher.takes(scenario),
            _ => true,
        });
        self.counts(stage) && taken
    }

    fn counts(&self, stage: StageId) -> bool {
        if let Some(only) = self.only {
            return stage == only;
        }
        let purpose = self.catalog.stages.get(stage.index()).map(|stage| stage.purpose);
        self.names_stages || purpose != Some(StagePurpose::WarmUp)
    }

    fn stage_name(&self, stage: StageId) -> &str {
        self.catalog.stages.get(stage.index()).map_or("", |stage| &*stage.name)
    }

    fn matches(&self, matcher: &Matcher, key: &Selected) -> bool {
        let endpoint = key.endpoint;
        let user = self.catalog.users.get(key.user.index());
        let task = self.catalog.tasks.get(key.task.index());
        let name = match matcher.field {
            Field::Endpoint => endpoint.map_or("", |endpoint| &*endpoint.name),
            Field::Name => key.name,
            Field::User => user.map_or("", |user| &*user.name),
            Field::Task => task.map_or("", |task| &*task.name),
            Field::Stage => self.stage_name(key.stage),
            Field::Scenario => self.catalog.stages.get(key.stage.index()).map_or("", |stage| &*stage.scenario),
            Field::Status => {
                let status = key.status.map(|status| status.to_string()).unwrap_or_default();
                return matcher.takes(&status);
            }
            Field::Tag => {
                let of_endpoint = endpoint.into_iter().flat_map(|endpoint| &endpoint.tags);
                let of_task = task.into_iter().flat_map(|task| &task.tags);
                let of_user = user.into_iter().flat_map(|user| &user.tags);
                let tags = of_endpoint.chain(of_task).chain(of_user);
                // `tag!=read` means that none of the tags is `read`
                return matcher.takes_tags(tags);
            }
        };
        matcher.takes(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_side_by_side_count_once() {
        let at = |seconds| Offset::ZERO + Duration::from_secs(seconds);
        let timeline = Timeline::new([(at(0), at(10)), (at(10), at(20)), (at(5), at(30))]);
        let time = |elapsed: &Elapsed, taken: &[usize]| elapsed.time(|index| taken.contains(&index)).as_secs();
        let whole = timeline.elapsed(at(60));
        assert_eq!(time(&whole, &[0, 1, 2]), 30);
        assert_eq!(time(&whole, &[0, 2]), 30);
        assert_eq!(time(&whole, &[1]), 10);
        assert_eq!(time(&timeline.elapsed(at(12)), &[1]), 2);
        assert_eq!(time(&timeline.between(at(8), at(18)), &[0, 1]), 10);
        assert_eq!(time(&timeline.between(at(8), at(18)), &[0]), 2);
    }

    #[test]
    fn what_ends_after_the_load_takes_its_time_from_the_stages_the_load_ended_in() {
        let at = |seconds| Offset::ZERO + Duration::from_secs(seconds);
        let timeline = Timeline::new([(at(0), at(10)), (at(10), at(20)), (at(20), at(30))]);
        let time = |elapsed: &Elapsed, taken: &[usize]| elapsed.time(|index| taken.contains(&index)).as_secs();
        let drained = timeline.measured(at(20), Some(at(23)));
        assert_eq!([time(&drained, &[0]), time(&drained, &[1]), time(&drained, &[2])], [10, 13, 0]);
        assert_eq!(time(&drained, &[0, 1, 2]), 23);
        let early = timeline.measured(at(20), Some(at(19)));
        assert_eq!((time(&early, &[0, 1]), time(&timeline.measured(at(20), None), &[0, 1])), (20, 20));
    }
}
