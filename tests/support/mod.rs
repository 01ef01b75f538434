//! What the tests of whole runs share: a plan in a folder of its own, the binary on it, and the report it leaves.

#![allow(dead_code, clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;

/// A plan's folder; it is gone when the test is over.
pub struct Stage {
    folder: PathBuf,
}

impl Stage {
    pub fn new(plan: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("run-{}-{number}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("plan.yaml"), plan).unwrap();
        Self { folder }
    }

    /// Where the plan is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Another file beside the plan.
    pub fn file_beside(&self, name: &str, text: &str) {
        fs::write(self.folder.join(name), text).unwrap();
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
        command.args(["run", "plan.yaml", "--out", "out"]).args(arguments).current_dir(&self.folder);
        command.env("NO_COLOR", "1").stdin(Stdio::null());
        // where the tests themselves run in a job of GitHub's
        command.env_remove("GITHUB_ACTIONS").env_remove("GITHUB_STEP_SUMMARY");
        command
    }

    /// Runs the plan to its end: exit code, stdout, stderr.
    pub fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        ended(self.command(arguments).output().unwrap())
    }

    pub fn spawn(&self, arguments: &[&str]) -> Child {
        self.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// The report the run left, valid by its schema.
    pub fn report(&self) -> Value {
        report_in(&self.folder.join("out"))
    }

    /// The path of the run's only file with an ending.
    pub fn path(&self, ending: &str) -> PathBuf {
        only_path(&self.folder.join("out"), ending)
    }

    /// The same, once it is there.
    pub fn awaited(&self, ending: &str) -> PathBuf {
        for _ in 0..1000 {
            let files = fs::read_dir(self.folder.join("out")).into_iter().flatten().map(|entry| entry.unwrap().path());
            if let Some(found) = files.into_iter().find(|path| path.extension().is_some_and(|e| e == ending)) {
                return found;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        self.path(ending)
    }

    /// The names of the run's files, in order, without what they begin with: `.json`, `_stats.csv`.
    pub fn endings(&self) -> Vec<String> {
        let journal = self.path("journal");
        let stem = journal.file_stem().unwrap().to_str().unwrap();
        let files = fs::read_dir(self.folder.join("out")).unwrap().map(|entry| entry.unwrap().file_name());
        let names = files.map(|name| name.into_string().unwrap());
        let mut endings: Vec<String> = names.map(|name| name.strip_prefix(stem).unwrap_or(&name).to_owned()).collect();
        endings.sort();
        endings
    }

    /// The text of the run's file whose name ends so: `_stats.csv`.
    pub fn with_ending(&self, ending: &str) -> String {
        let journal = self.path("journal");
        let stem = journal.file_stem().unwrap().to_str().unwrap();
        fs::read_to_string(journal.with_file_name(format!("{stem}{ending}"))).unwrap()
    }

    /// The text of the run's file with an ending.
    pub fn file(&self, ending: &str) -> String {
        only_file(&self.folder.join("out"), ending)
    }
}

/// The report a run left in a folder, valid by its schema.
pub fn report_in(folder: &Path) -> Value {
    let report: Value = serde_json::from_str(&only_file(folder, "json")).unwrap();
    let schema = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/schemas/report.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    let errors: Vec<String> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    report
}

fn only_file(folder: &Path, ending: &str) -> String {
    fs::read_to_string(only_path(folder, ending)).unwrap()
}

fn only_path(folder: &Path, ending: &str) -> PathBuf {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let found: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|e| e == ending)).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    found[0].clone()
}

impl Drop for Stage {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.folder));
    }
}

/// A plan of the repository, run to its end against the embedded service.
pub struct Outing {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
    pub log: String,
    pub report: Value,
}

impl Outing {
    pub fn new(plan: &str, arguments: &[&str]) -> Self {
        Self::with(plan, arguments, &[])
    }

    /// The same, with variables of the environment.
    pub fn with(plan: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        // a folder for the results, and a valid report out of it
        let stage = Stage::new("");
        let out = stage.folder.join("out");
        let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
        command.args(["run", plan, "--embedded", "--out"]).arg(out).args(arguments).stdin(Stdio::null());
        command.env("NO_COLOR", "1").envs(variables.iter().copied()).current_dir(env!("CARGO_MANIFEST_DIR"));
        let (code, stdout, stderr) = ended(command.output().unwrap());
        assert!(code < 2, "{plan}: exit {code}: {stderr}");
        Self { code, stdout, stderr, log: stage.file("log"), report: stage.report() }
    }
}

pub fn ended(output: Output) -> (i32, String, String) {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}

/// A number of the books.
pub fn books(report: &Value, entry: &str) -> u64 {
    report["books"][entry].as_u64().unwrap()
}

/// Both equations of the books.
pub fn assert_balance(report: &Value) {
    let n = |entry| books(report, entry);
    assert_eq!(n("scheduled"), n("started") + n("dropped"), "{:#}", report["books"]);
    assert_eq!(n("started"), n("ok") + n("failed") + n("aborted"), "{:#}", report["books"]);
    assert_eq!(report["books"]["balanced"], true);
}
