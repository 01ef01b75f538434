use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{ArgGroup, Args};

use super::memory::MemoryArgs;
use super::results_folder::{ResultsArgs, Wanted};
use super::terminal::{self, data, document, refuse, talk};
use crate::journal::NotRead;
use crate::report::{ComparisonReport, ResultsWanted, build_comparison, comparison_junit, comparison_page, read_pair};
use crate::units::{Ratio, Seed, parse_duration};
use crate::verdict::Exit;
use crate::verdict::compare::{Demand, compare};

/// Holds a run against an earlier one: throughput, error rate and response times, each with an interval and a word.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("form").args(["text", "json", "markdown", "junit"]))]
pub(super) struct CompareArgs {
    /// The run to compare with: its journal, `latest~1`, its name, or the beginning of its files' names.
    #[arg(value_name = "BASE")]
    base: PathBuf,

    /// The run to judge, named in the same ways.
    #[arg(value_name = "NEW")]
    new: PathBuf,

    #[command(flatten)]
    results: ResultsArgs,

    /// How much of the base's value may change without mattering.
    #[arg(long, value_name = "SHARE", default_value_t = TOLERANCE, value_parser = Ratio::parse)]
    tolerance: Ratio,

    /// By how much a response time may change without mattering, however short it is.
    #[arg(long, value_name = "TIME", default_value = FLOOR, value_parser = |text: &str| parse_duration(text))]
    floor: Duration,

    /// By how much an error rate may change without mattering: 0.1% is one request in a thousand.
    #[arg(long, value_name = "SHARE", default_value_t = ERROR_FLOOR, value_parser = Ratio::parse)]
    error_floor: Ratio,

    /// Exits with 4 where there is too little data for a result; without this that is as good as no change.
    #[arg(long)]
    require_verdict: bool,

    /// Prints text; so it does without any of these.
    #[arg(long)]
    text: bool,

    /// Prints JSON (schemas/comparison.schema.json).
    #[arg(long)]
    json: bool,

    /// Prints Markdown, for a pull request.
    #[arg(long)]
    markdown: bool,

    /// Prints JUnit's XML.
    #[arg(long)]
    junit: bool,

    #[command(flatten)]
    memory: MemoryArgs,
}

/// What may change, where nothing else is said.
pub(super) const TOLERANCE: Ratio = Ratio::new(0.05);
const FLOOR: &str = "500us";
const ERROR_FLOOR: Ratio = Ratio::new(0.001);
/// All chance of a comparison derives from this: the same two files give the same words.
const SEED: Seed = Seed::new(1);

pub(super) fn run(args: &CompareArgs) -> Exit {
    compared(args).unwrap_or_else(|exit| exit)
}

fn compared(args: &CompareArgs) -> Result<Exit, Exit> {
    args.memory.budget().of_this_thread();
    let demand = Demand { tolerance: args.tolerance, floor: args.floor, error_floor: args.error_floor };
    let [base, new] = [&args.base, &args.new].map(|run| args.results.run_file(run, Wanted::Journal));
    let results = if args.require_verdict { ResultsWanted::Always } else { ResultsWanted::WhereKnown };
    let report = held_against((&base?, &new?), &demand, results).map_err(|error| {
        let help = "name the files of two runs that end in `.journal`; `plimsoll run` writes one into `results/`";
        refuse(error, help)
    })?;
    // the text has them, and so have the documents; who redirects one sees them all the same
    if args.json || args.markdown || args.junit {
        report.warnings.iter().for_each(|warning| talk(&crate::report::visible(&format!("warning: {warning}\n"))));
    }
    if args.json {
        document(&json(&report)?)?;
    } else if args.markdown {
        data(&comparison_page(&report).markdown())?;
    } else if args.junit {
        data(&comparison_junit(&report))?;
    } else {
        terminal::page(&comparison_page(&report))?;
    }
    Ok(exit(&report))
}

/// The exit code of a comparison.
pub(super) fn exit(report: &ComparisonReport) -> Exit {
    let known = [Exit::Passed, Exit::Invalid].into_iter().find(|exit| exit.code() == report.exit_code);
    known.unwrap_or(Exit::Failed)
}

/// What a run is held to where only the tolerance is said.
pub(super) fn demand(tolerance: Ratio) -> Demand {
    Demand { tolerance, floor: parse_duration(FLOOR).unwrap_or_default(), error_floor: ERROR_FLOOR }
}

/// Compares two journals.
///
/// # Errors
/// A file that cannot be read as a journal.
pub(super) fn held_against(
    (base, new): (&Path, &Path),
    demand: &Demand,
    results: ResultsWanted,
) -> Result<ComparisonReport, NotRead> {
    let pair = read_pair(base, new)?;
    let comparison = compare(&pair.base.trace, &pair.new.trace, demand, SEED);
    Ok(build_comparison(&pair, demand, &comparison, results))
}

/// A comparison as a document.
pub(super) fn json(report: &ComparisonReport) -> Result<String, Exit> {
    let text = serde_json::to_string_pretty(report);
    text.map(|text| format!("{text}\n")).map_err(|error| refuse(error, "this is a bug"))
}
