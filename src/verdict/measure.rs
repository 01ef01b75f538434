use std::time::Duration;

use super::select::{Elapsed, Selection};
use crate::metrics::{Counts, Distribution, Measure, Scale, SeriesTotal, Totals};
use crate::plan::threshold::{Aggregate, Amount, Subject, Threshold};
use crate::sample::{Catalog, MetricId, MetricKind, StageId};
use crate::units::{Rate, Ratio, Size};

/// What a threshold's left side comes to, of one stage or of all; `None` without data. A count without samples is 0.
pub(super) fn measure(
    threshold: &Threshold,
    totals: &Totals,
    catalog: &Catalog,
    elapsed: &Elapsed,
    only: Option<StageId>,
) -> Option<Amount> {
    let selection = Selection::new(&threshold.selector, catalog, only);
    let seconds = match threshold.window {
        Some(_) => f64::from(totals.seconds()),
        None => selection.seconds(elapsed),
    };
    match &threshold.subject {
        Subject::Declared(name) => {
            let index = catalog.metrics.iter().position(|metric| *metric.name == **name)?;
            let metric = MetricId(u16::try_from(index).ok()?);
            of_metric(threshold.aggregate, metric, catalog.metrics[index].kind, totals, &selection, seconds)
        }
        time => of_requests(threshold.aggregate, time, totals, &selection, seconds),
    }
}

fn of_metric(
    aggregate: Aggregate,
    metric: MetricId,
    kind: MetricKind,
    totals: &Totals,
    selection: &Selection,
    seconds: f64,
) -> Option<Amount> {
    let mut all = Distribution::new(Scale::Number);
    totals.metric(metric).filter(|(key, _)| selection.takes(key)).for_each(|(_, samples)| all.merge(samples));
    let count = match kind {
        MetricKind::Counter => all.moments().sum(),
        MetricKind::Trend | MetricKind::Gauge | MetricKind::Time => all.count() as f64,
    };
    match aggregate {
        Aggregate::Count => Some(Amount::Number(count)),
        Aggregate::Rate => (seconds > 0.0).then(|| Amount::Rate(Rate::per_second(count / seconds))),
        _ => of_samples(aggregate, &all).map(|value| match kind {
            // kept in milliseconds
            MetricKind::Time => Amount::Time(Duration::from_secs_f64(value.clamp(0.0, 1e12) / 1e3)),
            _ => Amount::Number(value),
        }),
    }
}

fn of_requests(
    aggregate: Aggregate,
    subject: &Subject,
    totals: &Totals,
    selection: &Selection,
    seconds: f64,
) -> Option<Amount> {
    let taken = || totals.series().filter(|(key, _)| selection.takes(key)).map(|(_, total)| total);
    if aggregate.is_of_samples() {
        let mut all = Distribution::new(Scale::Time);
        taken().for_each(|total| merge_times(&mut all, total, subject));
        let nanos = of_samples(aggregate, &all)?;
        return Some(Amount::Time(Duration::from_nanos(nanos.round() as u64)));
    }
    let mut counts = Counts::default();
    taken().for_each(|total| counts.merge(&total.counts));
    Some(match aggregate {
        Aggregate::Count => Amount::Number(counts.ended() as f64),
        Aggregate::Errors => Amount::Number(counts.failures() as f64),
        Aggregate::Dropped => Amount::Number(totals.books().dropped as f64),
        Aggregate::Bytes => Amount::Size(Size::from_bytes(counts.bytes_in)),
        Aggregate::Rate if seconds > 0.0 => Amount::Rate(Rate::per_second(counts.ended() as f64 / seconds)),
        Aggregate::ErrorRate => {
            // what was due and never begun has failed whoever it was for
            let dropped = if selection.takes_all() { totals.books().dropped } else { 0 };
            Amount::Ratio(Ratio::of(counts.failures() + dropped, counts.ended() + dropped)?)
        }
        Aggregate::Share => {
            let all = totals.series().filter(|(key, _)| selection.takes_stage(key));
            Amount::Ratio(Ratio::of(counts.ended(), all.map(|(_, total)| total.counts.ended()).sum())?)
        }
        _ => return None,
    })
}

fn merge_times(all: &mut Distribution, total: &SeriesTotal, subject: &Subject) {
    let measures: &[Measure] = match subject {
        Subject::ResponseTime => &[Measure::ResponseOk, Measure::ResponseFailed],
        Subject::ServiceTime => &[Measure::ServiceOk, Measure::ServiceFailed],
        Subject::TimeToFirstByte => &[Measure::FirstByte],
        Subject::ConnectTime => &[Measure::Connect],
        Subject::Declared(_) => &[],
    };
    measures.iter().filter_map(|measure| total.time(*measure)).for_each(|times| all.merge(times));
}

fn of_samples(aggregate: Aggregate, all: &Distribution) -> Option<f64> {
    match aggregate {
        Aggregate::Min => all.min(),
        Aggregate::Avg => all.mean(),
        Aggregate::Max => all.max(),
        Aggregate::Stddev => all.deviation(),
        Aggregate::Quantile(quantile) => all.quantile(quantile.share()),
        _ => None,
    }
}
