use std::path::PathBuf;

use super::run_loop::Event;
use crate::disk::Disk;
use crate::journal::{Entry, NotWritten, Writer};

/// Writes the journal of a run: begun when the load is, each entry as it comes.
#[derive(Debug)]
pub struct JournalRecorder {
    disk: Disk,
    path: PathBuf,
    writer: Option<Writer>,
    /// The first thing that could not be written.
    lost: Option<NotWritten>,
}

impl JournalRecorder {
    /// A recorder to a file that does not exist yet.
    #[must_use]
    pub const fn new(disk: Disk, path: PathBuf) -> Self {
        Self { disk, path, writer: None, lost: None }
    }

    /// Takes an event of the run.
    pub fn hear(&mut self, event: &Event<'_>) {
        match event {
            Event::Began(header) => match Writer::create_on(&self.disk, &self.path, header) {
                Ok(writer) => self.writer = Some(writer),
                Err(error) => self.lost = Some(error),
            },
            Event::Entry(entry, _) => self.write(entry),
            Event::Waiting(_) | Event::Steered(_) | Event::Stopping(..) | Event::TearingDown | Event::TakingBack => {}
        }
    }

    /// What could not be written, where anything could not.
    #[must_use]
    pub fn close(self) -> Option<NotWritten> {
        self.lost
    }

    fn write(&mut self, entry: &Entry) {
        let written = match entry {
            Entry::Second(interval) => self.writer.as_mut().map(|writer| writer.second(interval)),
            Entry::Annotation(annotation) => self.writer.as_mut().map(|writer| writer.annotate(annotation)),
            Entry::End(end) => self.writer.as_mut().map(|writer| writer.end(end)),
        };
        if let Some(Err(error)) = written {
            self.lost.get_or_insert(error);
        }
    }
}
