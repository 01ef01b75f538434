use std::path::Path;

use super::cause::Cause;
use super::figures::{Failures, Figures, Origin, Row, Step, Times, failed_in_percentiles};
use super::quantile_bounds::Share;
use super::trend::{Point, Trend};
use crate::results::{FailureEntry, Report, RequestEntry, SecondEntry, TimeEntry, rehearsal};

/// The longest time that is believed, in milliseconds: three years.
const LONGEST: f64 = 1e11;

/// The figures of a run of ours, from its journal.
#[must_use]
pub fn of_journal(source: &Path, report: Report, trend: Trend) -> Figures {
    Figures { origin: Origin::Journal, trend: trend.points(), ..of_report(source, report) }
}

/// The figures of a run of ours, from its report: the numbers of its rows, and no latency second by second.
#[must_use]
pub fn of_report(source: &Path, report: Report) -> Figures {
    let mut notes: Vec<String> = report.run.scale.map(rehearsal).into_iter().collect();
    if report.plan.stages.iter().any(|stage| stage.warm_up) {
        notes.push(
            "warm-ups are among the figures below; targets leave them out, except a plan's on a JSON report".into(),
        );
    }
    notes.extend(failed_in_percentiles(report.total.failed));
    if report.levels.len() > 1 {
        notes.push(
            "the run tried level after level: the figures are of all of them, those that broke among them".into(),
        );
    }
    let early = match report.run.ended.as_str() {
        "asked" => Some("the run was interrupted"),
        "cut_off" => Some("the run is under way, or was killed"),
        "threshold" => Some("the run was ended by a threshold before its time"),
        _ => None,
    };
    if let Some(early) = early {
        notes.push(format!("{early}: the figures are of what ran until then"));
    }
    Figures {
        source: source.to_owned(),
        origin: Origin::Report,
        seconds: (report.run.seconds > 0.0).then_some(report.run.seconds),
        users: Some(report.run.users),
        rows: report.requests.iter().map(row).collect(),
        total_row: Some(row(&report.total)),
        failures: Some(report.failures.iter().map(group).collect()),
        exceptions: report.exceptions.iter().fold(0, |all, entry| all.saturating_add(entry.count)),
        trend: report.history.iter().map(point).collect(),
        report: Some(Box::new(report)),
        notes,
    }
}

fn row(entry: &RequestEntry) -> Row {
    Row {
        method: entry.method.clone(),
        name: entry.name.clone(),
        requests: entry.requests,
        failed: entry.failed,
        redirected: entry.redirected,
        rate: Some(entry.rate),
        response: entry.response_time.as_ref().map(times).unwrap_or_default(),
        service: entry.service_time.as_ref().map(times),
        bytes_in: Some(entry.bytes_in),
    }
}

pub(super) fn times(entry: &TimeEntry) -> Times {
    let known = [
        (0.0, entry.min),
        (50.0, entry.p50),
        (66.0, entry.p66),
        (75.0, entry.p75),
        (80.0, entry.p80),
        (90.0, entry.p90),
        (95.0, entry.p95),
        (98.0, entry.p98),
        (99.0, entry.p99),
        (99.9, entry.p999),
        (99.99, entry.p9999),
        (100.0, entry.max),
    ];
    let steps: Vec<Step> = known
        .into_iter()
        .filter_map(|(percent, ms)| Some(Step { share: Share::percent(percent)?, ms: ms.clamp(0.0, LONGEST) }))
        .collect();
    // a report that somebody wrote by hand
    let rise = steps.is_sorted_by(|a, b| a.ms <= b.ms);
    Times {
        mean: Some(entry.mean.clamp(0.0, LONGEST)),
        min: Some(entry.min.clamp(0.0, LONGEST)),
        max: Some(entry.max.clamp(0.0, LONGEST)),
        steps: if rise { steps } else { Vec::new() },
    }
}

fn group(entry: &FailureEntry) -> Failures {
    Failures {
        method: entry.method.clone(),
        name: entry.name.clone(),
        cause: Cause::of_kind(&entry.kind, &entry.message),
        message: entry.message.clone(),
        count: entry.count,
    }
}

fn point(second: &SecondEntry) -> Point {
    Point {
        second: f64::from(second.second),
        users: Some(second.users),
        rate: Some(second.ok.saturating_add(second.failed) as f64 / f64::from(second.length.max(1))),
        p95: None,
    }
}
