use std::path::{Path, PathBuf};

use clap::Args;

use super::compare::{TOLERANCE, demand, held_against};
use super::memory::{MORE_MEMORY, MemoryArgs};
use super::results_folder::{ResultsArgs, Wanted};
use super::terminal::{complain, data, document, markup, page, refuse, secrets, talk};
use crate::journal::{Reader, Tail};
use crate::report::{Baseline, Format, HistoryRows, Place, ResultsWanted, Seconds, keep, run_page, visible};
use crate::results::{Report, Results, replay};
use crate::verdict::Exit;

/// Shows a run again, from its journal: one that is over, still under way, or was cut off anywhere.
///
/// Without a format, the summary. One format goes to stdout, or with `--out` into files beside each other; several need
/// `--out`; `--out` alone writes all of them.
#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// The run: its journal, `latest`, `latest~1`, its name, or the beginning of its files' names.
    #[arg(value_name = "RUN")]
    run: PathBuf,

    #[command(flatten)]
    results: ResultsArgs,

    /// The report as JSON.
    #[arg(long)]
    json: bool,

    /// Locust's CSV files; without `--out`, the statistics alone.
    #[arg(long)]
    csv: bool,

    /// JUnit's XML.
    #[arg(long)]
    junit: bool,

    /// A page with charts, for a browser.
    #[arg(long)]
    html: bool,

    /// An earlier run, named in the same ways, that the page shows this one beside.
    #[arg(long, value_name = "RUN")]
    baseline: Option<PathBuf>,

    /// Markdown for a pull request's comment.
    #[arg(long)]
    markdown: bool,

    /// The summary, which also comes where nothing is asked for.
    #[arg(long)]
    text: bool,

    /// Writes files into this folder, named like the journal.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    /// Writes the CSV of the history with a row per method and name, too.
    #[arg(long)]
    full_history: bool,

    #[command(flatten)]
    memory: MemoryArgs,
}

pub(super) fn run(args: &ShowArgs) -> Exit {
    shown(args).unwrap_or_else(|exit| exit)
}

fn shown(args: &ShowArgs) -> Result<Exit, Exit> {
    args.memory.budget().of_this_thread();
    let wish = args.wish()?;
    let journal = args.results.run_file(&args.run, Wanted::Journal)?;
    let mut reader = Reader::open(&journal).map_err(|error| {
        refuse(error, "name the file of a run that ends in `.journal`; `plimsoll run` writes one into `results/`")
    })?;
    let results = Results::new(reader.header().clone());
    let mut results = results.map_err(|error| refuse(error, "read it with the version that wrote it"))?;
    replay(&mut reader, &mut results, |_, _| {}).map_err(|error| refuse(error, MORE_MEMORY))?;
    let report = results.report();
    if let Some(missing) = missing(reader.tail()) {
        talk(&visible(&format!("warning: {missing}\n")));
    }
    let earlier =
        args.baseline.as_deref().map(|baseline| args.results.run_file(baseline, Wanted::Journal)).transpose()?;
    let comparison = earlier.as_deref().map(|earlier| {
        held_against((earlier, &journal), &demand(TOLERANCE), ResultsWanted::WhereKnown)
            .map_err(|error| refuse(error, "name the journal of an earlier run"))
    });
    let comparison = comparison.transpose()?;
    let baseline =
        earlier.as_deref().zip(comparison.as_ref()).map(|(journal, comparison)| Baseline { journal, comparison });
    let rows = if args.full_history { HistoryRows::EachName } else { HistoryRows::Aggregated };
    // a run under way has written on since
    let through = reader.tail().after();
    let seconds = Seconds { journal: &journal, through, rows, secrets: secrets(), baseline };
    match wish {
        Wish::Print(Format::Text) => page(&run_page(&report))?,
        Wish::Print(format) => {
            let mut text = Vec::new();
            format.write(&report, &seconds, &mut text).map_err(|error| refuse(error, "this is a bug"))?;
            let text = String::from_utf8_lossy(&text);
            match format {
                Format::Json => document(&text)?,
                Format::Html => markup(&text)?,
                _ => data(&text)?,
            }
        }
        Wish::Write(folder, formats) => write(folder, &formats, &report, &seconds)?,
    }
    Ok(Exit::Passed)
}

/// What is asked for.
enum Wish<'a> {
    Print(Format),
    Write(&'a Path, Vec<Format>),
}

impl ShowArgs {
    fn wish(&self) -> Result<Wish<'_>, Exit> {
        let flags = [self.json, self.csv, self.junit, self.html, self.markdown, self.text];
        let chosen: Vec<Format> =
            Format::ALL.into_iter().zip(flags).filter(|(_, flag)| *flag).map(|(format, _)| format).collect();
        let wish = match (&self.out, chosen.as_slice()) {
            (Some(folder), []) => Wish::Write(folder, Format::ALL.to_vec()),
            (Some(folder), _) => Wish::Write(folder, chosen),
            (None, []) => Wish::Print(Format::Text),
            (None, [one]) => Wish::Print(*one),
            (None, _) => {
                return Err(refuse("several formats do not go to stdout at once", "write them with `--out DIR`"));
            }
        };
        let makes_page = match &wish {
            Wish::Print(format) => *format == Format::Html,
            Wish::Write(_, formats) => formats.contains(&Format::Html),
        };
        if self.baseline.is_some() && !makes_page {
            return Err(refuse(
                "`--baseline` has no effect: no page is written",
                "ask for it with `--html`; `plimsoll compare` says what changed",
            ));
        }
        match &wish {
            Wish::Write(_, formats) if formats.contains(&Format::Csv) => Ok(wish),
            _ if !self.full_history => Ok(wish),
            _ => Err(refuse(
                "`--full-history` has no effect: no history is written",
                "ask for it with `--csv --out DIR --full-history`",
            )),
        }
    }
}

fn write(folder: &Path, formats: &[Format], report: &Report, seconds: &Seconds<'_>) -> Result<(), Exit> {
    let stem = seconds.journal.file_stem().map_or_else(|| "run".into(), |stem| stem.to_string_lossy());
    let place = Place::of(folder, &stem, secrets());
    let real = |path: &Path| path.canonicalize().ok();
    let journal = real(seconds.journal);
    let mut paths = formats.iter().flat_map(|format| format.endings()).map(|ending| place.path(ending));
    if let Some(own) = paths.find(|path| journal.is_some() && real(path) == journal) {
        let why = format!("{} would be written over, and it is the journal itself", own.display());
        return Err(refuse(&why, "choose another folder with `--out DIR`"));
    }
    if let Err(error) = std::fs::create_dir_all(folder) {
        let why = format!("results cannot be written to {}: {error}", folder.display());
        return Err(lost(&why));
    }
    let (written, unwritten) = keep(&place, formats, report, seconds);
    written.iter().for_each(|path| talk(&format!("{}\n", path.display())));
    if unwritten.is_empty() {
        return Ok(());
    }
    let all: Vec<String> = unwritten.iter().map(ToString::to_string).collect();
    Err(lost(&all.join("\n  and: ")))
}

fn lost(why: &str) -> Exit {
    complain(why, "make room, or choose another folder with `--out DIR`");
    Exit::Lost
}

/// What a journal lacks, in words.
pub(super) fn missing(tail: &Tail) -> Option<String> {
    let reach = |after: &Option<u32>| match after {
        Some(0) => "it holds 1 second".to_owned(),
        Some(second) => format!("it holds {} seconds", u64::from(*second) + 1),
        None => "it holds no second".to_owned(),
    };
    match tail {
        Tail::Whole => None,
        Tail::CutOff { after, rest: 0, .. } => {
            Some(format!("the journal has no end: the run is under way, or was killed; {}", reach(after)))
        }
        Tail::CutOff { at, after, rest } => {
            Some(format!("the journal breaks off at byte {at}, {rest} bytes into a frame; {}", reach(after)))
        }
        Tail::Corrupt { at, after, what } => {
            Some(format!("the journal is damaged from byte {at} on ({what}); {}", reach(after)))
        }
    }
}
