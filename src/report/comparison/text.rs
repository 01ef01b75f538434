use super::document::{ComparedEntry, ComparisonReport, NameEntry, RunSide, WordEntry};
use super::figures::{interval, line, moved, percent, quantity, value};
use crate::report::table::Table;
use crate::report::visible;
use crate::units::show_duration;

/// The comparison a person reads: what was compared, each number side by side, the word.
#[must_use]
pub fn comparison_text(report: &ComparisonReport) -> String {
    let mut text = format!("{}{}", side("base", &report.base), side("new ", &report.new));
    text.push_str(&rows(report));
    for (where_, names) in [("base", &report.only_base), ("new", &report.only_new)] {
        text.push_str(&only(where_, names));
    }
    text.push_str(&format!("  {}\n", explained(report)));
    for warning in &report.warnings {
        text.push_str(&format!("warning: {}\n", line(warning)));
    }
    text.push_str(&format!("{} {}\n", mark(report.word), sentence(report)));
    visible(&text)
}

fn side(word: &str, run: &RunSide) -> String {
    let length = std::time::Duration::try_from_secs_f64(run.seconds).unwrap_or_default();
    let length = show_duration(std::time::Duration::from_millis(length.as_millis() as u64));
    format!(
        "{word} {}: {} against {}, {length} from {}\n",
        line(&run.file),
        line(&run.plan),
        line(&run.target),
        line(&run.began)
    )
}

fn rows(report: &ComparisonReport) -> String {
    let mut table = Table::new(&["", "", "", "base", "new", "change", "interval", "word"], 3);
    for row in report.requests.iter().chain(std::iter::once(&report.total)) {
        for (index, change) in row.changes.iter().enumerate() {
            let (method, name) = if index == 0 { (line(&row.method), line(&row.name)) } else { Default::default() };
            table.row(vec![
                method,
                name,
                quantity(change),
                value(change, change.base),
                value(change, change.new),
                moved(change),
                interval(change),
                word(change.word),
            ]);
        }
    }
    table.render()
}

fn word(word: WordEntry) -> String {
    match word {
        WordEntry::Same => "same".to_owned(),
        WordEntry::NotEnoughData => "not enough data".to_owned(),
        WordEntry::Improved => "✓ improved".to_owned(),
        WordEntry::Regressed => "✗ regressed".to_owned(),
    }
}

fn only(where_: &str, names: &[NameEntry]) -> String {
    if names.is_empty() {
        return String::new();
    }
    let names: Vec<String> = names.iter().map(|name| line(&format!("{} {}", name.method, name.name))).collect();
    format!("  in the {where_} run alone: {}\n", names.join(", "))
}

/// How to read the intervals, in a sentence.
pub(super) fn explained(report: &ComparisonReport) -> String {
    let demand = &report.demand;
    format!(
        "intervals hold together in {} of 100 comparisons; a change matters beyond {}, of times also beyond {}, of error rates beyond {} pt",
        (report.method.confidence * 100.0).round(),
        percent(demand.tolerance),
        show_duration(std::time::Duration::try_from_secs_f64(demand.floor / 1e3).unwrap_or_default()),
        percent(demand.error_floor).trim_end_matches('%'),
    )
}

pub(super) const fn mark(word: WordEntry) -> &'static str {
    match word {
        WordEntry::Improved | WordEntry::Same => "✓",
        WordEntry::Regressed => "✗",
        WordEntry::NotEnoughData => "?",
    }
}

/// The word of all, with where it comes from.
pub(super) fn sentence(report: &ComparisonReport) -> String {
    let with = |word| {
        let rows = report.requests.iter().chain(std::iter::once(&report.total));
        let changed = rows.flat_map(|row: &ComparedEntry| row.changes.iter());
        changed.filter(|change| change.word == word).count()
    };
    let counted = |count: usize| if count == 1 { "1 change".to_owned() } else { format!("{count} changes") };
    match report.word {
        WordEntry::Regressed => format!("regressed: {} for the worse", counted(with(WordEntry::Regressed))),
        WordEntry::Improved => format!("improved: {} for the better", counted(with(WordEntry::Improved))),
        WordEntry::Same => "same: no change beyond chance and tolerance".to_owned(),
        WordEntry::NotEnoughData => "not enough data: the runs are too short, or vary too much, for a word".to_owned(),
    }
}
