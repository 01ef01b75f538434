use std::sync::Arc;
use std::time::Duration;

use super::evaluate::{Status, status_of};
use super::measurement::{Measurement, seconds};
use super::selection::{Elapsed, Selection, Timeline};
use super::threshold_history::ThresholdHistory;
use super::worst_window::WorstWindow;
use crate::journal::Closing;
use crate::metrics::{Interval, LastEnded, Totals};
use crate::sample::{Catalog, RunGauge, StageId};
use crate::threshold::{Aggregate, Amount, OnBreak, Rule, Subject};
use crate::units::{Offset, Shard};

/// Evaluates every rule each second. A rule without a window is evaluated on everything so far, and in the end on the
/// whole run; one with a window must hold in every window that lies in the load whole.
///
/// What it finds is a function of the seconds it hears, so that a journal gives the same again.
pub struct ThresholdEvaluator {
    rules: Arc<[Rule]>,
    catalog: Arc<Catalog>,
    timeline: Timeline,
    shard: Shard,
    states: Vec<RuleState>,
    /// When the last request ended.
    last_ended: LastEnded,
}

/// What was found of one rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// What became of it in the end.
    pub judged: Judged,
    /// What was measured on the way.
    pub history: ThresholdHistory,
}

/// One rule, judged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judged {
    /// What was measured; `None` without data.
    pub measured: Option<Amount>,
    /// Whether it held.
    pub status: Status,
    /// When it broke: of a window, the first that did; of the whole run, the last time, and it did not recover.
    pub broken_at: Option<Offset>,
    /// When the window that was measured was over, where one stands for all.
    pub window_end: Option<Offset>,
}

/// What is known of one rule.
struct RuleState {
    measurement: Measurement,
    history: ThresholdHistory,
    /// Of a rule with a window: the worst that held.
    worst: WorstWindow,
    /// Of a rule with a window: the first window that broke it.
    first_break: Option<Judged>,
    /// When it first ended the run, or would have.
    fatal: Option<Judged>,
    /// What was found in the last second that it was evaluated in.
    latest: Option<Judged>,
    /// Since when it has been broken, as of that second.
    broken_since: Option<Offset>,
}

impl ThresholdEvaluator {
    /// An evaluator of a run, or of a part of one, that has heard nothing.
    #[must_use]
    pub fn new(rules: Arc<[Rule]>, catalog: Arc<Catalog>, timeline: Timeline, shard: Shard) -> Self {
        let state = |rule: &Rule| RuleState {
            measurement: Measurement::new(&rule.require, &catalog),
            history: ThresholdHistory::new(),
            worst: WorstWindow::default(),
            first_break: None,
            fatal: None,
            latest: None,
            broken_since: None,
        };
        let states = rules.iter().map(state).collect();
        Self { rules, catalog, timeline, shard, states, last_ended: LastEnded::default() }
    }

    /// Takes a second, which is later than all before, and evaluates every rule.
    pub fn hear(&mut self, interval: &Interval) {
        let at = Offset::ZERO + Duration::from_secs(u64::from(interval.second) + 1);
        self.last_ended.merge(&interval.last_ended);
        for (rule, state) in self.rules.iter().zip(&mut self.states) {
            let selection = Selection::new(&rule.require.selector, &self.catalog, None);
            state.measurement.hear(interval, &rule.require, &selection);
            let measured = match rule.require.window {
                None => {
                    let elapsed = self.timeline.elapsed(at);
                    state.measurement.read(&rule.require, &selection, selection.time(&elapsed))
                }
                Some(window) => {
                    let from = at - Duration::from_secs(seconds(window).into());
                    let time = selection.time(&self.timeline.between(from, at));
                    if time < window {
                        continue;
                    }
                    state.measurement.read_window(&rule.require, &selection, time)
                }
            };
            let window_end = rule.require.window.map(|_| at);
            let judged = Judged { measured, status: status_of(rule, measured), broken_at: Some(at), window_end };
            state.take(interval.second, rule, defer(judged, rule, self.shard));
        }
    }

    /// The first rule that ends the run now.
    #[must_use]
    pub fn fatal(&self) -> Option<usize> {
        self.states.iter().position(|state| state.fatal.is_some())
    }

    /// What was found of each rule in the last second that it was evaluated in.
    pub fn latest(&self) -> impl Iterator<Item = Option<Judged>> {
        self.states.iter().map(|state| state.latest)
    }

    /// How many samples of its own each rule has heard.
    pub fn samples(&self) -> impl Iterator<Item = u64> {
        self.states.iter().map(|state| state.measurement.samples())
    }

    /// Judges the run as a whole, whose load ended at a moment and for a reason, where that is known.
    #[must_use]
    pub fn findings(&self, ended: Offset, closing: Option<Closing>) -> Vec<Finding> {
        let measured = self.timeline.measured(ended, &self.last_ended);
        let finding = |(index, (rule, state)): (usize, (&Rule, &RuleState))| {
            let selection = Selection::new(&rule.require.selector, &self.catalog, None);
            // what breaks while the load runs out says nothing of the service
            let first_break = state.first_break.filter(|judged| judged.broken_at.is_some_and(|at| at <= ended));
            let judged = match (state.fatal, first_break, state.worst.by(ended, rule)) {
                (Some(fatal), ..) if closing == Some(Closing::Threshold(index)) => fatal,
                (_, Some(broken), _) => broken,
                (_, None, Some(worst)) => worst,
                (..) => {
                    let time = selection.time(&measured);
                    let judged = Judged::of(rule, state.measurement.read(&rule.require, &selection, time));
                    let broken_at = state.broken_since.filter(|_| judged.status == Status::Broken);
                    defer(Judged { broken_at, ..judged }, rule, self.shard)
                }
            };
            Finding { judged, history: state.history.clone() }
        };
        self.rules.iter().zip(&self.states).enumerate().map(finding).collect()
    }
}

impl RuleState {
    fn take(&mut self, second: u32, rule: &Rule, judged: Judged) {
        let Judged { measured, status, broken_at, .. } = judged;
        self.history.add(second, measured, status);
        self.latest = Some(judged);
        // what only grows, and is to be more than so much, is not broken before the end
        let breaks = status == Status::Broken && !rule.require.may_still_hold();
        self.broken_since = broken_at.filter(|_| breaks).map(|at| self.broken_since.unwrap_or(at));
        if status == Status::Broken {
            if rule.require.window.is_some() {
                self.first_break.get_or_insert(judged);
            }
            if rule.on_break == OnBreak::Abort && broken_at >= Some(Offset::from(rule.after)) {
                self.fatal.get_or_insert(judged);
            }
        } else if rule.require.window.is_some() && status.holds() {
            self.worst.add(Judged { broken_at: None, ..judged }, rule);
        }
    }
}

impl Judged {
    /// A rule judged by one value, for all of its time.
    #[must_use]
    pub fn of(rule: &Rule, measured: Option<Amount>) -> Self {
        Self { measured, status: status_of(rule, measured), broken_at: None, window_end: None }
    }
}

/// Judges one rule on one stage alone; a window counts for nothing there. The cost is that of merging the series it
/// selects.
#[must_use]
pub fn judge_stage(rule: &Rule, totals: &Totals, catalog: &Catalog, elapsed: &Elapsed, stage: StageId) -> Judged {
    let selection = Selection::new(&rule.require.selector, catalog, Some(stage));
    let measurement = Measurement::of_totals(&rule.require, catalog, totals, &selection);
    let measured = measurement.read(&rule.require, &selection, selection.time(elapsed));
    Judged::of(rule, measured)
}

/// How many requests failed of those that a rule selects.
#[must_use]
pub fn failures_of(rule: &Rule, totals: &Totals, catalog: &Catalog) -> u64 {
    let selection = Selection::new(&rule.require.selector, catalog, None);
    totals.series().filter(|(key, _)| selection.takes(key)).map(|(_, total)| total.counts.failures()).sum()
}

/// On one shard, what only the whole run can answer is deferred to the merge, and so is what the shard has no data for,
/// which another may have.
fn defer(judged: Judged, rule: &Rule, shard: Shard) -> Judged {
    let deferred = shard.is_part() && (needs_whole_run(rule) || judged.status == Status::NoData);
    if deferred { Judged { status: Status::Deferred, ..judged } } else { judged }
}

/// Whether a rule asks for something that only the whole run has: how much there was in all. A shard has its part of
/// that. Shares, quantiles and means are of the same kind in a part and in the whole.
fn needs_whole_run(rule: &Rule) -> bool {
    let in_all = match rule.require.aggregate {
        Aggregate::Count | Aggregate::Rate | Aggregate::Errors | Aggregate::Dropped | Aggregate::Bytes => true,
        Aggregate::ErrorRate
        | Aggregate::TaskErrorRate
        | Aggregate::StartErrorRate
        | Aggregate::Share
        | Aggregate::Min
        | Aggregate::Avg
        | Aggregate::Max
        | Aggregate::Stddev
        | Aggregate::Quantile(_) => false,
    };
    let of_the_run = |name: &String| RunGauge::named(name).is_some();
    in_all || matches!(&rule.require.subject, Subject::Declared(name) if of_the_run(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::threshold::Threshold;

    fn rule(text: &str) -> Rule {
        Rule::new(Threshold::parse(text).unwrap(), text)
    }

    #[test]
    fn what_is_counted_in_all_needs_the_whole_run_and_what_is_shared_or_measured_does_not() {
        for whole in [
            "count > 1",
            "count(found) == 3",
            "rate >= 50/s",
            "rate{tag=read} > 1/s",
            "errors < 3",
            "dropped == 0",
            "bytes < 1MB",
            "max(concurrent_users) >= 100",
            "min(total_rps) > 50",
            "avg(total_rps) > 50 over 10s",
        ] {
            assert!(needs_whole_run(&rule(whole)), "{whole}");
        }
        for part in [
            "error_rate < 1%",
            "task_error_rate < 1%",
            "share{tag=read} > 60%",
            "p95 < 1s",
            "avg(found) > 0",
            "max < 1s over 5s",
        ] {
            assert!(!needs_whole_run(&rule(part)), "{part}");
        }
    }

    #[test]
    fn a_shard_neither_fails_nor_passes_what_it_cannot_know() {
        let part = Shard { index: 1, count: 8 };
        let status = |shard, text, status| {
            let judged = Judged { measured: None, status, broken_at: None, window_end: None };
            defer(judged, &rule(text), shard).status
        };
        for known in [Status::Held, Status::Broken, Status::NoData] {
            assert_eq!(status(part, "count > 1", known), Status::Deferred);
            assert_eq!(status(Shard::WHOLE, "count > 1", known), known);
        }
        assert_eq!(status(part, "p95 < 1s", Status::Broken), Status::Broken);
        assert_eq!(status(part, "p95{user=rare} < 1s", Status::NoData), Status::Deferred);
        assert_eq!(status(Shard::WHOLE, "p95{user=rare} < 1s", Status::NoData), Status::NoData);
    }
}
