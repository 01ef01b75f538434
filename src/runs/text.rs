use unicode_width::UnicodeWidthStr;

use super::document::{RunLine, RunsReport};
use crate::report::{Unit, shortened, visible, visible_line};

/// How wide a terminal is at least.
const WIDTH: usize = 80;
/// What stands between two columns.
const GAP: usize = 2;
/// What a column of names keeps, however little room there is.
const NARROWEST: usize = 8;
/// How many labels a line shows.
const LABELS: usize = 8;

/// One column: its head, and a cell for each run.
struct Column {
    head: &'static str,
    cells: Vec<String>,
    right: bool,
    /// Whether its cells may be cut where there is no room.
    gives: bool,
}

impl Column {
    fn new(head: &'static str, cells: impl Iterator<Item = String>) -> Self {
        Self { head, cells: cells.collect(), right: false, gives: false }
    }

    fn width(&self) -> usize {
        self.cells.iter().map(|cell| cell.width()).chain([self.head.width()]).max().unwrap_or(0)
    }
}

/// The list of runs for a terminal, no wider than 80 columns.
#[must_use]
pub fn list_text(report: &RunsReport) -> String {
    let runs = || report.runs.iter();
    let number = |of: fn(&RunLine) -> Option<f64>, unit: Unit| {
        move |run: &RunLine| of(run).map_or_else(|| "–".to_owned(), |number| unit.show(number))
    };
    let right = |column: Column| Column { right: true, ..column };
    let gives = |column: Column| Column { gives: true, ..column };
    let mut columns = vec![
        Column::new("run", runs().map(|run| run.reference.clone())),
        gives(Column::new("plan", runs().map(plan))),
        gives(Column::new("name", runs().map(|run| run.name.clone().unwrap_or_default()))),
        Column::new("began (UTC)", runs().map(|run| began(&run.began))),
        Column::new("verdict", runs().map(verdict)),
        right(Column::new("rate", runs().map(number(|run| run.rate, Unit::PerSecond)))),
        right(Column::new("p95", runs().map(number(|run| run.p95, Unit::Time)))),
    ];
    columns.retain(|column| column.head != "name" || column.cells.iter().any(|cell| !cell.is_empty()));
    let widths = widths(&columns);
    let mut out = line(&columns, &widths, |column| column.head);
    for (index, run) in report.runs.iter().enumerate() {
        out.push_str(&line(&columns, &widths, |column| &column.cells[index]));
        let labels = run.noted().into_iter().take(LABELS).collect::<Vec<_>>().join(", ");
        if !labels.is_empty() {
            out.push_str(&format!("  {}\n", shortened(&one_line(&labels), WIDTH - 2)));
        }
    }
    if report.older > 0 {
        out.push_str(&format!("and {} older: `--last N` shows more\n", report.older));
    }
    visible(&out)
}

fn plan(run: &RunLine) -> String {
    let scale = run.scale.map(|scale| format!("scale {scale}"));
    let how: Vec<String> = run.profile.clone().into_iter().chain(scale).collect();
    if how.is_empty() { run.plan.clone() } else { format!("{} ({})", run.plan, how.join(", ")) }
}

fn verdict(run: &RunLine) -> String {
    let shard = run.shard.map(|shard| format!(" {}/{}", shard.number, shard.count));
    format!("{}{}", run.state.word(), shard.unwrap_or_default())
}

/// `2026-11-30T11:16:29.123Z` without what nobody looks for.
pub(super) fn began(began: &str) -> String {
    began.get(..16).unwrap_or(began).replace('T', " ")
}

/// How wide each column is: those that give do so, the widest first, until the line fits.
fn widths(columns: &[Column]) -> Vec<usize> {
    let mut widths: Vec<usize> = columns.iter().map(Column::width).collect();
    let gaps = GAP * columns.len().saturating_sub(1);
    while widths.iter().sum::<usize>() + gaps > WIDTH {
        let giving = (0..columns.len()).filter(|index| columns[*index].gives && widths[*index] > NARROWEST);
        let Some(widest) = giving.max_by_key(|index| widths[*index]) else { break };
        widths[widest] -= 1;
    }
    widths
}

fn line<'a>(columns: &'a [Column], widths: &[usize], cell: impl Fn(&'a Column) -> &'a str) -> String {
    let cells = columns.iter().zip(widths).map(|(column, width)| {
        let text = shortened(&one_line(cell(column)), *width);
        let blanks = " ".repeat(width.saturating_sub(text.width()));
        if column.right { format!("{blanks}{text}") } else { format!("{text}{blanks}") }
    });
    format!("{}\n", cells.collect::<Vec<_>>().join(&" ".repeat(GAP)).trim_end())
}

/// A text from outside in one line.
pub(super) fn one_line(text: &str) -> String {
    visible(&visible_line(text))
}
