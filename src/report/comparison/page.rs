use super::document::{ChangeEntry, ComparedEntry, ComparisonReport, NameEntry, RunSide, WordEntry};
use crate::report::numbers::{Unit, counted, ms};
use crate::report::page::{Block, Cell, Column, Line, Mark, Page, Row, Section, Table, Verdict};

/// The page of a comparison: what was compared, each number side by side, the result.
#[must_use]
pub fn comparison_page(report: &ComparisonReport) -> Page {
    let mut page = Page::new(verdict(report));
    page.lead(Block::Paragraph(side("base ", &report.base)));
    page.lead(Block::Paragraph(side("new  ", &report.new)));
    let mut section = Section::untitled("changes").with(changes(report));
    for (run, names) in [("base", &report.only_base), ("new", &report.only_new)] {
        if !names.is_empty() {
            section = section.with(Block::Note(only(run, names)));
        }
    }
    if let Some(wide) = too_wide(report) {
        section = section.with(Block::Note(wide.into()));
    }
    page.section(section.with(Block::Note(explanation(report).into())));
    report.warnings.iter().for_each(|warning| page.warning(Line::quote(warning)));
    page
}

fn side(label: &str, run: &RunSide) -> Line {
    Line::from(label)
        .and_name(&run.file)
        .and(": ")
        .and_name(&run.plan)
        .and(" against ")
        .and_quote(&run.target)
        .and(format!(", {} from ", ms((run.seconds * 1e3).floor())))
        .and(&run.began)
}

fn changes(report: &ComparisonReport) -> Table {
    let names = [Column::left("method").grouped().drops(1), Column::left("name").grouped()];
    let numbers = ["base", "new", "change", "interval", "result"].map(|head| match head {
        "interval" => Column::right(head).drops(2),
        _ => Column::right(head),
    });
    let mut table = Table::new(names.into_iter().chain([Column::left("")]).chain(numbers));
    for row in &report.requests {
        for change in &row.changes {
            let shown = cells([Cell::name(&row.method), Cell::name(&row.name)], change);
            let is_change = matches!(change.word, WordEntry::Regressed | WordEntry::Improved);
            table.row(if is_change { shown } else { shown.minor() });
        }
    }
    for change in &report.total.changes {
        table.row(cells([Cell::words(""), Cell::words(&report.total.name)], change).total());
    }
    table
}

fn cells(name: [Cell; 2], change: &ChangeEntry) -> Row {
    let result = match change.word {
        WordEntry::Same => Cell::Verdict(None, "same"),
        WordEntry::NotEnoughData if change.too_wide => Cell::Verdict(None, "too wide"),
        WordEntry::NotEnoughData => Cell::Verdict(None, "not enough data"),
        WordEntry::Improved => Cell::Verdict(Some(Mark::Good), "improved"),
        WordEntry::Regressed => Cell::Verdict(Some(Mark::Bad), "regressed"),
    };
    let mut cells = Vec::from(name);
    cells.extend([
        Cell::words(quantity(change)),
        value(change, change.base),
        value(change, change.new),
        difference(change),
        interval(change),
        result,
    ]);
    cells.into()
}

/// What a quantity is called.
pub(in crate::report) fn quantity(change: &ChangeEntry) -> String {
    change.quantity.replace('_', " ")
}

/// A value of the change's quantity.
pub(in crate::report) fn value(change: &ChangeEntry, value: Option<f64>) -> Cell {
    let unit = match change.quantity.as_str() {
        "throughput" => Unit::FinePerSecond,
        "error_rate" => Unit::FineShare,
        _ => Unit::Time,
    };
    Cell::number(value, unit)
}

/// The change itself: in percent of the base, or of an error rate in points.
pub(in crate::report) fn difference(change: &ChangeEntry) -> Cell {
    Cell::number(change.change, unit(change))
}

/// The interval it lies in.
pub(in crate::report) fn interval(change: &ChangeEntry) -> Cell {
    match (change.low, change.high) {
        (Some(low), Some(high)) => Cell::Range(low, high, unit(change)),
        _ => Cell::Absent,
    }
}

fn unit(change: &ChangeEntry) -> Unit {
    if change.quantity == "error_rate" { Unit::Points } else { Unit::Change }
}

fn only(run: &str, names: &[NameEntry]) -> Line {
    let names = names.iter().map(|name| Line::name(format!("{} {}", name.method, name.name)));
    Line::joined([format!("in the {run} run alone: ").into(), Line::joined(names, ", ")], "")
}

/// What to make of intervals that are too wide to mean anything; `None` without any.
fn too_wide(report: &ComparisonReport) -> Option<String> {
    let rows = report.requests.iter().chain([&report.total]);
    let wide = rows.flat_map(|row| &row.changes).filter(|change| change.too_wide).count() as u64;
    let (are, they) = if wide == 1 { ("is", "it does") } else { ("are", "they do") };
    (wide > 0).then(|| {
        format!(
            "too wide: {} {are} too wide to mean anything: a doubling, or of an error rate 5 points, would not be seen, and \
             {they} not say that nothing changed; run longer, or more often",
            counted(wide, "interval")
        )
    })
}

/// How to read the intervals, in a sentence.
fn explanation(report: &ComparisonReport) -> String {
    let demand = &report.demand;
    let share = |share| Unit::FineShare.show(share);
    format!(
        "intervals hold together in {} of 100 comparisons; a change matters beyond {}, of times also beyond {}, of error rates beyond {} pt",
        (report.method.confidence * 100.0).round(),
        share(demand.tolerance),
        ms(demand.floor),
        share(demand.error_floor).trim_end_matches('%'),
    )
}

/// The result of all, with where it comes from.
fn verdict(report: &ComparisonReport) -> Verdict {
    let changes = |word| {
        let rows = report.requests.iter().chain(std::iter::once(&report.total));
        let changed = rows.flat_map(|row: &ComparedEntry| row.changes.iter());
        counted(changed.filter(|change| change.word == word).count() as u64, "change")
    };
    let (mark, line) = match report.word {
        WordEntry::Regressed => (Mark::Bad, format!("regressed: {} for the worse", changes(WordEntry::Regressed))),
        WordEntry::Improved => (Mark::Good, format!("improved: {} for the better", changes(WordEntry::Improved))),
        WordEntry::Same => (Mark::Good, "same: no change beyond chance and tolerance".to_owned()),
        WordEntry::NotEnoughData => {
            (Mark::Unclear, "not enough data: the runs are too short, or vary too much, for a result".to_owned())
        }
    };
    Verdict { mark, line: line.into() }
}
