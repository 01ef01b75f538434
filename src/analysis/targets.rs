use std::time::Duration;

use super::document::{State, TargetEntry};
use super::figure_source::{EndpointNames, FigureSource};
use super::figures::{Figures, Origin};
use super::throughput::UserCycle;
use crate::report::{counted, grouped, ms};
use crate::results::{ThresholdEntry, ThresholdState};
use crate::threshold::{Aggregate, Amount, Operator, Rule, Threshold};
use crate::units::show_duration;
use crate::verdict::{Figure, Status, decide, evaluate};

/// One file's figures, and the targets they are held against.
#[derive(Debug)]
pub struct Examined {
    pub(super) figures: Figures,
    pub(super) targets: Vec<TargetEntry>,
}

impl Examined {
    /// Figures whose targets are the run's own thresholds, as the run itself evaluated them. Another tool's file has
    /// none.
    #[must_use]
    pub fn by_own_thresholds(figures: Figures) -> Self {
        let thresholds = figures.report.iter().flat_map(|report| &report.thresholds);
        let targets = thresholds.map(|entry| match Threshold::parse(&entry.require) {
            Ok(require) => explained(&require, entry.into(), &figures),
            // a report that somebody wrote by hand
            Err(_) => entry.into(),
        });
        Self { targets: targets.collect(), figures }
    }

    /// Figures whose targets are a plan's rules, evaluated as far as the figures allow.
    #[must_use]
    pub fn by_figures(figures: Figures, rules: &[Rule], names: &EndpointNames) -> Self {
        let target = |rule: &Rule| {
            let target = explained(&rule.require, judge(rule, &figures, names), &figures);
            // nobody asked for a default that the file says nothing of
            (target.state != State::NotJudged || !rule.place.is_empty()).then_some(target)
        };
        Self { targets: rules.iter().filter_map(target).collect(), figures }
    }

    /// Figures whose targets are a plan's rules, evaluated exactly on the seconds of the run's journal.
    #[must_use]
    pub fn by_journal(figures: Figures, rules: &[Rule], judged: &[ThresholdEntry]) -> Self {
        let judged = rules.iter().zip(judged);
        let targets = judged.map(|(rule, entry)| explained(&rule.require, entry.into(), &figures)).collect();
        Self { figures, targets }
    }
}

/// Why a threshold that compares with a baseline is not judged.
const NO_BASELINE: &str = "there is no baseline here to compare with";

/// Judges a rule on figures, as far as they allow.
pub(super) fn judge(rule: &Rule, figures: &Figures, names: &EndpointNames) -> TargetEntry {
    let require = &rule.require;
    let measured = match FigureSource::new(require, figures, names) {
        Ok(source) => evaluate(require, &source),
        Err(why) => Figure::Unknown(why),
    };
    let status = decide(rule, &measured);
    let state = match status {
        Some(Status::Held) => State::Met,
        Some(Status::Broken) => State::Missed,
        Some(Status::NoData) => State::NoData,
        Some(Status::Deferred) | None => State::NotJudged,
    };
    let (state, measured, note) = match measured {
        Figure::Exact(_) | Figure::Between(..) if require.limit.amount().is_none() => {
            (State::NotJudged, None, Some(NO_BASELINE.to_owned()))
        }
        Figure::Exact(amount) => (state, Some(require.show(amount)), rounded(require, amount, figures)),
        Figure::Between(low, high) => {
            let between = format!("{} to {}", require.show(low), require.show(high));
            (state, Some(between), status.is_none().then(|| "the file says no more than these bounds".to_owned()))
        }
        Figure::NoData => (state, None, (state == State::Met).then(|| "no data, which passes".to_owned())),
        Figure::Unknown(why) => (state, None, Some(why)),
    };
    TargetEntry { name: rule.name.clone(), require: require.to_string(), measured, state, note }
}

impl From<&ThresholdEntry> for TargetEntry {
    fn from(entry: &ThresholdEntry) -> Self {
        let (state, note) = match entry.state {
            _ if entry.limit.is_none() => (State::NotJudged, Some(NO_BASELINE.to_owned())),
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

/// Says of a rate that is missed when its users could not have made it, whatever the service.
fn explained(require: &Threshold, mut target: TargetEntry, figures: &Figures) -> TargetEntry {
    let asks = require.aggregate == Aggregate::Rate && require.subject.is_of_requests();
    let at_least = matches!(require.operator, Operator::AtLeast | Operator::Above);
    if !asks || !at_least || target.state != State::Missed || target.note.is_some() || !require.selector.is_empty() {
        return target;
    }
    let cycle = UserCycle::of(figures);
    let short = cycle.and_then(|cycle| Some((cycle, cycle.max_per_minute()?)));
    let short = short.filter(|(_, most)| require.limit.amount().is_some_and(|limit| most / 60.0 < limit.value()));
    target.note = short.map(|(cycle, most)| {
        format!(
            "out of reach: {} that pause {} between requests make about {}/min, however fast the answers",
            counted(cycle.users, "user"),
            ms(cycle.pause() * 1e3),
            grouped(most.round() as u64),
        )
    });
    target
}
