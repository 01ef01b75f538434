use std::path::{Path, PathBuf};

use clap::Args;

use super::plan_file::{FilterWords, PlanFile, counted, find};
use super::terminal::{data, talk};
use crate::plan::Overrides;
use crate::verdict::Exit;

/// Checks plans without running them: every error of each, and of each of its profiles.
#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// The plans' files, or names of plans in `plans/`.
    #[arg(required = true, value_name = "PLAN")]
    plans: Vec<PathBuf>,
}

pub(super) fn run(args: &CheckArgs) -> Exit {
    let mut exit = Exit::Passed;
    for typed in &args.plans {
        match check(&find(typed)) {
            Ok(Soundness::Sound) => {}
            Ok(Soundness::Broken) => exit = Exit::Usage,
            Err(lost) => return lost,
        }
    }
    exit
}

enum Soundness {
    Sound,
    Broken,
}

fn check(path: &Path) -> Result<Soundness, Exit> {
    let whole = PlanFile::open(path, &Overrides::default(), &FilterWords::default());
    whole.print_problems(path);
    if whole.problems.errors() > 0 {
        return Ok(Soundness::Broken);
    }
    for profile in &whole.profiles {
        let overrides = Overrides { profile: Some(profile.clone()), ..Overrides::default() };
        let with_profile = PlanFile::open(path, &overrides, &FilterWords::default());
        if with_profile.problems.errors() > 0 {
            talk(&format!("with profile `{profile}`:\n"));
            with_profile.print_problems(path);
            return Ok(Soundness::Broken);
        }
    }
    let Some(program) = &whole.program else { return Ok(Soundness::Broken) };
    let tasks = program.users.iter().map(|user| user.tasks.len()).sum();
    data(&format!(
        "{}: ok ({}, {}, {}, {}, {})\n",
        path.display(),
        counted(program.endpoints.len(), "endpoint"),
        counted(program.users.len(), "user type"),
        counted(tasks, "task"),
        counted(program.rules.len(), "threshold"),
        counted(whole.profiles.len(), "profile"),
    ))?;
    Ok(Soundness::Sound)
}
