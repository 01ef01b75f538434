use std::fs::File;
use std::io::{self, BufRead, BufReader, Seek, SeekFrom};
use std::path::Path;

use super::table::Unfit;

/// A row longer than this is no row of data.
pub(super) const LONGEST_ROW: usize = 1 << 20;
const BUFFER: usize = 64 << 10;

/// A file read from front to back, which knows where it is.
pub(super) struct Stream {
    file: BufReader<File>,
    /// How many bytes are behind it.
    pub(super) at: u64,
    /// Which line it is on, from 1.
    pub(super) line: u64,
}

impl Stream {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        if file.metadata()?.is_dir() {
            return Err(io::Error::other("it is a folder"));
        }
        Ok(Self { file: BufReader::with_capacity(BUFFER, file), at: 0, line: 1 })
    }

    /// The bytes that can be looked at without waiting; empty at the end.
    pub(super) fn look(&mut self) -> Result<&[u8], Unfit> {
        let line = self.line;
        self.file.fill_buf().map_err(|error| Unfit { message: error.to_string(), line: Some(line) })
    }

    /// Goes on by so many of the bytes looked at.
    pub(super) fn pass(&mut self, bytes: usize) {
        let newlines = self.file.buffer()[..bytes].iter().filter(|byte| **byte == b'\n').count();
        self.line += newlines as u64;
        self.at += bytes as u64;
        self.file.consume(bytes);
    }

    pub(super) fn jump(&mut self, to: u64) -> Result<(), Unfit> {
        let moved = self.file.seek(SeekFrom::Start(to));
        moved.map_err(|error| Unfit { message: error.to_string(), line: None })?;
        self.at = to;
        Ok(())
    }

    /// Passes the byte order mark some programs put before everything.
    pub(super) fn pass_mark(&mut self) -> Result<(), Unfit> {
        if self.at == 0 && self.look()?.starts_with(b"\xEF\xBB\xBF") {
            self.pass(3);
        }
        Ok(())
    }

    pub(super) fn unfit(&self, message: impl Into<String>) -> Unfit {
        Unfit { message: message.into(), line: Some(self.line) }
    }
}
