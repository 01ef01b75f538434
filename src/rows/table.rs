use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::cursor::Cursor;
use super::formats::Format;
use super::stream::DataError;
use crate::disk::{InputFile, plain};
use crate::expression::{Shape, Value, memory_of};

/// A data file, looked through once.
pub struct Table {
    path: PathBuf,
    format: Format,
    rows: u64,
    /// Where each `every`th row starts, in bytes.
    marks: Vec<u64>,
    every: u64,
    /// What its rows are known to have.
    shape: Shape,
    /// The names of its columns, where it has some.
    columns: Arc<[Arc<str>]>,
    first: Option<Value>,
    /// All rows, where the file is small.
    kept: Option<Vec<Value>>,
}

/// Reads rows of a table by number. One that follows the last costs its own bytes; any other, a bounded stretch.
pub struct Reader {
    table: Arc<Table>,
    /// `None` where the table's rows are kept.
    cursor: Option<Cursor>,
    /// The row the cursor stands before.
    next: u64,
}

/// A file up to so many bytes is kept in memory.
const SMALL: u64 = 8 << 20;
/// Rows are kept as long as they take no more memory than this.
const MOST_KEPT: usize = 64 << 20;
/// How many marks there are at most: with more rows each mark stands for more of them.
const MOST_MARKS: usize = 1 << 16;

impl Table {
    /// Looks a file through: every row of it, so that a bad one is reported before the run.
    ///
    /// # Errors
    /// A file that cannot be read, or the first row that is none.
    pub fn open(path: &Path, format: Format) -> Result<Self, DataError> {
        let refused = |error: std::io::Error| DataError { message: plain(&error), line: None };
        let size = InputFile::regular(path).and_then(|file| file.metadata()).map_err(refused)?.len();
        let mut cursor = Cursor::open(path, &format)?;
        let mut table = Self {
            path: path.to_owned(),
            format,
            rows: 0,
            marks: Vec::new(),
            every: 1,
            shape: Shape::Any,
            columns: cursor.columns().clone(),
            first: None,
            kept: (size <= SMALL).then(Vec::new),
        };
        let mut memory = 0;
        loop {
            let at = cursor.offset();
            let Some(row) = cursor.next()? else { break };
            if table.rows.is_multiple_of(table.every) {
                table.mark(at);
            }
            table.shape = match table.rows {
                _ if !table.columns.is_empty() => Shape::Any,
                0 => Shape::of(&row),
                _ if table.shape == Shape::Any => Shape::Any,
                _ => table.shape.or(Shape::of(&row)),
            };
            if table.rows == 0 {
                table.first = Some(row.clone());
            }
            table.rows += 1;
            if let Some(rows) = &mut table.kept {
                // a few bytes of a file may become values of many
                memory += memory_of(&row);
                rows.push(row);
                if memory > MOST_KEPT {
                    table.kept = None;
                }
            }
        }
        if !table.columns.is_empty() {
            table.shape = Shape::map("column", table.columns.iter().map(|name| (&**name, Shape::TEXT)));
        }
        Ok(table)
    }

    /// A table of rows that are written in the plan itself.
    #[must_use]
    pub fn listed(rows: Vec<Value>) -> Self {
        let shapes = rows.iter().map(Shape::of);
        Self {
            path: PathBuf::new(),
            format: Format::Json,
            rows: rows.len() as u64,
            marks: Vec::new(),
            every: 1,
            shape: shapes.reduce(Shape::or).unwrap_or(Shape::Any),
            columns: Arc::from([]),
            first: rows.first().cloned(),
            kept: Some(rows),
        }
    }

    /// How many rows it has.
    #[must_use]
    pub const fn rows(&self) -> u64 {
        self.rows
    }

    /// What its rows are known to have.
    #[must_use]
    pub const fn shape(&self) -> &Shape {
        &self.shape
    }

    /// The names of its columns; none where it has no columns.
    #[must_use]
    pub fn columns(&self) -> &[Arc<str>] {
        &self.columns
    }

    /// Its first row.
    #[must_use]
    pub const fn first(&self) -> Option<&Value> {
        self.first.as_ref()
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// All rows as one list, where the file is small enough to be kept.
    #[must_use]
    pub fn list(&self) -> Option<Value> {
        self.kept.clone().map(Value::from)
    }

    /// A reader of its rows, anew from the file where they are not kept.
    ///
    /// # Errors
    /// A file that cannot be opened again.
    pub fn reader(self: &Arc<Self>) -> Result<Reader, DataError> {
        let cursor = match self.kept {
            Some(_) => None,
            None => Some(Cursor::open(&self.path, &self.format)?),
        };
        Ok(Reader { table: self.clone(), cursor, next: 0 })
    }

    /// The nearest mark at or before a row: the row it stands at, and the byte.
    fn mark_before(&self, row: u64) -> (u64, u64) {
        let index = usize::try_from(row / self.every).unwrap_or(usize::MAX).min(self.marks.len().saturating_sub(1));
        (index as u64 * self.every, self.marks.get(index).copied().unwrap_or(0))
    }

    fn mark(&mut self, at: u64) {
        if self.marks.len() == MOST_MARKS {
            // every second mark goes, and the rest stand for twice as many rows
            let mut index = 0;
            self.marks.retain(|_| {
                index += 1;
                index % 2 == 1
            });
            self.every *= 2;
        }
        if self.rows.is_multiple_of(self.every) {
            self.marks.push(at);
        }
    }
}

impl Reader {
    /// How many rows there are.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.table.rows()
    }

    /// A row, by number from 0.
    ///
    /// # Errors
    /// A row beyond the last, or a file that is no longer what it was.
    pub fn row(&mut self, index: u64) -> Result<Value, DataError> {
        let gone =
            || DataError { message: format!("{} changed while it was read", self.table.path.display()), line: None };
        if let Some(kept) = &self.table.kept {
            return usize::try_from(index).ok().and_then(|index| kept.get(index)).cloned().ok_or_else(gone);
        }
        let Some(cursor) = &mut self.cursor else { return Err(gone()) };
        let (marked, at) = self.table.mark_before(index);
        if index < self.next || marked > self.next {
            cursor.seek(at)?;
            self.next = marked;
        }
        while self.next < index {
            cursor.next()?.ok_or_else(gone)?;
            self.next += 1;
        }
        self.next += 1;
        cursor.next()?.ok_or_else(gone)
    }
}

impl fmt::Debug for Table {
    /// Rows may hold passwords: they are not printed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").field("path", &self.path).field("rows", &self.rows).finish_non_exhaustive()
    }
}
