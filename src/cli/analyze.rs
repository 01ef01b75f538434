use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use clap::Args;

use super::plan_file::{FilterWords, PlanFile, find};
use super::plan_names::names;
use super::show::missing;
use super::terminal::{data, talk};
use crate::analysis::{
    CompanionCsvs, Examined, Figures, LIMIT, Names, Outcome, Standards, Trend, Unread, conclude, of_journal, of_report,
    page, read_exceptions, read_failures, read_history, read_stats, targets,
};
use crate::journal::{Entry, Reader};
use crate::plan::Overrides;
use crate::report::visible;
use crate::results::{Report, Results, replay};
use crate::threshold::Rule;
use crate::verdict::Exit;

/// What some editors put before a text to say that it is UTF-8.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// Says what finished runs came to, holds them against targets, and says what to look at: runs of ours, or stats CSVs
/// of Locust.
#[derive(Debug, Args)]
pub(super) struct AnalyzeArgs {
    /// A run's journal or JSON report, or a `…_stats.csv` of Locust; several are told together.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// A plan whose thresholds are the targets, instead of those of an API.
    #[arg(long, value_name = "PLAN")]
    plan: Option<PathBuf>,

    /// Prints the analysis as JSON.
    #[arg(long, conflicts_with = "markdown")]
    json: bool,

    /// Prints it as Markdown, for a pull request or a job's summary.
    #[arg(long)]
    markdown: bool,
}

pub(super) fn run(args: &AnalyzeArgs) -> Exit {
    analyzed(args).unwrap_or_else(|exit| exit)
}

fn analyzed(args: &AnalyzeArgs) -> Result<Exit, Exit> {
    let bar = Bar::of(args.plan.as_deref())?;
    let mut files = Vec::new();
    for (index, path) in args.files.iter().enumerate() {
        if args.files[..index].contains(path) {
            let help = "give each file once: its numbers would count twice";
            return Err(refuse(path, &Unread { what: "named twice".into(), line: None, help: help.into() }));
        }
        files.push(examined(path, &bar).map_err(|unread| refuse(path, &unread))?);
    }
    let standards = if args.plan.is_some() { Standards::Plan } else { Standards::Default };
    let analysis = conclude(&files, (standards, &bar.name), |outcome| exit(outcome).code());
    let told = match (args.json, args.markdown) {
        (true, _) => serde_json::to_string_pretty(&analysis).map(|text| format!("{text}\n")).map_err(|error| {
            talk(&format!("error: {error}\n  = help: this is a bug\n"));
            Exit::Bug
        })?,
        (false, true) => page(&analysis).markdown(),
        (false, false) => page(&analysis).text(),
    };
    data(&told)?;
    Ok(if analysis.passed { Exit::Passed } else { exit_of(analysis.exit_code) })
}

const fn exit(outcome: Outcome) -> Exit {
    match outcome {
        Outcome::Met => Exit::Passed,
        Outcome::Missed | Outcome::Empty | Outcome::Unjudged => Exit::Failed,
        Outcome::Invalid => Exit::Invalid,
    }
}

const fn exit_of(code: u8) -> Exit {
    if code == Exit::Invalid.code() { Exit::Invalid } else { Exit::Failed }
}

/// What runs are held against.
struct Bar {
    /// Whose it is.
    name: String,
    /// A plan's rules; `None` for those of an API.
    rules: Option<Vec<Rule>>,
    names: Names,
}

impl Bar {
    fn of(plan: Option<&Path>) -> Result<Self, Exit> {
        let Some(typed) = plan else {
            return Ok(Self { name: "an API".to_owned(), rules: None, names: Names::default() });
        };
        let path = find(typed);
        let file = PlanFile::open(&path, &Overrides::default(), &FilterWords::default());
        file.print_problems(&path);
        let program = file.program.filter(|_| file.problems.errors() == 0).ok_or(Exit::Usage)?;
        let names = names(&program);
        Ok(Self { name: path.display().to_string(), rules: Some(program.rules), names })
    }

    fn rules(&self, tags: &[String]) -> Vec<Rule> {
        self.rules.clone().unwrap_or_else(|| targets(tags))
    }
}

/// Reads a file of whatever kind it is, and judges it.
fn examined(path: &Path, bar: &Bar) -> Result<Examined, Unread> {
    let mut file = open(path)?;
    let mut head = [0; 17];
    let length = fill(&mut file, &mut head).map_err(|error| unreadable(&error))?;
    let head = &head[..length];
    if head == b"plimsoll journal " {
        return journal(path, bar);
    }
    let whole = std::io::Cursor::new(head.to_vec()).chain(file);
    match head.strip_prefix(BOM).unwrap_or(head).trim_ascii_start().first() {
        None => Err(Unread {
            what: "the file is empty".into(),
            line: None,
            help: "the run that wrote it was cut off before it wrote anything: run it again".into(),
        }),
        Some(b'{') => {
            let figures = of_report(path, report(whole)?);
            let tags: Vec<String> = figures
                .own
                .iter()
                .flat_map(|report| &report.users)
                .flat_map(|user| user.tags.keys().cloned())
                .collect();
            Ok(Examined::by_figures(figures, &bar.rules(&tags), &bar.names))
        }
        Some(_) => {
            let figures = locust(path, whole)?;
            Ok(Examined::by_figures(figures, &bar.rules(&[]), &bar.names))
        }
    }
}

/// A journal's results by the run's own thresholds, and by those it is held against.
fn journal(path: &Path, bar: &Bar) -> Result<Examined, Unread> {
    let wrong = |what: String| Unread { what, line: None, help: "read it with the version that wrote it".into() };
    let mut reader = Reader::open(path).map_err(|error| wrong(error.to_string()))?;
    let header = reader.header().clone();
    let tags = header.catalog.endpoints.iter().flat_map(|entry| entry.tags.iter().map(ToString::to_string));
    let rules = bar.rules(&tags.collect::<Vec<_>>());
    let mut judged = Results::against(header.clone(), rules.clone());
    let mut results = Results::new(header).map_err(|error| wrong(error.to_string()))?;
    let mut trend = Trend::default();
    replay(&mut reader, &mut results, |entry, _| {
        judged.hear(entry);
        if let Entry::Second(interval) = entry {
            trend.add_second(interval);
        }
    });
    if let Some(missing) = missing(reader.tail()) {
        talk(&visible(&format!("warning: {}: {missing}\n", path.display())));
    }
    Ok(Examined::by_journal(of_journal(path, results.report(), trend), &rules, &judged.report().thresholds))
}

fn report(file: impl Read) -> Result<Report, Unread> {
    let wrong = |what: String, line: Option<u64>| Unread {
        what,
        line,
        help: "give a `load_test_….json` or `.journal` of `plimsoll run`, or a `…_stats.csv` of Locust".into(),
    };
    let mut text = String::new();
    file.take(LIMIT).read_to_string(&mut text).map_err(|error| wrong(format!("no report: {error}"), None))?;
    let report: Report = serde_json::from_str(text.trim_start_matches('\u{FEFF}'))
        .map_err(|error| wrong(format!("no report: {error}"), u64::try_from(error.line()).ok()))?;
    match report.version {
        1 => Ok(report),
        other => Err(Unread {
            what: format!("a report of version {other}, which this program does not read"),
            line: None,
            help: "read it with the version that wrote it".into(),
        }),
    }
}

/// A stats CSV with what lies beside it.
fn locust(path: &Path, file: impl Read) -> Result<Figures, Unread> {
    let mut siblings = CompanionCsvs::default();
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if let Some(base) = name.strip_suffix("_stats.csv") {
        let beside = |ending: &str| path.with_file_name(format!("{base}{ending}"));
        let notes = &mut siblings.notes;
        siblings.failures = beside_it(&beside("_failures.csv"), read_failures, notes);
        siblings.exceptions = beside_it(&beside("_exceptions.csv"), read_exceptions, notes).unwrap_or(0);
        siblings.history = beside_it(&beside("_stats_history.csv"), read_history, notes);
    }
    read_stats(path, file, siblings)
}

/// A file beside another: it may be absent, and one that cannot be read is told and left out.
fn beside_it<T>(path: &Path, read: impl Fn(File) -> Result<T, Unread>, notes: &mut Vec<String>) -> Option<T> {
    let file = File::open(path).ok()?;
    match read(file) {
        Ok(said) => Some(said),
        Err(unread) => {
            notes.push(format!("{}: {unread}; it is left out", place(path, unread.line)));
            None
        }
    }
}

fn open(path: &Path) -> Result<File, Unread> {
    let wrong = |what: &str, help: &str| Unread { what: what.into(), line: None, help: help.into() };
    if path.is_dir() {
        return Err(wrong("this is a folder", "give the files in it: `results/*_stats.csv`, or a run's `.journal`"));
    }
    File::open(path).map_err(|error| {
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

fn unreadable(error: &std::io::Error) -> Unread {
    Unread { what: format!("cannot be read: {error}"), line: None, help: "see that it is a file you may read".into() }
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

fn refuse(path: &Path, unread: &Unread) -> Exit {
    let told = format!("error: {}: {unread}\n  = help: {}\n", place(path, unread.line), unread.help);
    talk(&visible(&told));
    Exit::Usage
}
