//! A page as text: what came last stands where the eye is, above the prompt.

use super::columns::{Widths, fitted};
use super::ink::{Ink, Paint};
use super::line::{Line, Span};
use super::model::{Block, List, Mark, Page, Section};
use super::table::{Align, Cell, Column, Repeats, Row, RowKind, Table};
use crate::report::sanitize::{legible, one_line, unbroken};

/// How a page is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Looks {
    /// How wide it may be: columns of tables are left out by importance, and lines wrapped; `None` where nothing is.
    pub columns: Option<usize>,
    /// Whether colours are understood.
    pub coloured: bool,
}

/// How many characters of a name are shown: a column is as wide as its longest cell.
const LONGEST_NAME: usize = 60;
/// What stands before the lines of a section.
const INDENT: &str = "  ";
/// What stands between the cells of a row.
const GAP: &str = "  ";
/// Nothing is made narrower than this.
const NARROWEST: usize = 20;

/// A page that is being written.
struct Sheet {
    looks: Looks,
    out: String,
}

pub(super) fn render(page: &Page, looks: Looks) -> String {
    let columns = looks.columns.map(|columns| columns.max(NARROWEST));
    let mut sheet = Sheet { looks: Looks { columns, ..looks }, out: String::new() };
    page.lead.iter().for_each(|block| sheet.block(block, ""));
    page.sections.iter().for_each(|section| sheet.section(section));
    sheet.out.push('\n');
    for warning in &page.warnings {
        sheet.push("", Ink::of("warning: ", Some(Paint::Doubtful)).and(plain(warning)));
    }
    page.end.iter().for_each(|line| sheet.push("", plain(line)));
    let verdict = sign(page.verdict.mark).and(Ink::plain(" ")).and(plain(&page.verdict.line).painted(Paint::Strong));
    sheet.push("", verdict);
    sheet.out
}

impl Sheet {
    fn section(&mut self, section: &Section) {
        self.out.push('\n');
        if let Some(title) = &section.title {
            self.push("", plain(title).painted(Paint::Strong));
        }
        let indent = if section.title.is_some() { INDENT } else { "" };
        section.blocks.iter().for_each(|block| self.block(block, indent));
    }

    fn block(&mut self, block: &Block, indent: &str) {
        match block {
            Block::Table(table) => self.table(table),
            Block::List(list) => self.list(list),
            Block::Paragraph(line) => self.push(indent, plain(line)),
            Block::Note(line) => self.push(INDENT, plain(line).painted(Paint::Faint)),
        }
    }

    fn list(&mut self, list: &List) {
        let shown = list.limit.and_then(|limit| limit.terminal).unwrap_or(usize::MAX);
        for item in list.items.iter().take(shown) {
            let label = item.label.map(|label| format!("{label}: ")).unwrap_or_default();
            self.push(INDENT, Ink::plain(label).and(plain(&item.line)));
            item.details.iter().for_each(|line| self.push("      ", plain(line)));
            item.steps.iter().for_each(|line| self.push("    → ", plain(line)));
        }
        let more = list.limit.map(|limit| limit.more(list.items.len().saturating_sub(shown)));
        more.filter(|more| !more.is_empty()).into_iter().for_each(|more| self.push(INDENT, Ink::plain(more)));
    }

    fn table(&mut self, table: &Table) {
        let limit = table.limit.and_then(|limit| limit.terminal).unwrap_or(usize::MAX);
        let head = table.columns.iter().map(|column| Ink::of(column.head, Some(Paint::Faint))).collect();
        let (mut lines, mut left_out): (Vec<Vec<Ink>>, _) = (vec![head], 0);
        let mut above: Option<&Row> = None;
        for (index, row) in table.rows.iter().enumerate() {
            if index >= limit && row.kind != RowKind::Total {
                left_out += 1;
                continue;
            }
            let is_group = |column: usize| table.columns[column].repeats == Repeats::Blank;
            let same = |above: &Row| {
                (0..row.cells.len())
                    .filter(|column| is_group(*column))
                    .all(|column| above.cells[column] == row.cells[column])
            };
            let repeats = above.is_some_and(same);
            let cells = row.cells.iter().enumerate();
            let shown =
                cells.map(|(column, cell)| if repeats && is_group(column) { Ink::default() } else { shown(cell) });
            lines.push(shown.collect());
            above = Some(row);
        }
        let room = self.looks.columns.map(|columns| columns.saturating_sub(INDENT.len()));
        let widths = fitted(&table.columns, &lines, GAP.len(), room);
        for (index, line) in lines.into_iter().enumerate() {
            let goes_below = |column: usize| index > 0 && table.columns[column].goes_below && widths[column].is_none();
            let below: Vec<Ink> =
                (0..line.len()).filter(|column| goes_below(*column)).map(|at| line[at].clone()).collect();
            self.row(line, &table.columns, &widths);
            let below = below.into_iter().filter(|ink| ink.width() > 0);
            below.for_each(|ink| self.push("      ", ink.painted(Paint::Faint)));
        }
        let more = table.limit.map(|limit| limit.more(left_out)).unwrap_or_default();
        let seen = table.columns.iter().zip(&widths).filter(|(_, width)| width.is_some());
        let legends: Vec<&str> = seen.filter_map(|(column, _)| column.legend).collect();
        for line in [more, legends.join("; ")].into_iter().filter(|line| !line.is_empty()) {
            self.push(INDENT, Ink::of(line, Some(Paint::Faint)));
        }
    }

    /// A row, with as many lines as its cells need.
    fn row(&mut self, cells: Vec<Ink>, columns: &[Column], widths: &Widths) {
        let cells: Vec<(Vec<Ink>, usize, Align)> = cells
            .into_iter()
            .zip(widths)
            .zip(columns)
            .filter_map(|((cell, width), column)| {
                let width = (*width)?;
                let lines = if self.looks.columns.is_some() { cell.wrapped(width, 0) } else { vec![cell] };
                Some((lines, width, column.align))
            })
            .collect();
        let height = cells.iter().map(|(lines, ..)| lines.len()).max().unwrap_or(0);
        for index in 0..height {
            let mut whole = Ink::default();
            for (place, (lines, width, align)) in cells.iter().enumerate() {
                let cell = lines.get(index).cloned().unwrap_or_default();
                let blanks = Ink::plain(" ".repeat(width.saturating_sub(cell.width())));
                whole = whole.and(Ink::plain(if place > 0 { GAP } else { "" }));
                whole = match align {
                    Align::Left => whole.and(cell).and(blanks),
                    Align::Right => whole.and(blanks).and(cell),
                };
            }
            self.push(INDENT, whole);
        }
    }

    /// Adds a line, wrapped where it is too long; what follows of it stands further in.
    fn push(&mut self, before: &str, ink: Ink) {
        const FURTHER: usize = 2;
        let whole = Ink::plain(before).and(ink).trimmed();
        let further = before.chars().count() + FURTHER;
        let lines = match self.looks.columns {
            Some(columns) => whole.wrapped(columns, further.min(columns / 2)),
            None => vec![whole],
        };
        for line in lines {
            self.out.push_str(&line.shown(self.looks.coloured));
            self.out.push('\n');
        }
    }
}

fn shown(cell: &Cell) -> Ink {
    match cell {
        Cell::Text(line) => plain(line),
        Cell::Verdict(Some(mark), word) => sign(*mark).and(Ink::plain(format!("  {word}"))),
        Cell::Failures(failed, _) if *failed > 0 => Ink::of(cell.to_string(), Some(Paint::Bad)),
        other => Ink::plain(other.to_string()),
    }
}

fn sign(mark: Mark) -> Ink {
    let (sign, paint) = match mark {
        Mark::Good => ("✓", Some(Paint::Good)),
        Mark::Bad => ("✗", Some(Paint::Bad)),
        Mark::Deferred => ("○", Some(Paint::Doubtful)),
        Mark::NotJudged => ("–", None),
        Mark::Unclear => ("?", Some(Paint::Doubtful)),
    };
    Ink::of(sign, paint)
}

/// A line's text in one line of the terminal, with nothing in it that nobody sees.
fn plain(line: &Line) -> Ink {
    let text = line.spans.iter().map(|span| match span {
        Span::Words(words) => unbroken(words),
        Span::Name(text) => cut(&one_line(text)),
        Span::Quote(text) => one_line(text),
    });
    Ink::plain(legible(&text.collect::<String>()))
}

/// A name no longer than a line has room for; the other formats have all of it.
fn cut(name: &str) -> String {
    match name.char_indices().nth(LONGEST_NAME) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}
