use std::path::Path;

use super::args::RunArgs;
use super::write_results::{add_to_job, is_github_job};
use crate::cli::compare::{demand, exit, held_against, json};
use crate::cli::memory::MORE_MEMORY;
use crate::cli::terminal::{data, talk};
use crate::journal::Reader;
use crate::report::{Place, comparison_junit, comparison_page, visible};
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
        talk(&visible(&format!(
            "error: {error}\n  = help: name the journal of an earlier run: results/load_test_….journal\n"
        )));
        Exit::Usage
    })?;
    let measured = baseline(&mut reader, rules).map_err(|error| {
        talk(&visible(&format!("error: {}: {error}\n  = help: {MORE_MEMORY}\n", path.display())));
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

/// Holds a run that is over against the baseline, where there is one: prints what came of it, and keeps it beside the
/// other files.
///
/// # Errors
/// [`Exit::Lost`], reported on stderr, where a journal cannot be read again or a file cannot be written.
pub(super) fn compared(args: &RunArgs, place: &Place) -> Result<Exit, Exit> {
    let Some(baseline) = &args.baseline else { return Ok(Exit::Passed) };
    if args.shard.is_some_and(Shard::is_part) {
        talk("a shard is not compared with the baseline: merge the shards, and compare what comes of it\n");
        return Ok(Exit::Passed);
    }
    let lost = |error: &dyn std::fmt::Display| {
        talk(&format!(
            "error: the comparison with the baseline was lost: {error}\n  = help: `plimsoll compare` makes it\n"
        ));
        Exit::Lost
    };
    let compared = held_against(baseline, &place.path(".journal"), &demand(args.tolerance));
    let compared = compared.map_err(|error| lost(&error))?;
    let page = comparison_page(&compared);
    data(&format!("\n{}", page.text()))?;
    let (report, page) = (json(&compared)?, page.markdown());
    let junit = comparison_junit(&compared);
    for (ending, text) in [("_comparison.json", &report), ("_comparison.md", &page), ("_comparison_junit.xml", &junit)]
    {
        place.write(ending, |file| file.write_all(text.as_bytes())).map_err(|error| lost(&error))?;
    }
    talk(&format!("comparison in {}\n", place.path("_comparison.json").display()));
    add_to_job(&page).map_err(|error| lost(&error))?;
    let exit = exit(&compared);
    if exit == Exit::Failed && is_github_job() {
        talk("::error title=regressed::the run regressed against its baseline; the summary of the job says where\n");
    }
    Ok(exit)
}
