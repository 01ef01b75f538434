use std::path::{Path, PathBuf};

use clap::Args;

use super::watch::watch;
use crate::cli::env_file::Variables;
use crate::cli::plan_file::{FilterWords, Foreseen, PlanFile, counted, find};
use crate::cli::suite::{FoundSuite, find_suite};
use crate::cli::terminal::{data, talk};
use crate::diagnostic::Unset;
use crate::plan::{Overrides, holds_suite};
use crate::report::visible;
use crate::units::Shard;
use crate::verdict::Exit;

/// Checks plans without running them: every error of each, and of each of its profiles; of a suite, each plan with its flags.
#[derive(Debug, Args)]
pub(in crate::cli) struct CheckArgs {
    /// The plans' or suites' files, or names of plans in `plans/`.
    #[arg(required = true, value_name = "PLAN")]
    plans: Vec<PathBuf>,

    /// Takes every warning for an error.
    #[arg(long)]
    strict: bool,

    /// A file of NAME=VALUE lines, for variables that the environment does not set.
    #[arg(long, value_name = "FILE")]
    env_file: Option<PathBuf>,

    /// Checks again whenever one of the files is saved, or one that they read, until Ctrl-C, which ends it with exit code 0.
    #[arg(long)]
    watch: bool,
}

pub(in crate::cli) fn run(args: &CheckArgs) -> Exit {
    if args.watch { watch(&args.plans, || check_all(args)) } else { check_all(args) }
}

/// Checks every plan and suite once.
fn check_all(args: &CheckArgs) -> Exit {
    let variables = match Variables::read(args.env_file.as_deref(), Unset::Noted) {
        Ok(variables) => variables,
        Err(exit) => return exit,
    };
    let warned = if args.strict { Warned::Wrong } else { Warned::Fine };
    let mut exit = Exit::Passed;
    for typed in &args.plans {
        let path = find(typed);
        let checked = match holds_suite(&path) {
            true => match find_suite(&path, &variables) {
                Ok(found) => check_suite(&found, &variables, warned),
                Err(_) => Ok(Soundness::Broken),
            },
            false => check(&path, &variables, warned),
        };
        match checked {
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

/// What a plan with warnings is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Warned {
    Fine,
    Wrong,
}

/// Checks each plan of a suite with its flags.
fn check_suite(found: &FoundSuite, variables: &Variables, warned: Warned) -> Result<Soundness, Exit> {
    let mut broken = 0;
    for plan in &found.plans {
        let mut file = PlanFile::open(&plan.file, &plan.flags.overrides(None), &plan.flags.filter(), variables);
        file.foresee(Shard::WHOLE, Foreseen::PortsAndFiles);
        if warned == Warned::Wrong {
            file.problems.be_strict();
        }
        if file.problems.errors() > 0 {
            broken += 1;
            talk(&visible(&format!("{}:\n", plan.placed())));
        }
        file.print_problems(&plan.file);
    }
    let all = counted(found.plans.len(), "plan");
    if broken > 0 {
        talk(&format!("{}: {broken} of {all} cannot be run\n", found.path.display()));
        return Ok(Soundness::Broken);
    }
    data(&format!("{}: ok (a suite of {all})\n", found.path.display()))?;
    Ok(Soundness::Sound)
}

fn check(path: &Path, variables: &Variables, warned: Warned) -> Result<Soundness, Exit> {
    let open = |overrides: &Overrides| PlanFile::open(path, overrides, &FilterWords::default(), variables);
    let mut whole = open(&Overrides::default());
    whole.foresee(Shard::WHOLE, Foreseen::PortsAndFiles);
    if warned == Warned::Wrong {
        whole.problems.be_strict();
    }
    whole.print_problems(path);
    if whole.problems.errors() > 0 {
        return Ok(Soundness::Broken);
    }
    for profile in &whole.profiles {
        let with_profile = open(&Overrides { profile: Some(profile.clone()), ..Overrides::default() });
        if with_profile.problems.errors() > 0 {
            talk(&format!("with profile `{profile}`:\n"));
            with_profile.print_problems(path);
            return Ok(Soundness::Broken);
        }
    }
    let Some(program) = &whole.program else {
        // nothing is wrong, but what is not set leaves too much open
        let unset = counted(whole.problems.notes(), "variable");
        data(&format!("{}: ok as far as it can be read without {unset}\n", path.display()))?;
        return Ok(Soundness::Sound);
    };
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
