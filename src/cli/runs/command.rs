use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args, Subcommand};

use super::prune::{PruneArgs, prune};
use crate::cli::memory::MemoryArgs;
use crate::cli::results_folder::results_folder;
use crate::cli::terminal::{complain, data, document, refuse, secrets, talk};
use crate::diagnostic::did_you_mean;
use crate::disk::Disk;
use crate::journal::{Label, RunName};
use crate::report::{visible, without_secrets};
use crate::runs::{Filter, RunsFolder, RunsReport, TrendFigure, list, list_text, trend_csv, trend_page, trend_text};
use crate::verdict::Exit;

/// Lists the runs of a folder of results, the newest first, shows a figure over all of them, or removes the oldest.
///
/// What stands in the first column is what `show`, `analyze`, `compare` and `--baseline` take: `latest`, `latest~1`. They
/// also take a run's name, and the beginning of a file's name.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, group = ArgGroup::new("form").args(["json", "csv", "html"]))]
pub(in crate::cli) struct RunsArgs {
    #[command(subcommand)]
    action: Option<Action>,

    #[command(flatten)]
    which: WhichRuns,

    /// How many of the newest runs are shown.
    #[arg(long, value_name = "N", default_value = "200")]
    last: usize,

    /// Shows a figure over all runs, in the words of a threshold: p95, rate, error_rate{endpoint=search}; may be given
    /// again.
    #[arg(long, value_name = "METRIC")]
    trend: Vec<String>,

    /// Prints JSON (schemas/runs.schema.json).
    #[arg(long)]
    json: bool,

    /// Prints CSV, the oldest run first.
    #[arg(long)]
    csv: bool,

    /// Writes the figures of `--trend` as a page with charts, for a browser.
    #[arg(long, value_name = "FILE", requires = "trend")]
    html: Option<PathBuf>,

    #[command(flatten)]
    memory: MemoryArgs,
}

#[derive(Debug, Subcommand)]
enum Action {
    Prune(PruneArgs),
}

/// Which runs are asked for.
#[derive(Debug, Args)]
pub(super) struct WhichRuns {
    /// The folder; without this `PLIMSOLL_RESULTS`, and without that `results`.
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,

    /// The same, as other commands take it.
    #[arg(long, value_name = "DIR", conflicts_with = "folder")]
    results: Option<PathBuf>,

    /// Only runs of this plan.
    #[arg(long, value_name = "NAME")]
    plan: Option<String>,

    /// Only runs that were called so with `run --name`.
    #[arg(long, value_name = "NAME", value_parser = RunName::parse)]
    name: Option<RunName>,

    /// Only runs with this label; may be given again.
    #[arg(long, value_name = "KEY=VALUE", value_parser = Label::parse)]
    label: Vec<Label>,
}

impl WhichRuns {
    /// The folder, read.
    ///
    /// # Errors
    /// [`Exit::Usage`], reported on stderr, where it cannot be.
    pub(super) fn read(&self) -> Result<(RunsFolder, Filter), Exit> {
        let path = results_folder(self.folder.as_deref().or(self.results.as_deref()));
        let folder = RunsFolder::read(&path).map_err(|error| refuse(error, "name the folder: `plimsoll runs DIR`"))?;
        let name = self.name.as_ref().map(ToString::to_string);
        let filter = Filter { plan: self.plan.clone(), name, labels: self.label.clone() };
        if !folder.runs.is_empty() && !folder.runs.iter().any(|run| filter.takes(run)) {
            return Err(nothing(&folder, &filter));
        }
        Ok((folder, filter))
    }
}

/// Says that no run is as it was asked for.
fn nothing(folder: &RunsFolder, filter: &Filter) -> Exit {
    let plans: BTreeSet<&str> = folder.runs.iter().map(|run| run.plan.as_str()).collect();
    if let Some(plan) = filter.plan.as_deref().filter(|plan| !plans.contains(plan)) {
        return refuse(format!("no run is of a plan `{plan}`"), did_you_mean(plan, plans).unwrap_or_default());
    }
    let names: BTreeSet<&str> = folder.runs.iter().filter_map(|run| run.name.as_deref()).collect();
    if let Some(name) = filter.name.as_deref().filter(|name| !names.contains(name)) {
        let help = did_you_mean(name, names);
        let help = help.unwrap_or_else(|| "`plimsoll run --name NAME` gives a run a name".to_owned());
        return refuse(format!("no run is called `{name}`"), help);
    }
    refuse(
        "no run is all that was asked for",
        "leave out `--plan`, `--name` or `--label`; `plimsoll runs` lists them all",
    )
}

pub(in crate::cli) fn run(args: &RunsArgs) -> Exit {
    let done = match &args.action {
        Some(Action::Prune(args)) => prune(args),
        None => listed(args),
    };
    done.unwrap_or_else(|exit| exit)
}

fn listed(args: &RunsArgs) -> Result<Exit, Exit> {
    args.memory.budget().of_this_thread();
    let (folder, filter) = args.which.read()?;
    let figures = TrendFigure::all(&args.trend, &folder, &filter).map_err(|no_run| refuse(no_run.why, no_run.help))?;
    let report = list(&folder, &filter, &figures, args.last);
    let asked: Vec<String> = figures.into_iter().map(|figure| figure.text).collect();
    if args.json {
        document(&json(&report)?)?;
    } else if args.csv {
        data(&trend_csv(&report, &asked))?;
    } else if let Some(file) = &args.html {
        write_page(file, &report, &asked)?;
    } else if asked.is_empty() {
        data(&text(&report))?;
    } else {
        data(&trend_text(&report, &asked))?;
    }
    tell_skipped(&folder);
    Ok(Exit::Passed)
}

fn text(report: &RunsReport) -> String {
    match report.runs.first() {
        None if report.older > 0 => format!("{} runs are older: `--last N` shows them\n", report.older),
        None => visible(&format!("there is no run in `{}`; `plimsoll run PLAN` writes one\n", report.folder)),
        Some(_) => list_text(report),
    }
}

fn json(report: &RunsReport) -> Result<String, Exit> {
    let text = serde_json::to_string_pretty(report);
    text.map(|text| format!("{text}\n")).map_err(|error| refuse(error, "this is a bug"))
}

/// Writes the page, whole or not at all.
fn write_page(file: &Path, report: &RunsReport, figures: &[String]) -> Result<(), Exit> {
    // its texts are masked before they are put into it: its markup is ours
    let masked = without_secrets(report, secrets()).map_err(|_| Exit::Bug)?;
    let page = trend_page(&masked, figures).map_err(|error| refuse(error, "this is a bug"))?;
    if file.extension().is_some_and(|ending| ending == "journal" || ending == "json") {
        return Err(refuse(format!("{} may be a run's own file", file.display()), "name a file that ends in `.html`"));
    }
    let written = Disk::System.write_whole(file, |mut made| made.write_all(page.as_bytes()).map(|()| made));
    written.map_err(|error| {
        complain(format_args!("{} was not written: {error}", file.display()), "name another file with `--html FILE`");
        Exit::Lost
    })?;
    talk(&visible(&format!("{}\n", file.display())));
    Ok(())
}

/// How many files a line names.
const NAMED: usize = 5;

/// Says what was left out of the list.
pub(super) fn tell_skipped(folder: &RunsFolder) {
    for (file, why) in folder.broken.iter().take(NAMED) {
        talk(&visible(&format!("skipped {file}: {why}\n")));
    }
    if folder.broken.len() > NAMED {
        talk(&format!("skipped {} more files that cannot be read\n", folder.broken.len() - NAMED));
    }
    if !folder.foreign.is_empty() {
        let named: Vec<&str> = folder.foreign.iter().take(NAMED).map(String::as_str).collect();
        let more = folder.foreign.len().saturating_sub(NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        talk(&visible(&format!("skipped what is of no run: {}{more}\n", named.join(", "))));
    }
    if folder.cut {
        talk("the folder has more files than are looked at: what is beyond was not read\n");
    }
}
