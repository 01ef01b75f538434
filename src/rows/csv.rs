use std::borrow::Cow;
use std::sync::Arc;

use csv_core::{ReadRecordResult, Reader as CsvReader, ReaderBuilder};
use encoding_rs::{Encoding, UTF_8};

use super::column_type::ColumnType;
use super::stream::{DataError, LONGEST_ROW, Stream};
use crate::expression::Value;

/// How a CSV file is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CsvDialect {
    /// The character between two fields.
    pub separator: u8,
    /// The character around a field that holds separators or line ends; `None` where there is none.
    pub quote: Option<u8>,
    /// What happens to blanks at the ends of a field.
    pub blanks: Blanks,
    /// The names of the columns of a file without a header row; `None` where its first row names them.
    pub columns: Option<Arc<[Arc<str>]>>,
    /// What the fields of some columns are, by name; the others are texts.
    pub types: Arc<[(Arc<str>, ColumnType)]>,
    /// How its text is written. One in which ASCII is ASCII.
    pub encoding: &'static Encoding,
}

/// What happens to blanks at the ends of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blanks {
    /// They belong to it (RFC 4180, section 2.4).
    Kept,
    /// They are taken away.
    Trimmed,
}

/// More columns than these are no table.
const MOST_COLUMNS: usize = 10_000;

/// Takes CSV records (RFC 4180) from a stream.
pub(super) struct Records {
    core: CsvReader,
    dialect: CsvDialect,
    text: Vec<u8>,
    ends: Vec<usize>,
    quotes: Quotes,
    /// The line on which the last record began.
    pub(super) begun: u64,
}

/// Follows the quotes of a record, which the parser forgives where they are never closed.
struct Quotes {
    separator: u8,
    quote: Option<u8>,
    at: Within,
    /// The line of the last quote that opened.
    opened: u64,
}

/// Where in a record a byte is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    FieldStart,
    Plain,
    Quoted,
    /// Behind a quote within quotes: one that closes, unless another follows.
    Closed,
}

impl Default for CsvDialect {
    fn default() -> Self {
        Self {
            separator: b',',
            quote: Some(b'"'),
            blanks: Blanks::Kept,
            columns: None,
            types: Arc::from([]),
            encoding: UTF_8,
        }
    }
}

impl Records {
    pub(super) fn new(dialect: CsvDialect) -> Self {
        let mut builder = ReaderBuilder::new();
        builder.delimiter(dialect.separator).quoting(dialect.quote.is_some());
        if let Some(quote) = dialect.quote {
            builder.quote(quote);
        }
        Self {
            core: builder.build(),
            quotes: Quotes { separator: dialect.separator, quote: dialect.quote, at: Within::FieldStart, opened: 1 },
            dialect,
            text: vec![0; 4096],
            ends: vec![0; 64],
            begun: 1,
        }
    }

    /// Forgets what came before: the stream was moved to the start of a record.
    pub(super) fn reset(&mut self) {
        self.core.reset();
    }

    /// The names of the columns: those of the dialect, or the fields of the first record.
    pub(super) fn columns(&mut self, stream: &mut Stream) -> Result<Arc<[Arc<str>]>, DataError> {
        if let Some(columns) = &self.dialect.columns {
            return Ok(columns.clone());
        }
        let names = self.next(stream)?.unwrap_or_default();
        for (index, name) in names.iter().enumerate() {
            if names[..index].contains(name) {
                return Err(self.error(format!("two columns are called `{name}`")));
            }
            if name.trim() != name {
                let message = format!("the column `{name}` has a blank at an end of its name: write `trim: true`");
                return Err(self.error(message));
            }
        }
        Ok(names.into_iter().map(Arc::from).collect())
    }

    /// What the fields of each column are.
    pub(super) fn types(&self, columns: &[Arc<str>]) -> Result<Vec<ColumnType>, DataError> {
        let unknown = self.dialect.types.iter().find(|(name, _)| !columns.contains(name));
        if let Some((name, _)) = unknown {
            let there: Vec<String> = columns.iter().map(|name| format!("`{name}`")).collect();
            let message = format!("`types` names a column `{name}`: there are {}", there.join(", "));
            return Err(self.error(message));
        }
        let named = |column: &Arc<str>| self.dialect.types.iter().find(|(name, _)| name == column);
        Ok(columns.iter().map(|column| named(column).map_or(ColumnType::Text, |(_, kind)| *kind)).collect())
    }

    /// A field as a value of its column.
    pub(super) fn value(&self, column: &str, kind: ColumnType, field: &str) -> Result<Value, DataError> {
        // the field is not shown: rows hold passwords
        kind.value(field).ok_or_else(|| self.error(format!("the field of `{column}` is not {}", kind.said())))
    }

    /// The fields of the next record; `None` at the end. Blank lines are passed over.
    pub(super) fn next(&mut self, stream: &mut Stream) -> Result<Option<Vec<String>>, DataError> {
        self.begin(stream)?;
        let (mut written, mut fields) = (0, 0);
        loop {
            let line = stream.line();
            let seen = stream.peek()?;
            let (result, read, wrote, ended) =
                self.core.read_record(seen, &mut self.text[written..], &mut self.ends[fields..]);
            self.quotes.follow(&seen[..read], line);
            let over = seen.is_empty();
            stream.advance(read);
            written += wrote;
            fields += ended;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull if self.text.len() < LONGEST_ROW => {
                    self.text.resize(self.text.len() * 4, 0);
                }
                ReadRecordResult::OutputFull => {
                    return Err(self.error("the row is longer than 1 MiB: is a quote never closed?"));
                }
                ReadRecordResult::OutputEndsFull if self.ends.len() < MOST_COLUMNS => {
                    self.ends.resize(self.ends.len() * 4, 0);
                }
                ReadRecordResult::OutputEndsFull => {
                    return Err(self.error(format!("the row has more than {MOST_COLUMNS} columns")));
                }
                ReadRecordResult::Record if over && self.quotes.at == Within::Quoted => {
                    let line = Some(self.quotes.opened);
                    return Err(DataError { message: "a quote is opened here and never closed".to_owned(), line });
                }
                ReadRecordResult::Record => return self.fields(fields).map(Some),
                ReadRecordResult::End => return Ok(None),
            }
        }
    }

    /// Whether the file's first row names its columns.
    pub(super) const fn names_its_columns(&self) -> bool {
        self.dialect.columns.is_none()
    }

    /// An error of the record that was read last.
    pub(super) fn error(&self, message: impl Into<String>) -> DataError {
        DataError { message: message.into(), line: Some(self.begun) }
    }

    /// Passes blank lines, so that the line a record begins on is known.
    fn begin(&mut self, stream: &mut Stream) -> Result<(), DataError> {
        self.quotes.at = Within::FieldStart;
        loop {
            let seen = stream.peek()?;
            let blank = seen.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            if blank == 0 {
                self.begun = stream.line();
                return Ok(());
            }
            stream.advance(blank);
        }
    }

    fn fields(&self, count: usize) -> Result<Vec<String>, DataError> {
        let mut start = 0;
        let fields = self.ends[..count].iter().map(|end| {
            let field =
                self.dialect.encoding.decode_without_bom_handling_and_without_replacement(&self.text[start..*end]);
            start = *end;
            let field = field.ok_or_else(|| self.unreadable())?;
            Ok(match self.dialect.blanks {
                Blanks::Kept => field.into_owned(),
                Blanks::Trimmed => trimmed(field),
            })
        });
        fields.collect()
    }

    fn unreadable(&self) -> DataError {
        let encoding = self.dialect.encoding;
        let hint =
            if encoding == UTF_8 { ": say how it is written with `encoding`, such as `windows-1252`" } else { "" };
        self.error(format!("the row is not {} text{hint}", encoding.name()))
    }
}

impl Quotes {
    fn follow(&mut self, bytes: &[u8], mut line: u64) {
        let Some(quote) = self.quote else { return };
        for byte in bytes {
            self.at = match self.at {
                Within::FieldStart | Within::Closed if *byte == quote => {
                    self.opened = if self.at == Within::FieldStart { line } else { self.opened };
                    Within::Quoted
                }
                Within::Quoted if *byte == quote => Within::Closed,
                Within::Quoted => Within::Quoted,
                _ if *byte == self.separator || matches!(byte, b'\n' | b'\r') => Within::FieldStart,
                Within::FieldStart | Within::Closed | Within::Plain => Within::Plain,
            };
            line += u64::from(*byte == b'\n');
        }
    }
}

fn trimmed(field: Cow<'_, str>) -> String {
    let trimmed = field.trim();
    if trimmed.len() == field.len() { field.into_owned() } else { trimmed.to_owned() }
}
