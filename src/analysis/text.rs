use super::document::{Analysis, FileEntry, RowEntry, State, Symptom, TargetEntry, Top};
use super::quantile_bounds::Bound;
use crate::report::{Table, figure, grouped, percent, visible};
use crate::units::show_duration;

/// An analysis as a person reads it.
#[must_use]
pub fn text(analysis: &Analysis) -> String {
    let mut sections = vec![overall(analysis)];
    sections.extend([endpoints(&analysis.requests, analysis.total.requests), top(&analysis.top)]);
    for file in &analysis.files {
        let of = if analysis.files.len() == 1 { String::new() } else { format!(" of {}", file.file) };
        sections
            .push(targets(&format!("targets of {}{}", analysis.whose(), of.replace(" of ", " for ")), &file.targets));
        sections.push(recommendations(&of, file));
        sections.push(notes(&of, file));
    }
    sections.push(format!("{} {}\n", analysis.mark(), analysis.text));
    sections.retain(|section| !section.is_empty());
    visible(&sections.join("\n"))
}

/// So many users, in words.
pub(super) fn users(count: u64) -> String {
    if count == 1 { "1 user".to_owned() } else { format!("{} users", grouped(count)) }
}

/// A time in milliseconds as a person reads it, however odd.
pub(super) fn ms(ms: f64) -> String {
    crate::report::ms(ms.clamp(0.0, 1e12))
}

/// What one file is, in a line.
pub(super) fn title(file: &FileEntry) -> String {
    let kind = match file.kind.as_str() {
        "locust" => "Locust",
        "journal" => "a journal",
        _ => "a report",
    };
    let mut said = vec![kind.to_owned()];
    said.extend(file.plan.clone());
    said.extend(file.users.map(|count| format!("up to {}", users(count))));
    said.extend(
        file.seconds.and_then(|seconds| std::time::Duration::try_from_secs_f64(seconds).ok()).map(show_duration),
    );
    format!("{} ({})", file.file, said.join(", "))
}

fn overall(analysis: &Analysis) -> String {
    let mut lines: String = analysis.files.iter().map(|file| format!("{}\n", title(file))).collect();
    if analysis.total.requests == 0 {
        return format!("{lines}no requests were made\n");
    }
    let mut table =
        Table::new(&["overall", "requests", "failed", "rate", "mean", "min", "p50", "p95", "p99", "max"], 1);
    let several = analysis.files.len() > 1;
    if several {
        for file in &analysis.files {
            table.row(figures(file.file.clone(), &file.total, true));
        }
    }
    table.row(figures("all".to_owned(), &analysis.total, true));
    lines.push_str(&table.render());
    if several {
        lines.push_str(
            "  percentiles of several files cannot be had from theirs: what is given lies between what they allow; \
             rates of different runs do not add up\n",
        );
    }
    lines
}

fn figures(name: String, row: &RowEntry, with_min: bool) -> Vec<String> {
    let time = |time: Option<f64>| time.map_or("–".to_owned(), ms);
    let mut cells = vec![
        name,
        grouped(row.requests),
        failed(row),
        row.rate.map_or("–".to_owned(), |rate| format!("{}/s", figure(rate))),
        time(row.mean),
    ];
    cells.extend(with_min.then(|| time(row.min)));
    cells.extend([row.p50, row.p95, row.p99].map(shown));
    cells.push(time(row.max));
    cells
}

pub(super) fn failed(row: &RowEntry) -> String {
    match row.error_rate {
        Some(share) if row.failed > 0 => format!("{} ({})", grouped(row.failed), percent(share)),
        _ => "0".to_owned(),
    }
}

/// A quantile, or between which values it lies.
pub(super) fn shown(bound: Option<Bound>) -> String {
    match bound {
        None => "–".to_owned(),
        Some(bound) => match bound.known() {
            Some(known) => ms(known),
            None => format!("{}..{}", ms(bound.at_least), ms(bound.at_most)),
        },
    }
}

/// How many rows a table has; the JSON has them all.
const SHOWN: usize = 100;

fn endpoints(rows: &[RowEntry], all: u64) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let mut table =
        Table::new(&["method", "name", "share", "requests", "failed", "rate", "mean", "p50", "p95", "p99", "max"], 2);
    for row in rows.iter().take(SHOWN) {
        let share = percent(row.requests as f64 / all.max(1) as f64);
        let mut cells = vec![row.method.clone(), one_line(&row.name), share];
        cells.extend(figures(String::new(), row, false).into_iter().skip(1));
        table.row(cells);
    }
    let more = match rows.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!("  … and {more} more, in `--json`\n"),
    };
    format!("endpoints\n{}{more}", table.render())
}

/// The five that stand out, each kind in a column.
fn top(top: &Top) -> String {
    if top.requests.is_empty() {
        return String::new();
    }
    let name = |row: &RowEntry| one_line(format!("{} {}", row.method, row.name).trim());
    let slow = |row: &RowEntry| if row.p95.is_some() { shown(row.p95) } else { row.mean.map_or(String::new(), ms) };
    let mut table = Table::new(&["", "most requests", "", "slowest (p95)", "", "most errors", ""], 7);
    for place in 0..top.requests.len() {
        let cell = |rows: &[RowEntry], figure: &dyn Fn(&RowEntry) -> String| match rows.get(place) {
            Some(row) => [name(row), figure(row)],
            None => [String::new(), String::new()],
        };
        let mut cells = vec![(place + 1).to_string()];
        cells.extend(cell(&top.requests, &|row| grouped(row.requests)));
        cells.extend(cell(&top.slowest, &slow));
        cells.extend(cell(&top.errors, &failed));
        table.row(cells);
    }
    format!("top five\n{}", table.render())
}

/// A name without what would break a table.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The mark and the word of a state.
pub(super) const fn word(state: State) -> (&'static str, &'static str) {
    match state {
        State::Met => ("✓", "met"),
        State::Missed => ("✗", "missed"),
        State::NoData => ("✗", "no data"),
        State::NotJudged => ("–", "not judged"),
    }
}

fn targets(title: &str, targets: &[TargetEntry]) -> String {
    if targets.is_empty() {
        return String::new();
    }
    let mut table = Table::new(&["", "", "target", "measured", ""], 5);
    for target in targets {
        let (mark, word) = word(target.state);
        let notes = target.name.iter().chain(&target.note).map(|note| one_line(note));
        table.row(vec![
            mark.into(),
            word.into(),
            one_line(&target.require),
            target.measured.clone().unwrap_or_else(|| "–".to_owned()),
            notes.collect::<Vec<_>>().join("; "),
        ]);
    }
    format!("{title}\n{}", table.render())
}

/// A symptom as a heading.
pub(super) const fn heading(symptom: Symptom) -> &'static str {
    match symptom {
        Symptom::Generator => "the generator",
        Symptom::Errors => "errors",
        Symptom::Connections => "connections",
        Symptom::RateLimit => "a rate limit",
        Symptom::SlowAnswers => "slow answers",
        Symptom::Waiting => "waiting",
        Symptom::Dropped => "dropped arrivals",
        Symptom::Throughput => "throughput",
        Symptom::Exceptions => "exceptions",
    }
}

fn recommendations(of: &str, file: &FileEntry) -> String {
    if file.recommendations.is_empty() {
        return String::new();
    }
    let mut out = format!("recommendations{of}\n");
    for advice in &file.recommendations {
        out.push_str(&format!("  {}: {}\n", heading(advice.symptom), one_line(&advice.finding)));
        advice.endpoints.iter().for_each(|line| out.push_str(&format!("      {}\n", one_line(line))));
        advice.look_at.iter().for_each(|line| out.push_str(&format!("    → {line}\n")));
    }
    out
}

fn notes(of: &str, file: &FileEntry) -> String {
    if file.notes.is_empty() {
        return String::new();
    }
    let lines: String = file.notes.iter().take(SHOWN).map(|note| format!("  {}\n", one_line(note))).collect();
    format!("notes{of}\n{lines}")
}
