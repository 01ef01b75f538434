use super::document::{Analysis, FileEntry, RowEntry, TargetEntry};
use super::text::{failed, heading, ms, one_line, shown, title, word};
use crate::report::{figure, grouped, visible};

/// An analysis as Markdown, for a pull request or a job's summary.
#[must_use]
pub fn markdown(analysis: &Analysis) -> String {
    let mut out = format!("## {} {}\n", analysis.mark(), escaped(&analysis.text));
    analysis.files.iter().for_each(|file| out.push_str(&format!("\n{}\n", escaped(&title(file)))));
    let rows = analysis.requests.iter().chain([&analysis.total]);
    out.push_str(&table("Endpoints", rows));
    out.push_str(&table("Slowest, by p95", analysis.top.slowest.iter()));
    out.push_str(&table("Most errors", analysis.top.errors.iter()));
    for file in &analysis.files {
        let of = if analysis.files.len() == 1 { String::new() } else { format!(" of {}", escaped(&file.file)) };
        out.push_str(&targets(
            &format!("Targets of {}{}", escaped(analysis.whose()), of.replace(" of ", " for ")),
            &file.targets,
        ));
        out.push_str(&recommendations(&of, file));
        if !file.notes.is_empty() {
            out.push_str(&format!("\n### Notes{of}\n\n"));
            file.notes.iter().for_each(|note| out.push_str(&format!("- {}\n", escaped(note))));
        }
    }
    visible(&out)
}

fn table<'a>(title: &str, rows: impl Iterator<Item = &'a RowEntry>) -> String {
    let time = |time: Option<f64>| time.map_or("–".to_owned(), ms);
    let lines: String = rows
        .map(|row| {
            let cells = [
                escaped(format!("{} {}", row.method, row.name).trim()),
                grouped(row.requests),
                failed(row),
                row.rate.map_or("–".to_owned(), |rate| format!("{}/s", figure(rate))),
                time(row.mean),
                shown(row.p50),
                shown(row.p95),
                shown(row.p99),
                time(row.max),
            ];
            format!("| {} |\n", cells.join(" | "))
        })
        .collect();
    if lines.is_empty() {
        return String::new();
    }
    let head = "| request | requests | failed | rate | mean | p50 | p95 | p99 | max |\n\
                | --- | --: | --: | --: | --: | --: | --: | --: | --: |\n";
    format!("\n### {title}\n\n{head}{lines}")
}

fn targets(title: &str, targets: &[TargetEntry]) -> String {
    if targets.is_empty() {
        return String::new();
    }
    let lines: String = targets
        .iter()
        .map(|target| {
            let (mark, word) = word(target.state);
            let notes: Vec<String> = target.name.iter().chain(&target.note).map(|note| escaped(note)).collect();
            let measured = target.measured.as_deref().map_or("–".to_owned(), escaped);
            format!("| {mark} {word} | {} | {measured} | {} |\n", escaped(&target.require), notes.join("; "))
        })
        .collect();
    format!("\n### {title}\n\n| | target | measured | |\n| --- | --- | --- | --- |\n{lines}")
}

fn recommendations(of: &str, file: &FileEntry) -> String {
    if file.recommendations.is_empty() {
        return String::new();
    }
    let mut out = format!("\n### Recommendations{of}\n\n");
    for advice in &file.recommendations {
        out.push_str(&format!("- **{}**: {}\n", heading(advice.symptom), escaped(&advice.finding)));
        advice.endpoints.iter().for_each(|line| out.push_str(&format!("  - {}\n", escaped(line))));
        let look_at: Vec<String> = advice.look_at.iter().map(|line| escaped(line)).collect();
        out.push_str(&format!("  - look at: {}\n", look_at.join("; ")));
    }
    out
}

/// A text in which nothing is Markdown: names and messages come from plans and servers.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in one_line(text).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '&' => out.push_str("&amp;"),
            '@' => out.push_str("&#64;"),
            '\\' | '|' | '`' | '*' | '_' | '[' | ']' | '#' | '!' | '~' | '$' => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}
