use std::path::{Path, PathBuf};

use clap::Args;

use super::terminal::{refuse, talk};
use crate::report::visible;
use crate::runs::{NoRun, RunHead, RunsFolder, find};
use crate::verdict::Exit;

/// Where results lie.
#[derive(Debug, Clone, Args)]
pub(super) struct ResultsArgs {
    /// The folder in which runs are looked for: without this `PLIMSOLL_RESULTS`, and without that `results`.
    #[arg(long, value_name = "DIR")]
    results: Option<PathBuf>,
}

/// The variable that names the folder of results.
const VARIABLE: &str = "PLIMSOLL_RESULTS";
/// The folder of results where nobody names another.
const USUAL: &str = "results";

/// So many journals that cannot be read are named.
const TOLD: usize = 3;

/// Which of a run's files a command can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Its journal.
    Journal,
    /// Its journal, or its report where that is gone.
    Any,
}

/// The folder of results: as typed, as the environment says, or the usual one.
pub(super) fn results_folder(typed: Option<&Path>) -> PathBuf {
    let of_environment = || std::env::var_os(VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from);
    typed.map(Path::to_owned).or_else(of_environment).unwrap_or_else(|| USUAL.into())
}

impl ResultsArgs {
    /// The folder.
    pub(super) fn folder(&self) -> PathBuf {
        results_folder(self.results.as_deref())
    }

    /// The file of the run that is meant: see [`run_file`].
    ///
    /// # Errors
    /// As [`run_file`].
    pub(super) fn run_file(&self, typed: &Path, wanted: Wanted) -> Result<PathBuf, Exit> {
        run_file(&self.folder(), typed, wanted)
    }
}

/// The file of the run that is meant: a path that exists, or a run of the folder of results by a word (`latest`,
/// `latest~1`, a name, the beginning of a file's name). What can only be a path stays as it is.
///
/// # Errors
/// [`Exit::Usage`], reported on stderr, for a word that means no run, or several.
pub(super) fn run_file(folder: &Path, typed: &Path, wanted: Wanted) -> Result<PathBuf, Exit> {
    let Some(word) = word(typed) else { return Ok(typed.to_owned()) };
    let is_file_name = [".journal", ".json", ".csv"].iter().any(|ending| word.ends_with(ending));
    let runs = match RunsFolder::read(folder) {
        Ok(runs) => runs,
        // whoever reads the file says that there is none
        Err(_) if is_file_name => return Ok(typed.to_owned()),
        Err(error) => {
            let why = format!("there is no run `{word}`, and no such file: {error}");
            return Err(refuse(why, "name the folder of results with `--results DIR`"));
        }
    };
    if runs.cut {
        talk("warning: the folder has more files than are looked at; a newer run may be among the rest\n");
    }
    for (file, why) in runs.broken.iter().filter(|(file, _)| file.ends_with(".journal")).take(TOLD) {
        talk(&visible(&format!("warning: passed over {file}: {why}\n")));
    }
    match find(&runs, word) {
        Ok(run) => of_run(run, word, wanted).map_err(refused),
        Err(_) if is_file_name => Ok(typed.to_owned()),
        Err(no_run) => Err(refused(no_run)),
    }
}

/// What was typed, where it may be a word for a run: no file of that name is there, and it is no path into a folder.
fn word(typed: &Path) -> Option<&str> {
    let text = typed.to_str()?;
    let is_path = typed.components().count() != 1 || text.contains(['/', '*', '?']) || text.starts_with('.');
    // a folder is no run
    let is_file = typed.exists() && !typed.is_dir();
    (!is_path && !is_file).then_some(text)
}

fn of_run(run: &RunHead, word: &str, wanted: Wanted) -> Result<PathBuf, NoRun> {
    if run.journal || wanted == Wanted::Any {
        return Ok(run.file());
    }
    let why = format!("`{word}` is `{}`, whose journal is gone", run.stem);
    let help = format!("its report is still there: {}", run.report_path().display());
    Err(NoRun { why, help })
}

fn refused(no_run: NoRun) -> Exit {
    refuse(no_run.why, no_run.help)
}
