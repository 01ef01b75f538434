use super::sanitize::visible;
use super::table::Table;
use crate::results::{
    BooksEntry, FailureEntry, LevelEntry, MetricEntry, Report, RequestEntry, ThresholdEntry, ThresholdState, TimeEntry,
    UserEntry,
};
use crate::units::{Size, show_duration};

/// The summary a person reads: what was asked, what was measured, what held, where every request went.
#[must_use]
pub fn summary(report: &Report) -> String {
    let sections = [
        head(report),
        requests(report),
        users(&report.users),
        metrics(&report.metrics),
        groups("failures", &report.failures),
        groups("exceptions (mistakes of the plan that showed at run time)", &report.exceptions),
        levels(report),
        thresholds(report),
        teardown(report),
        books(report),
        generator(report),
        foot(report),
    ];
    let sections: Vec<String> = sections.into_iter().filter(|section| !section.is_empty()).collect();
    visible(&sections.join("\n"))
}

fn head(report: &Report) -> String {
    let plan = &report.plan;
    let profile = plan.profile.as_ref().map(|profile| format!(" (profile {profile})")).unwrap_or_default();
    let length = show_duration(std::time::Duration::from_secs_f64(report.run.seconds.max(0.0)));
    let users = match report.run.users {
        1 => "1 user".to_owned(),
        users => format!("up to {users} users"),
    };
    let shard =
        report.run.shard.map(|shard| format!(", shard {} of {}", shard.number, shard.count)).unwrap_or_default();
    format!("{}{profile} against {}: {users} for {length}{shard}\n", plan.name, plan.target)
}

fn requests(report: &Report) -> String {
    if report.requests.is_empty() {
        return "no requests were made\n".to_owned();
    }
    let mut table = Table::new(
        &["method", "name", "requests", "failed", "rate", "p50", "p95", "p99", "max", "service p50", "p95", "p99"],
        2,
    );
    for row in report.requests.iter().chain(std::iter::once(&report.total)) {
        table.row(cells(row));
    }
    let note = "  p50 to max: response time, from when a request was due; service: from when it was sent\n";
    format!("requests\n{}{note}", table.render())
}

fn cells(row: &RequestEntry) -> Vec<String> {
    let failed = match row.error_rate {
        Some(share) if row.failed > 0 => format!("{} ({})", grouped(row.failed), percent(share)),
        _ => "0".to_owned(),
    };
    let mut cells =
        vec![row.method.clone(), row.name.clone(), grouped(row.requests), failed, format!("{}/s", figure(row.rate))];
    let figures = |times: Option<&TimeEntry>, of: &[fn(&TimeEntry) -> f64]| {
        of.iter().map(|figure| times.map_or("–".to_owned(), |times| ms(figure(times)))).collect::<Vec<_>>()
    };
    cells.extend(figures(row.response_time.as_ref(), &[|t| t.p50, |t| t.p95, |t| t.p99, |t| t.max]));
    cells.extend(figures(row.service_time.as_ref(), &[|t| t.p50, |t| t.p95, |t| t.p99]));
    cells
}

/// How many tags of a user type a summary shows; the report has them all.
const TAGS: usize = 3;

/// The user types, where there are several; how much of what each did, by the endpoints' tags.
fn users(users: &[UserEntry]) -> String {
    if users.len() < 2 {
        return String::new();
    }
    let mut table = Table::new(&["name", "requests", "share", "failed", "rate", "p50", "p95", "p99", "tags"], 1);
    for user in users {
        let mut tags: Vec<(&String, &u64)> = user.tags.iter().collect();
        tags.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        let tags = tags.into_iter().take(TAGS).filter_map(|(tag, count)| Some((tag, share_of(*count, user.requests)?)));
        let time = |figure: fn(&TimeEntry) -> f64| {
            user.response_time.as_ref().map_or("–".to_owned(), |times| ms(figure(times)))
        };
        table.row(vec![
            user.name.clone(),
            grouped(user.requests),
            user.share.map_or("–".to_owned(), percent),
            grouped(user.failed),
            format!("{}/s", figure(user.rate)),
            time(|times| times.p50),
            time(|times| times.p95),
            time(|times| times.p99),
            tags.map(|(tag, share)| format!("{tag} {}", percent(share))).collect::<Vec<_>>().join(", "),
        ]);
    }
    format!("user types\n{}", table.render())
}

fn share_of(count: u64, all: u64) -> Option<f64> {
    (all > 0).then(|| count as f64 / all as f64)
}

fn metrics(metrics: &[MetricEntry]) -> String {
    if metrics.is_empty() {
        return String::new();
    }
    let mut table = Table::new(&["name", "samples", "mean", "p50", "p95", "max", "sum", ""], 1);
    let shown = |number: Option<f64>| number.map_or("–".to_owned(), figure);
    for metric in metrics {
        table.row(vec![
            metric.name.clone(),
            grouped(metric.count),
            shown(metric.mean),
            shown(metric.p50),
            shown(metric.p95),
            shown(metric.max),
            if metric.kind == "gauge" { "–".to_owned() } else { figure(metric.sum) },
            metric.unit.clone().unwrap_or_default(),
        ]);
    }
    format!("metrics\n{}", table.render())
}

/// How many groups a summary shows; the report has them all.
const SHOWN: usize = 10;

fn groups(title: &str, groups: &[FailureEntry]) -> String {
    if groups.is_empty() {
        return String::new();
    }
    let mut table = Table::new(&["name", "kind", "what", "count"], 3);
    for group in groups.iter().take(SHOWN) {
        let name = format!("{} {}", group.method, group.name);
        let message = group.message.split_whitespace().collect::<Vec<_>>().join(" ");
        table.row(vec![name.trim().to_owned(), group.kind.clone(), message, grouped(group.count)]);
    }
    let more = match groups.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!("  … and {more} more in the report\n"),
    };
    format!("{title}\n{}{more}", table.render())
}

fn levels(report: &Report) -> String {
    if report.levels.is_empty() {
        return String::new();
    }
    let mut table = Table::new(&["", "", "level", "", "broken"], 5);
    for level in &report.levels {
        let (mark, word) = if level.held { ("✓", "held") } else { ("✗", "broken") };
        let mut broken = level.broken.clone();
        if level.dropped > 0 {
            broken.push(format!("{} arrivals dropped", grouped(level.dropped)));
        }
        table.row(vec![mark.into(), word.into(), level.name.clone(), level.level.clone(), broken.join(", ")]);
    }
    let highest = report.levels.iter().filter(|level| level.held).max_by(|a, b| height(a).total_cmp(&height(b)));
    let line = match highest {
        Some(level) => format!("  the highest level that held: {} ({})\n", level.level, level.name),
        None => "  no level held\n".to_owned(),
    };
    format!("levels\n{}{line}", table.render())
}

/// A level as a number, to compare by.
fn height(level: &LevelEntry) -> f64 {
    let digits = level.level.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(level.level.len());
    level.level[..digits].parse().unwrap_or(0.0)
}

fn teardown(report: &Report) -> String {
    if report.teardown.is_empty() {
        return String::new();
    }
    format!("the teardown went wrong\n  {}\n", report.teardown.join("\n  "))
}

fn thresholds(report: &Report) -> String {
    let mut table = Table::new(&["", "", "threshold", "measured", ""], 5);
    for threshold in &report.thresholds {
        let (mark, word) = match threshold.state {
            ThresholdState::Held => ("✓", "held"),
            ThresholdState::Broken => ("✗", "broken"),
            ThresholdState::NoData => ("✗", "no data"),
            ThresholdState::Left => ("○", "left to the merge"),
        };
        let name = match (&threshold.name, threshold.place.is_empty()) {
            (Some(name), _) => Some(name.clone()),
            (None, true) => Some("the default: the plan has no thresholds".to_owned()),
            (None, false) => None,
        };
        let note = [name, remark(threshold)].into_iter().flatten().collect::<Vec<_>>().join("; ");
        table.row(vec![mark.into(), word.into(), threshold.require.clone(), threshold.measured.clone(), note]);
    }
    let of = match (report.levels.is_empty(), report.levels.iter().any(|level| level.held)) {
        (true, _) => "",
        (false, true) => " (of the highest level that held)",
        (false, false) => " (of the first level)",
    };
    format!("thresholds{of}\n{}", table.render())
}

/// What there is to say of a threshold besides what was measured: when it broke, and what the baseline allowed.
pub(super) fn remark(threshold: &ThresholdEntry) -> Option<String> {
    let broke = threshold.broke_at.map(|at| format!("broke at {}", ms(at * 1e3)));
    let against = threshold.against.as_ref().map(|limit| format!("the limit was {limit}"));
    let said: Vec<String> = [broke, against].into_iter().flatten().collect();
    (!said.is_empty()).then(|| said.join("; "))
}

fn books(report: &Report) -> String {
    let [scheduled, started] = equations(&report.books);
    let balance = if report.books.balanced {
        ""
    } else {
        "\n  the books do not balance: this is a mistake of this program, please report it"
    };
    format!("books\n  {scheduled}\n  {started}{balance}\n")
}

/// Both equations of the books.
pub(super) fn equations(books: &BooksEntry) -> [String; 2] {
    let n = grouped;
    let scheduled =
        format!("scheduled {} = started {} + dropped {}", n(books.scheduled), n(books.started), n(books.dropped));
    let mut started = format!(
        "started {} = ok {} + failed {} + aborted {}",
        n(books.started),
        n(books.ok),
        n(books.failed),
        n(books.aborted)
    );
    if books.under_way > 0 {
        started.push_str(&format!(" + under way {}", n(books.under_way)));
    }
    if books.never_sent > 0 {
        started.push_str(&format!("; {} never reached the target", n(books.never_sent)));
    }
    [scheduled, started]
}

fn generator(report: &Report) -> String {
    let generator = &report.generator;
    let memory = Size::from_bytes(generator.memory);
    let workers = report.run.workers;
    let s = if workers == 1 { "" } else { "s" };
    let mut line = format!(
        "generator\n  {workers} worker{s}, at most {:.2} cores, {memory}, {} open files, woke up to {} late",
        generator.cpu_cores,
        generator.open_files,
        ms(generator.worker_lag),
    );
    if generator.suspect_seconds > 0 {
        let s = if generator.suspect_seconds == 1 { "" } else { "s" };
        let by: Vec<String> = generator
            .suspect_by
            .iter()
            .map(|(strain, seconds)| format!("{seconds} {}", strain.replace('_', " ")))
            .collect();
        line.push_str(&format!("; {} suspect second{s} ({})", grouped(generator.suspect_seconds), by.join(", ")));
    }
    line.push('\n');
    line
}

fn foot(report: &Report) -> String {
    let mark = if report.verdict.passed { "✓" } else { "✗" };
    let left = report.thresholds.iter().filter(|threshold| threshold.state == ThresholdState::Left).count();
    let left = match left {
        0 => String::new(),
        1 => "; 1 threshold is left to the merge".to_owned(),
        left => format!("; {left} thresholds are left to the merge"),
    };
    format!("seed {}\n{mark} {}{left}\n", report.run.seed, report.verdict.text)
}

/// A time in milliseconds as a person reads it.
pub(crate) fn ms(ms: f64) -> String {
    show_duration(std::time::Duration::from_secs_f64((ms / 1e3).max(0.0)))
}

pub(crate) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    // a share that is not nothing must not read as nothing, nor one that is not all as all
    match percent {
        p if p > 0.0 && p < 0.01 => "<0.01%".to_owned(),
        p if p < 10.0 => format!("{p:.2}%"),
        p if p < 100.0 => format!("{:.1}%", p.min(99.9)),
        _ => "100%".to_owned(),
    }
}

pub(crate) fn figure(number: f64) -> String {
    match number.abs() {
        n if n >= 1e5 => grouped_float(number),
        n if n >= 100.0 || n == n.trunc() => format!("{number:.0}"),
        n if n >= 10.0 => format!("{number:.1}"),
        n if n >= 0.01 => format!("{number:.2}"),
        _ => format!("{number:.2e}"),
    }
}

fn grouped_float(number: f64) -> String {
    if number.abs() < 1e15 {
        let sign = if number < 0.0 { "-" } else { "" };
        format!("{sign}{}", grouped(number.abs().round() as u64))
    } else {
        format!("{number:.2e}")
    }
}

/// 1234567 as `1,234,567`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
