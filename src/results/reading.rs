use std::io::Read;

use super::document::{Report, VERSION};
use crate::journal::memory_of_json;
use crate::memory::{NoRoom, hold};

/// No report is longer, in bytes.
const LONGEST: u64 = 64 << 20;

/// Why a text is not read as a report.
#[derive(Debug, thiserror::Error)]
pub enum NotAReport {
    /// It is not the JSON of a report.
    #[error("no report: {0}")]
    Malformed(#[from] serde_json::Error),
    /// It is longer than any report.
    #[error("longer than {} MiB", LONGEST >> 20)]
    TooLong,
    /// It is whole, and there is no memory for it.
    #[error("it holds more than there is memory for: {0}")]
    NoRoom(#[from] NoRoom),
    /// The system refuses.
    #[error("no report: {0}")]
    System(#[from] std::io::Error),
    /// It is of a version that this program does not read.
    #[error("a report of version {0}, which this program does not read")]
    Version(u32),
}

/// Reads a report back from its JSON.
///
/// # Errors
/// What is no report that this program reads, and what there is no memory for.
pub fn read_report(file: impl Read) -> Result<Report, NotAReport> {
    let mut text = String::new();
    file.take(LONGEST + 1).read_to_string(&mut text)?;
    if text.len() as u64 > LONGEST {
        return Err(NotAReport::TooLong);
    }
    let _held = hold(memory_of_json(text.as_bytes()))?;
    let report: Report = serde_json::from_str(text.trim_start_matches('\u{FEFF}'))?;
    if report.version == VERSION { Ok(report) } else { Err(NotAReport::Version(report.version)) }
}
