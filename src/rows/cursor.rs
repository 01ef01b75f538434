use std::path::Path;
use std::sync::Arc;

use super::column_type::ColumnType;
use super::csv::Records;
use super::formats::{Format, Items, next_line};
use super::stream::{DataError, Stream};
use crate::expression::{Value, json_to_value};

/// A place in a file between two rows.
pub(super) struct Cursor {
    stream: Stream,
    parser: Parser,
    columns: Arc<[Arc<str>]>,
    types: Vec<ColumnType>,
}

enum Parser {
    Csv(Box<Records>),
    Lines,
    Json(Items),
}

impl Cursor {
    pub(super) fn open(path: &Path, format: &Format) -> Result<Self, DataError> {
        let stream = Stream::open(path).map_err(|error| DataError { message: error.to_string(), line: None })?;
        let parser = match format {
            Format::Csv(dialect) => Parser::Csv(Box::new(Records::new(dialect.clone()))),
            Format::Lines => Parser::Lines,
            Format::Json => Parser::Json(Items::default()),
        };
        let mut cursor = Self { stream, parser, columns: Arc::from([]), types: Vec::new() };
        cursor.stream.skip_byte_order_mark()?;
        match &mut cursor.parser {
            Parser::Csv(records) => {
                cursor.columns = records.columns(&mut cursor.stream)?;
                cursor.types = records.types(&cursor.columns)?;
            }
            Parser::Lines => {}
            Parser::Json(items) => items.begin(&mut cursor.stream)?,
        }
        Ok(cursor)
    }

    /// The names of the columns; none where the format has none.
    pub(super) const fn columns(&self) -> &Arc<[Arc<str>]> {
        &self.columns
    }

    /// How many bytes are before the next row.
    pub(super) const fn offset(&self) -> u64 {
        self.stream.offset
    }

    /// The next row; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Value>, DataError> {
        match &mut self.parser {
            Parser::Lines => Ok(next_line(&mut self.stream)?.map(Value::from)),
            Parser::Json(items) => Ok(items.next(&mut self.stream)?.map(|json| json_to_value(&json))),
            Parser::Csv(records) => {
                let Some(fields) = records.next(&mut self.stream)? else { return Ok(None) };
                if fields.len() != self.columns.len() {
                    let (has, wants) = (fields.len(), self.columns.len());
                    let message = match records.names_its_columns() {
                        true => format!("the row has {has} fields and the first row {wants}"),
                        false => format!("the row has {has} fields and `columns` names {wants}"),
                    };
                    return Err(records.error(message));
                }
                let typed = self.columns.iter().zip(&self.types).zip(fields);
                let pairs = typed
                    .map(|((column, kind), field)| Ok((column.to_string(), records.value(column, *kind, &field)?)));
                Ok(Some(Value::from_pairs(pairs.collect::<Result<Vec<_>, DataError>>()?)))
            }
        }
    }

    pub(super) fn seek(&mut self, to: u64) -> Result<(), DataError> {
        self.stream.seek(to)?;
        if let Parser::Csv(records) = &mut self.parser {
            records.reset();
        }
        Ok(())
    }
}
