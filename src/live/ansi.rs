use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

/// A row of a picture as a terminal is told it, and how many columns it takes.
pub(super) struct Row {
    pub(super) text: String,
    pub(super) width: usize,
}

const RESET: &str = "\x1b[0m";

/// The rows of a picture, without the blanks at their ends.
pub(super) fn rows(picture: &Buffer, coloured: bool) -> Vec<Row> {
    let area = picture.area;
    (area.top()..area.bottom())
        .map(|y| {
            let cells = (area.left()..area.right()).filter_map(|x| picture.cell((x, y)));
            row(&cells.collect::<Vec<_>>(), coloured)
        })
        .collect()
}

fn row(cells: &[&Cell], coloured: bool) -> Row {
    let last = cells.iter().rposition(|cell| cell.symbol() != " ").map_or(0, |last| last + 1);
    let mut row = Row { text: String::new(), width: 0 };
    let (mut style, mut covered) = (String::new(), 0);
    for cell in &cells[..last] {
        // what takes two columns stands in the first, and covers the second
        if covered > 0 {
            covered -= 1;
            continue;
        }
        let own = if coloured { code(cell) } else { String::new() };
        if own != style {
            row.text.push_str(if style.is_empty() { "" } else { RESET });
            row.text.push_str(&own);
            style = own;
        }
        let width = cell.symbol().width();
        covered = width.saturating_sub(1);
        row.width += width;
        row.text.push_str(cell.symbol());
    }
    row.text.push_str(if style.is_empty() { "" } else { RESET });
    row
}

/// What a terminal is told of a cell's style (ECMA-48, SGR); nothing for a usual one.
fn code(cell: &Cell) -> String {
    let colour = match cell.fg {
        Color::Red => Some("31"),
        Color::Green => Some("32"),
        Color::Yellow => Some("33"),
        Color::Cyan => Some("36"),
        _ => None,
    };
    let modifiers = [(Modifier::BOLD, "1"), (Modifier::DIM, "2"), (Modifier::REVERSED, "7")];
    let modifiers = modifiers.into_iter().filter(|(one, _)| cell.modifier.contains(*one)).map(|(_, code)| code);
    let codes: Vec<&str> = modifiers.chain(colour).collect();
    if codes.is_empty() { String::new() } else { format!("\x1b[{}m", codes.join(";")) }
}
