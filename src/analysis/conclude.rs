use std::collections::BTreeMap;

use super::advice::advise;
use super::document::{Analysis, FileEntry, RowEntry, State, TargetEntry, Top, VERSION};
use super::figures::{Clock, Figures, Gathered, Origin, Row, Standards};
use super::judge::judge;
use super::names::Names;
use super::throughput::Rhythm;
use crate::report::{counted, grouped, ms};
use crate::results::{Report, ThresholdEntry};
use crate::threshold::{Aggregate, Operator, Rule};

/// One file's figures, and what they are held against.
#[derive(Debug)]
pub struct Examined {
    figures: Figures,
    targets: Vec<TargetEntry>,
}

impl Examined {
    /// Figures whose targets are judged as far as the figures tell.
    #[must_use]
    pub fn by_figures(figures: Figures, rules: &[Rule], names: &Names) -> Self {
        let targets = rules.iter().map(|rule| explained(rule, judge(rule, &figures, names), &figures)).collect();
        Self { figures, targets }
    }

    /// Figures of a journal, whose targets were judged exactly, from its seconds.
    #[must_use]
    pub fn by_journal(figures: Figures, rules: &[Rule], judged: &[ThresholdEntry]) -> Self {
        let judged = rules.iter().zip(judged);
        let targets = judged.map(|(rule, entry)| explained(rule, entry.into(), &figures)).collect();
        Self { figures, targets }
    }
}

/// Says of a rate that is missed when its users could not have made it, whatever the service.
fn explained(rule: &Rule, mut target: TargetEntry, figures: &Figures) -> TargetEntry {
    let asks = rule.require.aggregate == Aggregate::Rate && rule.require.subject.is_of_requests();
    let at_least = matches!(rule.require.operator, Operator::AtLeast | Operator::Above);
    if !asks || !at_least || target.state != State::Missed || target.note.is_some() || !rule.require.selector.is_empty()
    {
        return target;
    }
    let rhythm = Rhythm::of(figures);
    let short = rhythm.and_then(|rhythm| Some((rhythm, rhythm.ceiling()?)));
    let short =
        short.filter(|(_, ceiling)| rule.require.limit.amount().is_some_and(|limit| ceiling / 60.0 < limit.value()));
    target.note = short.map(|(rhythm, ceiling)| {
        format!(
            "out of reach: {} that pause {} between requests make about {}/min, however fast the answers",
            counted(rhythm.users, "user"),
            ms((rhythm.turn - rhythm.waits) * 1e3),
            grouped(ceiling.round() as u64),
        )
    });
    target
}

/// What the files say together. `exit` gives the exit code of a result.
#[must_use]
pub fn conclude(files: &[Examined], standards: (Standards, &str), exit: impl Fn(Outcome) -> u8) -> Analysis {
    let mut groups: BTreeMap<(&str, &str), Vec<&Row>> = BTreeMap::new();
    for row in files.iter().flat_map(|file| &file.figures.rows) {
        groups.entry((&row.method, &row.name)).or_default().push(row);
    }
    let single = files.len() == 1;
    let rows: Vec<RowEntry> =
        groups.into_iter().map(|((method, name), rows)| entry(method, name, &Gathered(rows), None, single)).collect();
    let entries: Vec<FileEntry> = files.iter().map(|file| file_entry(file, standards.0)).collect();
    let all = Gathered(files.iter().flat_map(|file| file.figures.total().0).collect());
    let rate = files.first().filter(|_| single).and_then(|file| file.figures.rate());
    let outcome = outcome(&entries, all.requests());
    Analysis {
        version: VERSION,
        plimsoll: env!("CARGO_PKG_VERSION").to_owned(),
        passed: outcome == Outcome::Met,
        text: outcome.text(&entries),
        exit_code: exit(outcome),
        standards: standards.1.to_owned(),
        total: entry("", "all", &all, rate, single),
        top: top(&rows),
        requests: rows,
        files: entries,
    }
}

/// What an analysis comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Every target that could be judged is met.
    Met,
    /// One is not.
    Missed,
    /// There were no requests.
    Empty,
    /// Nothing could be judged.
    Unjudged,
    /// The generator was the bottleneck of a run.
    Invalid,
}

fn outcome(files: &[FileEntry], requests: u64) -> Outcome {
    let judged = || files.iter().flat_map(|file| file.targets.iter().chain(&file.thresholds));
    let bad = |state: State| matches!(state, State::Missed | State::NoData);
    match () {
        () if files.iter().any(|file| file.invalid.is_some()) => Outcome::Invalid,
        () if requests == 0 || files.iter().any(|file| file.total.requests == 0) => Outcome::Empty,
        () if judged().any(|target| bad(target.state)) => Outcome::Missed,
        () if judged().all(|target| target.state == State::NotJudged) => Outcome::Unjudged,
        () => Outcome::Met,
    }
}

impl Outcome {
    fn text(self, files: &[FileEntry]) -> String {
        let targets = || files.iter().flat_map(|file| file.targets.iter().chain(&file.thresholds));
        let open = targets().filter(|target| target.state == State::NotJudged).count();
        let of_those = if open == 0 { String::new() } else { format!(" ({open} could not be judged)") };
        match self {
            Self::Met if open > 0 => format!("every target that could be judged is met; {open} could not"),
            Self::Met => "every target is met".to_owned(),
            Self::Missed => {
                let missed = targets().filter(|target| matches!(target.state, State::Missed | State::NoData)).count();
                let s = if missed == 1 { " is" } else { "s are" };
                format!("failed: {missed} target{s} missed{of_those}")
            }
            Self::Empty => {
                let empty = files.iter().filter(|file| file.total.requests == 0).map(|file| file.file.as_str());
                format!("failed: no requests in {}, so nothing was measured", empty.collect::<Vec<_>>().join(", "))
            }
            Self::Unjudged => "failed: no target could be judged from these files".to_owned(),
            Self::Invalid => "not valid: the generator was the bottleneck".to_owned(),
        }
    }
}

fn file_entry(file: &Examined, standards: Standards) -> FileEntry {
    let figures = &file.figures;
    let own = figures.own.as_deref();
    let thresholds = own.filter(|_| standards == Standards::Default).map_or(&[][..], |report| &report.thresholds);
    FileEntry {
        file: figures.source.display().to_string(),
        kind: match figures.origin {
            Origin::Journal => "journal",
            Origin::Report => "report",
            Origin::Locust => "locust",
        }
        .to_owned(),
        plan: own.map(|report| report.plan.name.clone()),
        seconds: figures.seconds,
        users: figures.users,
        total: entry("", "all", &figures.total(), figures.rate(), true),
        targets: file.targets.clone(),
        thresholds: thresholds.iter().map(TargetEntry::from).collect(),
        invalid: own.and_then(invalid),
        recommendations: advise(figures),
        notes: figures.notes.clone(),
    }
}

/// Why a run's result is not valid, in the words of its verdict.
pub(super) fn invalid(report: &Report) -> Option<String> {
    report.verdict.text.starts_with("not valid").then(|| report.verdict.text.clone())
}

fn entry(method: &str, name: &str, rows: &Gathered, rate: Option<f64>, single: bool) -> RowEntry {
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
