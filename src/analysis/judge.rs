use std::time::Duration;

use super::document::{State, TargetEntry};
use super::figures::{Clock, Figures, Gathered, Origin, Row};
use super::names::Names;
use super::own::times;
use crate::results::{ThresholdEntry, ThresholdState};
use crate::threshold::{Aggregate, Amount, Field, Matcher, NoData, Operator, Relation, Rule, Subject, Threshold};
use crate::units::{Rate, Ratio, Size, show_duration};

/// What a threshold's left side comes to, as far as the figures tell.
enum Found {
    Exactly(Amount),
    Between(Amount, Amount),
    /// There are no samples.
    Nothing,
    /// The file does not say; why.
    Unknown(String),
}

/// Why a threshold that compares with a baseline is not judged.
const UNKNOWN: &str = "there is no baseline here to compare with";

/// Judges a rule on figures, as far as they allow.
pub(super) fn judge(rule: &Rule, figures: &Figures, names: &Names) -> TargetEntry {
    let require = &rule.require;
    let limit = require.limit.amount().map(Amount::value);
    let holds = |amount: Amount| limit.is_some_and(|limit| require.operator.holds(amount.value(), limit));
    let (state, measured, note) = match measure(require, figures, names) {
        Found::Exactly(_) | Found::Between(..) if limit.is_none() => (State::NotJudged, None, Some(UNKNOWN.to_owned())),
        Found::Exactly(amount) => {
            let state = if holds(amount) { State::Met } else { State::Missed };
            (state, Some(require.show(amount)), rounded(require, amount, figures))
        }
        Found::Between(low, high) => {
            let shown = format!("{} to {}", require.show(low), require.show(high));
            let level = matches!(require.operator, Operator::Equal | Operator::NotEqual);
            match (holds(low), holds(high)) {
                (true, true) if !level => (State::Met, Some(shown), None),
                (false, false) if !level => (State::Missed, Some(shown), None),
                _ => (State::NotJudged, Some(shown), Some("the file tells no more than these bounds".to_owned())),
            }
        }
        Found::Nothing if rule.no_data == NoData::Passes => {
            (State::Met, None, Some("no data, which passes".to_owned()))
        }
        Found::Nothing => (State::NoData, None, None),
        Found::Unknown(why) => (State::NotJudged, None, Some(why)),
    };
    TargetEntry { name: rule.name.clone(), require: require.to_string(), measured, state, note }
}

impl From<&ThresholdEntry> for TargetEntry {
    fn from(entry: &ThresholdEntry) -> Self {
        let (state, note) = match entry.state {
            _ if entry.limit.is_none() => (State::NotJudged, Some(UNKNOWN.to_owned())),
            ThresholdState::Held => (State::Met, None),
            ThresholdState::Broken => (State::Missed, None),
            ThresholdState::NoData => (State::NoData, None),
            ThresholdState::Left => (State::NotJudged, Some("a shard cannot tell: merge the shards".to_owned())),
        };
        let measured = entry.value.map(|_| entry.measured.clone());
        Self { name: entry.name.clone(), require: entry.require.clone(), measured, state, note }
    }
}

/// Locust writes percentiles with two digits: whole milliseconds below 100, tens below 1,000, and so on.
fn rounded(require: &Threshold, amount: Amount, figures: &Figures) -> Option<String> {
    let Amount::Time(_) = amount else { return None };
    if figures.origin != Origin::Locust || !matches!(require.aggregate, Aggregate::Quantile(_)) {
        return None;
    }
    let half = match amount.value() * 1e3 {
        ms if ms < 100.0 => 0.5,
        ms if ms < 1e3 => 5.0,
        ms if ms < 1e4 => 50.0,
        _ => 500.0,
    };
    let near = (amount.value() - require.limit.amount()?.value()).abs() * 1e3 <= half;
    let within = show_duration(Duration::from_secs_f64(half / 1e3));
    near.then(|| format!("Locust rounds it: the true value is within {within}, so it may lie on the other side"))
}

fn measure(require: &Threshold, figures: &Figures, names: &Names) -> Found {
    if require.window.is_some() {
        return Found::Unknown("the file does not keep single seconds; a journal does".to_owned());
    }
    if let Subject::Declared(metric) = &require.subject {
        return declared(metric, require.aggregate, figures);
    }
    if let Some(counted) = by_tag(require, figures) {
        return counted;
    }
    let rows = match selected(&require.selector, figures, names) {
        Ok(rows) => rows,
        Err(why) => return Found::Unknown(why),
    };
    if require.aggregate.is_of_samples() {
        return match &require.subject {
            Subject::TimeToFirstByte => phase("first_byte", require, figures),
            Subject::ConnectTime => phase("connect", require, figures),
            // what Locust calls response time counts from when a request is sent
            Subject::ServiceTime if figures.origin != Origin::Locust => of_times(require, &rows, Clock::Service),
            _ => of_times(require, &rows, Clock::Response),
        };
    }
    of_counts(require, &rows, figures)
}

fn of_times(require: &Threshold, rows: &Gathered, clock: Clock) -> Found {
    if rows.requests() == 0 {
        return Found::Nothing;
    }
    let time = |ms: f64| Amount::Time(Duration::from_secs_f64(ms.clamp(0.0, 1e12) / 1e3));
    let exactly = |ms: Option<f64>| ms.map(|ms| Found::Exactly(time(ms)));
    let found = match require.aggregate {
        Aggregate::Min => exactly(rows.min(clock)),
        Aggregate::Avg => exactly(rows.mean(clock)),
        Aggregate::Max => exactly(rows.max(clock)),
        Aggregate::Quantile(quantile) => rows.quantile(clock, quantile.0).map(|bound| match bound.known() {
            Some(ms) => Found::Exactly(time(ms)),
            None => Found::Between(time(bound.at_least), time(bound.at_most)),
        }),
        _ => None,
    };
    found.unwrap_or_else(|| Found::Unknown(format!("the file does not tell `{}`", require.aggregate)))
}

fn of_counts(require: &Threshold, rows: &Gathered, figures: &Figures) -> Found {
    let (requests, failed) = (rows.requests(), rows.failed());
    let ratio =
        |part, whole| Ratio::of(part, whole).map_or(Found::Nothing, |ratio| Found::Exactly(Amount::Ratio(ratio)));
    let books = figures.own.as_ref().map(|report| &report.books);
    let unknown = || Found::Unknown(format!("the file does not tell `{}`", require.aggregate));
    match require.aggregate {
        Aggregate::Count => Found::Exactly(Amount::Number(requests as f64)),
        Aggregate::Errors => Found::Exactly(Amount::Number(failed as f64)),
        Aggregate::ErrorRate => {
            // what was due and never begun has failed whoever it was for
            let dropped = books.filter(|_| require.selector.is_empty()).map_or(0, |books| books.dropped);
            ratio(failed.saturating_add(dropped), requests.saturating_add(dropped))
        }
        Aggregate::Share => ratio(requests, figures.total().requests()),
        Aggregate::Rate if figures.total().requests() == 0 => Found::Nothing,
        Aggregate::Rate => {
            let of_span = figures.seconds.filter(|seconds| *seconds > 0.0).map(|seconds| requests as f64 / seconds);
            let rate = of_span.or_else(|| rows.rate());
            rate.map_or_else(unknown, |rate| Found::Exactly(Amount::Rate(Rate::per_second(rate))))
        }
        Aggregate::Dropped => books.map_or_else(unknown, |books| Found::Exactly(Amount::Number(books.dropped as f64))),
        Aggregate::Bytes => match rows.bytes_in() {
            Some(bytes) => Found::Exactly(Amount::Size(Size::from_bytes(bytes))),
            None => unknown(),
        },
        _ => unknown(),
    }
}

fn declared(name: &str, aggregate: Aggregate, figures: &Figures) -> Found {
    if figures.own.is_none() && name == "concurrent_users" && aggregate == Aggregate::Max {
        return match figures.users {
            Some(users) => Found::Exactly(Amount::Number(users as f64)),
            None => Found::Unknown(
                "users are in `…_stats_history.csv`, which is not beside the file, or tells of none".to_owned(),
            ),
        };
    }
    let Some(report) = &figures.own else {
        return Found::Unknown(format!("Locust's files have no metric `{name}`"));
    };
    let Some(metric) = report.metrics.iter().find(|metric| metric.name == name) else { return Found::Nothing };
    if metric.count == 0 {
        return Found::Nothing;
    }
    let value = match aggregate {
        Aggregate::Count if metric.kind == "counter" => Some(metric.sum),
        Aggregate::Count => Some(metric.count as f64),
        Aggregate::Min => metric.min,
        Aggregate::Avg => metric.mean,
        Aggregate::Max => metric.max,
        Aggregate::Quantile(quantile) if quantile.0 == 50.0 => metric.p50,
        Aggregate::Quantile(quantile) if quantile.0 == 95.0 => metric.p95,
        Aggregate::Quantile(quantile) if quantile.0 == 99.0 => metric.p99,
        _ => None,
    };
    let is_time = metric.kind == "transaction" && aggregate.is_of_samples();
    match value {
        Some(ms) if is_time => Found::Exactly(Amount::Time(Duration::from_secs_f64(ms.clamp(0.0, 1e12) / 1e3))),
        Some(value) => Found::Exactly(Amount::Number(value)),
        None => Found::Unknown(format!("the report does not tell `{aggregate}({name})`; the run's journal does")),
    }
}

/// A count or a share of requests with one tag: of a run of ours they are told by user type.
fn by_tag(require: &Threshold, figures: &Figures) -> Option<Found> {
    let report = figures.own.as_ref()?;
    let [Matcher { field: Field::Tag, relation: Relation::Is, text, .. }] = require.selector.as_slice() else {
        return None;
    };
    let tagged =
        report.users.iter().filter_map(|user| user.tags.get(text)).fold(0_u64, |all, n| all.saturating_add(*n));
    match require.aggregate {
        Aggregate::Count => Some(Found::Exactly(Amount::Number(tagged as f64))),
        Aggregate::Share => Some(
            Ratio::of(tagged, report.total.requests)
                .map_or(Found::Nothing, |ratio| Found::Exactly(Amount::Ratio(ratio))),
        ),
        _ => None,
    }
}

/// A part of the service time, of all requests of a run of ours.
fn phase(name: &str, require: &Threshold, figures: &Figures) -> Found {
    let Some(report) = &figures.own else {
        return Found::Unknown(format!("Locust's files do not tell `{}`", require.subject));
    };
    if !require.selector.is_empty() {
        return Found::Unknown("only the run's journal tells it of some requests alone".to_owned());
    }
    let Some(entry) = report.total.phases.get(name) else { return Found::Nothing };
    let row = Row { requests: entry.count, response: times(entry), ..Row::default() };
    of_times(require, &Gathered(vec![&row]), Clock::Response)
}

/// The rows a selector takes.
fn selected<'a>(selector: &[Matcher], figures: &'a Figures, names: &Names) -> Result<Gathered<'a>, String> {
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
    Ok(Gathered(taken))
}

fn matches(matcher: &Matcher, row: &Row, names: &Names) -> Result<bool, String> {
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
            Relation::IsNot => names.of(&row.name).all(|known| known.tags.iter().all(|tag| matcher.takes(tag))),
            _ => names.of(&row.name).any(|known| known.tags.iter().any(|tag| matcher.takes(tag))),
        }),
        Field::User | Field::Task | Field::Stage | Field::Status | Field::Scenario => {
            Err("the file's rows are not told apart by that; a journal's are".to_owned())
        }
    }
}
