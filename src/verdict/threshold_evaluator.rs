use std::sync::Arc;

use super::judge::{Judged, Status, stand};
use super::measurement::{Measurement, seconds};
use super::select::Selection;
use super::threshold_history::ThresholdHistory;
use super::timeline::Timeline;
use super::whole::on_shard;
use crate::journal::Closing;
use crate::metrics::Interval;
use crate::sample::Catalog;
use crate::threshold::{OnBreak, Rule};
use crate::units::{Offset, Shard};

/// Judges every rule each second. A rule without a window is judged on everything so far, and in the end on the whole
/// run; one with a window must hold in every window that lies in the load whole.
///
/// What it finds is a function of the seconds it hears, so that a journal tells the same again.
pub struct ThresholdEvaluator {
    rules: Arc<[Rule]>,
    catalog: Arc<Catalog>,
    timeline: Timeline,
    shard: Shard,
    seats: Vec<Seat>,
}

/// What is known of one rule.
struct Seat {
    meter: Measurement,
    course: ThresholdHistory,
    /// Of a window: the last whole one, and the first that broke it.
    last: Option<Judged>,
    broke: Option<Judged>,
    /// When it first ended the run, or would have.
    fatal: Option<Judged>,
}

/// What was found of one rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// How it stands in the end.
    pub judged: Judged,
    /// How it fared on the way.
    pub course: ThresholdHistory,
}

impl ThresholdEvaluator {
    /// A jury of a run, or of a part of one, that has heard nothing.
    #[must_use]
    pub fn new(rules: Arc<[Rule]>, catalog: Arc<Catalog>, timeline: Timeline, shard: Shard) -> Self {
        let seat = |rule: &Rule| Seat {
            meter: Measurement::new(&rule.require, &catalog),
            course: ThresholdHistory::new(),
            last: None,
            broke: None,
            fatal: None,
        };
        let seats = rules.iter().map(seat).collect();
        Self { rules, catalog, timeline, shard, seats }
    }

    /// Takes a second, which is later than all before, and judges.
    pub fn hear(&mut self, interval: &Interval) {
        let at = Offset::ZERO + std::time::Duration::from_secs(u64::from(interval.second) + 1);
        for (rule, seat) in self.rules.iter().zip(&mut self.seats) {
            let selection = Selection::new(&rule.require.selector, &self.catalog, None);
            seat.meter.hear(interval, &rule.require, &selection);
            let measured = match rule.require.window {
                None => {
                    let elapsed = self.timeline.elapsed(at);
                    seat.meter.read(&rule.require, &selection, selection.time(&elapsed))
                }
                Some(window) => {
                    let from = at - std::time::Duration::from_secs(seconds(window).into());
                    let time = selection.time(&self.timeline.between(from, at));
                    if time < window {
                        continue;
                    }
                    seat.meter.read_window(&rule.require, &selection, time)
                }
            };
            let judged = Judged { measured, status: stand(rule, measured), broke: Some(at) };
            seat.take(interval.second, rule, on_shard(self.shard, rule, judged));
        }
    }

    /// The first rule that ends the run now.
    #[must_use]
    pub fn fatal(&self) -> Option<usize> {
        self.seats.iter().position(|seat| seat.fatal.is_some())
    }

    /// Judges the run as a whole, whose load ended at a moment and for a reason, where that is known.
    #[must_use]
    pub fn findings(&self, ended: Offset, closing: Option<Closing>) -> Vec<Finding> {
        let finding = |(index, (rule, seat)): (usize, (&Rule, &Seat))| {
            let selection = Selection::new(&rule.require.selector, &self.catalog, None);
            // what breaks while the load runs out says nothing of the service
            let broke = seat.broke.filter(|judged| judged.broke.is_some_and(|at| at <= ended));
            let judged = match (seat.fatal, broke, seat.last) {
                (Some(fatal), ..) if closing == Some(Closing::Threshold(index)) => fatal,
                (_, Some(broke), _) => broke,
                (_, None, Some(last)) if last.status.holds() => last,
                (..) => {
                    let time = selection.time(&self.timeline.elapsed(ended));
                    let measured = seat.meter.read(&rule.require, &selection, time);
                    on_shard(self.shard, rule, Judged { measured, status: stand(rule, measured), broke: None })
                }
            };
            Finding { judged, course: seat.course.clone() }
        };
        self.rules.iter().zip(&self.seats).enumerate().map(finding).collect()
    }
}

impl Seat {
    fn take(&mut self, second: u32, rule: &Rule, judged: Judged) {
        let Judged { measured, status, broke } = judged;
        self.course.add(second, measured, status);
        if status == Status::Broken {
            if rule.require.window.is_some() {
                self.broke.get_or_insert(judged);
            }
            if rule.on_break == OnBreak::Abort && broke >= Some(Offset::from(rule.after)) {
                self.fatal.get_or_insert(judged);
            }
        } else if rule.require.window.is_some() && (status.holds() || self.last.is_none()) {
            self.last = Some(Judged { broke: None, ..judged });
        }
    }
}
