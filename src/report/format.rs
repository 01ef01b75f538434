use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use super::comparison::ComparisonReport;
use super::csv::{HistoryRows, exceptions, failures, history, stats};
use super::files::{Place, Unwritten};
use super::html;
use super::junit::junit;
use super::summary::run_page;
use crate::journal::{Entry, Reader};
use crate::results::{Report, TooLarge};
use crate::secrets::Secrets;

/// A form a run is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// The report, whole.
    Json,
    /// Locust's four files.
    Csv,
    /// JUnit's XML.
    Junit,
    /// A page with charts, for a browser.
    Html,
    /// Markdown for a comment.
    Markdown,
    /// The summary a person reads.
    Text,
}

/// Where the run second by second is read from.
#[derive(Clone, Copy)]
pub struct Seconds<'a> {
    /// The run's journal.
    pub journal: &'a Path,
    /// The last second that is read, where the journal may have grown since the report was made from it.
    pub through: Option<u32>,
    /// Which rows they make.
    pub rows: HistoryRows,
    /// What a page does not show of what it reads: its markup is ours, and is left as it is.
    pub secrets: &'a Secrets,
    /// What a page shows the run beside, where it is held against an earlier one.
    pub baseline: Option<Baseline<'a>>,
}

/// An earlier run that a run is held against.
#[derive(Debug, Clone, Copy)]
pub struct Baseline<'a> {
    /// Its journal.
    pub journal: &'a Path,
    /// What came of it.
    pub comparison: &'a ComparisonReport,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Json, Self::Csv, Self::Junit, Self::Html, Self::Markdown, Self::Text];

    /// How its files' names end.
    #[must_use]
    pub const fn endings(self) -> &'static [&'static str] {
        match self {
            Self::Json => &[".json"],
            Self::Csv => &["_stats.csv", "_failures.csv", "_exceptions.csv", "_stats_history.csv"],
            Self::Junit => &["_junit.xml"],
            Self::Html => &[".html"],
            Self::Markdown => &[".md"],
            Self::Text => &[".txt"],
        }
    }

    /// Writes it in one document; of Locust's files, the statistics. A page reads the run's seconds.
    ///
    /// # Errors
    /// Of what it is written to, and of a journal that cannot be read.
    pub fn write(self, report: &Report, seconds: &Seconds<'_>, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Json => {
                serde_json::to_writer_pretty(&mut *out, report)?;
                out.write_all(b"\n")
            }
            Self::Csv => stats(report, out),
            Self::Junit => out.write_all(junit(report).as_bytes()),
            Self::Html => html::write(report, seconds, out),
            Self::Markdown => out.write_all(run_page(report).markdown().as_bytes()),
            Self::Text => out.write_all(run_page(report).text().as_bytes()),
        }
    }
}

/// Writes a run's files: those that are there now, and those that could not be written. One that cannot be does not keep
/// the others from being written.
pub fn keep(
    place: &Place,
    formats: &[Format],
    report: &Report,
    seconds: &Seconds<'_>,
) -> (Vec<PathBuf>, Vec<Unwritten>) {
    let (mut written, mut unwritten) = (Vec::new(), Vec::new());
    let endings = formats.iter().flat_map(|format| format.endings().iter().map(move |ending| (*format, *ending)));
    for (format, ending) in endings {
        let kept = place.write(ending, |out| match ending {
            "_failures.csv" => failures(report, out),
            "_exceptions.csv" => exceptions(report, out),
            "_stats_history.csv" => seconds.write(out),
            _ => format.write(report, seconds, out),
        });
        match kept {
            Ok(path) => written.push(path),
            Err(error) => unwritten.push(error),
        }
    }
    (written, unwritten)
}

/// Reads the entries of a journal, up to the last second that is asked for.
///
/// # Errors
/// What `hear` says, and a journal that there is no memory for.
pub(super) fn read_entries<S: Read + Seek>(
    reader: &mut Reader<S>,
    through: Option<u32>,
    mut hear: impl FnMut(&Entry) -> io::Result<()>,
) -> io::Result<()> {
    for entry in reader.by_ref() {
        if let Entry::Second(second) = &entry
            && through.is_some_and(|last| second.second > last)
        {
            return Ok(());
        }
        hear(&entry)?;
    }
    if reader.is_out_of_memory() { Err(io::Error::other(TooLarge)) } else { Ok(()) }
}

impl Seconds<'_> {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        history(&mut self.open()?, self.through, self.rows, out)
    }

    pub(super) fn open(&self) -> io::Result<Reader> {
        Reader::open(self.journal).map_err(io::Error::other)
    }
}
