use std::sync::Arc;

use super::bucket::Scale;
use super::interval::{Interval, MetricCount};
use super::recorder::Recorder;
use super::series::SeriesKey;
use crate::sample::{Catalog, EndpointId, RunGauge, StageId, TaskId, UserTypeId};

/// Adds what a second says of the run as a whole to its metrics, under the stage it lay in.
pub fn pulse(interval: &mut Interval, catalog: &Catalog, stage: StageId) {
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
            RunGauge::TotalRps => interval.books.ok + interval.books.failures(),
        };
        let Some(metric) = gauge.id(catalog) else { continue };
        let mut recorder = Recorder::new(Scale::Number);
        recorder.record(value as f64);
        interval.metrics.push(MetricCount { metric, key: key.clone(), samples: recorder.take() });
    }
}

/// Tells anew what a second that was added up from several machines says of the run as a whole, where they told it of
/// their parts.
pub fn repulse(interval: &mut Interval, catalog: &Catalog) {
    let gauges = RunGauge::ALL.map(|gauge| gauge.id(catalog));
    let is_gauge = |count: &MetricCount| gauges.contains(&Some(count.metric)) && count.key.endpoint.0 == u32::MAX;
    let Some(stage) = interval.metrics.iter().find(|count| is_gauge(count)).map(|count| count.key.stage) else {
        return;
    };
    interval.metrics.retain(|count| !is_gauge(count));
    pulse(interval, catalog, stage);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_tells_its_users_and_what_ended_in_it() {
        let mut catalog = Catalog::default();
        catalog.metrics.extend(RunGauge::ALL.map(RunGauge::entry));
        let mut interval = Interval::empty(3);
        interval.users = 7;
        interval.books.ok = 40;
        interval.books.failed[0] = 2;
        pulse(&mut interval, &catalog, StageId(0));
        let told: Vec<f64> = interval.metrics.iter().map(|count| count.samples.moments().last).collect();
        assert_eq!(told, [7.0, 42.0]);
    }

    #[test]
    fn two_parts_of_a_second_tell_one_number_for_the_whole() {
        let mut catalog = Catalog::default();
        catalog.metrics.extend(RunGauge::ALL.map(RunGauge::entry));
        let part = |users, ok| {
            let mut interval = Interval::empty(3);
            (interval.users, interval.books.ok) = (users, ok);
            pulse(&mut interval, &catalog, StageId(1));
            interval
        };
        let mut whole = part(7, 40);
        whole.merge(part(5, 2));
        repulse(&mut whole, &catalog);
        assert_eq!(whole.metrics, part(12, 42).metrics);
        let mut silent = Interval::empty(4);
        repulse(&mut silent, &catalog);
        assert_eq!(silent, Interval::empty(4));
    }
}
