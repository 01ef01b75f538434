use std::io::{self, Write};
use std::path::Path;

use crate::cli::terminal::talk;
use crate::disk::Disk;
use crate::report::{Format, HistoryRows, ResultFiles, Seconds, annotations, keep, run_page};
use crate::results::Report;
use crate::verdict::Exit;

/// What every run leaves in its folder, besides the journal and the log; the log ends with the summary.
const FORMATS: [Format; 4] = [Format::Json, Format::Csv, Format::Junit, Format::Markdown];

/// Writes the results of a run but the journal, each file though another may fail, and says where it is or what was
/// lost; `lost` is what was lost before.
///
/// # Errors
/// [`Exit::Lost`], reported on stderr, where anything was lost.
pub(super) fn keep_all(
    files: ResultFiles,
    report: &Report,
    summary: &str,
    rows: HistoryRows,
    lost: Option<String>,
) -> Result<(), Exit> {
    let place = files.place().clone();
    let journal = place.path(".journal");
    let whole = lost.is_none();
    let mut lost: Vec<String> = lost.into_iter().collect();
    lost.extend(files.close(summary).err().map(|error| error.to_string()));
    let (_, unwritten) = keep(&place, &FORMATS, report, &Seconds { journal: &journal, through: None, rows });
    lost.extend(unwritten.iter().map(ToString::to_string));
    let missing = lost.len();
    lost.extend(add_to_job(&run_page(report).markdown()).err());
    if is_github_job() {
        talk(&annotations(report));
    }
    if lost.is_empty() {
        talk(&format!("results in {}\n", place.path(".json").display()));
        return Ok(());
    }
    let help = if missing == 0 {
        "name a file that can be written as GITHUB_STEP_SUMMARY, or none; the run's own files are all there".to_owned()
    } else if whole {
        format!("make room; then `plimsoll show {} --out DIR` writes them from the journal", journal.display())
    } else {
        "make room, or choose another folder with `--out DIR`".to_owned()
    };
    talk(&format!("error: results were lost: {}\n  = help: {help}\n", lost.join("\n  and: ")));
    Err(Exit::Lost)
}

/// Adds a text to the summary of GitHub's job, where it runs in one. One step may make several runs.
pub(super) fn add_to_job(text: &str) -> Result<(), String> {
    let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()) else { return Ok(()) };
    let path = Path::new(&path);
    append(path, &format!("{text}\n")).map_err(|error| {
        format!("the job's summary was not written to {} (GITHUB_STEP_SUMMARY): {error}", path.display())
    })
}

/// Whether this is a job of GitHub Actions, whose runner reads what is printed.
pub(super) fn is_github_job() -> bool {
    std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true")
}

fn append(path: &Path, text: &str) -> io::Result<()> {
    Disk::System.append(path)?.write_all(text.as_bytes())
}
