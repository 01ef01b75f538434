use super::cells::{number, percentiles_of};
use super::content::{average, content_of};
use crate::metrics::{Distribution, Measure, Scale, SeriesCount};

/// What some requests came to: those of one second, or all so far.
pub(super) struct Requests {
    count: u64,
    failures: u64,
    content: u64,
    times: Distribution,
}

/// All so far that one row of the history stands for.
pub(super) struct Running {
    all: Requests,
    /// Kept, for a whole histogram is walked to find it; `None` since something was added.
    median: Option<f64>,
}

impl Requests {
    pub(super) const fn none() -> Self {
        Self { count: 0, failures: 0, content: 0, times: Distribution::new(Scale::Time) }
    }

    pub(super) fn add(&mut self, series: &SeriesCount) {
        self.count += series.counts.ended();
        self.failures += series.counts.failures();
        self.content += content_of(&series.counts);
        for (measure, samples) in &series.times {
            if matches!(measure, Measure::ResponseOk | Measure::ResponseFailed) {
                self.times.add(samples);
            }
        }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// How many there were in this second, how many failed, and their percentiles.
    pub(super) fn cells(&self) -> Vec<String> {
        // as many decimals as Locust writes, so that a reader takes the column for one of fractions
        let mut cells = vec![format!("{:.6}", self.count as f64), format!("{:.6}", self.failures as f64)];
        cells.extend(percentiles_of(&self.times));
        cells
    }
}

impl Running {
    pub(super) const fn new() -> Self {
        Self { all: Requests::none(), median: None }
    }

    pub(super) fn add(&mut self, series: &SeriesCount) {
        self.all.add(series);
        self.median = None;
    }

    /// The columns that begin with `Total`.
    pub(super) fn cells(&mut self) -> [String; 7] {
        let ms = |nanos: Option<f64>| number(nanos.unwrap_or(0.0) / 1e6);
        let times = &self.all.times;
        let median = *self.median.get_or_insert_with(|| times.quantile(0.5).unwrap_or(0.0));
        [
            self.all.count.to_string(),
            self.all.failures.to_string(),
            ms(Some(median)),
            ms(times.mean()),
            ms(times.min()),
            ms(times.max()),
            number(average(self.all.content, self.all.count)),
        ]
    }
}
