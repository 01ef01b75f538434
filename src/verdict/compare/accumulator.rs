use std::collections::BTreeMap;
use std::sync::Arc;

use super::bins::Bin;
use super::window::Window;
use crate::metrics::{Distribution, Interval, Measure, Scale, SeriesCount};
use crate::sample::Catalog;
use crate::units::Offset;

/// The most bins of a row; beyond, neighbours are folded into one.
const MAX_BINS: usize = 128;
/// The most rows; requests of further names are in the row of all alone.
const MAX_ROWS: usize = 200;

/// What a row goes by: method and name.
pub type Name = (Arc<str>, Arc<str>);

/// Takes a run second by second, in memory that does not grow with it.
#[derive(Debug)]
pub struct Accumulator<'a> {
    catalog: &'a Catalog,
    window: Window,
    rows: BTreeMap<Name, Row>,
    all: Row,
    /// How many seconds one bin stands for.
    stride: u32,
    unnamed: u64,
}

/// A run in bins, ready to be compared.
#[derive(Debug)]
pub struct Trace {
    pub(super) window: Window,
    pub(super) rows: BTreeMap<Name, Row>,
    pub(super) all: Row,
    /// How many bins every row has.
    pub(super) bins: usize,
    /// How long each is, in seconds.
    pub(super) lengths: Vec<f64>,
    unnamed: u64,
}

/// Requests that share a method and a name, or all.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) ended: u64,
    pub(super) failed: u64,
    /// Their response times, as exact as a report has them.
    pub(super) times: Distribution,
    pub(super) bins: Vec<Bin>,
}

impl<'a> Accumulator<'a> {
    /// Of a run whose ids the catalog explains, and of which that window is compared.
    #[must_use]
    pub fn new(catalog: &'a Catalog, window: Window) -> Self {
        Self { catalog, window, rows: BTreeMap::new(), all: Row::new(), stride: 1, unnamed: 0 }
    }

    /// Adds a second of all workers. Stages that warm up are left out.
    pub fn add(&mut self, interval: &Interval) {
        let place = self.window.place(interval.second);
        while place / self.stride >= MAX_BINS as u32 {
            self.stride *= 2;
            self.all.halve();
            self.rows.values_mut().for_each(Row::halve);
        }
        let bin = (place / self.stride) as usize;
        for count in &interval.series {
            if !self.catalog.is_measured(count.key.stage) || count.counts.ended() == 0 {
                continue;
            }
            self.all.add(bin, count);
            let endpoint = self.catalog.endpoints.get(count.key.endpoint.index());
            let method = endpoint.map_or_else(|| Arc::from(""), |endpoint| Arc::clone(&endpoint.method));
            let name = (method, Arc::clone(&count.key.name));
            if self.rows.len() < MAX_ROWS || self.rows.contains_key(&name) {
                self.rows.entry(name).or_insert_with(Row::new).add(bin, count);
            } else {
                self.unnamed += count.counts.ended();
            }
        }
    }

    /// The run, which was over at the window's end or at `elapsed`, whichever came first. Where its load ended there, what
    /// was still under way counts, and takes its time: until `last_ended`.
    #[must_use]
    pub fn close(self, elapsed: Offset, last_ended: Offset) -> Trace {
        let window = self.window.until(elapsed);
        let (length, stride) = (window.length().as_secs_f64(), f64::from(self.stride));
        // what is left of a bin is one of its own from half on; answers that came behind the end belong to the last
        let bins = ((length / stride).round() as usize).clamp(1, MAX_BINS);
        let mut lengths = vec![stride; bins];
        if let Some(last) = lengths.last_mut() {
            let drained = if window.end() == elapsed { last_ended.since(elapsed).as_secs_f64() } else { 0.0 };
            *last = (length - stride * (bins - 1) as f64).max(0.0) + drained;
        }
        let close = |mut row: Row| {
            row.close(bins);
            row
        };
        let rows = self.rows.into_iter().map(|(name, row)| (name, close(row))).collect();
        Trace { window, rows, all: close(self.all), bins, lengths, unnamed: self.unnamed }
    }
}

impl Trace {
    /// The part of the run that is compared.
    #[must_use]
    pub const fn window(&self) -> &Window {
        &self.window
    }

    /// How many requests have a name beyond the first 200, and are in the row of all alone.
    #[must_use]
    pub const fn unnamed(&self) -> u64 {
        self.unnamed
    }

    /// How many seconds are compared.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.lengths.iter().sum()
    }
}

impl Row {
    fn new() -> Self {
        Self { ended: 0, failed: 0, times: Distribution::new(Scale::Time), bins: Vec::new() }
    }

    fn add(&mut self, bin: usize, count: &SeriesCount) {
        let (ended, failed) = (count.counts.ended(), count.counts.failures());
        self.ended += ended;
        self.failed += failed;
        if bin >= self.bins.len() {
            self.bins.resize_with(bin + 1, Bin::default);
        }
        let place = &mut self.bins[bin];
        place.ended += ended;
        place.failed += failed;
        let response = |measure| Measure::RESPONSE.contains(&measure);
        for (_, samples) in count.times.iter().filter(|(measure, _)| response(*measure)) {
            self.times.add(samples);
            place.times.add(samples);
        }
    }

    /// Makes one bin of each two neighbours.
    fn halve(&mut self) {
        let bins = std::mem::take(&mut self.bins);
        let mut bins = bins.into_iter();
        while let Some(mut first) = bins.next() {
            if let Some(second) = bins.next() {
                first.merge(&second);
            }
            first.times.pack();
            self.bins.push(first);
        }
    }

    fn close(&mut self, bins: usize) {
        for bin in self.bins.split_off(bins.min(self.bins.len())) {
            if let Some(last) = self.bins.last_mut() {
                last.merge(&bin);
            }
        }
        self.bins.resize_with(bins, Bin::default);
        self.bins.iter_mut().for_each(|bin| {
            bin.times.pack();
        });
    }
}
