use std::path::{Path, PathBuf};

use super::args::RunArgs;
use super::command::TellsJob;
use super::write_results::{add_to_job, is_github_job};
use crate::cli::compare::{demand, exit, held_against, json};
use crate::cli::memory::MORE_MEMORY;
use crate::cli::terminal::{complain, data, settle, talk};
use crate::journal::Reader;
use crate::report::{ComparisonReport, Place, ResultsWanted, comparison_junit, comparison_page, visible};
use crate::results::baseline;
use crate::threshold::Rule;
use crate::units::Shard;
use crate::verdict::Exit;

/// Gives the rules that compare with a baseline what it measured. It is read before load starts, so that a file that
/// cannot be read costs no run.
pub(super) fn resolve(path: Option<&Path>, rules: &mut [Rule]) -> Result<(), Exit> {
    let Some(path) = path else {
        for rule in rules.iter().filter(|rule| rule.require.limit.is_baseline()) {
            talk(&visible(&format!(
                "warning: `{}` has no baseline to compare with, and counts as no data\n  = help: name an earlier run \
                 with `--baseline results/load_test_….journal`; `no_data: pass` lets it pass until then\n",
                rule.require
            )));
        }
        return Ok(());
    };
    let mut reader = Reader::open(path).map_err(|error| {
        complain(error, "name the journal of an earlier run: results/load_test_….journal");
        Exit::Usage
    })?;
    let measured = baseline(&mut reader, rules).map_err(|error| {
        complain(format_args!("{}: {error}", path.display()), MORE_MEMORY);
        Exit::Usage
    })?;
    if !reader.tail().is_whole() {
        talk(&visible(&format!("warning: the baseline `{}` is {}\n", path.display(), reader.tail())));
    }
    for (rule, measured) in rules.iter_mut().zip(measured).filter(|(rule, _)| rule.require.limit.is_baseline()) {
        match measured {
            Some(measured) => rule.require.limit = rule.require.limit.against(measured),
            None => talk(&visible(&format!("warning: the baseline has no data for `{}`\n", rule.require))),
        }
    }
    Ok(())
}

/// A run held against its baseline.
pub(super) struct Compared {
    pub(super) report: ComparisonReport,
    /// Where the comparison lies.
    path: PathBuf,
}

/// Holds a run whose load is over against the baseline, where there is one, and keeps what came of it beside the other
/// files.
///
/// # Errors
/// Why there is no comparison: a journal that cannot be read again, or a file that cannot be written.
pub(super) fn compare(args: &RunArgs, place: &Place) -> Result<Option<Compared>, String> {
    let Some(baseline) = args.baseline.as_ref().filter(|_| !args.shard.is_some_and(Shard::is_part)) else {
        return Ok(None);
    };
    let journal = place.path(".journal");
    let compared = held_against((baseline, &journal), &demand(args.tolerance), ResultsWanted::WhereKnown);
    let compared = compared.map_err(|error| error.to_string())?;
    let report = json(&compared).map_err(|_| "it is no JSON".to_owned())?;
    let page = comparison_page(&compared).markdown();
    let junit = comparison_junit(&compared);
    for (ending, text) in [("_comparison.json", &report), ("_comparison.md", &page), ("_comparison_junit.xml", &junit)]
    {
        place.write(ending, |file| file.write_all(text.as_bytes())).map_err(|error| error.to_string())?;
    }
    Ok(Some(Compared { report: compared, path: place.path("_comparison.json") }))
}

/// Says what came of the comparison, where there is one; what it makes of the run.
///
/// # Errors
/// [`Exit::Lost`], reported on stderr, where it could not be made or told.
pub(super) fn tell(
    args: &RunArgs,
    compared: Result<Option<Compared>, String>,
    tells_job: TellsJob,
) -> Result<Exit, Exit> {
    let lost = |error: String| {
        talk(&format!(
            "error: the comparison with the baseline was lost: {error}\n  = help: `plimsoll compare` makes it\n"
        ));
        Exit::Lost
    };
    let Some(compared) = compared.map_err(lost)? else {
        if args.baseline.is_some() {
            talk("a shard is not compared with the baseline: merge the shards, and compare what comes of it\n");
        }
        return Ok(Exit::Passed);
    };
    let page = comparison_page(&compared.report);
    data(&format!("\n{}", page.text()))?;
    settle()?;
    talk(&format!("comparison in {}\n", compared.path.display()));
    if tells_job == TellsJob::Yes {
        add_to_job(&page.markdown()).map_err(lost)?;
    }
    let exit = exit(&compared.report);
    if exit == Exit::Failed && is_github_job() {
        talk("::error title=regressed::the run regressed against its baseline; the summary of the job says where\n");
    }
    Ok(exit)
}
