use super::document::{Analysis, FileEntry, Recommendation, RowEntry, State, Symptom, TargetEntry, Top};
use super::quantile_bounds::Bound;
use crate::report::{
    Block, Cell, Column, Item, Limit, Line, List, Mark, Page, Section, Table, Unit, Verdict, counted, ms,
};

/// The page of an analysis: all files together, and then each with its targets and what to look at.
#[must_use]
pub fn page(analysis: &Analysis) -> Page {
    let mark = match (analysis.passed, analysis.exit_code) {
        (true, _) => Mark::Good,
        // there is nothing to judge the figures by
        (false, 0) => Mark::NotJudged,
        (false, _) => Mark::Bad,
    };
    let mut page = Page::new(Verdict { mark, line: analysis.text.as_str().into() });
    analysis.files.iter().for_each(|file| page.lead(Block::Paragraph(title(file))));
    overall(analysis, &mut page);
    page.section(endpoints(&analysis.requests, analysis.total.requests));
    page.section(top(&analysis.top));
    for (index, file) in analysis.files.iter().enumerate() {
        let single = analysis.files.len() == 1;
        let of = |what: &str, between: &str| match single {
            true => Line::from(what),
            false => Line::from(what).and(between).and_name(&file.file),
        };
        let id = |what: &str| if single { what.to_owned() } else { format!("{what}_{}", index + 1) };
        let whose = format!("targets of {}", analysis.whose());
        page.section(targets(Section::new(id("targets"), of(&whose, " for ")), &file.targets));
        let section = Section::new(id("recommendations"), of("recommendations", " of "));
        page.section(listed(section, file.recommendations.iter().map(recommendation)));
        let notes = file.notes.iter().map(|note| Item { line: note.as_str().into(), ..Item::default() });
        page.section(listed(Section::new(id("notes"), of("notes", " of ")), notes));
    }
    page
}

/// How many rows and notes are shown; the JSON has them all.
const SHOWN: Limit = Limit { terminal: Some(100), comment: Some(100), rest: "in `--json`" };

/// What one file is, in a line.
fn title(file: &FileEntry) -> Line {
    let kind = match file.kind.as_str() {
        "locust" => "Locust",
        "journal" => "a journal",
        _ => "a report",
    };
    let said = std::iter::once(Line::from(kind))
        .chain(file.plan.iter().map(Line::name))
        .chain(file.users.map(|count| format!("up to {}", counted(count, "user")).into()))
        .chain(file.seconds.map(|seconds| ms(seconds * 1e3).into()));
    Line::joined([Line::name(&file.file), " (".into(), Line::joined(said, ", "), ")".into()], "")
}

const NUMBERS: [&str; 9] = ["requests", "failed", "rate", "mean", "min", "p50", "p95", "p99", "max"];
/// The order in which they go where there is no room, the highest first; 0 stays.
const DROPS: [u8; NUMBERS.len()] = [0, 0, 3, 7, 9, 2, 0, 4, 6];
/// The place of `min` among them: a table of many rows has no room for it.
const MIN: usize = 4;

fn overall(analysis: &Analysis, page: &mut Page) {
    if analysis.total.requests == 0 {
        return page.lead(Block::Paragraph("no requests were made".into()));
    }
    let mut table =
        Table::new(std::iter::once(Column::left("overall")).chain(number_columns().map(|(_, column)| column)));
    let row = |name: Cell, row: &RowEntry| std::iter::once(name).chain(numbers(row)).collect::<Vec<_>>();
    let several = analysis.files.len() > 1;
    for file in analysis.files.iter().filter(|_| several) {
        table.row(row(Cell::name(&file.file), &file.total));
    }
    table.row(row(Cell::words("all"), &analysis.total));
    page.lead(table);
    if several {
        page.lead(Block::Note(
            "percentiles of several files cannot be had from theirs: what is given lies between what they allow; rates \
             of different runs do not add up"
                .into(),
        ));
    }
}

fn number_columns() -> impl Iterator<Item = (usize, Column)> {
    NUMBERS.iter().zip(DROPS).map(|(head, drops)| Column::right(head).drops(drops)).enumerate()
}

fn numbers(row: &RowEntry) -> [Cell; NUMBERS.len()] {
    [
        Cell::Count(row.requests),
        failed(row),
        Cell::number(row.rate, Unit::PerSecond),
        Cell::time(row.mean),
        Cell::time(row.min),
        quantile(row.p50),
        quantile(row.p95),
        quantile(row.p99),
        Cell::time(row.max),
    ]
}

const fn failed(row: &RowEntry) -> Cell {
    Cell::Failures(row.failed, row.error_rate)
}

/// A quantile, or between which values it lies.
fn quantile(bound: Option<Bound>) -> Cell {
    match bound {
        None => Cell::Absent,
        Some(bound) => match bound.known() {
            Some(known) => Cell::time(Some(known)),
            None => Cell::Range(bound.at_least, bound.at_most, Unit::Time),
        },
    }
}

fn endpoints(rows: &[RowEntry], all: u64) -> Option<Section> {
    let columns = number_columns().filter(|(index, _)| *index != MIN).map(|(_, column)| column);
    let names = [Column::left("method").drops(1), Column::left("name"), Column::right("share").drops(8)];
    let mut table = Table::new(names.into_iter().chain(columns)).limited(SHOWN);
    for row in rows {
        let share = Cell::Number(row.requests as f64 / all.max(1) as f64, Unit::Share);
        let mut cells = vec![Cell::name(&row.method), Cell::name(&row.name), share];
        cells.extend(numbers(row).into_iter().enumerate().filter(|(index, _)| *index != MIN).map(|(_, cell)| cell));
        table.row(cells);
    }
    (!rows.is_empty()).then(|| Section::new("endpoints", "endpoints").with(table))
}

/// The five that stand out, each kind in a column.
fn top(top: &Top) -> Option<Section> {
    let heads = ["", "most requests", "", "slowest (p95)", "", "most errors", ""];
    let mut table = Table::new(heads.map(Column::left));
    let slow = |row: &RowEntry| if row.p95.is_some() { quantile(row.p95) } else { Cell::time(row.mean) };
    for place in 0..top.requests.len() {
        let pair = |rows: &[RowEntry], figure: &dyn Fn(&RowEntry) -> Cell| match rows.get(place) {
            Some(row) => [Cell::name(format!("{} {}", row.method, row.name)), figure(row)],
            None => [Cell::words(""), Cell::words("")],
        };
        let mut cells = vec![Cell::Count(place as u64 + 1)];
        cells.extend(pair(&top.requests, &|row| Cell::Count(row.requests)));
        cells.extend(pair(&top.slowest, &slow));
        cells.extend(pair(&top.errors, &failed));
        table.row(cells);
    }
    (!top.requests.is_empty()).then(|| Section::new("top", "top five").with(table))
}

fn targets(section: Section, targets: &[TargetEntry]) -> Option<Section> {
    let mut table = Table::new(["", "target", "measured", ""].map(Column::left));
    for target in targets {
        let (mark, word) = match target.state {
            State::Met => (Mark::Good, "met"),
            State::Missed => (Mark::Bad, "missed"),
            State::NoData => (Mark::Bad, "no data"),
            State::NotJudged => (Mark::NotJudged, "not judged"),
        };
        let notes = target.name.iter().map(Line::name).chain(target.note.iter().map(|note| note.as_str().into()));
        table.row(vec![
            Cell::Verdict(Some(mark), word),
            Cell::quote(&target.require),
            target.measured.as_ref().map_or(Cell::Absent, Cell::name),
            Cell::Text(Line::joined(notes, "; ")),
        ]);
    }
    (!targets.is_empty()).then(|| section.with(table))
}

fn listed(section: Section, items: impl Iterator<Item = Item>) -> Option<Section> {
    let list = List { items: items.collect(), limit: Some(SHOWN) };
    (!list.items.is_empty()).then(|| section.with(list))
}

fn recommendation(advice: &Recommendation) -> Item {
    Item {
        label: Some(label(advice.symptom)),
        line: advice.finding.as_str().into(),
        details: advice.endpoints.iter().map(Line::quote).collect(),
        steps: advice.look_at.iter().map(|step| step.as_str().into()).collect(),
    }
}

const fn label(symptom: Symptom) -> &'static str {
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
