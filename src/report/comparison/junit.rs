use super::document::{ChangeEntry, ComparedEntry, ComparisonReport, WordEntry};
use super::figures::{interval, moved, quantity, value};
use crate::report::junit::{Case, CaseOutcome, Suite, Suites, Trouble};

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
    let suites = rows.map(|row| suite(row, report, &properties)).collect();
    Suites { name: format!("{}: comparison", report.new.plan), seconds: report.new.seconds, suites }.render()
}

fn suite(row: &ComparedEntry, report: &ComparisonReport, properties: &[(String, String)]) -> Suite {
    let name = format!("{} {}", row.method, row.name).trim().to_owned();
    Suite {
        cases: row.changes.iter().map(|change| case(&name, change)).collect(),
        name,
        began: Some(report.new.began.clone()),
        seconds: 0.0,
        properties: properties.to_vec(),
    }
}

fn case(class: &str, change: &ChangeEntry) -> Case {
    let told = format!(
        "{} {} → {}: {} ({})",
        quantity(change),
        value(change, change.base),
        value(change, change.new),
        moved(change),
        interval(change)
    );
    Case {
        class: class.to_owned(),
        name: quantity(change),
        seconds: None,
        outcome: match change.word {
            WordEntry::Same | WordEntry::Improved => CaseOutcome::Passed,
            WordEntry::NotEnoughData => CaseOutcome::Skipped("not enough data".to_owned()),
            WordEntry::Regressed => CaseOutcome::Failed(Trouble {
                kind: "regression".to_owned(),
                message: told.clone(),
                text: String::new(),
            }),
        },
        output: if change.word == WordEntry::Regressed { String::new() } else { told },
    }
}
