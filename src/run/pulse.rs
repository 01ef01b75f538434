use std::sync::Arc;

use crate::metrics::{Interval, MetricCount, Recorder, Scale, SeriesKey};
use crate::sample::{Catalog, EndpointId, Gauge, StageId, TaskId, UserTypeId};

/// Adds what a second says of the run as a whole to its metrics, under the stage it lay in.
pub(super) fn pulse(interval: &mut Interval, catalog: &Catalog, stage: StageId) {
    let key = SeriesKey {
        endpoint: EndpointId(u32::MAX),
        name: Arc::from(""),
        user: UserTypeId(u16::MAX),
        task: TaskId(u16::MAX),
        stage,
        status: None,
    };
    for gauge in Gauge::ALL {
        let value = match gauge {
            Gauge::ConcurrentUsers => interval.users,
            Gauge::TotalRps => interval.books.ok + interval.books.failures(),
        };
        let Some(metric) = gauge.id(catalog) else { continue };
        let mut recorder = Recorder::new(Scale::Number);
        recorder.record(value as f64);
        interval.metrics.push(MetricCount { metric, key: key.clone(), samples: recorder.take() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_tells_its_users_and_what_ended_in_it() {
        let mut catalog = Catalog::default();
        catalog.metrics.extend(Gauge::ALL.map(Gauge::entry));
        let mut interval = Interval::empty(3);
        interval.users = 7;
        interval.books.ok = 40;
        interval.books.failed[0] = 2;
        pulse(&mut interval, &catalog, StageId(0));
        let told: Vec<f64> = interval.metrics.iter().map(|count| count.samples.moments().last).collect();
        assert_eq!(told, [7.0, 42.0]);
    }
}
