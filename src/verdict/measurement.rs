use std::collections::VecDeque;
use std::time::Duration;

use super::measure::{Of, Tallied, measure};
use super::select::Selection;
use crate::metrics::{Distribution, Interval, Sliding, SparseHistogram};
use crate::sample::Catalog;
use crate::threshold::{Amount, Threshold};

/// What a threshold's left side has come to so far, kept up second by second: a second costs the series it touched,
/// whatever came before it.
pub(super) struct Measurement {
    of: Of,
    tallied: Tallied,
    samples: Distribution,
    window: Option<Window>,
}

/// What a window has heard, besides what came since the run began.
struct Window {
    /// In seconds.
    length: u32,
    seconds: VecDeque<(u32, Tallied)>,
    tallied: Tallied,
    samples: Sliding,
}

impl Measurement {
    pub(super) fn new(threshold: &Threshold, catalog: &Catalog) -> Self {
        let of = Of::new(threshold, catalog);
        let window = threshold.window.map(|window| {
            let length = seconds(window);
            let (seconds, tallied) = (VecDeque::new(), Tallied::default());
            Window { length, seconds, tallied, samples: Sliding::new(of.scale(), length) }
        });
        Self { of, tallied: Tallied::default(), samples: Distribution::new(of.scale()), window }
    }

    /// Takes a second.
    pub(super) fn hear(&mut self, interval: &Interval, threshold: &Threshold, selection: &Selection) {
        let tallied = Tallied::of(interval, selection);
        let samples = || self.of.samples(threshold.aggregate, interval, selection);
        if let Some(window) = &mut self.window {
            window.hear(interval.second, tallied, SparseHistogram::all(self.of.scale(), samples()));
        }
        samples().for_each(|samples| self.samples.add(samples));
        self.tallied.merge(&tallied);
    }

    /// What everything so far comes to; `time` is how long the selected stages have lasted.
    pub(super) fn read(&self, threshold: &Threshold, selection: &Selection, time: Duration) -> Option<Amount> {
        measure(threshold, (self.of, selection), &self.tallied, &self.samples, time)
    }

    /// What the window comes to; `time` is how long the selected stages have lasted within it.
    pub(super) fn read_window(&self, threshold: &Threshold, selection: &Selection, time: Duration) -> Option<Amount> {
        let window = self.window.as_ref()?;
        measure(threshold, (self.of, selection), &window.tallied, window.samples.distribution(), time)
    }
}

impl Window {
    fn hear(&mut self, second: u32, tallied: Tallied, samples: SparseHistogram) {
        self.samples.add(second, samples);
        self.seconds.push_back((second, tallied));
        while self.seconds.front().is_some_and(|(old, _)| old.saturating_add(self.length) <= second) {
            self.seconds.pop_front();
        }
        self.tallied = Tallied::default();
        self.seconds.iter().for_each(|(_, tallied)| self.tallied.merge(tallied));
    }
}

/// A window in whole seconds.
pub(super) fn seconds(window: Duration) -> u32 {
    u32::try_from(window.as_secs_f64().ceil() as u64).unwrap_or(u32::MAX)
}
