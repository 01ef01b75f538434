use std::cell::Cell;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use tokio::sync::mpsc::unbounded_channel;

use super::exchange::{printer, signed};
use crate::cli::embedded;
use crate::cli::env_file::Variables;
use crate::cli::plan_file::{FilterWords, PlanFile, assignment, find};
use crate::cli::runtime::block_on;
use crate::cli::terminal::{Reader, complain, data, detach, talk};
use crate::compile::{Action, BodyUse, Program, Step, Task, UserType};
use crate::diagnostic::{Unset, did_you_mean};
use crate::engine::{OnStepFailure, OneOff, Platform};
use crate::expression::{Globals, Value};
use crate::plan::{Aim, Overrides};
use crate::report::{counted, visible};
use crate::run::{Interrupts, probe};
use crate::sample::{TaskId, UserTypeId};
use crate::units::Shard;
use crate::verdict::Exit;

/// Makes each call of a plan once, and shows every request and answer, whole, with its checks and captures.
#[derive(Debug, Args)]
pub(in crate::cli) struct TryArgs {
    /// The plan's file, or the name of a plan in `plans/`.
    #[arg(value_name = "PLAN")]
    plan: PathBuf,

    /// Calls only this endpoint.
    #[arg(long, value_name = "NAME", conflicts_with = "task")]
    endpoint: Option<String>,

    /// Does only this task.
    #[arg(long, value_name = "NAME")]
    task: Option<String>,

    /// Leaves out tasks without this tag; may be given again.
    #[arg(long, value_name = "TAG")]
    tag: Vec<String>,

    /// Starts the reference service in the process and aims the plan at it, as `run --embedded` does.
    #[arg(long, conflicts_with = "target")]
    embedded: bool,

    /// The service to aim at; of a plan with several targets NAME=URL, and may be given again.
    #[arg(long, value_name = "URL")]
    target: Vec<Aim>,

    /// The plan's profile whose sections stand in for the plan's own.
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,

    /// Sets a var of the plan; may be given again.
    #[arg(long, value_name = "NAME=VALUE", value_parser = assignment)]
    set: Vec<(String, String)>,

    /// A file of NAME=VALUE lines, for variables that the environment does not set.
    #[arg(long, value_name = "FILE")]
    env_file: Option<PathBuf>,
}

pub(in crate::cli) fn run(args: &TryArgs) -> Exit {
    match stages(args) {
        Ok(exit) | Err(exit) => exit,
    }
}

fn stages(args: &TryArgs) -> Result<Exit, Exit> {
    detach(Reader::GetsAll);
    let path = find(&args.plan);
    let service = if args.embedded { Some(embedded::start().map_err(|why| refuse(&why))?) } else { None };
    let targets = service.as_ref().map_or_else(|| args.target.clone(), |service| vec![embedded::aim(service)]);
    let overrides = Overrides { profile: args.profile.clone(), targets, set: args.set.clone(), ..Overrides::default() };
    let filter = FilterWords { tags: args.tag.clone(), ..FilterWords::default() };
    let variables = Variables::read(args.env_file.as_deref(), Unset::Wrong)?;
    let mut file = PlanFile::open(&path, &overrides, &filter, &variables);
    file.print_problems(&path);
    let mut program = file.program.take().ok_or(Exit::Usage)?;
    // people look at what nothing else reads
    for endpoint in program.endpoints.iter_mut().filter(|endpoint| endpoint.body_use == BodyUse::Unread) {
        endpoint.body_use = BodyUse::Shown;
    }
    let program = Arc::new(program);
    known(args, &program)?;
    block_on(tried(args, &program)).map_err(|error| refuse(&format!("no runtime could start: {error}")))?
}

/// Tells a name that the plan does not have.
fn known(args: &TryArgs, program: &Program) -> Result<(), Exit> {
    let endpoints: Vec<&str> = program.endpoints.iter().map(|endpoint| &*endpoint.name).collect();
    let tasks: Vec<&str> = program.users.iter().flat_map(|user| &user.tasks).map(|task| &*task.name).collect();
    for (what, name, names) in [("endpoint", &args.endpoint, endpoints), ("task", &args.task, tasks)] {
        if let Some(name) = name.as_ref().filter(|name| !names.contains(&name.as_str())) {
            let help = did_you_mean(name, names).map(|help| format!("  = help: {help}\n")).unwrap_or_default();
            talk(&format!("error: unknown {what} `{name}`\n{help}"));
            return Err(Exit::Usage);
        }
    }
    Ok(())
}

/// What was tried so far.
struct Trial<'a> {
    program: &'a Arc<Program>,
    globals: Arc<Globals>,
    interrupts: Interrupts,
    failures: usize,
    /// Whether somebody wanted it to end.
    interrupted: bool,
}

async fn tried(args: &TryArgs, program: &Arc<Program>) -> Result<Exit, Exit> {
    let globals = program.globals_of_run(Shard::WHOLE);
    let mut trial =
        Trial { program, globals, interrupts: Interrupts::of_process(|| {}), failures: 0, interrupted: false };
    let waiting = |why: &str| talk(&visible(&format!("{why}\n")));
    tokio::select! {
        biased;
        () = trial.interrupts.next() => {
            talk("interrupted: nothing was tried\n");
            return Err(Exit::Interrupted);
        }
        ready = probe(program, &Platform::System, waiting) => {
            ready.map_err(|error| {
                complain(error.to_string(), error.help());
                Exit::NotStarted
            })?;
        }
    }
    let plans_own = TaskId(u16::MAX);
    if !program.setup.is_empty() {
        data("setup\n")?;
        let made = trial.perform(None, &[(&program.setup, plans_own)], OnStepFailure::Stop).await?;
        trial.globals = Arc::new(trial.globals.with(made));
    }
    // what a plan does once, before and after its users, is done in any case
    let own = |steps| args.endpoint.as_ref().is_some_and(|name| call_of(steps, program, name).is_some());
    let mut tried = own(&program.setup) || own(&program.teardown);
    for user in &program.users {
        let Some(steps) = steps(args, program, user, tried).filter(|_| !trial.interrupted) else { continue };
        tried = true;
        data(&visible(&format!("user type {}\n", user.name)))?;
        let before = (&user.on_start[..], user.on_start_task);
        // one call alone is asked for without what comes after it
        let after = args.endpoint.is_none().then_some((&user.on_stop[..], user.on_stop_task));
        let parts: Vec<_> = std::iter::once(before).chain(steps).chain(after).collect();
        trial.perform(Some(user.id), &parts, OnStepFailure::Continue).await?;
    }
    if !tried && !trial.interrupted {
        complain("no task calls that endpoint", "call it from a task");
        return Err(Exit::Usage);
    }
    if !program.teardown.is_empty() {
        data("teardown\n")?;
        trial.perform(None, &[(&program.teardown, plans_own)], OnStepFailure::Stop).await?;
    }
    let (said, exit) = match trial {
        Trial { interrupted: true, .. } => return Ok(Exit::Interrupted),
        Trial { failures: 0, .. } => ("✓ all of it went as the plan expects".to_owned(), Exit::Passed),
        Trial { failures, .. } => (format!("✗ {} failed", counted(failures as u64, "step")), Exit::Failed),
    };
    data(&signed(&format!("\n{said}\n")))?;
    Ok(exit)
}

impl Trial<'_> {
    /// Does some steps, unless somebody has no time for them, and says what failed; what they left in their user's state.
    async fn perform(
        &mut self,
        user_type: Option<UserTypeId>,
        steps: &[(&[Step], TaskId)],
        on_failure: OnStepFailure,
    ) -> Result<Vec<(Arc<str>, Value)>, Exit> {
        // a try shows requests; nobody listens to what the steps log
        let (messages, _) = unbounded_channel();
        let observer = Some(printer(self.program));
        let (program, globals, platform) = (self.program, &self.globals, &Platform::System);
        let one_off = OneOff { program, globals, user_type, observer, messages, platform };
        let was_interrupted = Cell::new(false);
        let interrupts = &mut self.interrupts;
        let cut = async {
            interrupts.next().await;
            was_interrupted.set(true);
        };
        let done = one_off.run_until(steps, on_failure, cut).await.map_err(|error| refuse(&error.to_string()))?;
        self.failures += done.failures.len();
        self.interrupted |= was_interrupted.get();
        for failure in &done.failures {
            data(&signed(&visible(&format!("  ✗ {failure}\n"))))?;
        }
        Ok(done.state)
    }
}

/// The steps of a user type that were asked for, besides those of its start; `None` where nothing of it was. `tried` is
/// whether the endpoint was called already.
fn steps<'a>(args: &TryArgs, program: &Program, user: &'a UserType, tried: bool) -> Option<Vec<(&'a [Step], TaskId)>> {
    // what the filter leaves out has no weight; without one everything is tried
    let taken = |task: &&'a Task| args.tag.is_empty() || task.weight > 0.0;
    match (&args.endpoint, &args.task) {
        (Some(_), _) if tried => None,
        (Some(name), _) => {
            let call = |steps, task| call_of(steps, program, name).map(|step| (step, task));
            let of_tasks = || user.tasks.iter().find_map(|task| call(&task.steps, task.id));
            let found = of_tasks().or_else(|| call(&user.on_stop, user.on_stop_task));
            match found {
                Some(found) => Some(vec![found]),
                None => call_of(&user.on_start, program, name).map(|_| Vec::new()),
            }
        }
        (None, name) => {
            let wanted = |task: &&'a Task| name.as_ref().is_none_or(|name| *task.name == **name);
            let tasks = user.tasks.iter().filter(wanted).filter(taken);
            let tasks: Vec<_> = tasks.map(|task| (&task.steps[..], task.id)).collect();
            (!tasks.is_empty()).then_some(tasks)
        }
    }
}

/// The first of some steps, however deep, that calls an endpoint.
fn call_of<'a>(steps: &'a [Step], program: &Program, name: &str) -> Option<&'a [Step]> {
    let mut open: Vec<&Step> = steps.iter().rev().collect();
    while let Some(step) = open.pop() {
        let calls = |call: &crate::compile::Call| *program.endpoints[call.endpoint.index()].name == *name;
        if matches!(step.action, Action::Call(_) | Action::Parallel(_)) && step.action.calls().iter().any(calls) {
            return Some(std::slice::from_ref(step));
        }
        open.extend(step.action.inner().into_iter().rev());
    }
    None
}

fn refuse(why: &str) -> Exit {
    complain(why, "start the service, aim elsewhere with `--target URL`, or try the plan with `--embedded`");
    Exit::NotStarted
}
