use std::collections::BTreeMap;

use super::document::{RunLine, RunState, RunsReport, SkippedFile, VERSION};
use super::figure::{TrendFigure, measure};
use super::folder::RunsFolder;
use super::head::RunHead;
use super::outcome::Outcomes;
use crate::journal::{LATEST, Label};
use crate::results::{Report, RequestEntry};
use crate::verdict::Exit;

/// Which runs are asked for: those that all of it is true of.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this plan.
    pub plan: Option<String>,
    /// Called so.
    pub name: Option<String>,
    /// With these labels.
    pub labels: Vec<Label>,
}

impl Filter {
    /// Whether it takes a run.
    #[must_use]
    pub fn takes(&self, run: &RunHead) -> bool {
        let is = |wanted: &Option<String>, found: Option<&str>| wanted.is_none() || wanted.as_deref() == found;
        is(&self.plan, Some(&run.plan))
            && is(&self.name, run.name.as_deref())
            && self.labels.iter().all(|label| run.labels.get(&label.key) == Some(&label.value))
    }
}

/// The list of the newest runs that a filter takes, `most` of them, with what each came to and the figures of a trend.
#[must_use]
pub fn list(folder: &RunsFolder, filter: &Filter, figures: &[TrendFigure], most: usize) -> RunsReport {
    let taken: Vec<(usize, &RunHead)> = folder.runs.iter().enumerate().filter(|(_, run)| filter.takes(run)).collect();
    let mut outcomes = Outcomes::new();
    let runs = taken.iter().take(most).map(|(index, run)| {
        let line = line(*index, run, outcomes.report(run));
        RunLine { figures: measure(run, figures), ..line }
    });
    let broken = folder.broken.iter().map(|(file, why)| SkippedFile { file: file.clone(), why: why.clone() });
    let foreign = |file: &String| SkippedFile { file: file.clone(), why: "it is of no run".to_owned() };
    RunsReport {
        version: VERSION,
        plimsoll: env!("CARGO_PKG_VERSION").to_owned(),
        folder: folder.path.display().to_string(),
        runs: runs.collect(),
        older: taken.len().saturating_sub(most) as u64,
        skipped: broken.chain(folder.foreign.iter().map(foreign)).collect(),
    }
}

fn line(index: usize, run: &RunHead, report: Result<Report, String>) -> RunLine {
    let line = RunLine {
        reference: if index == 0 { LATEST.to_owned() } else { format!("{LATEST}~{index}") },
        file: run.file().display().to_string(),
        name: run.name.clone(),
        labels: run.labels.clone(),
        plan: run.plan.clone(),
        profile: run.profile.clone(),
        scale: run.scale,
        began: humantime::format_rfc3339_millis(run.began).to_string(),
        shard: run.shard,
        state: RunState::Unknown,
        verdict: String::new(),
        exit_code: None,
        seconds: None,
        requests: None,
        failed: None,
        rate: None,
        error_rate: None,
        p50: None,
        p95: None,
        p99: None,
        figures: BTreeMap::new(),
    };
    let report = match report {
        Ok(report) => report,
        Err(verdict) => return RunLine { verdict, ..line },
    };
    let state = state(&report);
    let judged: RequestEntry = report.measured.unwrap_or(report.total);
    RunLine {
        state,
        verdict: report.verdict.text,
        exit_code: Some(report.verdict.exit_code),
        seconds: Some(report.run.seconds),
        requests: Some(judged.requests),
        failed: Some(judged.failed),
        rate: Some(judged.rate),
        error_rate: judged.error_rate,
        p50: judged.response_time.map(|times| times.p50),
        p95: judged.response_time.map(|times| times.p95),
        p99: judged.response_time.map(|times| times.p99),
        ..line
    }
}

fn state(report: &Report) -> RunState {
    let is = |exit: Exit| report.verdict.exit_code == exit.code();
    match report.verdict.passed {
        _ if report.run.is_cut_off() => RunState::CutOff,
        true => RunState::Passed,
        false if is(Exit::Failed) => RunState::Failed,
        false if is(Exit::Interrupted) => RunState::Interrupted,
        false => RunState::NotValid,
    }
}
