use std::collections::BTreeMap;

use super::advice::advise;
use super::document::{Analysis, FileEntry, RowEntry, State, Top, VERSION};
use super::figures::{Clock, Origin, Row, RowGroup};
use super::targets::Examined;
use crate::results::Report;

/// The result of an analysis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Every target that could be judged is met.
    Met,
    /// One is not.
    Missed,
    /// There were no requests.
    Empty,
    /// There are targets, and none could be judged.
    Unjudged,
    /// There is nothing to hold the figures against.
    NoTargets,
    /// The generator was the bottleneck of a run.
    Invalid,
}

/// What the files say together. `plan` is the file whose thresholds the targets are; without one each run is held
/// against its own. `exit` gives the exit code of a result.
#[must_use]
pub fn conclude(files: &[Examined], plan: Option<&str>, exit: impl Fn(Outcome) -> u8) -> Analysis {
    let mut groups: BTreeMap<(&str, &str), Vec<&Row>> = BTreeMap::new();
    for row in files.iter().flat_map(|file| &file.figures.rows) {
        groups.entry((&row.method, &row.name)).or_default().push(row);
    }
    let single = files.len() == 1;
    let rows: Vec<RowEntry> =
        groups.into_iter().map(|((method, name), rows)| entry(method, name, &RowGroup(rows), None, single)).collect();
    let entries: Vec<FileEntry> = files.iter().map(file_entry).collect();
    let all = RowGroup(files.iter().flat_map(|file| file.figures.total().0).collect());
    let rate = files.first().filter(|_| single).and_then(|file| file.figures.rate());
    let outcome = outcome(&entries, all.requests());
    Analysis {
        version: VERSION,
        plimsoll: env!("CARGO_PKG_VERSION").to_owned(),
        passed: outcome == Outcome::Met,
        text: outcome.text(&entries),
        exit_code: exit(outcome),
        standards: plan.map(str::to_owned),
        total: entry("", "all", &all, rate, single),
        top: top(&rows),
        requests: rows,
        files: entries,
    }
}

fn outcome(files: &[FileEntry], requests: u64) -> Outcome {
    let targets = || files.iter().flat_map(|file| &file.targets);
    let bad = |state: State| matches!(state, State::Missed | State::NoData);
    match () {
        () if files.iter().any(|file| file.invalid.is_some()) => Outcome::Invalid,
        () if requests == 0 || files.iter().any(|file| file.total.requests == 0) => Outcome::Empty,
        () if targets().any(|target| bad(target.state)) => Outcome::Missed,
        () if targets().next().is_none() => Outcome::NoTargets,
        () if targets().all(|target| target.state == State::NotJudged) => Outcome::Unjudged,
        () => Outcome::Met,
    }
}

impl Outcome {
    fn text(self, files: &[FileEntry]) -> String {
        let targets = || files.iter().flat_map(|file| &file.targets);
        let open = targets().filter(|target| target.state == State::NotJudged).count();
        let of_those = if open == 0 { String::new() } else { format!(" ({open} could not be judged)") };
        let names = |files: &mut dyn Iterator<Item = &FileEntry>| {
            files.map(|file| file.file.as_str()).collect::<Vec<_>>().join(", ")
        };
        let without = names(&mut files.iter().filter(|file| file.targets.is_empty()));
        let without = if without.is_empty() { without } else { format!("; no targets for {without}: {WAY_OUT}") };
        match self {
            Self::Met if open > 0 => format!("every target that could be judged is met; {open} could not{without}"),
            Self::Met => format!("every target is met{without}"),
            Self::Missed => {
                let missed = targets().filter(|target| matches!(target.state, State::Missed | State::NoData)).count();
                let s = if missed == 1 { " is" } else { "s are" };
                format!("failed: {missed} target{s} missed{of_those}{without}")
            }
            Self::Empty => {
                let empty = names(&mut files.iter().filter(|file| file.total.requests == 0));
                format!("failed: no requests in {empty}, so nothing was measured")
            }
            Self::Unjudged => "failed: no target could be judged from these files".to_owned(),
            Self::NoTargets => format!("no targets, so neither passed nor failed: {WAY_OUT}"),
            Self::Invalid => "not valid: the generator was the bottleneck".to_owned(),
        }
    }
}

/// What to do about a file that has no targets.
const WAY_OUT: &str = "`--plan PLAN` takes the thresholds of a plan as targets";

fn file_entry(file: &Examined) -> FileEntry {
    let figures = &file.figures;
    let report = figures.report.as_deref();
    FileEntry {
        file: figures.source.display().to_string(),
        kind: match figures.origin {
            Origin::Journal => "journal",
            Origin::Report => "report",
            Origin::Locust => "locust",
        }
        .to_owned(),
        plan: report.map(|report| report.plan.name.clone()),
        seconds: figures.seconds,
        users: figures.users,
        total: entry("", "all", &figures.total(), figures.rate(), true),
        targets: file.targets.clone(),
        invalid: report.and_then(invalid),
        recommendations: advise(figures),
        notes: figures.notes.clone(),
    }
}

/// Why a run's result is not valid, in the words of its verdict.
pub(super) fn invalid(report: &Report) -> Option<String> {
    report.verdict.text.starts_with("not valid").then(|| report.verdict.text.clone())
}

fn entry(method: &str, name: &str, rows: &RowGroup, rate: Option<f64>, single: bool) -> RowEntry {
    RowEntry {
        method: method.to_owned(),
        name: name.to_owned(),
        requests: rows.requests(),
        failed: rows.failed(),
        error_rate: rows.error_rate(),
        rate: rate.or_else(|| rows.rate().filter(|_| single)),
        mean: rows.mean(Clock::Response),
        min: rows.min(Clock::Response),
        p50: rows.quantile(Clock::Response, 50.0),
        p95: rows.quantile(Clock::Response, 95.0),
        p99: rows.quantile(Clock::Response, 99.0),
        max: rows.max(Clock::Response),
    }
}

/// How many of each kind stand out.
const TOP: usize = 5;

fn top(rows: &[RowEntry]) -> Top {
    let best = |mut rows: Vec<&RowEntry>, by: &dyn Fn(&RowEntry) -> f64| {
        rows.sort_by(|a, b| by(b).total_cmp(&by(a)));
        rows.into_iter().take(TOP).cloned().collect()
    };
    let asked: Vec<&RowEntry> = rows.iter().filter(|row| row.requests > 0).collect();
    let timed = asked.iter().copied().filter(|row| row.p95.is_some() || row.mean.is_some()).collect();
    let broken = asked.iter().copied().filter(|row| row.failed > 0).collect();
    Top {
        slowest: best(timed, &|row| row.p95.map_or(row.mean.unwrap_or(0.0), |bound| bound.at_most)),
        errors: best(broken, &|row| row.failed as f64),
        requests: best(asked, &|row| row.requests as f64),
    }
}
