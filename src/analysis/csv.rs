use std::io::Read;

use csv::ByteRecord;

/// The most that is read of one file, in bytes; nothing that is measured needs more.
pub(super) const LIMIT: u64 = 64 << 20;
/// The most cells of a line.
const MOST_CELLS: usize = 10_000;
/// The most columns that are quantiles.
const MOST_PERCENTS: usize = 100;
/// The longest text of a cell that is kept, in characters.
const LONGEST: usize = 500;
/// Beyond this no count is one of requests.
const MOST: f64 = 1e14;
/// A time longer than three years is no time of a request.
const LONGEST_MS: f64 = 1e11;

/// A file that cannot be read: what is wrong with it, where, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct InputError {
    /// What is wrong.
    pub message: String,
    /// The line it is wrong in, from 1.
    pub line: Option<u64>,
    /// A way out.
    pub help: String,
}

impl InputError {
    pub(super) fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), line: None, help: help.into() }
    }
}

/// A CSV file of Locust under way: its columns go by their names, in whatever order they stand.
pub(super) struct Csv<R> {
    head: Vec<String>,
    reader: csv::Reader<CellLimit<std::io::Take<R>>>,
    /// The line the next record begins in. The reader's own count is one short where lines end with CRLF.
    line: u64,
}

/// A file whose lines have a bounded number of cells: a few bytes of a file may otherwise become many in memory.
struct CellLimit<R> {
    file: R,
    /// How many there are in the line under way.
    cells: usize,
}

impl<R: Read> Read for CellLimit<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.file.read(buffer)?;
        for byte in &buffer[..read] {
            match byte {
                b'\n' => self.cells = 0,
                b',' => self.cells += 1,
                _ => {}
            }
            if self.cells > MOST_CELLS {
                return Err(std::io::Error::other(format!("a line has more than {MOST_CELLS} cells")));
            }
        }
        Ok(read)
    }
}

/// One line of a csv.
pub(super) struct Line<'a> {
    head: &'a [String],
    cells: ByteRecord,
    number: u64,
}

/// What a file's columns say it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Stats,
    Failures,
    Exceptions,
    History,
    Unknown,
}

impl<R: Read> Csv<R> {
    /// Reads the head.
    pub(super) fn open(file: R) -> Result<Self, InputError> {
        let mut reader =
            csv::ReaderBuilder::new().flexible(true).from_reader(CellLimit { file: file.take(LIMIT), cells: 0 });
        let head = reader.byte_headers().map_err(|error| unread(&error))?;
        let head: Vec<String> = head.iter().map(|cell| text(cell).trim_start_matches('\u{feff}').to_owned()).collect();
        let line = 2 + head.iter().map(|cell| breaks(cell.as_bytes())).sum::<u64>();
        Ok(Self { head, reader, line })
    }

    pub(super) fn form(&self) -> Form {
        let has = |column: &str| self.head.iter().any(|known| known == column);
        match () {
            () if has("Timestamp") || has("User Count") => Form::History,
            () if has("Traceback") => Form::Exceptions,
            () if has("Occurrences") => Form::Failures,
            () if has("Request Count") || has("Failure Count") => Form::Stats,
            () => Form::Unknown,
        }
    }

    /// The columns of these that are missing.
    pub(super) fn lacks(&self, columns: &[&str]) -> Vec<String> {
        let missing = columns.iter().filter(|column| !self.head.iter().any(|known| known == *column));
        missing.map(|column| format!("`{column}`")).collect()
    }

    /// The columns that are quantiles, `95%`, with their percents; the lowest first.
    pub(super) fn percents(&self) -> Vec<(String, f64)> {
        let percent = |name: &String| {
            let percent: f64 = name.strip_suffix('%')?.parse().ok()?;
            (0.0..=100.0).contains(&percent).then(|| (name.clone(), percent))
        };
        let mut percents: Vec<(String, f64)> = self.head.iter().filter_map(percent).take(MOST_PERCENTS).collect();
        percents.sort_by(|a, b| a.1.total_cmp(&b.1));
        percents
    }

    /// The next line; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Line<'_>>, InputError> {
        let mut cells = ByteRecord::new();
        let more = self.reader.read_byte_record(&mut cells).map_err(|error| unread(&error))?;
        let number = cells.position().map_or(0, csv::Position::line).max(self.line);
        self.line = number + 1 + cells.iter().map(breaks).sum::<u64>();
        Ok(more.then_some(Line { head: &self.head, cells, number }))
    }

    /// Whether the file is longer than what is read of one.
    pub(super) fn is_cut(&self) -> bool {
        self.reader.get_ref().file.limit() == 0
    }
}

impl Line<'_> {
    /// A cell's text; empty where there is none.
    pub(super) fn text(&self, column: &str) -> String {
        self.cell(column).map(text).unwrap_or_default()
    }

    /// A count.
    pub(super) fn count(&self, column: &str) -> Result<u64, InputError> {
        let cell = self.text(column);
        let number = cell.parse::<f64>().ok().filter(|number| (0.0..=MOST).contains(number) && number.fract() == 0.0);
        number.map(|number| number as u64).ok_or_else(|| self.odd(column, &cell, "a whole number from 0 up"))
    }

    /// A time in milliseconds, or a rate; `None` where there is none: an empty cell, `N/A`, or no such column.
    pub(super) fn number(&self, column: &str) -> Result<Option<f64>, InputError> {
        let cell = self.text(column);
        if matches!(cell.as_str(), "" | "N/A") {
            return Ok(None);
        }
        let number = cell.parse::<f64>().ok().filter(|number| (0.0..=LONGEST_MS).contains(number));
        number.map(Some).ok_or_else(|| self.odd(column, &cell, "a number from 0 up"))
    }

    pub(super) fn wrong(&self, message: impl Into<String>, help: impl Into<String>) -> InputError {
        InputError { line: Some(self.number), ..InputError::new(message, help) }
    }

    fn odd(&self, column: &str, cell: &str, wanted: &str) -> InputError {
        let shown: String = cell.chars().take(40).collect();
        self.wrong(
            format!("`{column}` is `{shown}`, and not {wanted}"),
            "the file is damaged, or not Locust's: take it from the run again",
        )
    }

    fn cell(&self, column: &str) -> Option<&[u8]> {
        self.cells.get(self.head.iter().position(|known| known == column)?)
    }
}

fn breaks(cell: &[u8]) -> u64 {
    cell.iter().filter(|byte| **byte == b'\n').count() as u64
}

fn text(cell: &[u8]) -> String {
    String::from_utf8_lossy(cell).trim().chars().take(LONGEST).collect()
}

fn unread(error: &csv::Error) -> InputError {
    let line = error.position().map(csv::Position::line);
    InputError { line, ..InputError::new(error.to_string(), "give a file that Locust wrote with `--csv`") }
}
