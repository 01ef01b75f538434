use std::io::{self, Write};
use std::path::Path;

use super::args::RunArgs;
use super::baseline::{Compared, compare};
use super::command::TellsJob;
use crate::cli::terminal::{secrets, talk};
use crate::disk::Disk;
use crate::journal::Entry;
use crate::report::{Baseline, Format, Place, ResultFiles, Seconds, annotations, keep, run_page};
use crate::results::Report;
use crate::run::Event;
use crate::verdict::Exit;

/// What every run leaves in its folder, besides the journal and the log.
const FORMATS: [Format; 5] = [Format::Json, Format::Csv, Format::Junit, Format::Html, Format::Markdown];

/// Writes the results of a run but the journal and the log: as soon as its load is over, so that nothing that comes then
/// can cost them, and again where its teardown had more to say.
pub(super) struct ResultsWriter<'a> {
    args: &'a RunArgs,
    files: &'a ResultFiles,
    written: Option<Written>,
}

/// What was written.
pub(super) struct Written {
    pub(super) report: Report,
    /// The comparison with the baseline, which no teardown changes.
    pub(super) compared: Result<Option<Compared>, String>,
    /// The files that could not be.
    unwritten: Vec<String>,
}

impl<'a> ResultsWriter<'a> {
    pub(super) const fn new(args: &'a RunArgs, files: &'a ResultFiles) -> Self {
        Self { args, files, written: None }
    }

    /// Takes an event of the run; the journal has it already.
    pub(super) fn hear(&mut self, event: &Event<'_>) {
        if let Event::Entry(Entry::End(_), results) = event {
            self.written = Some(self.write(results.report()));
        }
    }

    /// What was written, each file though another may fail; `None` of a run without an end.
    pub(super) fn close(self) -> Option<Written> {
        self.written
    }

    fn write(&mut self, report: Report) -> Written {
        let place = self.files.place();
        let before = self.written.take();
        let before = match before {
            Some(same) if same.report == report && same.unwritten.is_empty() => return same,
            other => other,
        };
        let seconds = Seconds {
            journal: &place.path(".journal"),
            through: None,
            rows: self.args.history(),
            secrets: secrets(),
            baseline: None,
        };
        let (_, unwritten) = keep(place, &FORMATS, &report, &seconds);
        let mut unwritten: Vec<String> = unwritten.iter().map(ToString::to_string).collect();
        let compared = match before {
            Some(before) => before.compared,
            None => {
                self.files.log_text(&run_page(&report).text());
                compare(self.args, place)
            }
        };
        if let (Some(journal), Ok(Some(compared))) = (&self.args.baseline, &compared) {
            // the page shows both, and is there before they are compared
            let baseline = Some(Baseline { journal, comparison: &compared.report });
            let (_, lost) = keep(place, &[Format::Html], &report, &Seconds { baseline, ..seconds });
            unwritten.extend(lost.iter().map(ToString::to_string));
        }
        Written { report, compared, unwritten }
    }
}

/// What was lost of the files that are written while a run is under way.
pub(super) struct Lost {
    pub(super) journal: Option<String>,
    pub(super) log: Option<String>,
}

/// Says where the results of a run are, or what was lost; `lost` is what was lost of journal and log.
///
/// # Errors
/// [`Exit::Lost`], reported on stderr, where anything was lost.
pub(super) fn tell(place: &Place, written: &Written, lost: Lost, tells_job: TellsJob) -> Result<(), Exit> {
    let job = match tells_job {
        TellsJob::Yes => add_to_job(&run_page(&written.report).markdown()).err(),
        TellsJob::No => None,
    };
    if is_github_job() {
        talk(&annotations(&written.report));
    }
    match told(place, written, lost, job) {
        Ok(text) => {
            talk(&text);
            Ok(())
        }
        Err(text) => {
            talk(&text);
            Err(Exit::Lost)
        }
    }
}

/// What is said of the results: where they are, or, as the error, what was lost; `job` is what kept the job's summary from
/// being written.
pub(super) fn told(place: &Place, written: &Written, lost: Lost, job: Option<String>) -> Result<String, String> {
    let journal = place.path(".journal");
    let whole = lost.journal.is_none();
    let mut lost: Vec<String> = [lost.journal, lost.log].into_iter().flatten().collect();
    lost.extend(written.unwritten.iter().cloned());
    let missing = lost.len();
    lost.extend(job);
    if lost.is_empty() {
        return Ok(format!("results in {}\n", place.path(".html").display()));
    }
    let help = if missing == 0 {
        "name a file that can be written as GITHUB_STEP_SUMMARY, or none; the run's own files are all there".to_owned()
    } else if whole {
        format!("make room; then `plimsoll show {} --out DIR` writes them from the journal", journal.display())
    } else {
        "make room, or choose another folder with `--results DIR`".to_owned()
    };
    Err(format!("error: results were lost: {}\n  = help: {help}\n", lost.join("\n  and: ")))
}

/// Adds a text to the summary of GitHub's job, where it runs in one. One step may make several runs.
pub(in crate::cli) fn add_to_job(text: &str) -> Result<(), String> {
    let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()) else { return Ok(()) };
    let path = Path::new(&path);
    append(path, &secrets().mask_lines(&format!("{text}\n"))).map_err(|error| {
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
