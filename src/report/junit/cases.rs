use super::suite::{Case, CaseOutcome, Failure, Suite, Suites};
use crate::report::comparison::{
    ChangeEntry, ComparedEntry, ComparisonReport, WordEntry, difference, interval, quantity, value,
};
use crate::report::numbers::{grouped, ms, percent, rate};
use crate::report::summary::remark;
use crate::results::{
    FailureEntry, LeftOutEntry, Report, RequestEntry, TaskCountEntry, ThresholdEntry, ThresholdState,
};

/// How many different messages a case shows; the report has them all.
const MESSAGES: usize = 10;

/// The run as JUnit's XML: a suite of the thresholds, with a case for the verdict, one of the endpoints, and one of the
/// tasks.
///
/// As a whole it passes exactly where the run does. The verdict's case fails with a run that is empty, interrupted or not
/// valid although each threshold holds; and an endpoint with failed requests passes in a run whose thresholds allow for
/// them, and shows them all the same.
#[must_use]
pub(in crate::report) fn junit(report: &Report) -> String {
    Suites { name: report.plan.name.clone(), seconds: report.run.seconds, suites: suites_of(report, &report.plan.name) }
        .render()
}

/// The suites of a run that goes by a name.
#[must_use]
pub(in crate::report) fn suites_of(report: &Report, name: &str) -> Vec<Suite> {
    let suite = |what: &str, cases| Suite {
        name: format!("{name} {what}"),
        began: Some(report.run.began.clone()),
        seconds: report.run.seconds,
        properties: properties(report),
        cases,
    };
    let left_out = report.left_out.iter().map(left_out);
    let thresholds = report.thresholds.iter().map(threshold).chain(left_out);
    let thresholds = thresholds.chain([verdict(report)]);
    let endpoints = report.requests.iter().map(|row| endpoint(report, row));
    let mut suites = vec![suite("thresholds", thresholds.collect()), suite("endpoints", endpoints.collect())];
    let tasks: Vec<Case> =
        report.tasks.iter().flat_map(|tasks| &tasks.by_task).filter_map(|row| task(report, row)).collect();
    if !tasks.is_empty() {
        suites.push(suite("tasks", tasks));
    }
    for case in suites.iter_mut().flat_map(|suite| &mut suite.cases) {
        case.class = format!("{name}.{}", case.class);
    }
    suites
}

/// The comparison as JUnit's XML: a suite for each request, a case for each quantity. A regression fails; what the
/// samples do not carry is skipped.
#[must_use]
pub fn comparison_junit(report: &ComparisonReport) -> String {
    let rows = report.requests.iter().chain(std::iter::once(&report.total));
    let properties = [("base", &report.base.file), ("new", &report.new.file)];
    let properties: Vec<(String, String)> =
        properties.into_iter().map(|(name, file)| (name.to_owned(), file.clone())).collect();
    let warnings = report.warnings.iter().map(|warning| ("warning".to_owned(), warning.clone()));
    let properties: Vec<_> = properties.into_iter().chain(warnings).collect();
    let suites = rows.map(|row| compared(row, report, &properties)).collect();
    Suites { name: format!("{}: comparison", report.new.plan), seconds: report.new.seconds, suites }.render()
}

fn properties(report: &Report) -> Vec<(String, String)> {
    let mut properties = vec![
        ("plan", report.plan.file.clone()),
        ("target", report.plan.target.clone()),
        ("seed", report.run.seed.to_string()),
        ("exit_code", report.verdict.exit_code.to_string()),
        ("plimsoll", report.plimsoll.clone()),
    ];
    properties.extend(report.run.name.iter().map(|name| ("name", name.clone())));
    properties.extend(report.run.scale.map(|scale| ("scale", scale.to_string())));
    properties.extend(report.plan.profile.iter().map(|profile| ("profile", profile.clone())));
    let labels = report.run.labels.iter().map(|(key, value)| (format!("label.{key}"), value.clone()));
    properties.into_iter().map(|(name, value)| (name.to_owned(), value)).chain(labels).collect()
}

fn named(name: Option<&String>, require: &str) -> String {
    name.map_or_else(|| require.to_owned(), |name| format!("{name}: {require}"))
}

/// What the plan asks for and this run does not.
fn left_out(entry: &LeftOutEntry) -> Case {
    Case {
        class: "thresholds".to_owned(),
        name: named(entry.name.as_ref(), &entry.require),
        seconds: None,
        outcome: CaseOutcome::Skipped(format!("left out: {}", entry.why)),
        output: String::new(),
    }
}

fn threshold(entry: &ThresholdEntry) -> Case {
    let name = named(entry.name.as_ref(), &entry.require);
    let place = if entry.place.is_empty() { String::new() } else { format!(" ({})", entry.place) };
    let remark = remark(entry).map(|remark| format!("; {remark}")).unwrap_or_default();
    let measured = format!("{}: {}{remark}{place}", entry.require, entry.measured);
    let failure = |kind: &str, found: &str| Failure {
        kind: kind.to_owned(),
        message: format!("{}: {found}", entry.require),
        text: measured.clone(),
    };
    let outcome = match entry.state {
        ThresholdState::Held => CaseOutcome::Passed,
        ThresholdState::Broken => CaseOutcome::Failed(failure("broken", &entry.measured)),
        ThresholdState::NoData => CaseOutcome::Failed(failure("no_data", "no data")),
        ThresholdState::Left => {
            CaseOutcome::Skipped("deferred to merge: one shard cannot say whether it holds".to_owned())
        }
    };
    let output = if entry.state == ThresholdState::Held { measured } else { String::new() };
    Case { class: "thresholds".to_owned(), name, seconds: None, outcome, output }
}

fn verdict(report: &Report) -> Case {
    let failure = Failure {
        kind: format!("exit_code_{}", report.verdict.exit_code),
        message: report.verdict.text.clone(),
        text: String::new(),
    };
    let outcome = match (report.verdict.passed, report.verdict.exit_code) {
        (true, 0) => CaseOutcome::Passed,
        (_, 1) => CaseOutcome::Failed(failure),
        // interrupted, not valid, a bug: nothing is known of the service
        _ => CaseOutcome::Error(failure),
    };
    let class = "thresholds".to_owned();
    Case { class, name: "verdict".to_owned(), seconds: None, outcome, output: String::new() }
}

fn endpoint(report: &Report, row: &RequestEntry) -> Case {
    let failure = (row.failed > 0).then(|| failed(report, row));
    let mut output = figures(row);
    let outcome = match failure {
        None => CaseOutcome::Passed,
        Some(failure) if report.verdict.passed => {
            output = format!("{output}\n{}, which the thresholds allow\n{}", failure.message, failure.text);
            CaseOutcome::Passed
        }
        Some(failure) => CaseOutcome::Failed(failure),
    };
    let name = format!("{} {}", row.method, row.name);
    Case { class: "endpoints".to_owned(), name, seconds: None, outcome, output }
}

/// A task, as far as there is one that people wrote: a user type without `on_start` has none.
fn task(report: &Report, row: &TaskCountEntry) -> Option<Case> {
    if row.started == 0 || (row.failed == 0 && row.name == "on_start") {
        return None;
    }
    let counts = format!(
        "{} started, {} completed, {} failed, {} aborted",
        grouped(row.started),
        grouped(row.completed),
        grouped(row.failed),
        grouped(row.aborted)
    );
    let by: Vec<String> =
        row.failed_by_kind.iter().map(|(kind, count)| format!("{kind} {}", grouped(*count))).collect();
    let of = grouped(row.completed.saturating_add(row.failed));
    let message = format!("{} of {of} failed: {}", grouped(row.failed), by.join(", "));
    let outcome = match row.failed {
        0 => CaseOutcome::Passed,
        _ if report.verdict.passed => CaseOutcome::Passed,
        _ => {
            let worst = row.failed_by_kind.iter().max_by_key(|(_, count)| **count);
            let kind = worst.map(|(kind, _)| kind.clone()).unwrap_or_default();
            CaseOutcome::Failed(Failure { kind, message: message.clone(), text: counts.clone() })
        }
    };
    let output = match row.failed {
        0 => counts,
        _ => format!("{counts}\n{message}, which the thresholds allow"),
    };
    Some(Case {
        class: "tasks".to_owned(),
        name: format!("{} {}", row.user, row.name).trim().to_owned(),
        seconds: None,
        output: if outcome == CaseOutcome::Passed { output } else { String::new() },
        outcome,
    })
}

fn figures(row: &RequestEntry) -> String {
    let requests = format!("{} requests, {}", grouped(row.requests), rate(row.rate));
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

fn failed(report: &Report, row: &RequestEntry) -> Failure {
    let share = row.error_rate.map(|share| format!(" ({})", percent(share))).unwrap_or_default();
    let of_row = |group: &&FailureEntry| group.method == row.method && group.name == row.name;
    let mut groups: Vec<_> = report.failures.iter().chain(&report.exceptions).filter(of_row).collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.count));
    let shown = groups.iter().take(MESSAGES);
    let mut lines: Vec<String> =
        shown.map(|group| format!("{} × {}: {}", grouped(group.count), group.kind, group.message)).collect();
    if groups.len() > MESSAGES {
        lines.push(format!("… and {} more in the report", groups.len() - MESSAGES));
    }
    let kinds: Vec<String> =
        row.failed_by_kind.iter().map(|(kind, count)| format!("{kind} {}", grouped(*count))).collect();
    Failure {
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

fn compared(row: &ComparedEntry, report: &ComparisonReport, properties: &[(String, String)]) -> Suite {
    let name = format!("{} {}", row.method, row.name).trim().to_owned();
    Suite {
        cases: row.changes.iter().map(|change| changed(&name, change)).collect(),
        name,
        began: Some(report.new.began.clone()),
        seconds: 0.0,
        properties: properties.to_vec(),
    }
}

fn changed(class: &str, change: &ChangeEntry) -> Case {
    let shown = format!(
        "{} {} → {}: {} ({})",
        quantity(change),
        value(change, change.base),
        value(change, change.new),
        difference(change),
        interval(change)
    );
    Case {
        class: class.to_owned(),
        name: quantity(change),
        seconds: None,
        outcome: match change.word {
            WordEntry::Same | WordEntry::Improved => CaseOutcome::Passed,
            WordEntry::NotEnoughData if change.too_wide => {
                CaseOutcome::Skipped("its interval is too wide to mean anything".to_owned())
            }
            WordEntry::NotEnoughData => CaseOutcome::Skipped("not enough data".to_owned()),
            WordEntry::Regressed => CaseOutcome::Failed(Failure {
                kind: "regression".to_owned(),
                message: shown.clone(),
                text: String::new(),
            }),
        },
        output: if change.word == WordEntry::Regressed { String::new() } else { shown },
    }
}
