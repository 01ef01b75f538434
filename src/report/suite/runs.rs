use std::time::{Duration, SystemTime};

use super::document::{SuiteReport, SuiteRunEntry, SuiteState, VERSION};
use crate::report::junit::{Case, CaseOutcome, Failure, Suite, Suites, suites_of};
use crate::report::numbers::counted;
use crate::results::{Report, ThresholdState, VerdictEntry};
use crate::verdict::Exit;

/// What is known of a suite besides its runs.
#[derive(Debug, Clone)]
pub struct SuiteHead {
    /// Its name.
    pub name: String,
    /// What it is for; empty where nobody says.
    pub description: String,
    /// The file it was read from.
    pub file: Option<String>,
    /// The part of its plans that is run, where it is one for all of them.
    pub scale: Option<f64>,
    /// When it began.
    pub began: SystemTime,
    /// How long it took so far.
    pub took: Duration,
    /// The pause between two plans.
    pub rest: Duration,
}

/// A plan of a suite, with what it came to.
#[derive(Debug)]
pub struct SuiteRun {
    /// What its run is called.
    pub name: String,
    /// The plan's file.
    pub file: String,
    /// What is said over the plan, as flags.
    pub flags: Vec<String>,
    /// What it came to.
    pub outcome: SuiteOutcome,
}

/// What a plan of a suite came to.
#[derive(Debug)]
pub enum SuiteOutcome {
    /// It is still to come.
    Waiting,
    /// The suite ended before its turn.
    NotRun,
    /// It has ended.
    Ended {
        /// How.
        exit: Exit,
        /// Why there is no report, where there is none.
        why: String,
        /// Its report, where it was run.
        report: Option<Box<Report>>,
        /// The beginning of its files' names.
        stem: Option<String>,
    },
}

/// What a suite has come to.
#[must_use]
pub fn suite_report(head: &SuiteHead, runs: &[SuiteRun]) -> SuiteReport {
    let over = !runs.iter().any(|run| matches!(run.outcome, SuiteOutcome::Waiting));
    SuiteReport {
        version: VERSION,
        plimsoll: env!("CARGO_PKG_VERSION").to_owned(),
        name: head.name.clone(),
        description: head.description.clone(),
        file: head.file.clone(),
        scale: head.scale,
        began: humantime::format_rfc3339_millis(head.began).to_string(),
        seconds: head.took.as_secs_f64(),
        rest: head.rest.as_secs_f64(),
        over,
        verdict: verdict(runs, over),
        runs: runs.iter().map(entry).collect(),
    }
}

fn verdict(runs: &[SuiteRun], over: bool) -> VerdictEntry {
    let count = |of: fn(&SuiteOutcome) -> bool| runs.iter().filter(|run| of(&run.outcome)).count() as u64;
    let ended = runs.iter().filter_map(|run| match &run.outcome {
        SuiteOutcome::Ended { exit, .. } => Some(*exit),
        SuiteOutcome::Waiting | SuiteOutcome::NotRun => None,
    });
    let not_run = count(|outcome| matches!(outcome, SuiteOutcome::NotRun));
    let waiting = count(|outcome| matches!(outcome, SuiteOutcome::Waiting));
    // what was not run is no pass
    let least = if not_run > 0 { Exit::Interrupted } else { Exit::Passed };
    let worst = ended.fold(least, Exit::worse);
    let bad = count(|outcome| matches!(outcome, SuiteOutcome::Ended { exit, .. } if *exit != Exit::Passed));
    let all = runs.len() as u64;
    let mut text = match (bad, over) {
        (0, true) if not_run == 0 => format!("passed: {}", counted(all, "plan")),
        (0, false) => "under way".to_owned(),
        (bad, _) => {
            let of = counted(all, "plan");
            let did = if bad == 0 { "interrupted".to_owned() } else { format!("{bad} of {of} did not pass") };
            let worst =
                if bad > 0 && worst != Exit::Failed { format!(" (at worst: {})", worst.word()) } else { String::new() };
            if worst.is_empty() && bad > 0 { format!("failed: {did}") } else { format!("{did}{worst}") }
        }
    };
    for (count, word) in [(not_run, "not run"), (waiting, "still to come")] {
        if count > 0 {
            text.push_str(&format!("; {count} {word}"));
        }
    }
    VerdictEntry { passed: over && worst == Exit::Passed, text, exit_code: worst.code() }
}

fn entry(run: &SuiteRun) -> SuiteRunEntry {
    let mut entry = SuiteRunEntry {
        name: run.name.clone(),
        file: run.file.clone(),
        flags: run.flags.clone(),
        state: SuiteState::Waiting,
        exit_code: None,
        text: "still to come".to_owned(),
        stem: None,
        scale: None,
        began: None,
        seconds: None,
        users: None,
        requests: None,
        failed: None,
        error_rate: None,
        rate: None,
        p50: None,
        p95: None,
        p99: None,
        thresholds: 0,
        held: 0,
        broken: Vec::new(),
        left_out: Vec::new(),
    };
    match &run.outcome {
        SuiteOutcome::Waiting => {}
        SuiteOutcome::NotRun => {
            entry.state = SuiteState::NotRun;
            entry.text = "not run: the suite was ended before its turn".to_owned();
        }
        SuiteOutcome::Ended { exit, why, report, stem } => {
            entry.state = state(*exit, report.is_some());
            entry.exit_code = Some(exit.code());
            entry.text = words(*exit, why, report.as_deref());
            entry.stem.clone_from(stem);
            report.iter().for_each(|report| figures(&mut entry, report));
        }
    }
    entry
}

const fn state(exit: Exit, was_run: bool) -> SuiteState {
    match exit {
        Exit::Passed => SuiteState::Passed,
        Exit::Failed => SuiteState::Failed,
        _ if was_run => SuiteState::NotValid,
        _ => SuiteState::NotStarted,
    }
}

/// What is said of a run that has ended.
fn words(exit: Exit, why: &str, report: Option<&Report>) -> String {
    match report {
        Some(report) if report.verdict.exit_code == exit.code() => report.verdict.text.clone(),
        // the run itself passed
        Some(_) if exit == Exit::Failed => "failed: it regressed against its baseline".to_owned(),
        Some(report) => format!("{}; {}", report.verdict.text, exit.word()),
        None if why.is_empty() => exit.word().to_owned(),
        None => format!("{}: {why}", exit.word()),
    }
}

fn figures(entry: &mut SuiteRunEntry, report: &Report) {
    let judged = report.measured.as_ref().unwrap_or(&report.total);
    entry.scale = report.run.scale;
    entry.began = Some(report.run.began.clone());
    entry.seconds = Some(report.run.seconds);
    entry.users = Some(report.run.users);
    entry.requests = Some(judged.requests);
    entry.failed = Some(judged.failed);
    entry.error_rate = judged.error_rate;
    entry.rate = Some(judged.rate);
    let time = |of: fn(&crate::results::TimeEntry) -> f64| judged.response_time.as_ref().map(of);
    (entry.p50, entry.p95, entry.p99) = (time(|times| times.p50), time(|times| times.p95), time(|times| times.p99));
    entry.thresholds = report.thresholds.len() as u64;
    entry.held = report.thresholds.iter().filter(|threshold| threshold.state == ThresholdState::Held).count() as u64;
    let broken = report
        .thresholds
        .iter()
        .filter(|threshold| matches!(threshold.state, ThresholdState::Broken | ThresholdState::NoData));
    let named = |name: &Option<String>| name.as_ref().map(|name| format!("{name}: ")).unwrap_or_default();
    entry.broken = broken
        .map(|threshold| format!("{}{}: {}", named(&threshold.name), threshold.require, threshold.measured))
        .collect();
    let left_out = report.left_out.iter();
    entry.left_out = left_out.map(|left| format!("{}{}: {}", named(&left.name), left.require, left.why)).collect();
}

/// The suite as JUnit's XML: the suites of each run under its name, and one case for each that was not run.
#[must_use]
pub fn suite_junit(head: &SuiteHead, runs: &[SuiteRun]) -> String {
    let suites = runs.iter().flat_map(|run| match &run.outcome {
        SuiteOutcome::Ended { exit, report: Some(report), why, .. } => {
            let mut suites = suites_of(report, &run.name);
            // what the report does not know: a regression, lost results
            if report.verdict.exit_code != exit.code() {
                suites.push(alone(run, failed(*exit, words(*exit, why, Some(report.as_ref())))));
            }
            suites
        }
        SuiteOutcome::Ended { exit, why, report: None, .. } => vec![alone(run, failed(*exit, words(*exit, why, None)))],
        SuiteOutcome::NotRun | SuiteOutcome::Waiting => vec![alone(run, CaseOutcome::Skipped(entry(run).text))],
    });
    Suites { name: head.name.clone(), seconds: head.took.as_secs_f64(), suites: suites.collect() }.render()
}

/// A case for what a run as a whole came to.
fn alone(run: &SuiteRun, outcome: CaseOutcome) -> Suite {
    let case = Case { class: run.name.clone(), name: "run".to_owned(), seconds: None, outcome, output: String::new() };
    let properties = vec![("plan".to_owned(), run.file.clone())];
    Suite { name: run.name.clone(), properties, cases: vec![case], ..Suite::default() }
}

fn failed(exit: Exit, message: String) -> CaseOutcome {
    let failure = Failure { kind: format!("exit_code_{}", exit.code()), message, text: String::new() };
    if exit == Exit::Failed { CaseOutcome::Failed(failure) } else { CaseOutcome::Error(failure) }
}
