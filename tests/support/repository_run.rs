//! A plan of the repository, run from its root as a person runs it.

use std::fs;

use serde_json::Value;

use super::command_line::{self, finish};
use super::folder::{Folder, only_file};
use super::report::report_in;

/// A run that has ended and left its results.
pub struct RepositoryRun {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
    pub log: String,
    /// Valid by its schema.
    pub report: Value,
}

impl RepositoryRun {
    /// Runs `plimsoll run ARGUMENTS` with variables of the environment. It may fail its thresholds, and a busy machine may
    /// make it invalid; anything else is an error.
    pub fn new(arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let out = Folder::new();
        let mut command = command_line::command();
        command.arg("run").args(arguments).arg("--out").arg(&*out).envs(variables.iter().copied());
        let (code, stdout, stderr) = finish(&mut command);
        assert!([0, 1, 4].contains(&code), "{arguments:?}: exit {code}\n{stdout}{stderr}");
        let log = fs::read_to_string(only_file(&out, "log")).unwrap();
        Self { code, stdout, stderr, log, report: report_in(&out) }
    }
}
