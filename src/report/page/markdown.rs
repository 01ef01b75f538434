//! A page as Markdown, for a comment or a job's summary: the verdict first, then what matters most.
//!
//! Text from outside becomes a span of code: in code GitHub and GitLab make no links, mentions, pictures or HTML of
//! anything. Words of ours are escaped, for figures and findings may have such text in them.

use super::line::{Line, Span};
use super::model::{Block, Importance, Item, List, Mark, Page, Section};
use super::table::{Align, Cell, Column, Row, RowKind, Table};
use crate::report::sanitize::{legible, one_line, unbroken, visible};

/// The longest that a name may be, and another text in a cell and outside of tables, in characters.
const NAME: usize = 100;
const CELL: usize = 200;
const QUOTE: usize = 500;

/// How many bytes a row or an item may have on average, where their number is limited: tables have to fit into a comment
/// together, which has 65,536 at GitHub.
const ROW: usize = 300;

pub(super) fn render(page: &Page) -> String {
    let mut parts = vec![format!("### {} {}\n", sign(page.verdict.mark), inline(&page.verdict.line, QUOTE))];
    let warnings = page.warnings.iter().map(|warning| format!("- ⚠ {}\n", inline(warning, QUOTE)));
    parts.push(warnings.collect());
    parts.extend(page.lead.iter().map(|block| self::block(block, |line| format!("{}\n", inline(line, QUOTE)))));
    let mut sections: Vec<&Section> =
        page.sections.iter().filter(|section| section.importance != Importance::Minor).collect();
    sections.sort_by_key(|section| section.importance);
    parts.extend(sections.into_iter().flat_map(section));
    parts.extend(page.end.iter().map(sentence));
    parts.retain(|part| !part.is_empty());
    // it may be printed in a job, whose runner reads what is printed
    visible(&parts.join("\n"))
}

/// A section's parts: a title and blocks, or all of it in a line where it has only lines.
fn section(section: &Section) -> Vec<String> {
    let Some(title) = &section.title else {
        return blocks(section);
    };
    let lines = section.blocks.iter().map(|block| match block {
        Block::Paragraph(line) => Some(line.clone()),
        _ => None,
    });
    if let Some(lines) = lines.collect::<Option<Vec<Line>>>() {
        return vec![sentence(&Line::joined([title.clone(), Line::joined(lines, "; ")], ": "))];
    }
    let title = format!("#### {}\n", capitalized(&inline(title, QUOTE)));
    std::iter::once(title).chain(blocks(section)).collect()
}

fn blocks(section: &Section) -> Vec<String> {
    let folded = section.blocks.iter().filter_map(|block| match block {
        Block::Table(table) => folded(table),
        _ => None,
    });
    section.blocks.iter().map(|block| self::block(block, sentence)).chain(folded).collect()
}

fn block(block: &Block, paragraph: impl Fn(&Line) -> String) -> String {
    match block {
        Block::Table(table) => self::table(table),
        Block::List(list) => self::list(list),
        Block::Paragraph(line) => paragraph(line),
        Block::Note(line) => sentence(line),
    }
}

fn list(list: &List) -> String {
    let limit = list.limit.and_then(|limit| limit.comment);
    let (text, left_out) = fitted(list.items.iter().map(item), limit);
    match list.limit.map(|limit| limit.more(left_out)) {
        Some(more) if left_out > 0 => format!("{text}\n{more}\n"),
        _ => text,
    }
}

fn item(item: &Item) -> String {
    let label = item.label.map(|label| format!("**{label}**: ")).unwrap_or_default();
    let details = item.details.iter().map(|line| format!("  - {}\n", inline(line, QUOTE)));
    let steps = item.steps.iter().map(|line| format!("  - → {}\n", inline(line, QUOTE)));
    format!("- {label}{}\n{}", inline(&item.line, QUOTE), details.chain(steps).collect::<String>())
}

/// A table of the rows that matter, those that matter most first; behind it what it lacks, and how to read it.
fn table(table: &Table) -> String {
    let columns = columns(table);
    let of = |kind: RowKind| table.rows.iter().filter(move |row| row.kind == kind);
    let mut ranked: Vec<&Row> = of(RowKind::One).collect();
    ranked.sort_by_key(|row| row.rank);
    let limit = table.limit.and_then(|limit| limit.comment);
    let (rows, left_out) = fitted(ranked.into_iter().map(|row| line(row, &columns)), limit);
    let totals: String = of(RowKind::Total).map(|row| line(row, &columns)).collect();
    let mut text = format!("{}{rows}{totals}", head(&columns));
    let more = table.limit.map(|limit| limit.more(left_out)).unwrap_or_default();
    let legends = columns.iter().filter_map(|(_, column)| column.legend);
    let legends: Vec<&str> = table.ranking.into_iter().chain(legends).collect();
    let legends = if legends.is_empty() { String::new() } else { sentence(&legends.join("; ").into()) };
    let more = if more.is_empty() { more } else { format!("{more}\n") };
    for part in [more, legends].iter().filter(|part| !part.is_empty()) {
        text.push_str(&format!("\n{part}"));
    }
    text
}

/// The whole of a table, folded away, where some of its rows do not matter.
fn folded(table: &Table) -> Option<String> {
    let columns = columns(table);
    let rows: String = table.rows.iter().map(|row| line(row, &columns)).collect();
    let head = head(&columns);
    let has_minor = table.rows.iter().any(|row| row.kind == RowKind::Minor);
    has_minor.then(|| format!("<details><summary>every row</summary>\n\n{head}{rows}\n</details>\n"))
}

fn columns(table: &Table) -> Vec<(usize, &Column)> {
    table.columns.iter().enumerate().filter(|(_, column)| column.importance != Importance::Minor).collect()
}

fn head(columns: &[(usize, &Column)]) -> String {
    let heads: Vec<&str> = columns.iter().map(|(_, column)| column.head).collect();
    let lines = columns.iter().map(|(_, column)| match column.align {
        Align::Left => "---",
        Align::Right => "--:",
    });
    format!("| {} |\n| {} |\n", heads.join(" | "), lines.collect::<Vec<_>>().join(" | "))
}

fn line(row: &Row, columns: &[(usize, &Column)]) -> String {
    let mut cells: Vec<String> = columns.iter().map(|(column, _)| shown(&row.cells[*column])).collect();
    if row.kind == RowKind::Total
        && let Some(name) = cells.iter_mut().find(|cell| !cell.is_empty())
    {
        *name = format!("**{name}**");
    }
    format!("| {} |\n", cells.join(" | "))
}

/// As many of the texts as fit, and how many do not.
fn fitted(texts: impl Iterator<Item = String>, limit: Option<usize>) -> (String, usize) {
    let bytes = limit.map_or(usize::MAX, |rows| rows * ROW);
    let (mut fitted, mut taken, mut left_out) = (String::new(), 0, 0);
    for text in texts {
        if left_out > 0 || limit == Some(taken) || fitted.len() + text.len() > bytes {
            left_out += 1;
        } else {
            taken += 1;
            fitted.push_str(&text);
        }
    }
    (fitted, left_out)
}

fn shown(cell: &Cell) -> String {
    match cell {
        Cell::Text(line) => inline(line, CELL),
        Cell::Verdict(Some(mark), word) => format!("{} {}", sign(*mark), escaped(word)),
        other => escaped(&other.to_string()),
    }
}

const fn sign(mark: Mark) -> &'static str {
    match mark {
        Mark::Good => "✅",
        Mark::Bad => "❌",
        Mark::Deferred => "⚪",
        Mark::NotJudged => "–",
        Mark::Unclear => "❔",
    }
}

/// A line as a sentence of its own.
fn sentence(line: &Line) -> String {
    let text = inline(line, QUOTE);
    let stop = if text.ends_with(['.', ':', '!', '?']) { "" } else { "." };
    format!("{}{stop}\n", capitalized(&text))
}

fn capitalized(text: &str) -> String {
    let mut signs = text.chars();
    signs.next().map(|first| first.to_uppercase().chain(signs).collect()).unwrap_or_default()
}

/// A line in which only words of ours are Markdown; a text from outside has at most so many characters.
fn inline(line: &Line, longest: usize) -> String {
    let spans = line.spans.iter().map(|span| match span {
        Span::Words(words) => escaped(words),
        Span::Name(name) => code(name, longest.min(NAME)),
        Span::Quote(text) => code(text, longest),
    });
    spans.collect()
}

/// A text as a span of code, in one line of at most so many characters. What could end the span or the table's cell is
/// replaced by what looks like it.
fn code(text: &str, longest: usize) -> String {
    let line = legible(&one_line(text));
    let mut fitted: String = line.chars().take(longest).map(in_code).collect();
    if line.chars().nth(longest).is_some() {
        fitted.push('…');
    }
    if fitted.is_empty() { "–".to_owned() } else { format!("`{fitted}`") }
}

fn in_code(c: char) -> char {
    match c {
        '`' => '\'',
        '|' => '¦',
        // the reader of a table would take it for the start of an escape
        '\\' => '⧵',
        c => c,
    }
}

/// A text in which nothing is Markdown.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in legible(&unbroken(text)).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '&' => out.push_str("&amp;"),
            '@' => out.push_str("&#64;"),
            '\\' | '|' | '`' | '*' | '_' | '[' | ']' | '#' | '!' | '~' | '$' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}
