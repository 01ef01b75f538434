use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::folder::{JOURNAL, REPORT};
use crate::disk::InputFile;
use crate::journal::{Labels, Reader, Why};
use crate::results::{Report, ShardEntry, read_report};

/// A run of a folder, as far as its journal's header tells.
#[derive(Debug, Clone, PartialEq)]
pub struct RunHead {
    /// What its files' names begin with.
    pub stem: String,
    /// When it began.
    pub began: SystemTime,
    /// What a person called it.
    pub name: Option<String>,
    /// What a person noted about it.
    pub labels: Labels,
    /// Its plan's name.
    pub plan: String,
    /// The profile that was chosen.
    pub profile: Option<String>,
    /// The part of the plan's users, rates and times that it was made with, of a rehearsal.
    pub scale: Option<f64>,
    /// Which part of a run it is, of one that several machines made.
    pub shard: Option<ShardEntry>,
    /// Whether its journal is there.
    pub journal: bool,
    /// Whether its report is there.
    pub report: bool,
    /// Its other files.
    pub(super) beside: Vec<String>,
    /// Where they lie.
    pub(super) folder: PathBuf,
}

impl RunHead {
    /// That of a journal.
    ///
    /// # Errors
    /// Why it is none.
    pub(super) fn of_journal(folder: &Path, stem: &str) -> Result<Self, String> {
        let reader = Reader::open(&folder.join(format!("{stem}{JOURNAL}"))).map_err(|error| match error.why {
            Why::System(error) => crate::disk::plain(&error),
            why => why.to_string(),
        })?;
        let header = reader.header();
        Ok(Self {
            stem: stem.to_owned(),
            began: header.began,
            name: header.name.clone(),
            labels: header.labels.clone(),
            plan: header.plan.name.clone(),
            profile: header.plan.profile.clone(),
            scale: header.scale,
            shard: ShardEntry::of(header.shard),
            journal: true,
            report: false,
            beside: Vec::new(),
            folder: folder.to_owned(),
        })
    }

    /// That of a report whose journal is gone.
    ///
    /// # Errors
    /// Why it is none.
    pub(super) fn of_report(folder: &Path, stem: &str) -> Result<Self, String> {
        let report = report_at(&folder.join(format!("{stem}{REPORT}")))?;
        let began = humantime::parse_rfc3339(&report.run.began);
        Ok(Self {
            stem: stem.to_owned(),
            began: began.map_err(|_| "it does not say when its run began".to_owned())?,
            name: report.run.name,
            labels: report.run.labels,
            plan: report.plan.name,
            profile: report.plan.profile,
            scale: report.run.scale,
            shard: report.run.shard,
            journal: false,
            report: true,
            beside: Vec::new(),
            folder: folder.to_owned(),
        })
    }

    /// Where its journal is, or would be.
    #[must_use]
    pub fn journal_path(&self) -> PathBuf {
        self.folder.join(format!("{}{JOURNAL}", self.stem))
    }

    /// Where its report is, or would be.
    #[must_use]
    pub fn report_path(&self) -> PathBuf {
        self.folder.join(format!("{}{REPORT}", self.stem))
    }

    /// The file that tells of it: its journal, or its report where that is gone.
    #[must_use]
    pub fn file(&self) -> PathBuf {
        if self.journal { self.journal_path() } else { self.report_path() }
    }

    /// Each of its files, the one that tells what it is last: where not all can be removed, what is left is a run still.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        let beside = self.beside.iter().map(|name| self.folder.join(name));
        let main = [(self.report, self.report_path()), (self.journal, self.journal_path())];
        beside.chain(main.into_iter().filter(|(there, _)| *there).map(|(_, path)| path)).collect()
    }
}

/// The report in a file.
///
/// # Errors
/// Why it is none.
pub(super) fn report_at(path: &Path) -> Result<Report, String> {
    let file: File = InputFile::regular(path).map_err(|error| crate::disk::plain(&error))?;
    read_report(file).map_err(|error| error.to_string())
}

#[cfg(test)]
impl RunHead {
    /// A run that is only a name, which began so many seconds after the epoch.
    pub(super) fn made(stem: &str, name: Option<&str>, began: u64) -> Self {
        Self {
            stem: stem.to_owned(),
            began: SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(began),
            name: name.map(str::to_owned),
            labels: Labels::new(),
            plan: "shop".to_owned(),
            profile: None,
            scale: None,
            shard: None,
            journal: true,
            report: true,
            beside: vec![format!("{stem}.html")],
            folder: PathBuf::from("results"),
        }
    }
}
