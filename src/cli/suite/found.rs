use std::path::{Path, PathBuf};

use super::entries::SuitePlan;
use crate::cli::env_file::Variables;
use crate::cli::plan_file::{counted, find};
use crate::cli::terminal::{secrets, talk, talk_style};
use crate::diagnostic::{Problem, Problems, Sources, nearest, render};
use crate::disk::note;
use crate::journal::{Label, RunName};
use crate::plan::{At, Named, Suite, SuiteEntry, read_suite};
use crate::verdict::Exit;

/// A suite that a file holds.
pub(in crate::cli) struct FoundSuite {
    pub(in crate::cli) path: PathBuf,
    pub(in crate::cli) suite: Suite,
    pub(in crate::cli) plans: Vec<SuitePlan>,
}

/// The suite that a file holds, with all of its plans found.
///
/// # Errors
/// [`Exit::Usage`], reported on stderr, for a suite with errors.
pub(in crate::cli) fn find_suite(path: &Path, variables: &Variables) -> Result<FoundSuite, Exit> {
    let mut sources = Sources::default();
    let mut problems = Problems::with_unset(variables.unset, secrets().clone());
    let suite = read_suite(path, &|name| variables.value(name), &mut sources, &mut problems);
    let plans = suite.as_ref().map(|suite| plans(path, suite, &sources, &mut problems)).unwrap_or_default();
    talk(&render(&problems, &sources, talk_style()));
    let errors = problems.errors();
    if errors > 0 {
        talk(&format!("{}: {}\n", path.display(), counted(errors, "error")));
    }
    match suite {
        Some(suite) if errors == 0 => Ok(FoundSuite { path: path.to_owned(), suite, plans }),
        _ => Err(Exit::Usage),
    }
}

/// The plans of a suite, those that are there.
fn plans(path: &Path, suite: &Suite, sources: &Sources, problems: &mut Problems) -> Vec<SuitePlan> {
    let folder = path.parent().unwrap_or_else(|| Path::new(""));
    if let Some(name) = &suite.name {
        name_of(name, problems);
    }
    let mut plans = Vec::new();
    for entry in &suite.plans.0 {
        let name = entry.name.as_ref().and_then(|name| name_of(name, problems));
        let labels = labels(entry, problems);
        check_target(entry, problems);
        let Some(file) = plan_file(folder, &entry.plan, problems) else { continue };
        let place = Some(sources.place(entry.plan.span));
        plans.push(SuitePlan { place, name, labels, ..SuitePlan::of_entry(file, entry) });
    }
    plans
}

fn name_of(written: &At<String>, problems: &mut Problems) -> Option<RunName> {
    RunName::parse(&written.value)
        .map_err(|wrong| problems.push(Problem::at(written.span, wrong.message).help(wrong.help)))
        .ok()
}

fn labels(entry: &SuiteEntry, problems: &mut Problems) -> Vec<Label> {
    let written = entry.labels.iter().flat_map(Named::iter);
    let labels = written.filter_map(|(key, value)| {
        Label::parse(&format!("{}={}", key.value, value.value))
            .map_err(|wrong| problems.push(Problem::at(key.span, wrong.message).help(wrong.help)))
            .ok()
    });
    labels.collect()
}

/// Reports what has no effect without the other.
fn check_target(entry: &SuiteEntry, problems: &mut Problems) {
    if let (None, Some(tolerance)) = (&entry.baseline, &entry.tolerance) {
        let problem = Problem::at(tolerance.span, "`tolerance` has no effect without `baseline`");
        problems.push(problem.help("name an earlier run with `baseline`, or remove it"));
    }
}

/// The file of a plan: beside the suite's, with or without its ending, or where the command line finds it.
fn plan_file(folder: &Path, written: &At<String>, problems: &mut Problems) -> Option<PathBuf> {
    let typed = Path::new(&written.value);
    let beside = folder.join(typed);
    let named = beside.with_extension("yaml");
    let candidates = [(true, &beside), (typed.extension().is_none(), &named), (true, &find(typed))];
    let is_there = |file: &Path| {
        note(file);
        file.is_file()
    };
    if let Some((_, file)) = candidates.into_iter().find(|(may, file)| *may && is_there(file)) {
        return Some(file.clone());
    }
    let way = typed.parent().unwrap_or_else(|| Path::new(""));
    let mut known = names_in(&folder.join(way));
    if way.as_os_str().is_empty() && folder != Path::new("plans") {
        known.extend(names_in(Path::new("plans")));
    }
    let last = typed.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    let near = nearest(&last, known.iter().map(String::as_str));
    let near = near.map(|near| format!("did you mean `{}`?", way.join(near).display()));
    let help = "a plan is named as on the command line, or by its path from the suite's folder";
    let problem = Problem::at(written.span, format!("there is no plan `{}`", written.value));
    problems.push(problem.help(near.unwrap_or_else(|| help.to_owned())));
    None
}

/// The names of the plans in a folder; not more than can be looked at.
fn names_in(folder: &Path) -> Vec<String> {
    const LOOKED_AT: usize = 1000;
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().take(LOOKED_AT);
    let plans =
        entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|ending| ending == "yaml"));
    let mut names: Vec<String> =
        plans.filter_map(|path| path.file_stem().map(|stem| stem.to_string_lossy().into_owned())).collect();
    names.sort();
    names
}
