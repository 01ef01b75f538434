use std::path::PathBuf;

use clap::Args;

use super::exit::Exit;
use super::terminal::{data, talk};
use crate::journal::{Reader, Tail};
use crate::report::{Report, retell, summary};

/// Shows a run again, from its journal: one that is over, still under way, or was cut off anywhere.
#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// The run's journal: results/load_test_….journal
    #[arg(value_name = "RUN")]
    journal: PathBuf,

    /// Prints the report as JSON instead of the summary.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &ShowArgs) -> Exit {
    shown(args).unwrap_or_else(|exit| exit)
}

fn shown(args: &ShowArgs) -> Result<Exit, Exit> {
    let mut reader = Reader::open(&args.journal).map_err(|error| {
        refuse(
            &error.to_string(),
            "name the file of a run that ends in `.journal`; `plimsoll run` writes one into `results/`",
        )
    })?;
    let report = retell(&mut reader, |verdict, order| Exit::of(verdict, order).code());
    let report = report.map_err(|error| refuse(&error.to_string(), "read it with the version that wrote it"))?;
    let text = if args.json { json(&report)? } else { summary(&report) };
    if let Some(missing) = missing(reader.tail()) {
        talk(&format!("warning: {missing}\n"));
    }
    data(&text)?;
    Ok(Exit::Passed)
}

fn json(report: &Report) -> Result<String, Exit> {
    let text = serde_json::to_string_pretty(report);
    text.map(|text| format!("{text}\n")).map_err(|error| refuse(&error.to_string(), "this is a bug"))
}

/// What a journal lacks, in words.
pub(super) fn missing(tail: &Tail) -> Option<String> {
    let reach = |after: &Option<u32>| match after {
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

fn refuse(why: &str, help: &str) -> Exit {
    talk(&format!("error: {why}\n  = help: {help}\n"));
    Exit::Usage
}
