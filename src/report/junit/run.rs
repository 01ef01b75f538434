use super::suite::{Case, CaseOutcome, Suite, Suites, Trouble};
use crate::report::console::{figure, grouped, ms, percent, remark};
use crate::results::{FailureEntry, Report, RequestEntry, ThresholdEntry, ThresholdState};

/// How many different messages a case tells; the report has them all.
const MESSAGES: usize = 10;

/// The run as JUnit's XML: a suite of the thresholds, with a case for the verdict, and a suite of the endpoints.
///
/// As a whole it passes exactly where the run does. The verdict's case fails with a run that is empty, interrupted or not
/// valid although each threshold holds; and an endpoint with failed requests passes in a run whose thresholds allow for
/// them, and tells them all the same.
#[must_use]
pub fn junit(report: &Report) -> String {
    let suite = |what: &str, cases| Suite {
        name: format!("{} {what}", report.plan.name),
        began: Some(report.run.began.clone()),
        seconds: report.run.seconds,
        properties: properties(report),
        cases,
    };
    let thresholds = report.thresholds.iter().map(|entry| threshold(report, entry)).chain([verdict(report)]);
    let endpoints = report.requests.iter().map(|row| endpoint(report, row));
    let suites = vec![suite("thresholds", thresholds.collect()), suite("endpoints", endpoints.collect())];
    Suites { name: report.plan.name.clone(), seconds: report.run.seconds, suites }.render()
}

fn properties(report: &Report) -> Vec<(String, String)> {
    let mut properties = vec![
        ("plan", report.plan.file.clone()),
        ("target", report.plan.target.clone()),
        ("seed", report.run.seed.to_string()),
        ("exit_code", report.verdict.exit_code.to_string()),
        ("plimsoll", report.plimsoll.clone()),
    ];
    properties.extend(report.plan.profile.iter().map(|profile| ("profile", profile.clone())));
    properties.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn threshold(report: &Report, entry: &ThresholdEntry) -> Case {
    let name = match &entry.name {
        Some(name) => format!("{name}: {}", entry.require),
        None => entry.require.clone(),
    };
    let place = if entry.place.is_empty() { String::new() } else { format!(" ({})", entry.place) };
    let remark = remark(entry).map(|remark| format!("; {remark}")).unwrap_or_default();
    let told = format!("{}: {}{remark}{place}", entry.require, entry.measured);
    let trouble = |kind: &str, measured: &str| Trouble {
        kind: kind.to_owned(),
        message: format!("{}: {measured}", entry.require),
        text: told.clone(),
    };
    let outcome = match entry.state {
        ThresholdState::Held => CaseOutcome::Passed,
        ThresholdState::Broken => CaseOutcome::Failed(trouble("broken", &entry.measured)),
        ThresholdState::NoData => CaseOutcome::Failed(trouble("no_data", "no data")),
        ThresholdState::Left => {
            CaseOutcome::Skipped("a shard cannot tell: it is judged when the shards are merged".to_owned())
        }
    };
    let output = if entry.state == ThresholdState::Held { told.clone() } else { String::new() };
    Case { class: format!("{}.thresholds", report.plan.name), name, seconds: None, outcome, output }
}

fn verdict(report: &Report) -> Case {
    let trouble = Trouble {
        kind: format!("exit_code_{}", report.verdict.exit_code),
        message: report.verdict.text.clone(),
        text: String::new(),
    };
    let outcome = match (report.verdict.passed, report.verdict.exit_code) {
        (true, 0) => CaseOutcome::Passed,
        (_, 1) => CaseOutcome::Failed(trouble),
        // interrupted, not valid, a bug: nothing is known of the service
        _ => CaseOutcome::Error(trouble),
    };
    let class = format!("{}.thresholds", report.plan.name);
    Case { class, name: "verdict".to_owned(), seconds: None, outcome, output: String::new() }
}

fn endpoint(report: &Report, row: &RequestEntry) -> Case {
    let trouble = (row.failed > 0).then(|| failed(report, row));
    let mut output = figures(row);
    let outcome = match trouble {
        None => CaseOutcome::Passed,
        Some(trouble) if report.verdict.passed => {
            output = format!("{output}\n{}, which the thresholds allow\n{}", trouble.message, trouble.text);
            CaseOutcome::Passed
        }
        Some(trouble) => CaseOutcome::Failed(trouble),
    };
    let name = format!("{} {}", row.method, row.name);
    Case { class: format!("{}.endpoints", report.plan.name), name, seconds: None, outcome, output }
}

fn figures(row: &RequestEntry) -> String {
    let requests = format!("{} requests, {}/s", grouped(row.requests), figure(row.rate));
    match &row.response_time {
        None => requests,
        Some(times) => format!(
            "{requests}; response time p50 {}, p95 {}, p99 {}, max {}",
            ms(times.p50),
            ms(times.p95),
            ms(times.p99),
            ms(times.max)
        ),
    }
}

fn failed(report: &Report, row: &RequestEntry) -> Trouble {
    let share = row.error_rate.map(|share| format!(" ({})", percent(share))).unwrap_or_default();
    let of_row = |group: &&FailureEntry| group.method == row.method && group.name == row.name;
    let mut groups: Vec<_> = report.failures.iter().chain(&report.exceptions).filter(of_row).collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.count));
    let told = groups.iter().take(MESSAGES);
    let mut lines: Vec<String> =
        told.map(|group| format!("{} × {}: {}", grouped(group.count), group.kind, group.message)).collect();
    if groups.len() > MESSAGES {
        lines.push(format!("… and {} more in the report", groups.len() - MESSAGES));
    }
    let kinds: Vec<String> =
        row.failed_by_kind.iter().map(|(kind, count)| format!("{kind} {}", grouped(*count))).collect();
    Trouble {
        kind: row
            .failed_by_kind
            .iter()
            .max_by_key(|(_, count)| **count)
            .map(|(kind, _)| kind.clone())
            .unwrap_or_default(),
        message: format!(
            "{} of {} requests failed{share}: {}",
            grouped(row.failed),
            grouped(row.requests),
            kinds.join(", ")
        ),
        text: lines.join("\n"),
    }
}
