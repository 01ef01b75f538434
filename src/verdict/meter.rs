use std::collections::VecDeque;
use std::time::Duration;

use super::measure::{Of, Tallied, measure};
use super::select::Selection;
use crate::metrics::{Distribution, Interval, Sliding, Sparse};
use crate::plan::threshold::{Amount, Threshold};
use crate::sample::Catalog;

/// What a threshold's left side has come to so far, kept up second by second: a second costs the series it touched,
/// whatever came before it.
pub(super) struct Meter {
    of: Of,
    tallied: Tallied,
    samples: Samples,
}

enum Samples {
    /// Since the run began.
    Ever(Distribution),
    /// Of a window's length in seconds.
    Window(u32, VecDeque<(u32, Tallied)>, Sliding),
}

impl Meter {
    pub(super) fn new(threshold: &Threshold, catalog: &Catalog) -> Self {
        let of = Of::new(threshold, catalog);
        let samples = match threshold.window {
            None => Samples::Ever(Distribution::new(of.scale())),
            Some(window) => {
                let length = seconds(window);
                Samples::Window(length, VecDeque::new(), Sliding::new(of.scale(), length))
            }
        };
        Self { of, tallied: Tallied::default(), samples }
    }

    /// Takes a second.
    pub(super) fn hear(&mut self, interval: &Interval, threshold: &Threshold, selection: &Selection) {
        let tallied = Tallied::of(interval, selection);
        let samples = self.of.samples(threshold.aggregate, interval, selection);
        match &mut self.samples {
            Samples::Ever(all) => {
                samples.for_each(|samples| all.add(samples));
                self.tallied.merge(&tallied);
            }
            Samples::Window(length, seconds, sliding) => {
                sliding.add(interval.second, Sparse::all(self.of.scale(), samples));
                seconds.push_back((interval.second, tallied));
                while seconds.front().is_some_and(|(old, _)| old.saturating_add(*length) <= interval.second) {
                    seconds.pop_front();
                }
                self.tallied = Tallied::default();
                seconds.iter().for_each(|(_, tallied)| self.tallied.merge(tallied));
            }
        }
    }

    /// What it comes to; `time` is how long the selected stages have lasted, within the window where there is one.
    pub(super) fn read(&self, threshold: &Threshold, selection: &Selection, time: Duration) -> Option<Amount> {
        let samples = match &self.samples {
            Samples::Ever(all) => all,
            Samples::Window(_, _, sliding) => sliding.distribution(),
        };
        measure(threshold, (self.of, selection), &self.tallied, samples, time)
    }
}

/// A window in whole seconds.
pub(super) fn seconds(window: Duration) -> u32 {
    u32::try_from(window.as_secs_f64().ceil() as u64).unwrap_or(u32::MAX)
}
