use std::collections::BTreeSet;

use super::document::{FigureEntry, RunLine, RunsReport};
use super::text::{began, one_line};
use crate::report::{Unit, csv_rows, csv_text, shortened, visible};

/// How many runs a line of signs shows.
const SIGNS: usize = 64;
const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// What stands where a run has no data.
const ABSENT: char = '·';

/// What is said of times that are longer than those of the list.
pub(super) const AS_TIMEOUT: &str = "as in thresholds, failed requests count as no quicker than their timeout";

/// One figure over the runs of one plan, the oldest first.
pub(super) struct Trend<'a> {
    /// The figure, as it was asked for.
    pub(super) figure: &'a str,
    /// The plan's name.
    pub(super) plan: &'a str,
    /// Each run with its figure.
    pub(super) points: Vec<(&'a RunLine, &'a FigureEntry)>,
}

/// The trends of a list: runs of different plans do not compare, so each plan has its own.
pub(super) fn trends<'a>(report: &'a RunsReport, figures: &'a [String]) -> Vec<Trend<'a>> {
    let mut seen = BTreeSet::new();
    let plans: Vec<&str> = report.runs.iter().map(|run| run.plan.as_str()).filter(|plan| seen.insert(*plan)).collect();
    let of_plan = |plan: &'a str| {
        figures.iter().map(move |figure| {
            // a part of a run is no point among whole ones, nor is a rehearsal
            let is_whole = |run: &&RunLine| run.shard.is_none() && run.scale.is_none();
            let runs = report.runs.iter().rev().filter(|run| run.plan == plan).filter(is_whole);
            let points = runs.filter_map(|run| Some((run, run.figures.get(figure)?))).collect();
            Trend { figure, plan, points }
        })
    };
    plans.into_iter().flat_map(of_plan).filter(|trend| !trend.points.is_empty()).collect()
}

impl Trend<'_> {
    /// The smallest and the largest figure; `None` without any.
    pub(super) fn bounds(&self) -> Option<(f64, f64)> {
        let values = self.points.iter().filter_map(|(_, figure)| figure.value);
        values.fold(None, |bounds, value| {
            let (low, high) = bounds.unwrap_or((value, value));
            Some((low.min(value), high.max(value)))
        })
    }

    /// By how much the figure of a run differs from the run before that has one, as a part of that.
    fn change(&self, index: usize) -> Option<f64> {
        let value = self.points[index].1.value?;
        let before = self.points[..index].iter().rev().find_map(|(_, figure)| figure.value)?;
        (before != 0.0).then(|| value / before - 1.0)
    }

    /// The same as it is shown; empty where there is none.
    pub(super) fn change_shown(&self, index: usize) -> String {
        self.change(index).map(|change| Unit::Change.show(change)).unwrap_or_default()
    }

    /// The figures as a line of signs, the lowest of them at the bottom.
    fn signs(&self) -> String {
        let Some((low, high)) = self.bounds() else { return String::new() };
        let skipped = self.points.len().saturating_sub(SIGNS);
        let sign = |value: f64| {
            let share = if high > low { (value - low) / (high - low) } else { 0.5 };
            LEVELS[((share * 7.0).round() as usize).min(7)]
        };
        self.points[skipped..].iter().map(|(_, figure)| figure.value.map_or(ABSENT, sign)).collect()
    }

    /// Whether some figure has failed requests in it, which the list of runs has not.
    pub(super) fn has_failed_as_timeout(&self) -> bool {
        self.points.iter().any(|(_, figure)| figure.failed_as_timeout)
    }

    /// A figure as it is shown; empty where no run has it.
    pub(super) fn shown(&self, of: f64) -> &str {
        let at = self.points.iter().find(|(_, figure)| figure.value == Some(of));
        at.map_or("", |(_, figure)| &figure.shown)
    }
}

/// The trends of a list for a terminal: a line of signs, and a row for each run, the newest first.
#[must_use]
pub fn trend_text(report: &RunsReport, figures: &[String]) -> String {
    let mut out = String::new();
    for trend in trends(report, figures) {
        out.push_str(&format!("{} of {}\n", one_line(trend.figure), shortened(&one_line(trend.plan), 40)));
        match trend.bounds() {
            Some((low, high)) => {
                out.push_str(&format!("  {}\n", trend.signs()));
                out.push_str(&format!("  lowest {}, highest {}\n\n", trend.shown(low), trend.shown(high)));
            }
            None => out.push_str("  no run has data for it\n\n"),
        }
        let width = |of: fn(&RunLine, &FigureEntry) -> usize| {
            trend.points.iter().map(|(run, figure)| of(run, figure)).max().unwrap_or(0)
        };
        let references = width(|run, _| run.reference.len());
        let shown = width(|_, figure| figure.shown.chars().count()).min(30);
        for (index, (run, figure)) in trend.points.iter().enumerate().rev() {
            let change = trend.change_shown(index);
            let row = format!(
                "  {:references$}  {}  {:>shown$}  {change:>9}  {:11}  {}",
                run.reference,
                began(&run.began),
                shortened(&figure.shown, 30),
                run.state.word(),
                shortened(&one_line(run.name.as_deref().unwrap_or_default()), 12),
            );
            out.push_str(row.trim_end());
            out.push('\n');
        }
        if trend.has_failed_as_timeout() {
            out.push_str(&format!("  {AS_TIMEOUT}\n"));
        }
        out.push('\n');
    }
    if report.older > 0 {
        out.push_str(&format!("and {} older runs: `--last N` shows more\n", report.older));
    }
    visible(out.trim_end()) + "\n"
}

/// The runs of a list as CSV, the oldest first, with a column for each figure: in seconds, a second, shares of 1, numbers
/// or bytes.
#[must_use]
pub fn trend_csv(report: &RunsReport, figures: &[String]) -> String {
    let mut file = csv_rows(Vec::new());
    let number = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
    let head = ["file", "plan", "name", "labels", "began", "state"].map(str::to_owned);
    let fixed = ["requests", "failed", "rate", "error_rate", "p50_ms", "p95_ms", "p99_ms"].map(str::to_owned);
    // what every run has keeps its name
    let own = |figure: &String| {
        let is_taken = head.contains(figure) || fixed.contains(figure);
        if is_taken { format!("trend_{figure}") } else { figure.clone() }
    };
    let named = head.iter().chain(&fixed).cloned().chain(figures.iter().map(own));
    let mut rows = vec![named.collect::<Vec<String>>()];
    for run in report.runs.iter().rev() {
        let mut row = vec![
            run.file.clone(),
            run.plan.clone(),
            run.name.clone().unwrap_or_default(),
            run.noted().join(" "),
            run.began.clone(),
            run.state.word().replace(' ', "_"),
            run.requests.map(|count| count.to_string()).unwrap_or_default(),
            run.failed.map(|count| count.to_string()).unwrap_or_default(),
        ];
        row.extend([run.rate, run.error_rate, run.p50, run.p95, run.p99].map(number));
        row.extend(figures.iter().map(|figure| number(run.figures.get(figure).and_then(|figure| figure.value))));
        rows.push(row.iter().map(|cell| csv_text(cell)).collect());
    }
    for row in rows {
        // what is written to memory cannot be refused
        let _ = file.write_record(row);
    }
    String::from_utf8_lossy(&file.into_inner().unwrap_or_default()).into_owned()
}
