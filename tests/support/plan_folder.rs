//! A plan of the tests in a folder of its own, its runs, and the files they leave.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use plimsoll::test_api::target::Target;
use serde_json::Value;

use super::command_line::{self, Ended, finish};
use super::folder::{Folder, only_file};
use super::report::report_in;
use super::repository::{self, root};
use super::target::url;

/// Every file of a run whose load is over, by how its name ends.
pub const RESULT_FILES: [&str; 10] = [
    ".html",
    ".journal",
    ".json",
    ".log",
    ".md",
    "_exceptions.csv",
    "_failures.csv",
    "_junit.xml",
    "_stats.csv",
    "_stats_history.csv",
];

/// A folder that holds `plan.yaml` and the results of its runs, in `out`.
pub struct PlanFolder {
    folder: Folder,
    /// What `--target` says.
    target: Option<String>,
}

impl PlanFolder {
    /// Copies `tests/plans/NAME.yaml` and the data files beside it.
    pub fn of(name: &str) -> Self {
        Self::with_lines(name, "")
    }

    /// The same for a plan whose last lines are what the test is about: its shape and thresholds, most often.
    pub fn with_lines(name: &str, more: &str) -> Self {
        let plan = Path::new("tests/plans").join(name).with_extension("yaml");
        let made = Self::text(&(repository::text(&plan) + more));
        for entry in fs::read_dir(root().join(plan.parent().unwrap())).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "csv" || extension == "txt") {
                fs::copy(&path, made.folder.join(path.file_name().unwrap())).unwrap();
            }
        }
        made
    }

    /// A plan of a line or two.
    pub fn text(plan: &str) -> Self {
        let folder = Folder::new();
        fs::write(folder.join("plan.yaml"), plan).unwrap();
        Self { folder, target: None }
    }

    /// Aims every run at a target, with `--target`.
    pub fn aimed_at(self, target: &Target) -> Self {
        self.aimed_at_url(&url(target))
    }

    pub fn aimed_at_url(self, url: &str) -> Self {
        Self { target: Some(url.to_owned()), ..self }
    }

    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// `plimsoll run plan.yaml --out out`, in the folder.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = command_line::command();
        self.add_run(&mut command, "out");
        command.args(arguments);
        command
    }

    /// Has a command run the plan and put its results into a folder beside it.
    pub fn add_run(&self, command: &mut Command, out: &str) {
        command.args(["run", "plan.yaml", "--out", out]).current_dir(&*self.folder);
        if let Some(url) = &self.target {
            command.args(["--target", url]);
        }
    }

    /// Runs the plan to its end.
    pub fn run(&self, arguments: &[&str]) -> Ended {
        finish(&mut self.command(arguments))
    }

    pub fn spawn(&self, arguments: &[&str]) -> Child {
        self.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// The report the run left, valid by its schema.
    pub fn report(&self) -> Value {
        report_in(&self.folder.join("out"))
    }

    /// The run's only file with an extension.
    pub fn file(&self, extension: &str) -> PathBuf {
        only_file(&self.folder.join("out"), extension)
    }

    /// The journal's path, once it is there.
    pub fn awaited_journal(&self) -> PathBuf {
        for _ in 0..1000 {
            let files = fs::read_dir(self.folder.join("out")).into_iter().flatten().map(|entry| entry.unwrap().path());
            if let Some(found) = files.into_iter().find(|path| path.extension().is_some_and(|e| e == "journal")) {
                return found;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        self.file("journal")
    }

    /// The text of the run's only file with an extension.
    pub fn file_text(&self, extension: &str) -> String {
        fs::read_to_string(self.file(extension)).unwrap()
    }

    /// The names of the run's files, in order, without what they begin with: `.json`, `_stats.csv`.
    pub fn endings(&self) -> Vec<String> {
        let stem = self.stem();
        let files = fs::read_dir(self.folder.join("out")).unwrap().map(|entry| entry.unwrap().file_name());
        let names = files.map(|name| name.into_string().unwrap());
        let mut endings: Vec<String> = names.map(|name| name.strip_prefix(&stem).unwrap_or(&name).to_owned()).collect();
        endings.sort();
        endings
    }

    /// The text of the run's file whose name ends so: `_stats.csv`.
    pub fn with_ending(&self, ending: &str) -> String {
        fs::read_to_string(self.folder.join("out").join(self.stem() + ending)).unwrap()
    }

    /// What the names of the run's files begin with.
    pub fn stem(&self) -> String {
        self.file("journal").file_stem().unwrap().to_str().unwrap().to_owned()
    }
}
