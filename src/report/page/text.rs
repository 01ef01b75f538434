//! A page as text: what came last stands where the eye is, above the prompt.

use super::line::{Line, Span};
use super::model::{Block, List, Mark, Page, Section};
use super::table::{Align, Cell, Repeats, Row, RowKind, Table};
use crate::report::sanitize::{legible, one_line, unbroken, visible};

/// How many characters of a name are shown: a column is as wide as its longest cell.
const LONGEST_NAME: usize = 60;
/// What stands before the lines of a section.
const INDENT: &str = "  ";

pub(super) fn render(page: &Page) -> String {
    let mut out = String::new();
    page.lead.iter().for_each(|block| self::block(block, "", &mut out));
    page.sections.iter().for_each(|section| self::section(section, &mut out));
    out.push('\n');
    page.warnings.iter().for_each(|warning| push(&mut out, "warning: ", &plain(warning)));
    page.end.iter().for_each(|line| push(&mut out, "", &plain(line)));
    push(&mut out, "", &format!("{} {}", sign(page.verdict.mark), plain(&page.verdict.line)));
    // whatever a text from outside holds, no line of the page is a command to a CI system
    visible(&out)
}

fn section(section: &Section, out: &mut String) {
    out.push('\n');
    if let Some(title) = &section.title {
        push(out, "", &plain(title));
    }
    let indent = if section.title.is_some() { INDENT } else { "" };
    section.blocks.iter().for_each(|block| self::block(block, indent, out));
}

fn block(block: &Block, indent: &str, out: &mut String) {
    match block {
        Block::Table(table) => self::table(table, out),
        Block::List(list) => self::list(list, out),
        Block::Paragraph(line) => push(out, indent, &plain(line)),
        Block::Note(line) => push(out, INDENT, &plain(line)),
    }
}

fn list(list: &List, out: &mut String) {
    let shown = list.limit.and_then(|limit| limit.terminal).unwrap_or(usize::MAX);
    for item in list.items.iter().take(shown) {
        let label = item.label.map(|label| format!("{label}: ")).unwrap_or_default();
        push(out, INDENT, &format!("{label}{}", plain(&item.line)));
        item.details.iter().for_each(|line| push(out, "      ", &plain(line)));
        item.steps.iter().for_each(|line| push(out, "    → ", &plain(line)));
    }
    let more = list.limit.map(|limit| limit.more(list.items.len().saturating_sub(shown)));
    more.filter(|more| !more.is_empty()).iter().for_each(|more| push(out, INDENT, more));
}

fn table(table: &Table, out: &mut String) {
    let limit = table.limit.and_then(|limit| limit.terminal).unwrap_or(usize::MAX);
    let (mut lines, mut left_out) = (vec![table.columns.iter().map(|column| column.head.to_owned()).collect()], 0);
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
        let shown = cells.map(|(column, cell)| if repeats && is_group(column) { String::new() } else { shown(cell) });
        lines.push(shown.collect::<Vec<String>>());
        above = Some(row);
    }
    let widths: Vec<usize> = (0..table.columns.len())
        .map(|column| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0))
        .collect();
    for line in &lines {
        let cells = line.iter().zip(&widths).zip(&table.columns).map(|((cell, width), column)| {
            let blanks = " ".repeat(width.saturating_sub(cell.chars().count()));
            match column.align {
                Align::Left => format!("{cell}{blanks}"),
                Align::Right => format!("{blanks}{cell}"),
            }
        });
        push(out, INDENT, cells.collect::<Vec<_>>().join("  ").trim_end());
    }
    let more = table.limit.map(|limit| limit.more(left_out)).unwrap_or_default();
    let legends: Vec<&str> = table.columns.iter().filter_map(|column| column.legend).collect();
    for line in [more, legends.join("; ")].iter().filter(|line| !line.is_empty()) {
        push(out, INDENT, line);
    }
}

fn shown(cell: &Cell) -> String {
    match cell {
        Cell::Text(line) => plain(line),
        Cell::Verdict(Some(mark), word) => format!("{}  {word}", sign(*mark)),
        other => other.to_string(),
    }
}

const fn sign(mark: Mark) -> &'static str {
    match mark {
        Mark::Good => "✓",
        Mark::Bad => "✗",
        Mark::Deferred => "○",
        Mark::NotJudged => "–",
        Mark::Unclear => "?",
    }
}

/// A line's text in one line of the terminal, with nothing in it that nobody sees.
fn plain(line: &Line) -> String {
    let text = line.spans.iter().map(|span| match span {
        Span::Words(words) => unbroken(words),
        Span::Name(text) => cut(&one_line(text)),
        Span::Quote(text) => one_line(text),
    });
    legible(&text.collect::<String>())
}

/// A name no longer than a line has room for; the other formats have all of it.
fn cut(name: &str) -> String {
    match name.char_indices().nth(LONGEST_NAME) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}

fn push(out: &mut String, before: &str, text: &str) {
    // a line of blanks alone would be one that only an editor shows
    out.push_str(format!("{before}{text}").trim_end());
    out.push('\n');
}
