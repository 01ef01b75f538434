use std::io;
use std::path::PathBuf;

use crate::cli::terminal::secrets;
use crate::report::{Place, SuiteHead, SuiteReport, SuiteRun, suite_html, suite_junit, suite_page, suite_report};

/// The files that tell of a whole suite. They are written after each of its plans, so that a suite that is killed leaves what
/// it had come to.
pub(super) struct SuiteIndex {
    place: Place,
}

/// How the name ends of the file that a person opens.
pub(super) const PAGE: &str = "_suite.html";

impl SuiteIndex {
    pub(super) const fn at(place: Place) -> Self {
        Self { place }
    }

    /// The page.
    pub(super) fn page(&self) -> PathBuf {
        self.place.path(PAGE)
    }

    /// Writes all of them anew.
    ///
    /// # Errors
    /// Those that could not be, each though another may fail.
    pub(super) fn write(&self, head: &SuiteHead, runs: &[SuiteRun]) -> Result<SuiteReport, Vec<String>> {
        let report = suite_report(head, runs);
        let mut lost = Vec::new();
        let mut write = |ending: &str, text: io::Result<String>| {
            let written = self.place.write(ending, |file| file.write_all(text?.as_bytes()));
            lost.extend(written.err().map(|error| error.to_string()));
        };
        write("_suite.json", serde_json::to_string_pretty(&report).map(|text| text + "\n").map_err(io::Error::other));
        write("_suite.md", Ok(suite_page(&report).markdown()));
        write("_suite_junit.xml", Ok(suite_junit(head, runs)));
        write(PAGE, suite_html(&report, secrets()));
        if lost.is_empty() { Ok(report) } else { Err(lost) }
    }
}
