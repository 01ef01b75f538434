use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::dictionary::Numbered;
use super::events::{Annotation, End};
use super::frame::{Kind, LARGEST, first_line, seal};
use super::header::Header;
use super::second;
use crate::disk::{Disk, DiskFile};
use crate::metrics::Interval;

/// A journal being written. Each frame is handed to the system whole before the call returns, so that a killed
/// process loses nothing it was given; [`Writer::end`] waits for the disk.
#[derive(Debug)]
pub struct Writer {
    file: DiskFile,
    path: PathBuf,
    /// Where the last whole frame ends.
    length: u64,
    /// Whether part of a frame may lie behind that.
    torn: bool,
    series: Numbered,
    last: Option<u32>,
}

/// A journal, or one frame of it, that could not be written. What was written before is whole and stays readable.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the journal `{}`: {cause}", path.display())]
pub struct NotWritten {
    /// The journal.
    pub path: PathBuf,
    /// Why.
    pub cause: Cause,
}

/// Why a journal could not be written.
#[derive(Debug, thiserror::Error)]
pub enum Cause {
    /// The disk is full or gone, or the place is not to be written to.
    #[error("{0}")]
    System(#[from] io::Error),
    /// A frame would hold more than a reader takes.
    #[error("{0}")]
    TooLarge(&'static str),
    /// Seconds are written in their order, each once.
    #[error("second {second} does not follow second {last}")]
    OutOfOrder {
        /// The one that was to be written.
        second: u32,
        /// The last that was.
        last: u32,
    },
}

impl Writer {
    /// Begins a journal in a file that does not exist yet, for its owner alone to read.
    ///
    /// # Errors
    /// A place that cannot be written to, a file that is there already, and a header that is too large.
    pub fn create(path: &Path, header: &Header) -> Result<Self, NotWritten> {
        Self::create_on(&Disk::System, path, header)
    }

    /// The same, on a disk.
    ///
    /// # Errors
    /// As [`Writer::create`].
    pub fn create_on(disk: &Disk, path: &Path, header: &Header) -> Result<Self, NotWritten> {
        let not_written = |cause| NotWritten { path: path.to_owned(), cause };
        let frame = seal(Kind::Header, &json(header).map_err(not_written)?);
        let file = disk.create_new(path).map_err(|error| not_written(error.into()))?;
        let series = Numbered::default();
        let mut writer = Self { file, path: path.to_owned(), length: 0, torn: false, series, last: None };
        let bytes = [first_line().as_bytes(), &frame].concat();
        if let Err(cause) = writer.append(&bytes) {
            // what has no header is no journal
            drop(disk.remove(path));
            return Err(not_written(cause));
        }
        Ok(writer)
    }

    /// Adds a second.
    ///
    /// # Errors
    /// A disk that is full or gone; a second that does not come after the last, or is too large. The journal is then
    /// as it was before, and may be added to.
    pub fn second(&mut self, interval: &Interval) -> Result<(), NotWritten> {
        if let Some(last) = self.last
            && last >= interval.second
        {
            return Err(self.not_written(Cause::OutOfOrder { second: interval.second, last }));
        }
        let payload = second::write(interval, &mut self.series).map_err(|malformed| Cause::TooLarge(malformed.0));
        match payload.and_then(|payload| self.append(&seal(Kind::Second, &payload))) {
            Ok(()) => {
                self.series.keep();
                self.last = Some(interval.second);
                Ok(())
            }
            Err(cause) => {
                self.series.forget();
                Err(self.not_written(cause))
            }
        }
    }

    /// Adds what happened.
    ///
    /// # Errors
    /// A disk that is full or gone. The journal is then as it was before, and may be added to.
    pub fn annotate(&mut self, annotation: &Annotation) -> Result<(), NotWritten> {
        let payload = json(annotation);
        payload
            .and_then(|payload| self.append(&seal(Kind::Annotation, &payload)))
            .map_err(|cause| self.not_written(cause))
    }

    /// Adds the end, and waits until the disk has everything. What happens after it may be added, and another end, which
    /// then holds instead.
    ///
    /// # Errors
    /// A disk that is full or gone. The journal is then as it was before, and may be added to.
    pub fn end(&mut self, end: &End) -> Result<(), NotWritten> {
        let payload = json(end);
        let written = payload.and_then(|payload| self.append(&seal(Kind::End, &payload)));
        // what the disk refuses may show only now
        let written = written.and_then(|()| Ok(self.file.sync()?));
        written.map_err(|cause| self.not_written(cause))
    }

    /// Where the journal is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), Cause> {
        self.mend()?;
        if let Err(error) = self.file.write_all(bytes) {
            self.torn = true;
            // where this fails too it is tried again before the next frame
            drop(self.mend());
            return Err(error.into());
        }
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// Takes part of a frame away.
    fn mend(&mut self) -> io::Result<()> {
        if self.torn {
            self.file.truncate(self.length)?;
            self.torn = false;
        }
        Ok(())
    }

    fn not_written(&self, cause: Cause) -> NotWritten {
        NotWritten { path: self.path.clone(), cause }
    }
}

fn json(what: &impl Serialize) -> Result<Vec<u8>, Cause> {
    let bytes = serde_json::to_vec(what).map_err(io::Error::other)?;
    if bytes.len() > LARGEST {
        return Err(Cause::TooLarge("the plan, or a text, is larger than a frame may be"));
    }
    Ok(bytes)
}
