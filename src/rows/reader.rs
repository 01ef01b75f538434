use std::path::Path;
use std::sync::Arc;

use super::csv::Records;
use super::json::Items;
use super::lines;
use super::stream::Stream;
use super::table::{Format, Table, Unfit};
use crate::expression::{Value, json_to_value};

/// Reads rows of a table by number. One that follows the last costs its own bytes; any other, a bounded stretch.
pub struct Reader {
    table: Arc<Table>,
    /// `None` where the table's rows are kept.
    cursor: Option<Cursor>,
    /// The row the cursor stands before.
    next: u64,
}

/// A place in a file between two rows.
pub(super) struct Cursor {
    stream: Stream,
    form: Form,
    pub(super) columns: Arc<[Arc<str>]>,
}

enum Form {
    Csv(Box<Records>),
    Lines,
    Json(Items),
}

impl Reader {
    pub(super) fn new(table: Arc<Table>) -> Result<Self, Unfit> {
        let cursor = match table.kept {
            Some(_) => None,
            None => Some(Cursor::open(&table.path, table.format)?),
        };
        Ok(Self { table, cursor, next: 0 })
    }

    /// How many rows there are.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.table.rows()
    }

    /// A row, by number from 0.
    ///
    /// # Errors
    /// A row beyond the last, or a file that is no longer what it was.
    pub fn row(&mut self, index: u64) -> Result<Value, Unfit> {
        let gone = || Unfit { message: format!("{} changed while it was read", self.table.path.display()), line: None };
        if let Some(kept) = &self.table.kept {
            return usize::try_from(index).ok().and_then(|index| kept.get(index)).cloned().ok_or_else(gone);
        }
        let Some(cursor) = &mut self.cursor else { return Err(gone()) };
        let (marked, at) = self.table.mark_before(index);
        if index < self.next || marked > self.next {
            cursor.jump(at)?;
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

impl Cursor {
    pub(super) fn open(path: &Path, format: Format) -> Result<Self, Unfit> {
        let stream = Stream::open(path).map_err(|error| Unfit { message: error.to_string(), line: None })?;
        let form = match format {
            Format::Csv { separator } => Form::Csv(Box::new(Records::new(separator))),
            Format::Lines => Form::Lines,
            Format::Json => Form::Json(Items::default()),
        };
        let mut cursor = Self { stream, form, columns: Arc::from([]) };
        cursor.stream.pass_mark()?;
        match &mut cursor.form {
            Form::Csv(records) => {
                let names = records.next(&mut cursor.stream)?.unwrap_or_default();
                if let Some(twice) = names.iter().enumerate().find(|(index, name)| names[..*index].contains(name)) {
                    return Err(cursor.stream.unfit(format!("two columns are called `{}`", twice.1)));
                }
                cursor.columns = names.iter().map(|name| Arc::from(name.trim())).collect();
            }
            Form::Lines => {}
            Form::Json(items) => items.begin(&mut cursor.stream)?,
        }
        Ok(cursor)
    }

    /// How many bytes are before the next row.
    pub(super) const fn place(&self) -> u64 {
        self.stream.at
    }

    /// The next row; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Value>, Unfit> {
        match &mut self.form {
            Form::Lines => Ok(lines::next(&mut self.stream)?.map(Value::from)),
            Form::Json(items) => Ok(items.next(&mut self.stream)?.map(|json| json_to_value(&json))),
            Form::Csv(records) => {
                let Some(fields) = records.next(&mut self.stream)? else { return Ok(None) };
                if fields.len() != self.columns.len() {
                    let (has, wants) = (fields.len(), self.columns.len());
                    let mut unfit = self.stream.unfit(format!("the row has {has} fields and the first row {wants}"));
                    // the record is behind the stream
                    unfit.line = unfit.line.map(|line| line.saturating_sub(1).max(1));
                    return Err(unfit);
                }
                let pairs = self.columns.iter().map(ToString::to_string).zip(fields.into_iter().map(Value::from));
                Ok(Some(Value::from_pairs(pairs)))
            }
        }
    }

    fn jump(&mut self, to: u64) -> Result<(), Unfit> {
        self.stream.jump(to)?;
        if let Form::Csv(records) = &mut self.form {
            records.reset();
        }
        Ok(())
    }
}
