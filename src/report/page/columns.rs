use super::ink::Ink;
use super::table::{Align, Column};

/// How wide each column is; `None` where it is left out, or stands below.
pub(super) type Widths = Vec<Option<usize>>;

/// A text in a narrow column is wrapped; before it gets narrower than this, other columns are left out.
const COMFORTABLE: usize = 20;
/// No column with text is made narrower than this.
const LEAST: usize = 12;

/// The widths with which a table's lines fit into so many columns of the terminal. Columns are left out by how little they
/// matter, and then texts are wrapped.
pub(super) fn fitted(columns: &[Column], lines: &[Vec<Ink>], gap: usize, room: Option<usize>) -> Widths {
    let natural = |column: usize| lines.iter().filter_map(|line| line.get(column)).map(Ink::width).max().unwrap_or(0);
    let mut widths: Widths = (0..columns.len()).map(|column| Some(natural(column))).collect();
    let Some(room) = room else { return widths };
    let is_text = |column: usize| columns.get(column).is_some_and(|column| column.align == Align::Left);
    let least = |column: usize, width: usize, least: usize| if is_text(column) { width.min(least) } else { width };
    if taken(&widths, gap, |_, width| width) > room {
        let below = widths.iter_mut().zip(columns).filter(|(_, column)| column.goes_below);
        below.for_each(|(width, _)| *width = None);
    }
    while taken(&widths, gap, |column, width| least(column, width, COMFORTABLE)) > room {
        let shown = columns.iter().enumerate().filter(|(column, _)| widths.get(*column).is_some_and(Option::is_some));
        // of those that matter equally little the last goes first
        let least = shown.filter(|(_, column)| column.drops > 0).max_by_key(|(index, column)| (column.drops, *index));
        let Some((index, _)) = least else { break };
        widths[index] = None;
    }
    loop {
        let over = taken(&widths, gap, |_, width| width).saturating_sub(room);
        let texts = widths.iter().enumerate().filter_map(|(column, width)| width.map(|width| (column, width)));
        let widest = texts.filter(|(column, width)| is_text(*column) && *width > LEAST).max_by_key(|(_, width)| *width);
        let Some((column, width)) = widest.filter(|_| over > 0) else { return widths };
        // one step at a time, so that two long texts share what there is
        let next = widths.iter().enumerate().filter(|(other, _)| *other != column && is_text(*other));
        let next = next.filter_map(|(_, width)| *width).max().unwrap_or(0).min(width.saturating_sub(1));
        widths[column] = Some(width.saturating_sub(over).max(next).max(LEAST));
    }
}

/// How many columns of the terminal a line takes.
fn taken(widths: &Widths, gap: usize, width: impl Fn(usize, usize) -> usize) -> usize {
    let shown = widths.iter().enumerate().filter_map(|(column, own)| own.map(|own| width(column, own)));
    let (count, sum) = shown.fold((0_usize, 0), |(count, sum), width| (count + 1, sum + width));
    sum + gap * count.saturating_sub(1)
}
