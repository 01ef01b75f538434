use std::cmp::Reverse;

use super::page::Table;
use super::words::code;
use crate::report::console::{equations, figure, grouped, ms, percent, remark};
use crate::results::{FailureEntry, Report, RequestEntry, ThresholdState, TimeEntry};
use crate::units::Size;

/// The longest that a name, a condition and a message may be, in characters.
const NAME: usize = 100;
const MESSAGE: usize = 200;

/// The run as Markdown: verdict, thresholds, requests, failures, books. Whatever the run, it fits into a comment of
/// GitHub (65,536 characters): tables are cut, and say so.
#[must_use]
pub fn markdown(report: &Report) -> String {
    let sections = [
        head(report),
        thresholds(report),
        levels(report),
        requests(report),
        groups("Failures", &report.failures),
        groups("Mistakes of the plan that showed at run time", &report.exceptions),
        teardown(&report.teardown),
        books(report),
        foot(report),
    ];
    let sections: Vec<String> = sections.into_iter().filter(|section| !section.is_empty()).collect();
    sections.join("\n")
}

fn head(report: &Report) -> String {
    let mark = if report.verdict.passed { "✅" } else { "❌" };
    let profile = report.plan.profile.as_ref().map(|profile| format!(" (profile {})", code(profile, NAME)));
    let users = match report.run.users {
        1 => "1 user".to_owned(),
        users => format!("up to {} users", grouped(users)),
    };
    format!(
        "### {mark} {}\n\n{}{} against {}: {users} for {}\n",
        report.verdict.text,
        code(&report.plan.name, NAME),
        profile.unwrap_or_default(),
        code(&report.plan.target, MESSAGE),
        ms(report.run.seconds * 1e3),
    )
}

fn thresholds(report: &Report) -> String {
    let mut table = Table::new(&["", "threshold", "measured", ""], 4, 50, 14_000);
    let mut entries: Vec<_> = report.thresholds.iter().collect();
    // where some are cut, those that held are
    entries.sort_by_key(|entry| entry.state == ThresholdState::Held);
    for entry in entries {
        let word = match entry.state {
            ThresholdState::Held => "✅ held",
            ThresholdState::Broken => "❌ broken",
            ThresholdState::NoData => "❌ no data",
            ThresholdState::Left => "⚪ left to the merge",
        };
        let note = match &entry.name {
            Some(name) => code(name, NAME),
            None if entry.place.is_empty() => "the default".to_owned(),
            None => String::new(),
        };
        let note = [Some(note), remark(entry)].into_iter().flatten().filter(|note| !note.is_empty());
        let note = note.collect::<Vec<_>>().join("; ");
        table.row(&[word.to_owned(), code(&entry.require, MESSAGE), code(&entry.measured, NAME), note]);
    }
    format!("#### Thresholds\n\n{}", table.render())
}

fn levels(report: &Report) -> String {
    if report.levels.is_empty() {
        return String::new();
    }
    let mut table = Table::new(&["", "level", "", "broken"], 4, 40, 8_000);
    for level in &report.levels {
        let word = if level.held { "✅ held" } else { "❌ broken" };
        let broken = if level.broken.is_empty() { String::new() } else { code(&level.broken.join(", "), MESSAGE) };
        table.row(&[word.to_owned(), code(&level.name, NAME), code(&level.level, NAME), broken]);
    }
    format!("#### Levels\n\n{}", table.render())
}

fn requests(report: &Report) -> String {
    if report.requests.is_empty() {
        return "No requests were made.\n".to_owned();
    }
    let head = ["method", "name", "requests", "failed", "rate", "p50", "p95", "p99", "max"];
    let mut table = Table::new(&head, 2, 50, 16_000);
    let mut rows: Vec<&RequestEntry> = report.requests.iter().collect();
    rows.sort_by(|a, b| {
        let p95 = |row: &RequestEntry| row.response_time.map_or(0.0, |times| times.p95);
        b.failed
            .cmp(&a.failed)
            .then(p95(b).total_cmp(&p95(a)))
            .then_with(|| (&a.name, &a.method).cmp(&(&b.name, &b.method)))
    });
    for row in rows {
        let name = [code(&row.method, NAME), code(&row.name, NAME)];
        table.row(&name.into_iter().chain(cells(row)).collect::<Vec<_>>());
    }
    let all = [String::new(), "**all**".to_owned()];
    table.last(&all.into_iter().chain(cells(&report.total)).collect::<Vec<_>>());
    let note = "Those with the most failures first, then the slowest. Times are from when a request was due.";
    format!("#### Requests\n\n{}\n{note}\n", table.render())
}

fn cells(row: &RequestEntry) -> [String; 7] {
    let failed = match row.error_rate {
        Some(share) if row.failed > 0 => format!("{} ({})", grouped(row.failed), percent(share)),
        _ => "0".to_owned(),
    };
    let time =
        |of: fn(&TimeEntry) -> f64| row.response_time.as_ref().map_or_else(|| "–".to_owned(), |times| ms(of(times)));
    [
        grouped(row.requests),
        failed,
        format!("{}/s", figure(row.rate)),
        time(|times| times.p50),
        time(|times| times.p95),
        time(|times| times.p99),
        time(|times| times.max),
    ]
}

fn groups(title: &str, groups: &[FailureEntry]) -> String {
    if groups.is_empty() {
        return String::new();
    }
    let mut table = Table::new(&["name", "kind", "what", "count"], 3, 20, 8_000);
    let mut groups: Vec<_> = groups.iter().collect();
    groups.sort_by_key(|group| Reverse(group.count));
    for group in groups {
        let name = format!("{} {}", group.method, group.name);
        table.row(&[code(&name, NAME), code(&group.kind, NAME), code(&group.message, MESSAGE), grouped(group.count)]);
    }
    format!("#### {title}\n\n{}", table.render())
}

fn teardown(troubles: &[String]) -> String {
    if troubles.is_empty() {
        return String::new();
    }
    let mut table = Table::new(&["the teardown went wrong"], 1, 10, 4_000);
    troubles.iter().for_each(|trouble| table.row(&[code(trouble, MESSAGE)]));
    table.render()
}

fn books(report: &Report) -> String {
    let [scheduled, started] = equations(&report.books);
    let balance =
        if report.books.balanced { "" } else { " **The books do not balance: this is a mistake of Plimsoll.**" };
    format!("Books: {scheduled}; {started}.{balance}\n")
}

fn foot(report: &Report) -> String {
    let generator = &report.generator;
    let suspect = match generator.suspect_seconds {
        0 => String::new(),
        seconds => format!(", {} suspect seconds", grouped(seconds)),
    };
    let s = if report.run.workers == 1 { "" } else { "s" };
    format!(
        "Generator: {} worker{s}, at most {:.2} cores, {}, {} open files, woke up to {} late{suspect}. Seed {}.\n",
        report.run.workers,
        generator.cpu_cores,
        Size::from_bytes(generator.memory),
        grouped(generator.open_files),
        ms(generator.worker_lag),
        report.run.seed,
    )
}
