use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use super::head::RunHead;
use crate::disk::plain;
use crate::report::Format;

/// How the files of a run end that are no form of its report.
const OTHERS: [&str; 4] = ["_comparison.json", "_comparison.md", "_comparison_junit.xml", ".log"];
pub(super) const JOURNAL: &str = ".journal";
pub(super) const REPORT: &str = ".json";
/// What the name of a file ends with that is still being written.
const PART: &str = ".part";
/// How the files of a suite end, which tell of several runs.
const OF_SUITES: [&str; 4] = ["_suite.html", "_suite.json", "_suite.md", "_suite_junit.xml"];

/// How many names of a folder are looked at.
const MOST: usize = 100_000;

/// The runs of a folder of results, the newest first.
#[derive(Debug)]
pub struct RunsFolder {
    /// Where it lies.
    pub path: PathBuf,
    /// Its runs.
    pub runs: Vec<RunHead>,
    /// Files that look like those of a run and are none, with what is wrong.
    pub broken: Vec<(String, String)>,
    /// Names of files that are of no run.
    pub foreign: Vec<String>,
    /// Whether it has more names than were looked at.
    pub cut: bool,
}

/// A folder of results that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the results in `{}` cannot be read: {}", path.display(), plain(error))]
pub struct FolderUnread {
    /// The folder.
    pub path: PathBuf,
    /// Why.
    pub error: io::Error,
}

/// The names of files that begin alike: perhaps a run's.
#[derive(Debug, Default)]
struct Family {
    journal: bool,
    report: bool,
    beside: Vec<String>,
}

/// How the files of a run end, but its journal and its report. Of two that end alike the longer comes first.
fn beside() -> impl Iterator<Item = &'static str> {
    let formats = Format::ALL.into_iter().filter(|format| *format != Format::Json);
    OTHERS.into_iter().chain(formats.flat_map(|format| format.endings().iter().copied()))
}

impl RunsFolder {
    /// Looks at the files of a folder, and at the header of each run's journal; of a run without one, at its report.
    /// Links are none of its files, wherever they lead.
    ///
    /// # Errors
    /// What the system says of the folder.
    pub fn read(path: &Path) -> Result<Self, FolderUnread> {
        let unread = |error| FolderUnread { path: path.to_owned(), error };
        let mut folder =
            Self { path: path.to_owned(), runs: Vec::new(), broken: Vec::new(), foreign: Vec::new(), cut: false };
        let mut families: BTreeMap<String, Family> = BTreeMap::new();
        let mut looked_at = 0;
        for entry in std::fs::read_dir(path).map_err(unread)? {
            let entry = entry.map_err(unread)?;
            looked_at += 1;
            if looked_at > MOST {
                folder.cut = true;
                break;
            }
            let name = entry.file_name();
            let shown = name.to_string_lossy();
            // a link may lead anywhere, and what is removed by its name must be what it seems
            let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
            match name.to_str().filter(|_| is_file) {
                Some(name) if !name.starts_with('.') => folder.sort(name, &mut families),
                _ if shown.starts_with('.') || entry.file_type().is_ok_and(|kind| kind.is_dir()) => {}
                _ => folder.foreign.push(shown.into_owned()),
            }
        }
        for (stem, family) in families {
            folder.add(&stem, family);
        }
        folder.runs.sort_by(|a, b| (b.began, &b.stem).cmp(&(a.began, &a.stem)));
        folder.broken.sort();
        folder.foreign.sort();
        Ok(folder)
    }

    /// Puts a name to those it belongs to.
    fn sort(&mut self, name: &str, families: &mut BTreeMap<String, Family>) {
        let whole = name.strip_suffix(PART).unwrap_or(name);
        if OF_SUITES.iter().any(|ending| whole.ends_with(ending)) {
            return;
        }
        let beside = beside().find_map(|ending| whole.strip_suffix(ending));
        let main = |ending| whole.strip_suffix(ending).filter(|stem: &&str| !stem.is_empty());
        // a file in part is of a run, and makes none
        if whole == name && beside.is_none() {
            if let Some(stem) = main(JOURNAL) {
                return families.entry(stem.to_owned()).or_default().journal = true;
            }
            if let Some(stem) = main(REPORT) {
                return families.entry(stem.to_owned()).or_default().report = true;
            }
        }
        let beside = beside.or_else(|| main(JOURNAL)).or_else(|| main(REPORT)).filter(|stem| !stem.is_empty());
        match beside {
            Some(stem) => families.entry(stem.to_owned()).or_default().beside.push(name.to_owned()),
            None => self.foreign.push(name.to_owned()),
        }
    }

    /// Adds a run, where the files are one's. A report says as much of it as its journal's header.
    fn add(&mut self, stem: &str, family: Family) {
        let Family { journal, report, mut beside } = family;
        beside.sort();
        let head = match journal.then(|| RunHead::of_journal(&self.path, stem)) {
            Some(Ok(head)) => Some(RunHead { report, ..head }),
            without => {
                let why = without.and_then(Result::err);
                self.broken.extend(why.map(|why| (format!("{stem}{JOURNAL}"), why)));
                let head = report.then(|| RunHead::of_report(&self.path, stem)).transpose();
                head.unwrap_or_else(|why| {
                    self.broken.push((format!("{stem}{REPORT}"), why));
                    None
                })
            }
        };
        match head {
            Some(head) => self.runs.push(RunHead { beside, ..head }),
            None => self.foreign.append(&mut beside),
        }
    }
}
