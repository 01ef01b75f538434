use super::args::RunArgs;
use super::write_results::{add_to_job, is_github_job};
use crate::cli::compare::{demand, exit, held_against, json};
use crate::cli::terminal::{data, talk};
use crate::report::{Place, comparison_junit, comparison_markdown, comparison_text};
use crate::units::Shard;
use crate::verdict::Exit;

/// Holds a run that is over against the baseline, where there is one: prints what came of it, and keeps it beside the
/// other files.
///
/// # Errors
/// [`Exit::Lost`], told on stderr, where a journal cannot be read again or a file cannot be written.
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
    data(&format!("\n{}", comparison_text(&compared)))?;
    let (report, page) = (json(&compared)?, comparison_markdown(&compared));
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
