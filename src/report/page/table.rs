use std::fmt;

use super::line::Line;
use super::model::{Importance, Mark};
use crate::report::numbers::{ABSENT, Unit, failures, grouped};

/// Rows of typed cells under one head.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Table {
    pub(super) columns: Vec<Column>,
    pub(super) rows: Vec<Row>,
    /// How the rows' ranks order them, in words.
    pub(super) ranking: Option<&'static str>,
    pub(super) limit: Option<Limit>,
}

/// What the cells below each other are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Column {
    pub(super) head: &'static str,
    pub(super) align: Align,
    pub(super) importance: Importance,
    /// How to read it and those behind it.
    pub(super) legend: Option<&'static str>,
    pub(super) repeats: Repeats,
    /// In which order columns are left out where a terminal is narrow, the highest first; 0: never.
    pub(super) drops: u8,
    /// Whether its cells stand below their rows where a terminal is narrow.
    pub(super) goes_below: bool,
}

/// To which side cells stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Right,
}

/// What is done about a cell that says the same as the one above it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeats {
    Shown,
    /// Blank on a terminal, where all such columns repeat: rows read as a group.
    Blank,
}

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    pub(super) cells: Vec<Cell>,
    /// Where it stands when the rows that matter most come first: the lower, the earlier.
    pub(super) rank: usize,
    pub(super) kind: RowKind,
}

/// What a row is to the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RowKind {
    One,
    /// One in which nothing is to be seen: folded away where that can be.
    Minor,
    /// All together: never left out.
    Total,
}

/// How many rows are shown; those beyond are counted. `None`: all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limit {
    pub(crate) terminal: Option<usize>,
    pub(crate) comment: Option<usize>,
    /// Where the rest is.
    pub(crate) rest: &'static str,
}

/// One cell.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    /// There is no such number.
    Absent,
    Text(Line),
    /// A word, with its sign where it has one.
    Verdict(Option<Mark>, &'static str),
    Count(u64),
    /// How many failed, and of how large a share.
    Failures(u64, Option<f64>),
    Number(f64, Unit),
    /// A number that few samples stand behind.
    Rough(f64, Unit),
    /// Something between two numbers.
    Range(f64, f64, Unit),
}

impl Table {
    pub(crate) fn new(columns: impl IntoIterator<Item = Column>) -> Self {
        Self { columns: columns.into_iter().collect(), rows: Vec::new(), ranking: None, limit: None }
    }

    pub(crate) const fn ranked(mut self, ranking: &'static str) -> Self {
        self.ranking = Some(ranking);
        self
    }

    pub(crate) const fn limited(mut self, limit: Limit) -> Self {
        self.limit = Some(limit);
        self
    }

    pub(crate) fn row(&mut self, row: impl Into<Row>) {
        let row = row.into();
        debug_assert_eq!(row.cells.len(), self.columns.len());
        self.rows.push(row);
    }
}

impl Column {
    pub(crate) const fn left(head: &'static str) -> Self {
        Self { align: Align::Left, ..Self::right(head) }
    }

    pub(crate) const fn right(head: &'static str) -> Self {
        let importance = Importance::Normal;
        Self {
            head,
            align: Align::Right,
            importance,
            legend: None,
            repeats: Repeats::Shown,
            drops: 0,
            goes_below: false,
        }
    }

    pub(crate) const fn minor(mut self) -> Self {
        self.importance = Importance::Minor;
        self
    }

    /// Left out where a terminal is narrow: the highest first.
    pub(crate) const fn drops(mut self, order: u8) -> Self {
        self.drops = order;
        self
    }

    /// Below its row where a terminal is narrow.
    pub(crate) const fn below(mut self) -> Self {
        self.goes_below = true;
        self
    }

    pub(crate) const fn legend(mut self, legend: &'static str) -> Self {
        self.legend = Some(legend);
        self
    }

    pub(crate) const fn grouped(mut self) -> Self {
        self.repeats = Repeats::Blank;
        self
    }
}

impl Row {
    pub(crate) const fn ranked(mut self, rank: usize) -> Self {
        self.rank = rank;
        self
    }

    pub(crate) const fn minor(mut self) -> Self {
        self.kind = RowKind::Minor;
        self
    }

    pub(crate) const fn total(mut self) -> Self {
        self.kind = RowKind::Total;
        self
    }
}

impl From<Vec<Cell>> for Row {
    fn from(cells: Vec<Cell>) -> Self {
        Self { cells, rank: 0, kind: RowKind::One }
    }
}

impl Limit {
    /// How many rows of a number are beyond a limit, in words; empty for none.
    pub(super) fn more(self, rows: usize) -> String {
        if rows == 0 { String::new() } else { format!("… and {rows} more {}", self.rest) }
    }
}

impl Cell {
    pub(crate) fn name(name: impl Into<String>) -> Self {
        Self::Text(Line::name(name))
    }

    pub(crate) fn quote(text: impl Into<String>) -> Self {
        Self::Text(Line::quote(text))
    }

    pub(crate) fn words(words: impl Into<String>) -> Self {
        Self::Text(Line::from(words.into()))
    }

    pub(crate) fn number(number: Option<f64>, unit: Unit) -> Self {
        number.map_or(Self::Absent, |number| Self::Number(number, unit))
    }

    pub(crate) fn time(ms: Option<f64>) -> Self {
        Self::number(ms, Unit::Time)
    }
}

/// The cell as a person reads it; a text as it is, whatever it holds.
impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = match self {
            Self::Absent => return f.write_str(ABSENT),
            Self::Text(line) => return line.fmt(f),
            Self::Verdict(_, word) => return f.write_str(word),
            Self::Count(count) => grouped(*count),
            Self::Failures(failed, share) => failures(*failed, *share),
            Self::Number(number, unit) => unit.show(*number),
            Self::Rough(number, unit) => format!("~{}", unit.show(*number)),
            Self::Range(low, high, unit) => unit.range(*low, *high),
        };
        f.write_str(&shown)
    }
}
