use super::document::{ChangeEntry, ComparedEntry, ComparisonReport, NameEntry, WordEntry};
use super::figures::{interval, moved, quantity, value};
use super::text::{explained, mark, sentence};
use crate::report::markdown::code;

/// The longest name that a table shows.
const LONGEST: usize = 120;
/// The longest warning.
const LONGEST_WARNING: usize = 500;

/// The comparison as Markdown, for a pull request's comment or a job's summary.
#[must_use]
pub fn comparison_markdown(report: &ComparisonReport) -> String {
    let mut text = format!("### {} {}\n\n", mark(report.word), sentence(report));
    for warning in &report.warnings {
        text.push_str(&format!("- ⚠ {}\n", code(warning, LONGEST_WARNING)));
    }
    if !report.warnings.is_empty() {
        text.push('\n');
    }
    text.push_str(&format!("base {}, new {}\n\n", code(&report.base.file, LONGEST), code(&report.new.file, LONGEST)));
    let found = |word| matches!(word, WordEntry::Regressed | WordEntry::Improved);
    let changed: Vec<(&ComparedEntry, &ChangeEntry)> =
        cells(&report.requests).filter(|(_, change)| found(change.word)).collect();
    table(&mut text, cells(std::slice::from_ref(&report.total)).chain(changed));
    for (run, names) in [("base", &report.only_base), ("new", &report.only_new)] {
        only(&mut text, run, names);
    }
    text.push_str(&format!("\n{}\n", explained(report)));
    if !report.requests.is_empty() {
        text.push_str("\n<details><summary>every request</summary>\n\n");
        table(&mut text, cells(&report.requests));
        text.push_str("\n</details>\n");
    }
    text
}

fn cells(rows: &[ComparedEntry]) -> impl Iterator<Item = (&ComparedEntry, &ChangeEntry)> {
    rows.iter().flat_map(|row| row.changes.iter().map(move |change| (row, change)))
}

fn table<'a>(text: &mut String, cells: impl Iterator<Item = (&'a ComparedEntry, &'a ChangeEntry)>) {
    text.push_str(
        "| request | | base | new | change | interval | |\n| --- | --- | ---: | ---: | ---: | ---: | --- |\n",
    );
    for (row, change) in cells {
        let name = code(format!("{} {}", row.method, row.name).trim(), LONGEST);
        let word = match change.word {
            WordEntry::Regressed => "**✗ regressed**",
            WordEntry::Improved => "✓ improved",
            word => word.name(),
        };
        text.push_str(&format!(
            "| {name} | {} | {} | {} | {} | {} | {word} |\n",
            quantity(change),
            value(change, change.base),
            value(change, change.new),
            moved(change),
            interval(change),
        ));
    }
}

fn only(text: &mut String, run: &str, names: &[NameEntry]) {
    if !names.is_empty() {
        let names: Vec<String> =
            names.iter().map(|name| code(&format!("{} {}", name.method, name.name), LONGEST)).collect();
        text.push_str(&format!("\nin the {run} run alone: {}\n", names.join(", ")));
    }
}
