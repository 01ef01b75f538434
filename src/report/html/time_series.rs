use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use crate::journal::Header;
use crate::metrics::{Distribution, Health, Interval, Measure, Scale};
use crate::report::sanitize::legible;
use crate::results::{Planned, tasks_begun};
use crate::sample::{MetricId, MetricKind, RunGauge};

/// A run as it went, in charts: each second's own figures, and in a long run the smallest, the largest and the last of
/// each few seconds. Quantiles are of one second each, and never put together.
#[derive(Debug)]
pub(super) struct TimeSeries {
    header: Arc<Header>,
    /// Of the service, in the order of [`figures`], and of the generator.
    own: [Vec<Chart>; 2],
    metrics: Vec<(MetricId, MetricKind, Chart)>,
    /// How many seconds a cell stands for.
    step: u32,
    cells: usize,
    /// When the last request ended, in seconds.
    ended: f64,
    /// To the end of which second it has heard.
    reached: u32,
}

/// One chart: lines that share an axis.
#[derive(Debug, Clone)]
struct Chart {
    id: String,
    title: String,
    /// What its numbers count: `ms`, `/s`, `B/s`, `cores`, or a metric's own word.
    unit: String,
    /// How to read it, in a sentence.
    about: &'static str,
    form: Form,
    lines: Vec<Line>,
}

/// How a chart is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Form {
    /// Lines that cross.
    Lines,
    /// Areas on top of each other.
    Stack,
}

/// One line of a chart.
#[derive(Debug, Clone)]
struct Line {
    label: String,
    cells: Vec<Option<Cell>>,
}

/// A line's figures in some seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Cell {
    least: f64,
    most: f64,
    last: f64,
}

/// A chart as the page's script reads it.
#[derive(Debug, Serialize)]
pub(super) struct ChartData<'a> {
    id: &'a str,
    title: &'a str,
    unit: &'a str,
    about: &'a str,
    form: Form,
    lines: Vec<LineData<'a>>,
}

#[derive(Debug, Serialize)]
struct LineData<'a> {
    label: &'a str,
    last: Vec<Option<f64>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    least: Vec<Option<f64>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    most: Vec<Option<f64>>,
}

/// Which charts and lines there are: as long as it stays, a page only has to add to what it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    step: u32,
    charts: Vec<Vec<String>>,
}

/// What one cell adds to charts that are drawn already.
#[derive(Debug, Serialize)]
pub(super) struct LatestCell {
    cell: usize,
    cells: usize,
    end: f64,
    /// Of each chart, of each line: the last, the smallest and the largest; `null` where nothing was measured.
    charts: Vec<Vec<Option<[f64; 3]>>>,
}

/// The most cells of a line; beyond, neighbours are folded into one.
const CELLS: usize = 600;
/// The most metrics that get a chart.
const METRICS: usize = 24;

const PHASES: [(&str, &[Measure]); 5] = [
    ("DNS", &[Measure::Dns]),
    ("connect", &[Measure::Connect]),
    ("TLS", &[Measure::Tls]),
    ("first byte", &[Measure::FirstByte, Measure::FirstByteFailed]),
    ("receive", &[Measure::Receive]),
];

impl TimeSeries {
    /// Of a run that has heard nothing yet.
    pub(super) fn new(header: Arc<Header>, ended: f64) -> Self {
        let times = ["p50", "p95", "p99"];
        let service = vec![
            Chart::new("requests", "Requests", "/s", Form::Stack, &["ok", "failed"])
                .about("Requests that ended in each second, by how they ended."),
            Chart::new("response", "Response time", "ms", Form::Lines, &times)
                .about("From when a request was due to its end: what a user of the service feels. Each second's own quantiles."),
            Chart::new("service", "Service time", "ms", Form::Lines, &times)
                .about("From when a request was sent to its end: what the service took. Each second's own quantiles."),
            Chart::new("users", "Users", "users", Form::Lines, &["users", "planned"])
                .about("Users there were, the most of each second, and those that the plan asks for."),
            Chart::new("tasks", "Tasks begun", "/s", Form::Lines, &["begun", "planned"])
                .about("Tasks that were begun in each second, and, of arrivals, those that the plan asks for."),
            Chart::new("arrivals", "Requests begun and dropped", "/s", Form::Lines, &["begun", "dropped"])
                .about("Requests that were begun in each second, and those that were due and that nobody was free to begin."),
            Chart::new("phases", "Phases of the service time", "ms", Form::Stack, &PHASES.map(|(name, _)| name))
                .about("The mean of each phase over the requests that had it: a connection that is kept open is made once."),
            Chart::new("status", "Answers by status", "/s", Form::Stack, &["2xx", "3xx", "4xx", "5xx", "other", "no answer"])
                .about("Requests that ended in each second, by the status that was answered."),
            Chart::new("bytes", "Bytes", "B/s", Form::Lines, &["received", "sent"]).about("Bytes on the wire, heads and all."),
        ];
        let mut metrics = Vec::new();
        for (index, metric) in header.catalog.metrics.iter().enumerate().take(METRICS) {
            let (lines, unit): (&[&str], &str) = match metric.kind {
                MetricKind::Trend => (&["p50", "p95"], metric.unit.as_deref().unwrap_or("")),
                MetricKind::Time => (&["p50", "p95"], "ms"),
                MetricKind::Counter => (&["a second"], metric.unit.as_deref().unwrap_or("")),
                MetricKind::Gauge => (&["last"], metric.unit.as_deref().unwrap_or("")),
            };
            let id = MetricId(u16::try_from(index).unwrap_or(u16::MAX));
            // what every run measures of itself has charts of its own above
            if RunGauge::ALL.iter().any(|gauge| gauge.id(&header.catalog) == Some(id)) {
                continue;
            }
            let chart =
                Chart::new(&format!("metric-{index}"), &legible(&metric.name), &legible(unit), Form::Lines, lines);
            let chart = chart.about("A metric that the plan declares: each second's own figures.");
            metrics.push((id, metric.kind, chart));
        }
        let generator = vec![
            Chart::new("generator-cpu", "Generator: CPU", "cores", Form::Lines, &["CPU"])
                .about("How many cores the load generator itself kept busy."),
            Chart::new(
                "generator-delays",
                "Generator: delays",
                "ms",
                Form::Lines,
                &["woke late", "sent late", "waited for a CPU"],
            )
            .about("How late the load generator was, at its worst in each second: what it adds to the times above."),
        ];
        Self { header, own: [service, generator], metrics, step: 1, cells: 0, ended, reached: 0 }
    }

    /// How many seconds a cell stands for.
    pub(super) const fn step(&self) -> u32 {
        self.step
    }

    /// How many cells there are.
    pub(super) const fn cells(&self) -> usize {
        self.cells
    }

    /// How many seconds there were. The last may be a part of one.
    pub(super) fn end(&self) -> f64 {
        let whole = f64::from(self.reached);
        if self.is_part(self.reached.saturating_sub(1)) { self.ended } else { whole }
    }

    /// Whether the run ended within a second.
    fn is_part(&self, second: u32) -> bool {
        f64::from(second) < self.ended && self.ended < f64::from(second) + 1.0
    }

    /// Says when the last request ended, once that is known.
    pub(super) const fn ended(&mut self, at: f64) {
        self.ended = at;
    }

    /// The charts that have anything to show.
    pub(super) fn charts(&self) -> Vec<ChartData<'_>> {
        self.shown().map(|chart| chart.data(self.cells, self.step)).collect()
    }

    /// What charts and lines there are now, and how many seconds a cell of them stands for.
    pub(super) fn layout(&self) -> Layout {
        let charts = self.shown().map(|chart| chart.shown().map(|line| line.label.clone()).collect());
        Layout { step: self.step, charts: charts.collect() }
    }

    /// The cell that was heard last, of each line of each chart: the last, the smallest and the largest in it.
    pub(super) fn latest(&self) -> LatestCell {
        let cell = self.cells.saturating_sub(1);
        let of = |line: &Line| {
            let cell = line.cells.get(cell).copied().flatten();
            cell.map(|cell| [cell.last, cell.least, cell.most].map(four_digits))
        };
        let charts = self.shown().map(|chart| chart.shown().map(of).collect());
        LatestCell { cell, cells: self.cells, end: self.end(), charts: charts.collect() }
    }

    fn shown(&self) -> impl Iterator<Item = &Chart> {
        let [service, generator] = &self.own;
        let metrics = self.metrics.iter().map(|(_, _, chart)| chart);
        // a metric that was always 0 is a finding; a service without failures needs no chart of them
        let metrics = metrics.filter(|chart| chart.lines.iter().any(|line| !line.cells.is_empty()));
        let service = service.iter().filter(|chart| !chart.is_empty());
        service.chain(metrics).chain(generator.iter().filter(|chart| !chart.is_empty()))
    }

    /// Takes a second.
    pub(super) fn hear(&mut self, second: &Interval) {
        // a run that ends with a second may leave one more behind, in which nothing happened
        if self.ended > 0.0 && f64::from(second.second) >= self.ended && second.series.is_empty() {
            return;
        }
        while (second.second / self.step) as usize >= CELLS {
            self.step = self.step.saturating_mul(2);
            let charts = self.own.iter_mut().flatten().chain(self.metrics.iter_mut().map(|(_, _, chart)| chart));
            charts.flat_map(|chart| &mut chart.lines).for_each(Line::halve);
            self.cells = self.cells.div_ceil(2);
        }
        let cell = (second.second / self.step) as usize;
        self.cells = self.cells.max(cell + 1);
        self.reached = self.reached.max(second.second.saturating_add(1));
        // a part of a second, folded into others, would stand for all of them
        let leaves_out = self.step > 1 && self.is_part(second.second);
        let figures = figures(second, &self.header);
        for (chart, values) in self.own.iter_mut().flatten().zip(figures) {
            if !(leaves_out && chart.is_a_second()) {
                chart.add(cell, &values);
            }
        }
        for (metric, kind, chart) in &mut self.metrics {
            let mut samples = Distribution::new(Scale::Number);
            let of_metric = second.metrics.iter().filter(|count| count.metric == *metric);
            of_metric.for_each(|count| samples.add(&count.samples));
            let values = match kind {
                MetricKind::Trend | MetricKind::Time => vec![samples.quantile(0.5), samples.quantile(0.95)],
                MetricKind::Counter if leaves_out => vec![None],
                MetricKind::Counter => vec![(samples.count() > 0).then(|| samples.moments().sum())],
                MetricKind::Gauge => vec![(samples.count() > 0).then_some(samples.moments().last)],
            };
            chart.add(cell, &values);
        }
    }
}

/// The figures of a second, in the order of the charts and their lines.
fn figures(second: &Interval, header: &Header) -> [Vec<Option<f64>>; 11] {
    let mut times: BTreeMap<Measure, Distribution> = BTreeMap::new();
    let (mut ok, mut failed, mut received, mut sent) = (0, 0, 0, 0);
    let mut statuses = [0_u64; 6];
    for series in &second.series {
        ok += series.counts.ok;
        failed += series.counts.failures();
        received += series.counts.bytes_in;
        sent += series.counts.bytes_out;
        let class = match series.key.status {
            Some(status @ 200..=599) => usize::from(status / 100 - 2),
            Some(_) => 4,
            None => 5,
        };
        statuses[class] += series.counts.ended();
        for (measure, samples) in &series.times {
            times.entry(*measure).or_insert_with(|| Distribution::new(Scale::Time)).add(samples);
        }
    }
    let all = |measures: &[Measure]| {
        let mut all = Distribution::new(Scale::Time);
        measures.iter().filter_map(|measure| times.get(measure)).for_each(|times| all.merge(times));
        all
    };
    let ms = |nanos: f64| nanos / 1e6;
    let quantiles = |measures: &[Measure]| {
        let all = all(measures);
        [0.5, 0.95, 0.99].map(|p| all.quantile(p).map(ms)).to_vec()
    };
    let count = |number: u64| Some(number as f64);
    let Health { worker_lag, lateness, cpu_wait, cpu_cores, .. } = second.health;
    let duration = |time: std::time::Duration| Some(time.as_secs_f64() * 1e3);
    let planned = Planned::of(header, second.second);
    let users = second.user_figures(std::time::Duration::from_secs(1)).map_or(second.users, |figures| figures.most);
    [
        vec![count(ok), count(failed)],
        quantiles(&Measure::RESPONSE),
        quantiles(&Measure::SERVICE),
        vec![count(users), planned.users],
        vec![count(tasks_begun(header, second)), planned.arrivals],
        vec![count(second.accounting.started), count(second.accounting.dropped)],
        PHASES.map(|(_, measures)| all(measures).mean().map(ms)).to_vec(),
        statuses.map(count).to_vec(),
        vec![count(received), count(sent)],
        vec![Some(cpu_cores)],
        vec![duration(worker_lag), duration(lateness), cpu_wait.and_then(duration)],
    ]
}

impl Chart {
    fn new(id: &str, title: &str, unit: &str, form: Form, lines: &[&str]) -> Self {
        let lines = lines.iter().map(|label| Line { label: (*label).to_owned(), cells: Vec::new() }).collect();
        Self { id: id.to_owned(), title: title.to_owned(), unit: unit.to_owned(), about: "", form, lines }
    }

    /// Whether it shows what was counted in each second.
    fn is_a_second(&self) -> bool {
        matches!(self.unit.as_str(), "/s" | "B/s")
    }

    fn about(self, about: &'static str) -> Self {
        Self { about, ..self }
    }

    fn add(&mut self, cell: usize, values: &[Option<f64>]) {
        self.lines.iter_mut().zip(values).for_each(|(line, value)| line.add(cell, *value));
    }

    /// Whether no line has anything but nothing.
    fn is_empty(&self) -> bool {
        self.lines.iter().all(Line::is_empty)
    }

    /// The lines that are drawn: a phase that never happened, a status that never came along the bottom says nothing.
    fn shown(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().enumerate().filter(|(index, line)| *index == 0 || !line.is_empty()).map(|(_, line)| line)
    }

    fn data(&self, cells: usize, step: u32) -> ChartData<'_> {
        ChartData {
            id: &self.id,
            title: &self.title,
            unit: &self.unit,
            about: self.about,
            form: self.form,
            lines: self.shown().map(|line| line.data(cells, step)).collect(),
        }
    }
}

impl Line {
    fn add(&mut self, cell: usize, value: Option<f64>) {
        let Some(value) = value.filter(|value| value.is_finite()) else { return };
        if cell >= self.cells.len() {
            self.cells.resize(cell + 1, None);
        }
        let place = &mut self.cells[cell];
        let own = Cell { least: value, most: value, last: value };
        *place = Some(place.map_or(own, |cell| cell.followed_by(own)));
    }

    /// Makes one cell of each two neighbours.
    fn halve(&mut self) {
        let folded = self.cells.chunks(2).map(|pair| match pair {
            [Some(first), Some(second)] => Some(first.followed_by(*second)),
            [first, second] => first.or(*second),
            pair => pair.first().copied().flatten(),
        });
        self.cells = folded.collect();
    }

    fn is_empty(&self) -> bool {
        self.cells.iter().flatten().all(|cell| cell.most == 0.0 && cell.least == 0.0)
    }

    fn data(&self, cells: usize, step: u32) -> LineData<'_> {
        let figures = |of: fn(&Cell) -> f64| {
            let mut figures: Vec<Option<f64>> =
                self.cells.iter().map(|cell| cell.as_ref().map(of).map(four_digits)).collect();
            figures.resize(cells, None);
            figures
        };
        let folded = |of: fn(&Cell) -> f64| if step > 1 { figures(of) } else { Vec::new() };
        LineData {
            label: &self.label,
            last: figures(|cell| cell.last),
            least: folded(|cell| cell.least),
            most: folded(|cell| cell.most),
        }
    }
}

impl Cell {
    fn followed_by(self, next: Self) -> Self {
        Self { least: self.least.min(next.least), most: self.most.max(next.most), last: next.last }
    }
}

/// A number in four digits: a chart shows no more, and the page stays small.
pub(super) fn four_digits(number: f64) -> f64 {
    if number == 0.0 || !number.is_finite() {
        return 0.0;
    }
    let scale = 10_f64.powi(3 - number.abs().log10().floor() as i32);
    if number.abs() >= 1000.0 { number.round() } else { (number * scale).round() / scale }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(values: &[f64]) -> Line {
        let mut line = Line { label: "a".to_owned(), cells: Vec::new() };
        values.iter().enumerate().for_each(|(cell, value)| line.add(cell, Some(*value)));
        line
    }

    #[test]
    fn a_folded_line_keeps_the_smallest_the_largest_and_the_last() {
        let mut line = line(&[5.0, 1.0, 9.0, 2.0, 3.0]);
        line.halve();
        line.halve();
        assert_eq!(
            line.cells,
            [Some(Cell { least: 1.0, most: 9.0, last: 2.0 }), Some(Cell { least: 3.0, most: 3.0, last: 3.0 })]
        );
        let data = line.data(3, 4);
        assert_eq!((data.last, data.least), (vec![Some(2.0), Some(3.0), None], vec![Some(1.0), Some(3.0), None]));
    }

    #[test]
    fn numbers_are_shortened_to_what_a_chart_shows() {
        let short = [0.0, 0.123_456, 12.345_67, 123_456.7, -1.5, f64::NAN].map(four_digits);
        assert_eq!(short, [0.0, 0.1235, 12.35, 123_457.0, -1.5, 0.0]);
    }
}
