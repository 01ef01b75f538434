use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use clap::Args;

use super::env_file::Variables;
use super::memory::{MORE_MEMORY, MemoryArgs};
use super::plan_file::{FilterWords, PlanFile, find};
use super::plan_names::names;
use super::results_folder::{ResultsArgs, Wanted};
use super::show::missing;
use super::terminal::{self, data, document, talk};
use crate::analysis::{
    CompanionCsvs, EndpointNames, Examined, Figures, InputError, Outcome, Trend, conclude, of_journal, of_report, page,
    read_exceptions, read_failures, read_history, read_stats,
};
use crate::diagnostic::Unset;
use crate::disk::InputFile;
use crate::journal::{Entry, Reader};
use crate::plan::Overrides;
use crate::report::visible;
use crate::results::{NotAReport, Report, Results, read_report, replay};
use crate::threshold::Rule;
use crate::verdict::Exit;

/// What some editors put before a text to say that it is UTF-8.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// Says what finished runs showed, holds them against targets, and says what to look at: runs of ours, or stats CSVs of
/// Locust.
#[derive(Debug, Args)]
pub(super) struct AnalyzeArgs {
    /// A run's journal or JSON report, `latest`, a run's name or the beginning of its files' names, or a `…_stats.csv` of
    /// Locust; several are reported together.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    #[command(flatten)]
    results: ResultsArgs,

    /// A plan whose thresholds are the targets, instead of those of the run itself; a CSV has none of its own.
    #[arg(long, value_name = "PLAN")]
    plan: Option<PathBuf>,

    /// Prints the analysis as JSON.
    #[arg(long, conflicts_with = "markdown")]
    json: bool,

    /// Prints it as Markdown, for a pull request or a job's summary.
    #[arg(long)]
    markdown: bool,

    #[command(flatten)]
    memory: MemoryArgs,
}

pub(super) fn run(args: &AnalyzeArgs) -> Exit {
    analyzed(args).unwrap_or_else(|exit| exit)
}

fn analyzed(args: &AnalyzeArgs) -> Result<Exit, Exit> {
    args.memory.budget().of_this_thread();
    let plan = args.plan.as_deref().map(TargetPlan::read).transpose()?;
    let mut files = Vec::new();
    let paths = args.files.iter().map(|file| args.results.run_file(file, Wanted::Any));
    let paths = paths.collect::<Result<Vec<PathBuf>, Exit>>()?;
    for (index, path) in paths.iter().enumerate() {
        if paths[..index].contains(path) {
            let help = "give each file once: its numbers would count twice";
            return Err(refuse(path, &InputError { message: "named twice".into(), line: None, help: help.into() }));
        }
        files.push(examined(path, plan.as_ref()).map_err(|error| refuse(path, &error))?);
    }
    let analysis = conclude(&files, plan.as_ref().map(|plan| plan.file.as_str()), |outcome| exit(outcome).code());
    if args.json {
        let json = serde_json::to_string_pretty(&analysis).map_err(|error| {
            talk(&format!("error: {error}\n  = help: this is a bug\n"));
            Exit::Bug
        })?;
        document(&format!("{json}\n"))?;
    } else if args.markdown {
        data(&page(&analysis).markdown())?;
    } else {
        terminal::page(&page(&analysis))?;
    }
    let known = [Exit::Passed, Exit::Invalid].into_iter().find(|exit| exit.code() == analysis.exit_code);
    Ok(known.unwrap_or(Exit::Failed))
}

const fn exit(outcome: Outcome) -> Exit {
    match outcome {
        Outcome::Met | Outcome::NoTargets => Exit::Passed,
        Outcome::Missed | Outcome::Empty | Outcome::Unjudged => Exit::Failed,
        Outcome::Invalid => Exit::Invalid,
    }
}

/// A plan whose thresholds are the targets.
struct TargetPlan {
    file: String,
    rules: Vec<Rule>,
    names: EndpointNames,
}

impl TargetPlan {
    fn read(typed: &Path) -> Result<Self, Exit> {
        let path = find(typed);
        // its thresholds are asked for, and not what it would send
        let variables = Variables::read(None, Unset::Noted)?;
        let file = PlanFile::open(&path, &Overrides::default(), &FilterWords::default(), &variables);
        file.print_problems(&path);
        let program = file.program.filter(|_| file.problems.errors() == 0).ok_or(Exit::Usage)?;
        let names = names(&program);
        Ok(Self { file: path.display().to_string(), rules: program.rules, names })
    }
}

/// Reads a file of whatever kind it is, and holds it against its targets.
fn examined(path: &Path, plan: Option<&TargetPlan>) -> Result<Examined, InputError> {
    let mut file = open(path)?;
    let mut head = [0; 17];
    let length = fill(&mut file, &mut head).map_err(|error| unreadable(&error))?;
    let head = &head[..length];
    if head == b"plimsoll journal " {
        return journal(path, plan);
    }
    let whole = std::io::Cursor::new(head.to_vec()).chain(file);
    match head.strip_prefix(BOM).unwrap_or(head).trim_ascii_start().first() {
        None => Err(InputError {
            message: "the file is empty".into(),
            line: None,
            help: "the run that wrote it was cut off before it wrote anything: run it again".into(),
        }),
        Some(b'{') => Ok(held_against(plan, of_report(path, report(whole)?))),
        Some(_) => Ok(held_against(plan, locust(path, whole)?)),
    }
}

fn held_against(plan: Option<&TargetPlan>, figures: Figures) -> Examined {
    match plan {
        Some(plan) => Examined::by_figures(figures, &plan.rules, &plan.names),
        None => Examined::by_own_thresholds(figures),
    }
}

/// A journal's results by the run's own thresholds, and by those of a plan.
fn journal(path: &Path, plan: Option<&TargetPlan>) -> Result<Examined, InputError> {
    let wrong =
        |message: String| InputError { message, line: None, help: "read it with the version that wrote it".into() };
    let mut reader = Reader::open(path).map_err(|error| wrong(error.to_string()))?;
    let header = reader.header().clone();
    let mut by_plan = plan.map(|plan| (plan, Results::against(header.clone(), plan.rules.clone())));
    let mut results = Results::new(header).map_err(|error| wrong(error.to_string()))?;
    let mut trend = Trend::default();
    let replayed = replay(&mut reader, &mut results, |entry, _| {
        if let Some((_, results)) = &mut by_plan {
            results.hear(entry);
        }
        if let Entry::Second(interval) = entry {
            trend.add_second(interval);
        }
    });
    replayed.map_err(|error| InputError { message: error.to_string(), line: None, help: MORE_MEMORY.into() })?;
    if let Some(missing) = missing(reader.tail()) {
        talk(&visible(&format!("warning: {}: {missing}\n", path.display())));
    }
    let figures = of_journal(path, results.report(), trend);
    Ok(match by_plan {
        Some((plan, results)) => Examined::by_journal(figures, &plan.rules, &results.report().thresholds),
        None => Examined::by_own_thresholds(figures),
    })
}

fn report(file: impl Read) -> Result<Report, InputError> {
    read_report(file).map_err(|error| InputError {
        message: error.to_string(),
        line: match &error {
            NotAReport::Malformed(error) => u64::try_from(error.line()).ok(),
            _ => None,
        },
        help: match &error {
            NotAReport::NoRoom(_) => MORE_MEMORY.into(),
            NotAReport::Version(_) => "read it with the version that wrote it".into(),
            NotAReport::Malformed(_) | NotAReport::TooLong | NotAReport::System(_) => {
                "give a `load_test_….json` or `.journal` of `plimsoll run`, or a `…_stats.csv` of Locust".into()
            }
        },
    })
}

/// A stats CSV with what lies beside it.
fn locust(path: &Path, file: impl Read) -> Result<Figures, InputError> {
    let mut companions = CompanionCsvs::default();
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if let Some(base) = name.strip_suffix("_stats.csv") {
        let beside = |ending: &str| path.with_file_name(format!("{base}{ending}"));
        let notes = &mut companions.notes;
        companions.failures = beside_it(&beside("_failures.csv"), read_failures, notes);
        companions.exceptions = beside_it(&beside("_exceptions.csv"), read_exceptions, notes).unwrap_or(0);
        companions.history = beside_it(&beside("_stats_history.csv"), read_history, notes);
    }
    read_stats(path, file, companions)
}

/// A file beside another: it may be absent, and one that cannot be read is noted and left out.
fn beside_it<T>(path: &Path, read: impl Fn(InputFile) -> Result<T, InputError>, notes: &mut Vec<String>) -> Option<T> {
    let file = InputFile::open(path).ok()?;
    match read(file) {
        Ok(read) => Some(read),
        Err(error) => {
            notes.push(format!("{}: {error}; it is left out", place(path, error.line)));
            None
        }
    }
}

fn open(path: &Path) -> Result<InputFile, InputError> {
    let wrong = |message: &str, help: &str| InputError { message: message.into(), line: None, help: help.into() };
    if path.is_dir() {
        return Err(wrong("this is a folder", "give the files in it: `results/*_stats.csv`, or a run's `.journal`"));
    }
    InputFile::open(path).map_err(|error| {
        let pattern = path.to_string_lossy().contains(['*', '?']);
        match error.kind() {
            ErrorKind::NotFound if pattern => wrong(
                "the pattern matches no file",
                "look with `ls` for what is there; `locust --csv NAME` writes `NAME_stats.csv`",
            ),
            ErrorKind::NotFound => wrong(
                "there is no such file",
                "`plimsoll run` writes into `results/`; `locust --csv NAME` writes `NAME_stats.csv`",
            ),
            _ => unreadable(&error),
        }
    })
}

fn unreadable(error: &std::io::Error) -> InputError {
    InputError {
        message: format!("cannot be read: {error}"),
        line: None,
        help: "see that it is a file you may read".into(),
    }
}

/// Reads until the buffer is full or the file is over.
fn fill(file: &mut impl Read, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut length = 0;
    while length < buffer.len() {
        match file.read(&mut buffer[length..])? {
            0 => break,
            more => length += more,
        }
    }
    Ok(length)
}

fn place(path: &Path, line: Option<u64>) -> String {
    match line {
        Some(line) => format!("{}:{line}", path.display()),
        None => path.display().to_string(),
    }
}

fn refuse(path: &Path, error: &InputError) -> Exit {
    let message = format!("error: {}: {error}\n  = help: {}\n", place(path, error.line), error.help);
    talk(&visible(&message));
    Exit::Usage
}
