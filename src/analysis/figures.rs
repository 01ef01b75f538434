use std::path::PathBuf;

use super::cause::Cause;
use super::quantile_bounds::{Bound, Share, bound};
use super::trend::Point;
use crate::results::Report;

/// What one file says of a run, in the form in which everything is judged. Times are in milliseconds.
#[derive(Debug, Clone)]
pub struct Figures {
    /// The file, as it was named.
    pub(super) source: PathBuf,
    /// What kind of file it is.
    pub(super) origin: Origin,
    /// How long load was made for, in seconds.
    pub(super) seconds: Option<f64>,
    /// The most users there were at once.
    pub(super) users: Option<u64>,
    /// Requests by method and name.
    pub(super) rows: Vec<Row>,
    /// All requests together, where the file has a row of them.
    pub(super) total_row: Option<Row>,
    /// Failures in groups; `None` where no file has them.
    pub(super) failures: Option<Vec<Failures>>,
    /// Errors of the plan that showed at run time.
    pub(super) exceptions: u64,
    /// The run as it went.
    pub(super) trend: Vec<Point>,
    /// The report of a run of ours.
    pub(super) report: Option<Box<Report>>,
    /// What was approximated, left out, or looks odd.
    pub(super) notes: Vec<String>,
}

/// What kind of file figures were read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// The journal of a run of ours.
    Journal,
    /// The report of a run of ours.
    Report,
    /// A stats CSV of Locust.
    Locust,
}

/// What is to be known of percentiles where requests failed.
pub(super) fn failed_in_percentiles(failed: u64) -> Option<String> {
    let failed = match failed {
        0 => return None,
        1 => "1 failed request is".to_owned(),
        many => format!("{many} failed requests are"),
    };
    Some(format!(
        "{failed} in the percentiles below with the time taken; targets count a failed request as no quicker than its timeout, on a journal alone"
    ))
}

/// Requests that share a method and a name, or all of them.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Row {
    pub(super) method: String,
    pub(super) name: String,
    pub(super) requests: u64,
    pub(super) failed: u64,
    /// Of the requests, those that redirected a call and were followed.
    pub(super) redirected: u64,
    pub(super) rate: Option<f64>,
    pub(super) response: Times,
    /// From when it was sent, where the file tells that apart.
    pub(super) service: Option<Times>,
    pub(super) bytes_in: Option<u64>,
}

/// A distribution of times, as far as it is known.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Times {
    pub(super) mean: Option<f64>,
    pub(super) min: Option<f64>,
    pub(super) max: Option<f64>,
    /// Quantiles, by share and by time.
    pub(super) steps: Vec<Step>,
}

/// One quantile.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Step {
    pub(super) share: Share,
    pub(super) ms: f64,
}

/// Failures that share method, name and message.
#[derive(Debug, Clone, PartialEq)]
pub struct Failures {
    pub(super) method: String,
    pub(super) name: String,
    pub(super) message: String,
    pub(super) cause: Cause,
    pub(super) count: u64,
}

/// Rows that are looked at as one: counts and means are exact, quantiles are bounds.
#[derive(Debug, Clone, Default)]
pub(super) struct RowGroup<'a>(pub(super) Vec<&'a Row>);

impl Figures {
    /// All requests together: the file's own row of them, or its rows gathered.
    pub(super) fn total(&self) -> RowGroup<'_> {
        match &self.total_row {
            Some(row) => RowGroup(vec![row]),
            None => RowGroup(self.rows.iter().collect()),
        }
    }

    /// The seconds that rates are over: those of the load, and of what ended after it, where the file says so.
    pub(super) fn rate_seconds(&self) -> Option<f64> {
        let longer = self.report.as_ref().and_then(|report| report.run.rate_seconds);
        longer.filter(|seconds| seconds.is_finite() && *seconds > 0.0).or(self.seconds)
    }

    /// Requests a second, of all of them.
    pub(super) fn rate(&self) -> Option<f64> {
        let total = self.total();
        match self.rate_seconds() {
            Some(seconds) if seconds > 0.0 => Some(total.requests() as f64 / seconds),
            _ => total.rate(),
        }
    }
}

impl Row {
    /// `POST /recall`.
    pub(super) fn title(&self) -> String {
        format!("{} {}", self.method, self.name).trim().to_owned()
    }
}

impl RowGroup<'_> {
    pub(super) fn requests(&self) -> u64 {
        self.0.iter().fold(0, |all, row| all.saturating_add(row.requests))
    }

    /// Calls: redirects that were followed are requests, and no calls of their own.
    pub(super) fn calls(&self) -> u64 {
        let redirected = self.0.iter().fold(0_u64, |all, row| all.saturating_add(row.redirected));
        self.requests().saturating_sub(redirected)
    }

    pub(super) fn failed(&self) -> u64 {
        self.0.iter().fold(0, |all, row| all.saturating_add(row.failed))
    }

    /// The share that failed; `None` without requests.
    pub(super) fn error_rate(&self) -> Option<f64> {
        let all = self.calls();
        (all > 0).then(|| self.failed() as f64 / all as f64)
    }

    /// Requests a second: of rows of one run, whose times are the same.
    pub(super) fn rate(&self) -> Option<f64> {
        self.0.iter().map(|row| row.rate).sum()
    }

    pub(super) fn bytes_in(&self) -> Option<u64> {
        self.0.iter().try_fold(0_u64, |all, row| Some(all.saturating_add(row.bytes_in?)))
    }

    /// The mean of all samples: each row's weighs as much as it has samples, which is exact.
    pub(super) fn mean(&self, of: Clock) -> Option<f64> {
        let all = self.requests();
        let sum: Option<f64> = self.asked().map(|row| Some(of.times(row)?.mean? * row.requests as f64)).sum();
        (all > 0).then_some(sum? / all as f64)
    }

    pub(super) fn min(&self, of: Clock) -> Option<f64> {
        let each: Option<Vec<f64>> = self.asked().map(|row| of.times(row)?.min).collect();
        each?.into_iter().reduce(f64::min)
    }

    pub(super) fn max(&self, of: Clock) -> Option<f64> {
        let each: Option<Vec<f64>> = self.asked().map(|row| of.times(row)?.max).collect();
        each?.into_iter().reduce(f64::max)
    }

    /// Where a quantile lies; `None` where nothing bounds it.
    pub(super) fn quantile(&self, of: Clock, percent: f64) -> Option<Bound> {
        let parts = self.asked().map(|row| (row.requests, of.times(row).map_or(&[][..], |times| &times.steps)));
        bound(&parts.collect::<Vec<_>>(), Share::percent(percent)?)
    }

    fn asked(&self) -> impl Iterator<Item = &Row> {
        self.0.iter().copied().filter(|row| row.requests > 0)
    }
}

/// From when a time is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Clock {
    /// From when the request was due.
    Response,
    /// From when it was sent.
    Service,
}

impl Clock {
    fn times(self, row: &Row) -> Option<&Times> {
        match self {
            Self::Response => Some(&row.response),
            Self::Service => row.service.as_ref(),
        }
    }
}
