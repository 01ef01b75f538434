use std::sync::Arc;
use std::time::Duration;

use super::bucket::Scale;
use super::interval::{Interval, MetricCount};
use super::recorder::Recorder;
use super::series::SeriesKey;
use super::sparse_histogram::SparseHistogram;
use crate::sample::{Catalog, EndpointId, RunGauge, StageId, TaskId, UserTypeId};
use crate::units::Offset;

/// Adds a second's users and rate to its metrics, as samples of the run as a whole, under the stage it lay in. Load
/// covered the first so much of it.
///
/// Users count by time, a sample a millisecond, so that their mean, their quantiles, their smallest and largest number
/// are those of the time. The rate is that of the second; of one that load covers in part it says nothing, unless the
/// run has no other.
pub fn add_run_gauges(interval: &mut Interval, catalog: &Catalog, stage: StageId, covered: Duration) {
    let key = SeriesKey {
        endpoint: EndpointId(u32::MAX),
        name: Arc::from(""),
        user: UserTypeId(u16::MAX),
        task: TaskId(u16::MAX),
        stage,
        status: None,
    };
    for gauge in RunGauge::ALL {
        let samples = match gauge {
            RunGauge::ConcurrentUsers => users(interval, covered),
            RunGauge::TotalRps => rate(interval, covered),
        };
        let (Some(metric), Some(samples)) = (gauge.id(catalog), samples) else { continue };
        interval.metrics.push(MetricCount { metric, key: key.clone(), samples, failed: 0 });
    }
}

/// How much of a second the load covered, by its gauges: there is a sample of the users for each millisecond of it. The
/// whole second where they are of an old journal, which has one sample; `None` where the second has none.
#[must_use]
pub fn covered_by_load(interval: &Interval, catalog: &Catalog) -> Option<Duration> {
    let users = RunGauge::ConcurrentUsers.id(catalog);
    let of_users = |count: &&MetricCount| Some(count.metric) == users && is_of_run(count);
    let samples = interval.metrics.iter().find(of_users)?.samples.moments().count;
    Some(if interval.user_steps.is_some() { Duration::from_millis(samples) } else { SECOND })
}

/// Computes the run's gauges anew for a second that was added up from several machines, where each had them of its own
/// part; load covered the first so much of it.
pub fn recompute_run_gauges(interval: &mut Interval, catalog: &Catalog, covered: Option<Duration>) {
    let gauges = RunGauge::ALL.map(|gauge| gauge.id(catalog));
    let is_gauge = |count: &MetricCount| gauges.contains(&Some(count.metric)) && is_of_run(count);
    let stage = interval.metrics.iter().find(|count| is_gauge(count)).map(|count| count.key.stage);
    let Some((stage, covered)) = stage.zip(covered) else { return };
    interval.metrics.retain(|count| !is_gauge(count));
    add_run_gauges(interval, catalog, stage, covered);
}

fn is_of_run(count: &MetricCount) -> bool {
    count.key.endpoint.0 == u32::MAX
}

fn users(interval: &Interval, covered: Duration) -> Option<SparseHistogram> {
    let mut recorder = Recorder::new(Scale::Number);
    let Some(steps) = &interval.user_steps else {
        recorder.record(interval.users as f64);
        return Some(recorder.take());
    };
    let figures = steps.figures(covered)?;
    let mut passed = Duration::ZERO;
    let mut spans: Vec<(u64, u32)> = Vec::new();
    for (users, lasted) in steps.spans(covered) {
        let before = passed.as_millis();
        passed += lasted;
        spans.push((users, u32::try_from(passed.as_millis() - before).unwrap_or(u32::MAX)));
    }
    // the fewest and the most count, however short they were there
    for extreme in [figures.least, figures.most] {
        if spans.iter().filter(|(users, _)| *users == extreme).all(|(_, samples)| *samples == 0) {
            if let Some((_, samples)) = spans.iter_mut().max_by_key(|(_, samples)| *samples) {
                *samples = samples.saturating_sub(1);
            }
            if let Some((_, samples)) = spans.iter_mut().find(|(users, _)| *users == extreme) {
                *samples = 1;
            }
        }
    }
    spans.iter().for_each(|(users, samples)| recorder.record_times(*users as f64, *samples));
    let mut samples = recorder.take();
    // by the nanosecond and not by the millisecond
    samples.moments.mean = figures.mean;
    Some(samples)
}

fn rate(interval: &Interval, covered: Duration) -> Option<SparseHistogram> {
    let ended = (interval.accounting.ok + interval.accounting.failures()) as f64;
    let time = match (covered < SECOND, interval.second) {
        (false, _) => SECOND,
        // what ended after the load takes its time
        (true, 0) => interval.last_ended.latest().map_or(covered, |last| covered.max(last.since(Offset::ZERO))),
        (true, _) => return None,
    };
    let mut recorder = Recorder::new(Scale::Number);
    recorder.record(if time.is_zero() { 0.0 } else { ended / time.as_secs_f64() });
    Some(recorder.take())
}

const SECOND: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_has_its_users_and_what_ended_in_it() {
        let mut catalog = Catalog::default();
        catalog.metrics.extend(RunGauge::ALL.map(RunGauge::entry));
        let mut interval = Interval::empty(3);
        interval.users = 7;
        interval.accounting.ok = 40;
        interval.accounting.failed[0] = 2;
        add_run_gauges(&mut interval, &catalog, StageId(0), SECOND);
        let values: Vec<f64> = interval.metrics.iter().map(|count| count.samples.moments().last).collect();
        assert_eq!(values, [7.0, 42.0]);
    }

    #[test]
    fn two_parts_of_a_second_give_one_number_for_the_whole() {
        let mut catalog = Catalog::default();
        catalog.metrics.extend(RunGauge::ALL.map(RunGauge::entry));
        let part = |users, ok| {
            let mut interval = Interval::empty(3);
            (interval.users, interval.accounting.ok) = (users, ok);
            add_run_gauges(&mut interval, &catalog, StageId(1), SECOND);
            interval
        };
        let mut whole = part(7, 40);
        let covered = covered_by_load(&whole, &catalog);
        whole.merge(part(5, 2));
        recompute_run_gauges(&mut whole, &catalog, covered);
        assert_eq!((whole.metrics, covered), (part(12, 42).metrics, Some(SECOND)));
        let mut silent = Interval::empty(4);
        let covered = covered_by_load(&silent, &catalog);
        recompute_run_gauges(&mut silent, &catalog, covered);
        assert_eq!(silent, Interval::empty(4));
    }
}
