use super::figures::{Clock, Figures, Origin, Row, RowGroup};
use super::report_figures::times;
use crate::results::MetricEntry;
use crate::threshold::{Aggregate, Amount, Field, Matcher, Relation, Subject, Threshold};
use crate::verdict::{Count, Figure, Source};

/// What a plan says of its endpoints, so that its thresholds can be judged on rows of another tool, which go by names.
#[derive(Debug, Clone, Default)]
pub struct EndpointNames {
    /// The endpoints.
    pub endpoints: Vec<KnownEndpoint>,
    /// Tags of tasks and user types: rows do not tell whose they are.
    pub elsewhere: Vec<String>,
}

/// One endpoint.
#[derive(Debug, Clone)]
pub struct KnownEndpoint {
    /// Its name in the plan.
    pub endpoint: String,
    /// The name its requests go by; `None` where each request has its own.
    pub label: Option<String>,
    /// Its tags.
    pub tags: Vec<String>,
}

/// The figures of one file for one threshold, as far as the file has them.
pub(super) struct FigureSource<'a> {
    require: &'a Threshold,
    figures: &'a Figures,
    subject: Selected<'a>,
}

/// What a threshold selects of a file.
enum Selected<'a> {
    /// Rows of requests.
    Rows(RowGroup<'a>),
    /// All requests with a tag, of which a report has the number and nothing else.
    Tagged(u64),
    /// A metric of a report.
    Metric(&'a MetricEntry),
    /// The most users that Locust had at once.
    MostUsers(u64),
    /// A metric that the report does not have.
    Nothing,
}

impl<'a> FigureSource<'a> {
    /// # Errors
    /// Why a file cannot tell the selected requests from others.
    pub(super) fn new(require: &'a Threshold, figures: &'a Figures, names: &EndpointNames) -> Result<Self, String> {
        if require.window.is_some() {
            return Err("the file does not keep single seconds; a journal does".to_owned());
        }
        let subject = match &require.subject {
            Subject::Declared(metric) => of_metric(metric, require, figures)?,
            _ => match tagged(require, figures) {
                Some(count) => Selected::Tagged(count),
                None => Selected::Rows(of_requests(&require.selector, figures, names)?),
            },
        };
        Ok(Self { require, figures, subject })
    }

    fn unknown<T>(&self) -> Figure<T> {
        match &self.subject {
            Selected::Metric(metric) => {
                let asked = format!("{}({})", self.require.aggregate, metric.name);
                Figure::Unknown(format!("the report does not hold `{asked}`; the run's journal does"))
            }
            _ => Figure::Unknown(format!("the file does not hold `{}`", self.require.aggregate)),
        }
    }

    fn known(&self, count: Option<f64>) -> Figure<f64> {
        count.map_or_else(|| self.unknown(), Figure::Exact)
    }

    /// A number of tasks, which a report has of the whole run.
    fn tasks(&self, count: Count) -> Figure<f64> {
        let Some(report) = &self.figures.report else { return self.unknown() };
        if !self.selects_all() {
            return Figure::Unknown(OF_SOME.to_owned());
        }
        let Some(tasks) = &report.tasks else { return self.unknown() };
        let lost =
            tasks.by_task.iter().map(|task| task.failed.saturating_sub(*task.failed_by_kind.get("call").unwrap_or(&0)));
        Figure::Exact(match count {
            Count::FailedTasks => tasks.failed,
            Count::EndedTasks => tasks.failed.saturating_add(tasks.completed),
            Count::FailedStarts => tasks.users_not_started,
            Count::EndedStarts => tasks.users,
            _ => lost.fold(0, u64::saturating_add),
        } as f64)
    }

    /// A time of the selected requests.
    fn time(&self, aggregate: Aggregate, rows: &RowGroup, clock: Clock) -> Figure<Amount> {
        if rows.requests() == 0 {
            return Figure::NoData;
        }
        let exact = |ms: Option<f64>| ms.map(Figure::Exact);
        let found = match aggregate {
            Aggregate::Min => exact(rows.min(clock)),
            Aggregate::Avg => exact(rows.mean(clock)),
            Aggregate::Max => exact(rows.max(clock)),
            Aggregate::Quantile(quantile) => rows.quantile(clock, quantile.0).map(|bound| match bound.known() {
                Some(ms) => Figure::Exact(ms),
                None => Figure::Between(bound.at_least, bound.at_most),
            }),
            _ => None,
        };
        found.map_or_else(|| self.unknown(), |found| found.map(Amount::milliseconds))
    }

    /// A part of the service time, of all requests of a run of ours.
    fn phase(&self, name: &str, aggregate: Aggregate) -> Figure<Amount> {
        let Some(report) = &self.figures.report else {
            return Figure::Unknown(format!("Locust's files do not hold `{}`", self.require.subject));
        };
        if !self.selects_all() {
            return Figure::Unknown(OF_SOME.to_owned());
        }
        let Some(entry) = report.total.phases.get(name) else { return Figure::NoData };
        let row = Row { requests: entry.count, response: times(entry), ..Row::default() };
        self.time(aggregate, &RowGroup(vec![&row]), Clock::Response)
    }

    fn of_metric(&self, metric: &MetricEntry, aggregate: Aggregate) -> Figure<Amount> {
        if metric.count == 0 {
            return Figure::NoData;
        }
        let value = match aggregate {
            Aggregate::Min => metric.min,
            Aggregate::Avg => metric.mean,
            Aggregate::Max => metric.max,
            Aggregate::Quantile(quantile) if quantile.0 == 50.0 => metric.p50,
            Aggregate::Quantile(quantile) if quantile.0 == 95.0 => metric.p95,
            Aggregate::Quantile(quantile) if quantile.0 == 99.0 => metric.p99,
            _ => None,
        };
        let amount = if metric.kind == "transaction" { Amount::milliseconds } else { Amount::Number };
        value.map_or_else(|| self.unknown(), |value| Figure::Exact(amount(value)))
    }
}

/// Why a report cannot give a part of some of the requests.
const OF_SOME: &str = "only the run's journal has it for some of the requests";

impl Source for FigureSource<'_> {
    fn count(&self, count: Count) -> Figure<f64> {
        let accounting = self.figures.report.as_ref().map(|report| &report.books);
        match (&self.subject, count) {
            (Selected::Nothing, _) => Figure::NoData,
            // a rate of nothing is no figure to judge a service by
            (_, Count::Seconds) if self.figures.total().requests() == 0 => Figure::NoData,
            (_, Count::Seconds) => self.known(self.figures.rate_seconds().filter(|seconds| *seconds > 0.0)),
            (Selected::Rows(rows), Count::Ended | Count::Attempted) => Figure::Exact(rows.calls() as f64),
            (Selected::Rows(rows), Count::Failed) => Figure::Exact(rows.failed() as f64),
            (Selected::Rows(rows), Count::BytesIn) => self.known(rows.bytes_in().map(|bytes| bytes as f64)),
            (Selected::Tagged(count), Count::Ended) => Figure::Exact(*count as f64),
            (Selected::Rows(_) | Selected::Tagged(_), Count::All) => Figure::Exact(self.figures.total().calls() as f64),
            (Selected::Rows(_), Count::TasksLost | Count::FailedTasks | Count::EndedTasks)
            | (Selected::Rows(_), Count::FailedStarts | Count::EndedStarts) => self.tasks(count),
            (Selected::Metric(metric), Count::Failed) if metric.kind == "transaction" => {
                Figure::Exact(metric.failed as f64)
            }
            (Selected::Metric(metric), Count::Attempted) if metric.kind == "transaction" => {
                Figure::Exact(metric.count.saturating_add(metric.failed) as f64)
            }
            (Selected::Rows(_), Count::Dropped) => self.known(accounting.map(|accounting| accounting.dropped as f64)),
            (Selected::Metric(metric), Count::Ended) if metric.kind == "counter" => Figure::Exact(metric.sum),
            (Selected::Metric(metric), Count::Ended) => Figure::Exact(metric.count as f64),
            (Selected::Tagged(_) | Selected::Metric(_) | Selected::MostUsers(_), _) => self.unknown(),
        }
    }

    fn statistic(&self, aggregate: Aggregate) -> Figure<Amount> {
        match (&self.subject, &self.require.subject) {
            (Selected::Rows(_), Subject::TimeToFirstByte) => self.phase("first_byte", aggregate),
            (Selected::Rows(_), Subject::ConnectTime) => self.phase("connect", aggregate),
            // what Locust calls response time counts from when a request is sent
            (Selected::Rows(rows), Subject::ServiceTime) if self.figures.origin != Origin::Locust => {
                self.time(aggregate, rows, Clock::Service)
            }
            (Selected::Rows(rows), _) => self.time(aggregate, rows, Clock::Response),
            (Selected::Metric(metric), _) => self.of_metric(metric, aggregate),
            (Selected::MostUsers(users), _) => Figure::Exact(Amount::Number(*users as f64)),
            (Selected::Nothing, _) => Figure::NoData,
            (Selected::Tagged(_), _) => self.unknown(),
        }
    }

    fn selects_all(&self) -> bool {
        self.require.selector.is_empty()
    }
}

fn of_metric<'a>(name: &str, require: &Threshold, figures: &'a Figures) -> Result<Selected<'a>, String> {
    match &figures.report {
        Some(_) if !require.selector.is_empty() => Err(OF_SOME.to_owned()),
        Some(report) => {
            let metric = report.metrics.iter().find(|metric| metric.name == name);
            Ok(metric.map_or(Selected::Nothing, Selected::Metric))
        }
        None if name == "concurrent_users" && require.aggregate == Aggregate::Max => {
            figures.users.map(Selected::MostUsers).ok_or_else(|| {
                "users are in `…_stats_history.csv`, which is not beside the file, or counts none".to_owned()
            })
        }
        None => Err(format!("Locust's files have no metric `{name}`")),
    }
}

/// How many requests have a tag, where a count or a share of them is asked: a report counts them by user type.
fn tagged(require: &Threshold, figures: &Figures) -> Option<u64> {
    let report = figures.report.as_ref()?;
    let [Matcher { field: Field::Tag, relation: Relation::Is, text, .. }] = require.selector.as_slice() else {
        return None;
    };
    let of_users = report.users.iter().filter_map(|user| user.tags.get(text));
    matches!(require.aggregate, Aggregate::Count | Aggregate::Share)
        .then(|| of_users.fold(0_u64, |all, count| all.saturating_add(*count)))
}

/// The rows a selector takes.
fn of_requests<'a>(selector: &[Matcher], figures: &'a Figures, names: &EndpointNames) -> Result<RowGroup<'a>, String> {
    if selector.is_empty() {
        return Ok(figures.total());
    }
    let mut taken = Vec::new();
    for row in &figures.rows {
        let mut all = true;
        for matcher in selector {
            all &= matches(matcher, row, names)?;
        }
        taken.extend(all.then_some(row));
    }
    Ok(RowGroup(taken))
}

fn matches(matcher: &Matcher, row: &Row, names: &EndpointNames) -> Result<bool, String> {
    let is_pattern = matches!(matcher.relation, Relation::Like(_));
    match matcher.field {
        Field::Name => Ok(matcher.takes(&row.name)),
        // a name that no endpoint has may be one of those that are made anew for each request
        Field::Endpoint | Field::Tag if !names.are_fixed() && names.of(&row.name).next().is_none() => {
            Err(format!("the file's `{}` may be any endpoint of the plan whose name changes", row.name))
        }
        Field::Endpoint => Ok(names.of(&row.name).any(|known| matcher.takes(&known.endpoint))),
        Field::Tag if names.elsewhere.iter().any(|tag| tag == &matcher.text || is_pattern) => {
            Err(format!("`{}` is a tag of tasks or user types, which the file does not tell apart", matcher.text))
        }
        Field::Tag => Ok(match matcher.relation {
            Relation::IsNot => names.of(&row.name).all(|known| matcher.takes_tags(&known.tags)),
            Relation::Is | Relation::Like(_) => names.of(&row.name).any(|known| matcher.takes_tags(&known.tags)),
        }),
        Field::Service | Field::User | Field::Task | Field::Stage | Field::Status | Field::Scenario => {
            Err("the file's rows are not told apart by that; a journal's are".to_owned())
        }
    }
}

impl EndpointNames {
    /// The endpoints whose requests go by a name.
    pub(super) fn of<'a>(&'a self, label: &'a str) -> impl Iterator<Item = &'a KnownEndpoint> {
        self.endpoints.iter().filter(move |known| known.label.as_deref() == Some(label))
    }

    /// Whether each endpoint's requests go by one name.
    pub(super) fn are_fixed(&self) -> bool {
        !self.endpoints.is_empty() && self.endpoints.iter().all(|known| known.label.is_some())
    }
}
