use std::path::Path;

use super::head::{RunHead, report_at};
use crate::journal::Reader;
use crate::results::{Report, Results, replay};

/// How many bytes of journals are folded for one list.
const FOLDED: u64 = 512 << 20;

/// Reads what runs came to, each in the cheapest way that gives the same numbers.
#[derive(Debug)]
pub(super) struct Outcomes {
    /// How many more bytes of journals are folded.
    left: u64,
}

impl Outcomes {
    pub(super) const fn new() -> Self {
        Self { left: FOLDED }
    }

    /// The report of a run: the one beside its journal, or, where none was written or the run was not over when it was,
    /// what its journal gives.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) fn report(&mut self, run: &RunHead) -> Result<Report, String> {
        let written = match run.report {
            true => report_at(&run.report_path()),
            false => Err("it has no report".to_owned()),
        };
        if !run.journal {
            return written;
        }
        let began = humantime::format_rfc3339_millis(run.began).to_string();
        match written {
            Ok(report) if !report.run.is_cut_off() && report.run.began == began => Ok(report),
            _ => self.folded(&run.journal_path()),
        }
    }

    fn folded(&mut self, journal: &Path) -> Result<Report, String> {
        let length = std::fs::metadata(journal).map_or(0, |data| data.len());
        let Some(left) = self.left.checked_sub(length) else {
            return Err(
                "there is no report beside its journal, which is too long for a list: `show` reads it".to_owned()
            );
        };
        self.left = left;
        let mut reader = Reader::open(journal).map_err(|error| error.why.to_string())?;
        let mut results = Results::new(reader.header().clone()).map_err(|error| error.to_string())?;
        replay(&mut reader, &mut results, |_, _| {}).map_err(|error| error.to_string())?;
        Ok(results.report())
    }
}
