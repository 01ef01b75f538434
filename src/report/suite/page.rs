use super::document::{SuiteReport, SuiteRunEntry, SuiteState};
use crate::report::numbers::{Unit, counted, seconds};
use crate::report::page::{Block, Cell, Column, Item, Limit, Line, List, Mark, Page, Row, Section, Table, Verdict};
use crate::results::rehearsal;

/// How many of a run's thresholds are told here; its own report has all.
const TOLD: usize = 10;

/// The page of a suite: a row for each plan, and what did not hold.
#[must_use]
pub fn suite_page(report: &SuiteReport) -> Page {
    let mark = match (report.verdict.passed, report.over) {
        (true, _) => Mark::Good,
        (false, false) if report.verdict.exit_code == 0 => Mark::NotJudged,
        (false, _) => Mark::Bad,
    };
    let scale = report.scale.map(|scale| format!(" (scale {scale})")).unwrap_or_default();
    let mut page = Page::new(Verdict { mark, line: format!("{}{scale}", report.verdict.text).into() });
    let mut lead = Line::name(&report.name);
    if let Some(file) = &report.file {
        lead = lead.and(" of ").and_name(file);
    }
    let plans = counted(report.runs.len() as u64, "plan");
    let rests = if report.runs.len() > 1 { format!(", rests of {}", seconds(report.rest)) } else { String::new() };
    page.lead(Block::Paragraph(lead.and(format!(": {plans} in {}{rests}", seconds(report.seconds)))));
    page.section(left_out(report));
    page.section(trouble(report));
    page.section(Section::new("runs", "plans").with(table(report)));
    if let Some(scale) = report.scale {
        page.warning(rehearsal(scale).into());
    }
    page
}

fn table(report: &SuiteReport) -> Table {
    let columns = [Column::left(""), Column::left("run"), Column::left("plan").drops(7)];
    let figures = [
        ("users", 5),
        ("time", 6),
        ("requests", 3),
        ("failed", 0),
        ("rate", 0),
        ("p50", 4),
        ("p95", 0),
        ("p99", 2),
        ("thresholds", 1),
    ];
    let figures = figures.map(|(head, drops)| Column::right(head).drops(drops));
    let mut table = Table::new(columns.into_iter().chain(figures));
    for run in &report.runs {
        let (mark, word) = shown(run);
        let held = Cell::words(format!("{} of {}", run.held, run.thresholds));
        let count = |count: Option<u64>| count.map_or(Cell::Absent, Cell::Count);
        table.row(Row::from(vec![
            Cell::Verdict(mark, word),
            Cell::name(&run.name),
            Cell::name([std::slice::from_ref(&run.file), &run.flags].concat().join(" ")),
            count(run.users),
            run.seconds.map_or(Cell::Absent, |time| Cell::words(seconds(time))),
            count(run.requests),
            run.failed.map_or(Cell::Absent, |failed| Cell::Failures(failed, run.error_rate)),
            Cell::number(run.rate, Unit::PerSecond),
            Cell::time(run.p50),
            Cell::time(run.p95),
            Cell::time(run.p99),
            if run.requests.is_some() { held } else { Cell::Absent },
        ]));
    }
    table
}

/// What a run came to, as a sign and a word.
pub(super) const fn shown(run: &SuiteRunEntry) -> (Option<Mark>, &'static str) {
    match run.state {
        SuiteState::Passed => (Some(Mark::Good), "passed"),
        SuiteState::Failed => (Some(Mark::Bad), "failed"),
        SuiteState::NotValid => match run.exit_code {
            Some(4) => (Some(Mark::Bad), "not valid"),
            Some(5) => (Some(Mark::Bad), "interrupted"),
            Some(6) => (Some(Mark::Bad), "results lost"),
            _ => (Some(Mark::Bad), "broke down"),
        },
        SuiteState::NotStarted => (Some(Mark::Bad), "not started"),
        SuiteState::NotRun => (Some(Mark::NotJudged), "not run"),
        SuiteState::Waiting => (Some(Mark::NotJudged), "waiting"),
    }
}

/// Whatever did not pass, and why.
fn trouble(report: &SuiteReport) -> Option<Section> {
    let bad = report.runs.iter().filter(|run| !matches!(run.state, SuiteState::Passed | SuiteState::Waiting));
    let items: Vec<Item> = bad
        .map(|run| Item {
            line: Line::name(&run.name).and(": ").and_quote(&run.text),
            details: some(&run.broken),
            ..Item::default()
        })
        .collect();
    listed(Section::new("trouble", "what did not pass"), items)
}

fn left_out(report: &SuiteReport) -> Option<Section> {
    let runs = report.runs.iter().filter(|run| !run.left_out.is_empty());
    let items = runs.map(|run| Item { line: Line::name(&run.name), details: some(&run.left_out), ..Item::default() });
    listed(Section::new("left_out", "thresholds left out"), items.collect())
}

/// The first few of some lines, and how many more there are.
fn some(lines: &[String]) -> Vec<Line> {
    let more = lines.len().saturating_sub(TOLD);
    let more = (more > 0).then(|| Line::from(format!("… and {more} more in its report")));
    lines.iter().take(TOLD).map(Line::quote).chain(more).collect()
}

fn listed(section: Section, items: Vec<Item>) -> Option<Section> {
    let limit = Limit { terminal: None, comment: Some(100), rest: "in the suite's JSON" };
    (!items.is_empty()).then(|| section.with(List { items, limit: Some(limit) }))
}
