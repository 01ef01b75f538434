use std::collections::BTreeMap;
use std::sync::Arc;

use super::bins::Cell;
use super::window::Window;
use crate::metrics::{Distribution, Interval, Measure, Scale, SeriesCount};
use crate::sample::{Catalog, StagePurpose};

/// The most cells of a row; beyond, neighbours are folded into one.
const CELLS: usize = 128;
/// The most rows; requests of further names are in the row of all alone.
const ROWS: usize = 200;

/// What a row goes by: method and name.
pub type Name = (Arc<str>, Arc<str>);

/// Takes a run second by second, in memory that does not grow with it.
#[derive(Debug)]
pub struct Fold<'a> {
    catalog: &'a Catalog,
    window: Window,
    rows: BTreeMap<Name, Row>,
    all: Row,
    /// How many seconds one cell stands for.
    stride: u32,
    unnamed: u64,
}

/// A run in cells, ready to be compared.
#[derive(Debug)]
pub struct Trace {
    pub(super) window: Window,
    pub(super) rows: BTreeMap<Name, Row>,
    pub(super) all: Row,
    /// How many cells every row has.
    pub(super) cells: usize,
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
    pub(super) cells: Vec<Cell>,
}

impl<'a> Fold<'a> {
    /// Of a run whose ids the catalog explains, and of which that window is compared.
    #[must_use]
    pub fn new(catalog: &'a Catalog, window: Window) -> Self {
        Self { catalog, window, rows: BTreeMap::new(), all: Row::new(), stride: 1, unnamed: 0 }
    }

    /// Adds a second of all workers. Stages that warm up are left out.
    pub fn add(&mut self, interval: &Interval) {
        let place = self.window.place(interval.second);
        while place / self.stride >= CELLS as u32 {
            self.stride *= 2;
            self.all.fold();
            self.rows.values_mut().for_each(Row::fold);
        }
        let cell = (place / self.stride) as usize;
        for count in &interval.series {
            let stage = self.catalog.stages.get(count.key.stage.index());
            if stage.is_some_and(|stage| stage.purpose == StagePurpose::WarmUp) || count.counts.ended() == 0 {
                continue;
            }
            self.all.add(cell, count);
            let endpoint = self.catalog.endpoints.get(count.key.endpoint.index());
            let method = endpoint.map_or_else(|| Arc::from(""), |endpoint| Arc::clone(&endpoint.method));
            let name = (method, Arc::clone(&count.key.name));
            if self.rows.len() < ROWS || self.rows.contains_key(&name) {
                self.rows.entry(name).or_insert_with(Row::new).add(cell, count);
            } else {
                self.unnamed += count.counts.ended();
            }
        }
    }

    /// The run, which was over at the window's end or at `elapsed`, whichever came first.
    #[must_use]
    pub fn close(self, elapsed: crate::units::Offset) -> Trace {
        let window = self.window.until(elapsed);
        let (whole, stride) = (window.length().as_secs_f64(), f64::from(self.stride));
        // what is left of a cell is one of its own from half on; answers that came behind the end belong to the last
        let cells = ((whole / stride).round() as usize).clamp(1, CELLS);
        let mut lengths = vec![stride; cells];
        if let Some(last) = lengths.last_mut() {
            *last = (whole - stride * (cells - 1) as f64).max(0.0);
        }
        let close = |mut row: Row| {
            row.close(cells);
            row
        };
        let rows = self.rows.into_iter().map(|(name, row)| (name, close(row))).collect();
        Trace { window, rows, all: close(self.all), cells, lengths, unnamed: self.unnamed }
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
        Self { ended: 0, failed: 0, times: Distribution::new(Scale::Time), cells: Vec::new() }
    }

    fn add(&mut self, cell: usize, count: &SeriesCount) {
        let (ended, failed) = (count.counts.ended(), count.counts.failures());
        self.ended += ended;
        self.failed += failed;
        if cell >= self.cells.len() {
            self.cells.resize_with(cell + 1, Cell::default);
        }
        let place = &mut self.cells[cell];
        place.ended += ended;
        place.failed += failed;
        let response = |measure| matches!(measure, Measure::ResponseOk | Measure::ResponseFailed);
        for (_, samples) in count.times.iter().filter(|(measure, _)| response(*measure)) {
            self.times.add(samples);
            place.times.add(samples);
        }
    }

    /// Makes one cell of each two.
    fn fold(&mut self) {
        let cells = std::mem::take(&mut self.cells);
        let mut cells = cells.into_iter();
        while let Some(mut first) = cells.next() {
            if let Some(second) = cells.next() {
                first.merge(&second);
            }
            first.times.pack();
            self.cells.push(first);
        }
    }

    fn close(&mut self, cells: usize) {
        for cell in self.cells.split_off(cells.min(self.cells.len())) {
            if let Some(last) = self.cells.last_mut() {
                last.merge(&cell);
            }
        }
        self.cells.resize_with(cells, Cell::default);
        self.cells.iter_mut().for_each(|cell| {
            cell.times.pack();
        });
    }
}
