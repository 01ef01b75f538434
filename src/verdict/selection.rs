use std::collections::HashMap;
use std::time::Duration;

use crate::metrics::{LastEnded, SeriesKey, TaskKey};
use crate::sample::{Catalog, CatalogEndpoint, StageId, TaskId, TaskRole, UserTypeId};
use crate::threshold::{Field, Matcher};
use crate::units::Offset;

/// When each stage is, by id.
#[derive(Debug, Clone, Default)]
pub struct Timeline(Vec<StageSpan>);

#[derive(Debug, Clone)]
struct StageSpan {
    start: Offset,
    end: Offset,
    /// The stages that follow each other share one.
    scenario: Box<str>,
}

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
    /// Of stages with their scenarios, starts and ends, by id.
    pub fn new<'a>(stages: impl IntoIterator<Item = (&'a str, Offset, Offset)>) -> Self {
        let span = |(scenario, start, end): (&str, Offset, Offset)| StageSpan { start, end, scenario: scenario.into() };
        Self(stages.into_iter().map(span).collect())
    }

    /// What of each stage lies before a moment.
    #[must_use]
    pub fn elapsed(&self, at: Offset) -> Elapsed {
        self.between(Offset::ZERO, at)
    }

    /// The time that figures of a run are about whose load ended at a moment. What ended after the load counts and takes
    /// its time: a stage that no other of its scenario followed lasts until the last of its requests ended.
    #[must_use]
    pub fn measured(&self, ended: Offset, last_ended: &LastEnded) -> Elapsed {
        let mut elapsed = self.elapsed(ended);
        let mut ends: HashMap<&str, Offset> = HashMap::new();
        for (stage, (_, end)) in self.0.iter().zip(&elapsed.0).filter(|(_, (start, end))| start < end) {
            let last = ends.entry(&*stage.scenario).or_insert(*end);
            *last = (*last).max(*end);
        }
        for (id, (stage, (start, end))) in (0..=u16::MAX).map(StageId).zip(self.0.iter().zip(&mut elapsed.0)) {
            if *start < *end && ends.get(&*stage.scenario) == Some(end) {
                let unknown = last_ended.of_unknown_stage().filter(|_| *end == ended);
                *end = (*end).max(last_ended.of(id).max(unknown).unwrap_or(*end));
            }
        }
        elapsed
    }

    pub(super) fn between(&self, from: Offset, to: Offset) -> Elapsed {
        Elapsed(self.0.iter().map(|stage| (stage.start.clamp(from, to), stage.end.clamp(from, to))).collect())
    }
}

impl Elapsed {
    /// How long any of the taken stages lasted: stages of several scenarios may lie side by side, and count once.
    pub fn time(&self, takes: impl Fn(StageId) -> bool) -> Duration {
        let taken = (0..=u16::MAX).map(StageId).zip(&self.0).filter(|(stage, _)| takes(*stage)).map(|(_, span)| *span);
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
        self.catalog.role(task)
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
        elapsed.time(|stage| self.takes_stage(stage))
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
        self.names_stages || self.catalog.is_measured(stage)
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
            Field::Service => endpoint.and_then(|endpoint| endpoint.service.as_deref()).unwrap_or_default(),
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
        let timeline = Timeline::new([("", at(0), at(10)), ("", at(10), at(20)), ("side", at(5), at(30))]);
        let time = |elapsed: &Elapsed, taken: &[usize]| elapsed.time(|stage| taken.contains(&stage.index())).as_secs();
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
        let timeline = Timeline::new([("", at(0), at(10)), ("", at(10), at(20)), ("", at(20), at(30))]);
        let time = |elapsed: &Elapsed, taken: &[usize]| elapsed.time(|stage| taken.contains(&stage.index())).as_secs();
        let last = |stage: u16, seconds| {
            let mut last = LastEnded::default();
            last.add(StageId(stage), at(seconds));
            last
        };
        let drained = timeline.measured(at(20), &last(1, 23));
        assert_eq!([time(&drained, &[0]), time(&drained, &[1]), time(&drained, &[2])], [10, 13, 0]);
        assert_eq!(time(&drained, &[0, 1, 2]), 23);
        let early = timeline.measured(at(20), &last(1, 19));
        let old = timeline.measured(at(20), &LastEnded::in_unknown_stage(at(23)));
        assert_eq!([time(&old, &[0]), time(&old, &[1]), time(&old, &[2])], [10, 13, 0]);
        assert_eq!((time(&early, &[0, 1]), time(&timeline.measured(at(20), &LastEnded::default()), &[0, 1])), (20, 20));
    }

    #[test]
    fn a_scenario_that_is_over_before_the_run_takes_the_time_of_what_it_had_under_way() {
        let at = |seconds| Offset::ZERO + Duration::from_secs(seconds);
        let timeline = Timeline::new([("a", at(0), at(5)), ("a", at(5), at(10)), ("b", at(0), at(30))]);
        let mut last = LastEnded::default();
        [(0, 7), (1, 13), (2, 31)].into_iter().for_each(|(stage, seconds)| last.add(StageId(stage), at(seconds)));
        let time = |stage: u16| timeline.measured(at(30), &last).time(|other| other == StageId(stage)).as_secs();
        assert_eq!([time(0), time(1), time(2)], [5, 8, 31]);
    }
}
