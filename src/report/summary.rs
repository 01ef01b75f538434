use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::numbers::{Unit, counted, grouped, ms, percent, seconds};
use super::page::{Block, Cell, Column, Importance, Limit, Line, List, Mark, Page, Row, Section, Table, Verdict};
use crate::results::{
    BreakdownEntry, ExportEntry, FEW_BEYOND, FailureEntry, GroupEntry, LevelEntry, MetricEntry, Report, RequestEntry,
    TasksEntry, ThresholdEntry, ThresholdState, TimeEntry, UserEntry, has_few_samples, rehearsal,
};
use crate::units::Size;

/// Where everything is that a page leaves out.
const REST: &str = "in the report";
/// How many tags of a user type a summary shows.
const TAGS: usize = 3;
/// How many requests that fail are shown by name.
const TRIES: usize = 3;

/// What is said of the figures of a run whose generator was at its ceiling.
pub(super) const CEILING: &str = "the generator was at its ceiling: the rate is the most that it could make, and times \
    include waiting for it; the service may be quicker, and take more";

/// The summary of a run: what was run, what was measured, what held, where every request went.
#[must_use]
pub fn run_page(report: &Report) -> Page {
    let mut page = Page::new(verdict(report));
    page.lead(Block::Paragraph(lead(report)));
    if let Some(labels) = labels(report) {
        page.lead(Block::Paragraph(labels));
    }
    if let Some(by) = &report.run.ended_by {
        let ended = format!("ended before its time, after {}: ", seconds(report.run.seconds));
        page.lead(Block::Paragraph(Line::from(ended).and_quote(by)));
    }
    page.section(requests(report));
    let BreakdownEntry { stages, services, statuses, .. } = &report.breakdown;
    page.section(grouped_by("stages", "by stage", "stage", stages));
    page.section(grouped_by("services", "by service", "service", services));
    page.section(grouped_by("statuses", "by status", "status", statuses));
    page.section(users(&report.users));
    page.section(metrics(&report.metrics));
    page.section(groups("failures", "failures", &report.failures));
    page.section(groups("exceptions", "exceptions (errors of the plan that showed at run time)", &report.exceptions));
    page.section(report.tasks.as_ref().and_then(tasks));
    page.section(levels(&report.levels, report.at_least.as_deref()));
    page.section(left_out(report));
    page.section(thresholds(report));
    page.section(teardown(&report.teardown));
    page.section(accounting(report));
    page.section(generator(report));
    if let Some(scale) = report.run.scale {
        page.warning(rehearsal(scale).into());
    }
    if !report.run.steered.is_empty() {
        page.warning(format!("the load was changed by hand: {}", report.run.steered.join("; ")).into());
    }
    report.exports.iter().filter_map(ExportEntry::loss).for_each(|loss| page.warning(loss.into()));
    page.end(format!("seed {}", report.run.seed));
    page
}

fn verdict(report: &Report) -> Verdict {
    let deferred = report.thresholds.iter().filter(|threshold| threshold.state == ThresholdState::Left).count();
    let are = if deferred == 1 { "is" } else { "are" };
    let deferred = match deferred as u64 {
        0 => String::new(),
        some => format!("; {} {are} deferred to merge", counted(some, "threshold")),
    };
    let mark = if report.verdict.passed { Mark::Good } else { Mark::Bad };
    let scale = report.run.scale.map(|scale| format!(" (scale {scale})")).unwrap_or_default();
    Verdict { mark, line: format!("{}{scale}{deferred}", report.verdict.text).into() }
}

fn lead(report: &Report) -> Line {
    let mut line = Line::name(&report.plan.name);
    if let Some(profile) = &report.plan.profile {
        line = line.and(" (profile ").and_name(profile).and(")");
    }
    let up_to = if report.run.users == 1 { "" } else { "up to " };
    let users = counted(report.run.users, "user");
    let shard = report.run.shard.map(|shard| format!(", shard {} of {}", shard.number, shard.count));
    let length = seconds(report.run.seconds);
    line.and(" against ")
        .and_quote(&report.plan.target)
        .and(format!(": {up_to}{users} for {length}{}", shard.unwrap_or_default()))
}

/// What a person called the run, and noted about it; `None` where nobody did.
fn labels(report: &Report) -> Option<Line> {
    let name = report.run.name.iter().map(|name| Line::from("run ").and_name(name));
    let labels = report.run.labels.iter().map(|(key, value)| Line::name(format!("{key}={value}")));
    let labels =
        (!report.run.labels.is_empty()).then(|| Line::joined(["labels ".into(), Line::joined(labels, ", ")], ""));
    let parts: Vec<Line> = name.chain(labels).collect();
    (!parts.is_empty()).then(|| Line::joined(parts, "; "))
}

fn requests(report: &Report) -> Section {
    if report.requests.is_empty() {
        return Section::untitled("requests").with(Block::Paragraph("no requests were made".into()));
    }
    let mut columns = vec![Column::left("method").drops(1), Column::left("name")];
    columns.extend(figures());
    columns.extend([
        Column::right("service p50").minor().drops(10).legend("service: from when it was sent"),
        Column::right("p95").minor().drops(11),
        Column::right("p99").minor().drops(12),
    ]);
    let limit = Limit { terminal: None, comment: Some(50), rest: REST };
    let mut table = Table::new(columns).ranked("those with the most failures first, then the slowest").limited(limit);
    let ranks = ranks(&report.requests);
    for (row, rank) in report.requests.iter().zip(ranks) {
        table.row(request([Cell::name(&row.method), Cell::name(&row.name)], row).ranked(rank));
    }
    table.row(request([Cell::words(""), Cell::words("all")], &report.total).total());
    let mut notes = Vec::from([times_of_all(&report.total)]);
    if let Some(measured) = &report.measured {
        table.row(request([Cell::words(""), Cell::words("measured")], measured).total());
        notes.push(
            "measured: without the warm-up, as thresholds are judged that name no stage; all else: with it".to_owned(),
        );
    }
    // said where it is not what one would take it for
    if let Some(time) = report.run.rate_seconds.filter(|time| *time > report.run.seconds * 1.005) {
        notes.push(format!("rate: over {}, to the end of the last request", seconds(time)));
    }
    notes.extend(report.generator.ceiling.then(|| CEILING.to_owned()));
    notes.extend(report.run.folded.iter().cloned());
    notes.extend(has_rough(report).then(rough));
    let section = Section::new("requests", "requests").with(table);
    notes.into_iter().fold(section, |section, note| section.with(Block::Note(note.into())))
}

/// For each row its place among those with the most failures first, then the slowest.
fn ranks(rows: &[RequestEntry]) -> Vec<usize> {
    let p95 = |row: &RequestEntry| row.response_time.map_or(0.0, |times| times.p95);
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by(|a, b| {
        let (a, b) = (&rows[*a], &rows[*b]);
        b.failed
            .cmp(&a.failed)
            .then(p95(b).total_cmp(&p95(a)))
            .then_with(|| (&a.name, &a.method).cmp(&(&b.name, &b.method)))
    });
    let mut ranks = vec![0; rows.len()];
    order.into_iter().enumerate().for_each(|(rank, row)| ranks[row] = rank);
    ranks
}

fn request(name: [Cell; 2], row: &RequestEntry) -> Row {
    let mut cells = Vec::from(name);
    cells.extend(numbers(&Numbers {
        requests: row.requests,
        failed: row.failed,
        error_rate: row.error_rate,
        rate: row.rate,
        times: row.response_time,
        bytes: (row.bytes_in, row.bytes_out),
    }));
    let service = row.service_time;
    cells.extend(QUANTILES.into_iter().filter(|(p, _)| *p != 0.9).map(|(p, of)| quantile(service, p, of)));
    cells.into()
}

/// What requests that have something in common came to.
struct Numbers {
    requests: u64,
    failed: u64,
    error_rate: Option<f64>,
    rate: f64,
    times: Option<TimeEntry>,
    /// Received and sent.
    bytes: (u64, u64),
}

/// A quantile of a distribution.
type Quantile = (f64, fn(&TimeEntry) -> f64);

/// The quantiles that have a column.
const QUANTILES: [Quantile; 4] = [(0.5, |t| t.p50), (0.9, |t| t.p90), (0.95, |t| t.p95), (0.99, |t| t.p99)];

/// The columns of [`numbers`].
fn figures() -> [Column; 10] {
    [
        Column::right("requests"),
        Column::right("failed"),
        Column::right("rate").drops(3),
        Column::right("p50").drops(2).legend("p50 to max: response time, from when a request was due"),
        Column::right("p90").drops(5),
        Column::right("p95"),
        Column::right("p99").drops(4),
        Column::right("max").drops(6),
        Column::right("received").minor().drops(7),
        Column::right("sent").minor().drops(8),
    ]
}

fn numbers(of: &Numbers) -> Vec<Cell> {
    let mut cells = vec![
        Cell::Count(of.requests),
        Cell::Failures(of.failed, of.error_rate),
        Cell::Number(of.rate, Unit::PerSecond),
    ];
    cells.extend(QUANTILES.map(|(p, value)| quantile(of.times, p, value)));
    let bytes = |bytes: u64| Cell::Number(bytes as f64, Unit::Bytes);
    cells.extend([Cell::time(of.times.map(|times| times.max)), bytes(of.bytes.0), bytes(of.bytes.1)]);
    cells
}

fn quantile(times: Option<TimeEntry>, p: f64, value: fn(&TimeEntry) -> f64) -> Cell {
    match times {
        Some(times) if has_few_samples(times.count, p) => Cell::Rough(value(&times), Unit::Time),
        times => Cell::time(times.as_ref().map(value)),
    }
}

/// Whether any time that is shown has the sign of few samples before it.
fn has_rough(report: &Report) -> bool {
    let few = |times: Option<TimeEntry>, p| times.is_some_and(|times| has_few_samples(times.count, p));
    let BreakdownEntry { stages, users, tasks, services, statuses } = &report.breakdown;
    let groups =
        [stages, users, tasks, services, statuses].into_iter().flatten().any(|row| few(row.response_time, 0.99));
    few(report.total.response_time, 0.999) || groups || report.requests.iter().any(|row| few(row.response_time, 0.99))
}

pub(super) fn rough() -> String {
    format!("~: few samples: fewer than {FEW_BEYOND} requests took longer, and another run may well give another time")
}

/// A quantile as it is shown: with a sign before it where few samples lie beyond it.
fn shown(times: &TimeEntry, p: f64, value: fn(&TimeEntry) -> f64) -> String {
    let few = if has_few_samples(times.count, p) { "~" } else { "" };
    format!("{few}{}", ms(value(times)))
}

/// The times of all requests in a line, so that none is missing where columns are.
fn times_of_all(total: &RequestEntry) -> String {
    let response = total.response_time.map(|times| {
        let [p50, p90, p95, p99] = QUANTILES.map(|(p, value)| shown(&times, p, value));
        let (p999, max) = (shown(&times, 0.999, |times| times.p999), ms(times.max));
        format!("response time p50 {p50}, p90 {p90}, p95 {p95}, p99 {p99}, p99.9 {p999}, max {max}")
    });
    let service = total.service_time.map(|times| {
        let [p50, p90, p95, p99] = QUANTILES.map(|(p, value)| shown(&times, p, value));
        format!("service time p50 {p50}, p90 {p90}, p95 {p95}, p99 {p99}, max {}", ms(times.max))
    });
    let bytes = format!("received {}, sent {}", Size::from_bytes(total.bytes_in), Size::from_bytes(total.bytes_out));
    let told: Vec<String> = [response, service, Some(bytes)].into_iter().flatten().collect();
    format!("all: {}", told.join("; "))
}

/// The requests by what they have in common, where that is more than one thing.
fn grouped_by(id: &str, title: &str, what: &'static str, groups: &[GroupEntry]) -> Option<Section> {
    let mut table = Table::new(std::iter::once(Column::left(what)).chain(figures()));
    for group in groups {
        let mut cells = vec![Cell::name(&group.name)];
        cells.extend(numbers(&Numbers {
            requests: group.requests,
            failed: group.failed,
            error_rate: group.error_rate,
            rate: group.rate,
            times: group.response_time,
            bytes: (group.bytes_in, group.bytes_out),
        }));
        table.row(cells);
    }
    (groups.len() > 1).then(|| Section::new(id, title).of(Importance::Minor).with(table))
}

/// The user types, where there are several; how much of what each did, by the endpoints' tags.
fn users(users: &[UserEntry]) -> Option<Section> {
    let numbers =
        [("requests", 0), ("share", 5), ("failed", 0), ("rate", 4), ("p50", 3), ("p95", 0), ("p99", 2), ("tags", 6)];
    let numbers = numbers.map(|(head, drops)| Column::right(head).drops(drops));
    let mut table = Table::new(std::iter::once(Column::left("name")).chain(numbers));
    for user in users {
        let mut tags: Vec<(&String, &u64)> = user.tags.iter().collect();
        tags.sort_by_key(|(_, count)| Reverse(**count));
        let tags = tags.into_iter().take(TAGS).filter(|_| user.requests > 0);
        let tags =
            tags.map(|(tag, count)| Line::name(tag).and(format!(" {}", percent(*count as f64 / user.requests as f64))));
        table.row(vec![
            Cell::name(&user.name),
            Cell::Count(user.requests),
            Cell::number(user.share, Unit::Share),
            Cell::Count(user.failed),
            Cell::Number(user.rate, Unit::PerSecond),
            quantile(user.response_time, 0.5, |times| times.p50),
            quantile(user.response_time, 0.95, |times| times.p95),
            quantile(user.response_time, 0.99, |times| times.p99),
            Cell::Text(Line::joined(tags, ", ")),
        ]);
    }
    (users.len() > 1).then(|| Section::new("user_types", "user types").of(Importance::Minor).with(table))
}

fn metrics(metrics: &[MetricEntry]) -> Option<Section> {
    // a column for what most runs do not have
    let failed = metrics.iter().any(|metric| metric.failed > 0);
    let failed_column = failed.then_some("failed");
    let figures = [("mean", 3), ("p50", 2), ("p95", 0), ("max", 1), ("sum", 4), ("", 0)];
    let numbers = [("samples", 5)].into_iter().chain(failed_column.map(|head| (head, 0))).chain(figures);
    let numbers = numbers.map(|(head, drops)| Column::right(head).drops(drops));
    let mut table = Table::new(std::iter::once(Column::left("name")).chain(numbers));
    for metric in metrics {
        let sum = (metric.kind != "gauge").then_some(metric.sum);
        let mut cells = vec![Cell::name(&metric.name), Cell::Count(metric.count)];
        let tried = metric.count.saturating_add(metric.failed);
        let share = (tried > 0).then(|| metric.failed as f64 / tried as f64);
        // nothing else can fail
        let failures = if metric.kind == "transaction" { Cell::Failures(metric.failed, share) } else { Cell::Absent };
        cells.extend(failed.then_some(failures));
        let figures = [metric.mean, metric.p50, metric.p95, metric.max, sum];
        cells.extend(figures.map(|figure| Cell::number(figure, Unit::Plain)));
        cells.push(metric.unit.as_ref().map_or_else(|| Cell::words(""), Cell::name));
        table.row(cells);
    }
    (!metrics.is_empty()).then(|| Section::new("metrics", "metrics").of(Importance::Minor).with(table))
}

fn groups(id: &str, title: &str, groups: &[FailureEntry]) -> Option<Section> {
    let columns = [Column::left("name"), Column::left("kind").drops(1), Column::left("what"), Column::right("count")];
    let mut table = Table::new(columns).limited(Limit { terminal: Some(10), comment: Some(20), rest: REST });
    for group in groups {
        table.row(vec![
            Cell::name(format!("{} {}", group.method, group.name)),
            Cell::name(&group.kind),
            Cell::quote(&group.message),
            Cell::Count(group.count),
        ]);
    }
    let section = (!groups.is_empty()).then(|| Section::new(id, title).with(table))?;
    let mut shown_by: Vec<&str> = Vec::new();
    for command in groups.iter().filter_map(|group| group.shown_by.as_deref()) {
        if !shown_by.contains(&command) {
            shown_by.push(command);
        }
    }
    let more = shown_by.len().saturating_sub(TRIES) as u64;
    let commands =
        shown_by.into_iter().take(TRIES).map(|command| Block::Note(Line::from("shown by: ").and_quote(command)));
    let more = (more > 0).then(|| {
        let those = counted(more, "more endpoint");
        Block::Note(format!("and {those}, in the same way: `plimsoll try PLAN --endpoint NAME`").into())
    });
    Some(commands.chain(more).fold(section, Section::with))
}

/// Tasks and users that failed, where there are any.
fn tasks(tasks: &TasksEntry) -> Option<Section> {
    let columns = [
        Column::left("user type"),
        Column::left("task"),
        Column::right("started"),
        Column::right("completed"),
        Column::right("failed"),
        Column::left("by"),
    ];
    let limit = Limit { terminal: Some(20), comment: Some(20), rest: REST };
    let mut table = Table::new(columns).limited(limit);
    for task in tasks.by_task.iter().filter(|task| task.failed > 0) {
        let ended = task.completed.saturating_add(task.failed);
        table.row(vec![
            Cell::name(&task.user),
            Cell::name(&task.name),
            Cell::Count(task.started),
            Cell::Count(task.completed),
            Cell::Failures(task.failed, (ended > 0).then(|| task.failed as f64 / ended as f64)),
            Cell::words(kinds(&task.failed_by_kind)),
        ]);
    }
    let some = tasks.by_task.iter().any(|task| task.failed > 0);
    let note = "call: a call failed; step: a step could not be done as it is written; rows: rows could not be read";
    some.then(|| {
        let section = Section::new("failed_tasks", "failed tasks").of(Importance::High).with(table);
        section.with(Block::Note(note.into()))
    })
}

/// `call 3, step 40`.
fn kinds(by_kind: &BTreeMap<String, u64>) -> String {
    let kinds: Vec<String> = by_kind.iter().map(|(kind, count)| format!("{kind} {}", grouped(*count))).collect();
    kinds.join(", ")
}

fn levels(levels: &[LevelEntry], at_least: Option<&str>) -> Option<Section> {
    let limit = Limit { terminal: None, comment: Some(40), rest: REST };
    let mut table = Table::new(["", "level", "", "broken"].map(Column::left)).limited(limit);
    for level in levels {
        let mut broken = level.broken.clone();
        if level.dropped > 0 {
            broken.push(format!("{} arrivals dropped", grouped(level.dropped)));
        }
        table.row(vec![
            if level.held { HELD } else { BROKEN },
            Cell::name(&level.name),
            Cell::name(&level.level),
            if broken.is_empty() { Cell::words("") } else { Cell::quote(broken.join(", ")) },
        ]);
    }
    let highest = levels.iter().filter(|level| level.held).max_by(|a, b| height(a).total_cmp(&height(b)));
    let note = match highest {
        Some(level) => {
            Line::from("the highest level that held: ").and_name(&level.level).and(" (").and_name(&level.name).and(")")
        }
        None => "no level held".into(),
    };
    let note = match at_least {
        Some(least) => note.and("; asked for: at least ").and_name(least),
        None => note.and("; no least level was asked for (`at_least`), so any that held is enough"),
    };
    let section = || Section::new("levels", "levels").of(Importance::High).with(table).with(Block::Note(note));
    (!levels.is_empty()).then(section)
}

/// A level as a number, to compare by.
fn height(level: &LevelEntry) -> f64 {
    let digits = level.level.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(level.level.len());
    level.level[..digits].parse().unwrap_or(0.0)
}

const HELD: Cell = Cell::Verdict(Some(Mark::Good), "held");
const BROKEN: Cell = Cell::Verdict(Some(Mark::Bad), "broken");

fn thresholds(report: &Report) -> Section {
    let limit = Limit { terminal: None, comment: Some(50), rest: REST };
    let columns = [Column::left(""), Column::left("threshold"), Column::left("measured"), Column::left("").below()];
    let mut table = Table::new(columns).limited(limit);
    for threshold in &report.thresholds {
        let state = match threshold.state {
            ThresholdState::Held => HELD,
            ThresholdState::Broken => BROKEN,
            ThresholdState::NoData => Cell::Verdict(Some(Mark::Bad), "no data"),
            ThresholdState::Left => Cell::Verdict(Some(Mark::Deferred), "deferred to merge"),
        };
        let name = threshold.name.as_ref().map(Line::name);
        let notes = name.into_iter().chain(remark(threshold).map(Line::from));
        let measured = Cell::name(&threshold.measured);
        let cells = vec![state, Cell::quote(&threshold.require), measured, Cell::Text(Line::joined(notes, "; "))];
        // where some are left out, those that held are
        table.row(Row::from(cells).ranked(usize::from(threshold.state == ThresholdState::Held)));
    }
    let of = match (report.levels.is_empty(), report.levels.iter().any(|level| level.held)) {
        (true, _) => "",
        (false, true) => " (of the highest level that held)",
        (false, false) => " (of the first level)",
    };
    Section::new("thresholds", format!("thresholds{of}")).of(Importance::High).with(table)
}

/// What there is to say of a threshold besides what was measured: whose it is, when it broke, and what the baseline allowed.
pub(super) fn remark(threshold: &ThresholdEntry) -> Option<String> {
    let is_default = threshold.name.is_none() && threshold.place.is_empty();
    let default = is_default.then(|| "the default: the plan does not set it".to_owned());
    let unscaled = threshold.unscaled.as_ref().map(|text| format!("the plan has `{text}`"));
    let broke = threshold.broke_at.map(|at| format!("broke at {}", seconds(at)));
    let failed =
        threshold.failed_as_timeout.then(|| "failed requests count as no quicker than their timeout".to_owned());
    let against = threshold.against.as_ref().map(|limit| format!("the limit was {limit}"));
    let worst = threshold.worst_at.map(|at| format!("the worst window, up to {}", seconds(at)));
    let few = threshold.few_samples.map(|samples| format!("few samples: {}", grouped(samples)));
    let ceiling =
        threshold.decided_by_ceiling.then(|| "it may be so only because the generator was at its ceiling".to_owned());
    let changed = threshold.load_changed.then(|| "a person changed the load, and so this".to_owned());
    let said: Vec<String> =
        [default, unscaled, broke, worst, against, few, failed, ceiling, changed].into_iter().flatten().collect();
    (!said.is_empty()).then(|| said.join("; "))
}

/// What the plan asks for and this run does not.
fn left_out(report: &Report) -> Option<Section> {
    let limit = Limit { terminal: None, comment: Some(50), rest: REST };
    let mut table = Table::new(["threshold", "", "why"].map(Column::left)).limited(limit);
    for entry in &report.left_out {
        let name = entry.name.as_ref().map_or_else(|| Cell::words(""), Cell::name);
        table.row(vec![Cell::quote(&entry.require), name, Cell::words(&entry.why)]);
    }
    let section = || Section::new("left_out", "thresholds left out").of(Importance::High).with(table);
    (!report.left_out.is_empty()).then(section)
}

fn teardown(errors: &[String]) -> Option<Section> {
    let limit = Limit { terminal: None, comment: Some(10), rest: REST };
    let list = List::of(errors.iter().map(Line::quote)).limited(limit);
    (!errors.is_empty()).then(|| Section::new("teardown", "the teardown went wrong").with(list))
}

/// Where every request went, as equations.
fn accounting(report: &Report) -> Section {
    let (n, books) = (grouped, &report.books);
    let scheduled =
        format!("scheduled {} = started {} + dropped {}", n(books.scheduled), n(books.started), n(books.dropped));
    let parts = [("ok", books.ok), ("failed", books.failed), ("aborted", books.aborted)];
    let mut started = equation(("started", books.started), parts, books.under_way);
    if books.never_sent > 0 {
        started.push_str(&format!("; {} never reached the target", n(books.never_sent)));
    }
    if report.total.redirected > 0 {
        started.push_str(&format!("; {} of the ok were redirects, followed", n(report.total.redirected)));
    }
    let title = if books.balanced { "requests add up" } else { "requests do not add up" };
    let section = Section::new("accounting", title);
    let section = section.with(Block::Paragraph(scheduled.into())).with(Block::Paragraph(started.into()));
    let section = report
        .tasks
        .iter()
        .flat_map(task_accounting)
        .fold(section, |section, line| section.with(Block::Paragraph(line.into())));
    if books.balanced {
        return section;
    }
    section.with(Block::Paragraph("this is an error of this program, please report it".into()))
}

/// Where all of something went: `started 3 = ok 2 + failed 1 + aborted 0`.
fn equation((whole, all): (&str, u64), parts: [(&str, u64); 3], under_way: u64) -> String {
    let parts = parts.map(|(what, count)| format!("{what} {}", grouped(count))).join(" + ");
    let under_way = if under_way > 0 { format!(" + under way {}", grouped(under_way)) } else { String::new() };
    format!("{whole} {} = {parts}{under_way}", grouped(all))
}

/// Where every task went, and how many users did not start.
fn task_accounting(tasks: &TasksEntry) -> Vec<String> {
    let mut lines = Vec::new();
    if tasks.started > 0 {
        let parts = [("completed", tasks.completed), ("failed", tasks.failed), ("aborted", tasks.aborted)];
        lines.push(equation(("tasks", tasks.started), parts, tasks.under_way));
    }
    if tasks.users_not_started > 0 {
        let of = counted(tasks.users, "user");
        lines.push(format!("of {of} {} did not start and sent no tasks", grouped(tasks.users_not_started)));
    }
    lines
}

fn generator(report: &Report) -> Section {
    let generator = &report.generator;
    let busiest = generator.worker_cpu.filter(|_| report.run.workers > 1);
    let busiest = busiest.map(|busy| format!(" (the busiest worker {:.2})", busy / 1e3)).unwrap_or_default();
    let mut line = format!(
        "{}, at most {:.2} cores{busiest}, {}, {} open files, woke up to {} late",
        counted(report.run.workers.into(), "worker"),
        generator.cpu_cores,
        Size::from_bytes(generator.memory),
        grouped(generator.open_files),
        ms(generator.worker_lag),
    );
    if let (Some(half), Some(most)) = (generator.lateness_p50, generator.lateness_p99) {
        line.push_str(&format!(", sent {} late at the median and {} at p99", ms(half), ms(most)));
    }
    match generator.cpu_wait {
        Some(wait) => line.push_str(&format!(", waited for a CPU up to {} of a second", ms(wait))),
        None => line.push_str("; whether it waited for a CPU is not known: only how late it woke and sent was watched"),
    }
    if generator.ceiling_seconds > 0 {
        line.push_str(&format!("; at its ceiling in {}", counted(generator.ceiling_seconds, "second")));
    }
    if generator.suspect_seconds > 0 {
        let by = generator.suspect_by.iter().map(|(issue, seconds)| format!("{seconds} {}", issue.replace('_', " ")));
        let suspect = counted(generator.suspect_seconds, "suspect second");
        line.push_str(&format!("; {suspect} ({})", by.collect::<Vec<_>>().join(", ")));
    }
    Section::new("generator", "generator").with(Block::Paragraph(line.into()))
}
