use std::sync::Arc;

use super::bucket::Scale;
use super::interval::{Interval, MetricCount};
use super::series::SeriesKey;
use super::sparse_histogram::Recorder;
use crate::sample::{Catalog, EndpointId, RunGauge, StageId, TaskId, UserTypeId};

/// Adds a second's users and rate to its metrics, as samples of the run as a whole, under the stage it lay in.
pub fn add_run_gauges(interval: &mut Interval, catalog: &Catalog, stage: StageId) {
    let key = SeriesKey {
        endpoint: EndpointId(u32::MAX),
        name: Arc::from(""),
        user: UserTypeId(u16::MAX),
        task: TaskId(u16::MAX),
        stage,
        status: None,
    };
    for gauge in RunGauge::ALL {
        let value = match gauge {
            RunGauge::ConcurrentUsers => interval.users,
            RunGauge::TotalRps => interval.accounting.ok + interval.accounting.failures(),
        };
        let Some(metric) = gauge.id(catalog) else { continue };
        let mut recorder = Recorder::new(Scale::Number);
        recorder.record(value as f64);
        interval.metrics.push(MetricCount { metric, key: key.clone(), samples: recorder.take(), failed: 0 });
    }
}

/// Computes the run's gauges anew for a second that was added up from several machines, where each had them of its own
/// part.
pub fn recompute_run_gauges(interval: &mut Interval, catalog: &Catalog) {
    let gauges = RunGauge::ALL.map(|gauge| gauge.id(catalog));
    let is_gauge = |count: &MetricCount| gauges.contains(&Some(count.metric)) && count.key.endpoint.0 == u32::MAX;
    let Some(stage) = interval.metrics.iter().find(|count| is_gauge(count)).map(|count| count.key.stage) else {
        return;
    };
    interval.metrics.retain(|count| !is_gauge(count));
    add_run_gauges(interval, catalog, stage);
}

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
        add_run_gauges(&mut interval, &catalog, StageId(0));
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
            add_run_gauges(&mut interval, &catalog, StageId(1));
            interval
        };
        let mut whole = part(7, 40);
        whole.merge(part(5, 2));
        recompute_run_gauges(&mut whole, &catalog);
        assert_eq!(whole.metrics, part(12, 42).metrics);
        let mut silent = Interval::empty(4);
        recompute_run_gauges(&mut silent, &catalog);
        assert_eq!(silent, Interval::empty(4));
    }
}
