use std::fs::File;
use std::io::{self, BufRead, BufReader, Seek, SeekFrom};
use std::path::Path;

use crate::disk::InputFile;

/// Why a data file cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataError {
    /// What is wrong.
    pub message: String,
    /// In which line, from 1, where that is known.
    pub line: Option<u64>,
}

/// A row longer than this is no row of data.
pub(super) const LONGEST_ROW: usize = 1 << 20;
const BUFFER: usize = 64 << 10;

/// A file read from front to back, which knows where it is.
pub(super) struct Stream {
    file: BufReader<File>,
    /// How many bytes are behind it.
    pub(super) offset: u64,
    /// Which line it is on, from 1.
    line: u64,
}

impl Stream {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        // it is read more than once, and in any order
        let file = InputFile::regular(path)?;
        Ok(Self { file: BufReader::with_capacity(BUFFER, file), offset: 0, line: 1 })
    }

    /// The bytes that can be looked at without waiting; empty at the end.
    pub(super) fn peek(&mut self) -> Result<&[u8], DataError> {
        let line = self.line;
        self.file.fill_buf().map_err(|error| DataError { message: error.to_string(), line: Some(line) })
    }

    /// Goes on by so many of the bytes looked at.
    pub(super) fn advance(&mut self, bytes: usize) {
        let newlines = self.file.buffer()[..bytes].iter().filter(|byte| **byte == b'\n').count();
        self.line += newlines as u64;
        self.offset += bytes as u64;
        self.file.consume(bytes);
    }

    /// Which line it is on, from 1.
    pub(super) const fn line(&self) -> u64 {
        self.line
    }

    pub(super) fn seek(&mut self, to: u64) -> Result<(), DataError> {
        let moved = self.file.seek(SeekFrom::Start(to));
        moved.map_err(|error| DataError { message: error.to_string(), line: None })?;
        self.offset = to;
        Ok(())
    }

    /// Passes the byte order mark some programs put before everything.
    pub(super) fn skip_byte_order_mark(&mut self) -> Result<(), DataError> {
        if self.offset > 0 {
            return Ok(());
        }
        let seen = self.peek()?;
        if seen.starts_with(b"\xFF\xFE") || seen.starts_with(b"\xFE\xFF") {
            return Err(self.error("the file is UTF-16: save it as UTF-8"));
        }
        if seen.starts_with(b"\xEF\xBB\xBF") {
            self.advance(3);
        }
        Ok(())
    }

    pub(super) fn error(&self, message: impl Into<String>) -> DataError {
        DataError { message: message.into(), line: Some(self.line) }
    }
}
