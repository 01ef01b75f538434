use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use super::dictionary::Named;
use super::events::{Annotation, End};
use super::frame::{FORMAT, Found, Kind, MAGIC, fill, first_line, open};
use super::header::Header;
use super::numbers::{TOO_MUCH, memory};
use super::second::{self, OverflowGuard};
use super::tail::Tail;
use crate::disk::{InputFile, plain};
use crate::metrics::Interval;

/// A journal being read, frame by frame, in memory that does not grow with it. Nothing in the file is trusted: what is
/// cut off or damaged ends the reading, and [`Reader::tail`] says where and how.
///
/// A journal that is still being written may be read: where [`Iterator::next`] gave `None` and the tail is not
/// [`Tail::Corrupt`], it may be asked again for what has come since.
#[derive(Debug)]
pub struct Reader<S = BufReader<File>> {
    source: S,
    header: Header,
    series: Named,
    guard: OverflowGuard,
    payload: Vec<u8>,
    /// Where the next frame begins.
    at: u64,
    last: Option<u32>,
    /// Whether the run's end was read.
    ended: bool,
    tail: Tail,
    /// Whether it stopped for want of memory.
    no_room: bool,
}

/// What a journal holds behind its header.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// A second of the run.
    Second(Box<Interval>),
    /// Something that happened.
    Annotation(Annotation),
    /// The end of the run. What its teardown says may follow, and another end that holds instead.
    End(End),
}

/// A file that cannot be read as a journal at all.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the journal `{}`: {why}", path.display())]
pub struct NotRead {
    /// The file.
    pub path: PathBuf,
    /// Why.
    pub why: Why,
}

/// Why a file cannot be read as a journal.
#[derive(Debug, thiserror::Error)]
pub enum Why {
    /// The system refuses.
    #[error("{}", plain(.0))]
    System(#[from] io::Error),
    /// It is something else.
    #[error("it is no journal of Plimsoll")]
    Foreign,
    /// It is of another format than this program reads.
    #[error("its format is {0}, and this version of Plimsoll reads format {FORMAT}")]
    Format(String),
    /// It breaks off before its first second could come.
    #[error("it is cut off within its header")]
    CutOff,
    /// It is whole, and there is no memory for it.
    #[error("it holds more than there is memory for: `--memory` gives it more")]
    NoRoom,
    /// Its header is damaged; how.
    #[error("its header is damaged: {0}")]
    Header(String),
}

impl Reader {
    /// Opens a journal and reads its header.
    ///
    /// # Errors
    /// A file that cannot be read or is no journal, and a header that is cut off or damaged.
    pub fn open(path: &Path) -> Result<Self, NotRead> {
        let file = InputFile::regular(path).map_err(Why::from);
        file.and_then(|file| Self::of(BufReader::new(file))).map_err(|why| NotRead { path: path.to_owned(), why })
    }
}

impl<S: Read + Seek> Reader<S> {
    /// Reads the header of a journal that lies elsewhere than in a file.
    ///
    /// # Errors
    /// As [`Reader::open`].
    pub fn of(mut source: S) -> Result<Self, Why> {
        let mut at = read_first_line(&mut source)?;
        let mut payload = Vec::new();
        let header: Header = match open(&mut source, &mut payload)? {
            Found::Frame(kind, length) if kind == Kind::Header as u8 => {
                at += length;
                json(&payload).ok_or(Why::NoRoom)?.map_err(|error| Why::Header(error.to_string()))?
            }
            Found::Frame(..) => return Err(Why::Header("another frame stands in its place".to_owned())),
            Found::Nothing | Found::Partial(_) => return Err(Why::CutOff),
            Found::Broken(what) => return Err(Why::Header(what.to_owned())),
        };
        let (series, guard) = (Named::default(), OverflowGuard::default());
        let tail = Tail::CutOff { at, after: None, rest: 0 };
        Ok(Self { source, header, series, guard, payload, at, last: None, ended: false, tail, no_room: false })
    }

    /// What the journal says before its seconds.
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// How the journal ends; known once [`Iterator::next`] has given `None`.
    #[must_use]
    pub const fn tail(&self) -> &Tail {
        &self.tail
    }

    /// Whether reading ended because there was no memory for what comes next.
    #[must_use]
    pub const fn is_out_of_memory(&self) -> bool {
        self.no_room
    }

    /// Reads on from the end of the last whole frame: an entry, or the tail.
    fn read_on(&mut self) -> Result<Entry, Tail> {
        loop {
            let found = match open(&mut self.source, &mut self.payload) {
                Ok(found) => found,
                Err(error) => return Err(self.corrupt(&error.to_string())),
            };
            let (kind, length) = match found {
                Found::Frame(kind, length) => (kind, length),
                Found::Nothing => return Err(self.stopped()),
                Found::Partial(rest) => return Err(self.cut_off(rest)),
                Found::Broken(what) => return Err(self.corrupt(what)),
            };
            let entry = self.entry(kind)?;
            self.at += length;
            // a later version may write kinds that this one can do without
            let Some(entry) = entry else { continue };
            match &entry {
                Entry::Second(interval) => self.last = Some(interval.second),
                Entry::Annotation(_) => {}
                Entry::End(_) => self.ended = true,
            }
            self.tail = self.stopped();
            return Ok(entry);
        }
    }

    /// What the payload says; `None` for a kind that is not known.
    fn entry(&mut self, kind: u8) -> Result<Option<Entry>, Tail> {
        if kind == Kind::Second as u8 {
            if self.ended {
                return Err(self.corrupt("a second stands behind the end of the run"));
            }
            let interval = second::read(&self.payload, &mut self.series);
            let interval = interval.map_err(|malformed| {
                self.no_room |= malformed == TOO_MUCH;
                self.corrupt(malformed.0)
            })?;
            if self.last.is_some_and(|last| last >= interval.second) {
                return Err(self.corrupt("a second stands behind a later one"));
            }
            if self.guard.add(&interval).is_none() {
                return Err(self.corrupt("its numbers are larger than a run's can be"));
            }
            return Ok(Some(Entry::Second(Box::new(interval))));
        }
        let entry = if kind == Kind::Annotation as u8 {
            json(&self.payload).map(|read| read.map(Entry::Annotation))
        } else if kind == Kind::End as u8 {
            json(&self.payload).map(|read| read.map(Entry::End))
        } else {
            return Ok(None);
        };
        let Some(entry) = entry else {
            self.no_room = true;
            return Err(self.corrupt(TOO_MUCH.0));
        };
        entry.map(Some).map_err(|error| self.corrupt(&error.to_string()))
    }

    /// How a journal ends that has nothing behind its last whole frame.
    const fn stopped(&self) -> Tail {
        if self.ended { Tail::Whole } else { self.cut_off(0) }
    }

    const fn cut_off(&self, rest: u64) -> Tail {
        Tail::CutOff { at: self.at, after: self.last, rest }
    }

    fn corrupt(&self, what: &str) -> Tail {
        Tail::Corrupt { at: self.at, after: self.last, what: what.to_owned() }
    }
}

impl<S: Read + Seek> Iterator for Reader<S> {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        match self.tail {
            Tail::Corrupt { .. } => return None,
            // what was half a frame may be a whole one by now
            Tail::CutOff { rest, .. } if rest > 0 => {
                if let Err(error) = self.source.seek(SeekFrom::Start(self.at)) {
                    self.tail = self.corrupt(&error.to_string());
                    return None;
                }
            }
            // behind an end the teardown may have said more
            Tail::CutOff { .. } | Tail::Whole => {}
        }
        match self.read_on() {
            Ok(entry) => Some(entry),
            Err(tail) => {
                self.tail = tail;
                None
            }
        }
    }
}

/// Reads a JSON text; `None` where there is no memory for it.
fn json<T: DeserializeOwned>(text: &[u8]) -> Option<serde_json::Result<T>> {
    (memory_of_json(text) <= memory()).then(|| serde_json::from_slice(text))
}

/// About how many bytes a JSON text takes once it is read: each of its items may be a few bytes of it, and become many.
pub(crate) fn memory_of_json(text: &[u8]) -> usize {
    const ITEM: usize = 48;
    text.iter().filter(|byte| matches!(byte, b',' | b'[' | b'{')).count() * ITEM + text.len()
}

/// Reads the line a journal begins with; gives its length.
fn read_first_line(source: &mut impl Read) -> Result<u64, Why> {
    let expected = first_line();
    let mut line = vec![0; expected.len()];
    let length = fill(source, &mut line)?;
    line.truncate(length);
    if line == expected.as_bytes() {
        return Ok(length as u64);
    }
    if expected.as_bytes().starts_with(&line) {
        return Err(Why::CutOff);
    }
    let text = String::from_utf8_lossy(&line);
    let format = text.strip_prefix(MAGIC).map(|rest| rest.trim_end_matches('\n'));
    match format {
        Some(format) if !format.is_empty() && format.bytes().all(|byte| byte.is_ascii_digit()) => {
            Err(Why::Format(format.to_owned()))
        }
        _ => Err(Why::Foreign),
    }
}
