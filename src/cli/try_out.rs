use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use tokio::sync::mpsc::unbounded_channel;

use super::env_file::Variables;
use super::plan_file::{FilterWords, PlanFile, find};
use super::runtime::block_on;
use super::terminal::{Reader, complain, data, detach, talk};
use crate::compile::{Action, Program, Step, UserType};
use crate::diagnostic::{Unset, did_you_mean};
use crate::engine::{CallObserver, CallTrace, OnStepFailure, OneOff, Platform, Redirected};
use crate::expression::{Globals, to_text};
use crate::plan::{Aim, Overrides};
use crate::report::visible;
use crate::run::probe;
use crate::sample::{TaskId, UserTypeId};
use crate::secrets::Secrets;
use crate::units::show_duration;
use crate::verdict::Exit;

/// Makes each call of a plan once, and shows every request and answer with its checks and captures.
#[derive(Debug, Args)]
pub(super) struct TryArgs {
    /// The plan's file, or the name of a plan in `plans/`.
    #[arg(value_name = "PLAN")]
    plan: PathBuf,

    /// Calls only this endpoint.
    #[arg(long, value_name = "NAME", conflicts_with = "task")]
    endpoint: Option<String>,

    /// Does only this task.
    #[arg(long, value_name = "NAME")]
    task: Option<String>,

    /// The service to aim at.
    #[arg(long, value_name = "URL")]
    target: Option<String>,

    /// The plan's profile whose sections stand in for the plan's own.
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,

    /// A file of NAME=VALUE lines, for variables that the environment does not set.
    #[arg(long, value_name = "FILE")]
    env_file: Option<PathBuf>,
}

pub(super) fn run(args: &TryArgs) -> Exit {
    match stages(args) {
        Ok(exit) | Err(exit) => exit,
    }
}

fn stages(args: &TryArgs) -> Result<Exit, Exit> {
    detach(Reader::GetsAll);
    let path = find(&args.plan);
    let target = args.target.clone().map(Aim::At);
    let overrides = Overrides { profile: args.profile.clone(), target, ..Overrides::default() };
    let variables = Variables::read(args.env_file.as_deref(), Unset::Wrong)?;
    let mut file = PlanFile::open(&path, &overrides, &FilterWords::default(), &variables);
    file.print_problems(&path);
    let program = Arc::new(file.program.take().ok_or(Exit::Usage)?);
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

async fn tried(args: &TryArgs, program: &Arc<Program>) -> Result<Exit, Exit> {
    let ready = probe(program, &Platform::System, |why| talk(&visible(&format!("{why}\n")))).await;
    ready.map_err(|error| refuse(&format!("the target is not ready: {error}")))?;
    let mut failures = 0;
    let mut globals = program.globals.clone();
    let plans_own = TaskId(u16::MAX);
    if !program.setup.is_empty() {
        data("setup\n")?;
        let one_off = one_off(program, &globals, None);
        let done = one_off.run(&[(&program.setup, plans_own)], OnStepFailure::Stop).await;
        let done = done.map_err(|error| refuse(&error.to_string()))?;
        failures += done.failures.len();
        globals = Arc::new(globals.with(done.state));
    }
    let mut tried = false;
    for user in &program.users {
        let steps: Vec<(&[Step], TaskId)> = match (&args.endpoint, &args.task) {
            (Some(_), _) if tried => continue,
            (Some(name), _) => call_of(user, program, name).into_iter().collect(),
            (None, Some(name)) => {
                user.tasks.iter().filter(|task| *task.name == **name).map(|task| (&task.steps[..], task.id)).collect()
            }
            (None, None) => user.tasks.iter().map(|task| (&task.steps[..], task.id)).collect(),
        };
        if steps.is_empty() {
            continue;
        }
        tried = true;
        data(&visible(&format!("user type {}\n", user.name)))?;
        let before = (&user.on_start[..], user.on_start_task);
        let parts: Vec<_> = std::iter::once(before).chain(steps).collect();
        let one_off = one_off(program, &globals, Some(user.id));
        let done = one_off.run(&parts, OnStepFailure::Continue).await.map_err(|error| refuse(&error.to_string()))?;
        failures += done.failures.len();
        for failure in &done.failures {
            data(&visible(&format!("  ✗ {failure}\n")))?;
        }
    }
    if !tried {
        talk("error: no task calls that endpoint\n  = help: call it from a task\n");
        return Err(Exit::Usage);
    }
    if !program.teardown.is_empty() {
        data("teardown\n")?;
        let one_off = one_off(program, &globals, None);
        let done = one_off.run(&[(&program.teardown, plans_own)], OnStepFailure::Stop).await;
        failures += done.map_err(|error| refuse(&error.to_string()))?.failures.len();
    }
    Ok(if failures == 0 { Exit::Passed } else { Exit::Failed })
}

/// A user of a type, or one for the plan's own steps, whose requests are printed.
fn one_off<'a>(program: &'a Arc<Program>, globals: &'a Arc<Globals>, user_type: Option<UserTypeId>) -> OneOff<'a> {
    // a try shows requests; nobody listens to what the steps log
    let (messages, _) = unbounded_channel();
    OneOff { program, globals, user_type, observer: Some(observer(program)), messages, platform: &Platform::System }
}

/// The first step of a user type, however deep, that calls an endpoint.
fn call_of<'a>(user: &'a UserType, program: &Program, name: &str) -> Option<(&'a [Step], TaskId)> {
    user.tasks.iter().find_map(|task| {
        let mut open: Vec<&Step> = task.steps.iter().rev().collect();
        while let Some(step) = open.pop() {
            let calls = |call: &crate::compile::Call| *program.endpoints[call.endpoint.index()].name == *name;
            if matches!(step.action, Action::Call(_) | Action::Parallel(_)) && step.action.calls().iter().any(calls) {
                return Some((std::slice::from_ref(step), task.id));
            }
            open.extend(step.action.inner().into_iter().rev());
        }
        None
    })
}

fn observer(program: &Arc<Program>) -> CallObserver {
    let secrets = program.secrets.clone();
    let origin = program.target.origin.clone();
    Box::new(move |traced| {
        // before anything of it is cut or shown
        if let Some(request) = &traced.request {
            secrets.learn_headers(&request.headers);
            request.target.query().into_iter().for_each(|query| secrets.learn_from_text(query));
            secrets.learn_body(&request.body);
        }
        if let Some(answer) = &traced.answer {
            secrets.learn_headers(answer.headers());
            secrets.learn_body(answer.body());
        }
        let _ = data(&visible(&secrets.mask(&shown(traced, origin.as_str(), &secrets))));
    })
}

/// How much of a body is shown.
const SHOWN: usize = 2000;

fn shown(traced: &CallTrace, origin: &str, secrets: &Secrets) -> String {
    let mut text = format!("\n── {}\n", traced.endpoint);
    if let Some(request) = &traced.request {
        text.push_str(&format!("> {} {origin}{}\n", request.method, request.target));
        headers(&mut text, '>', &request.headers, secrets);
        body(&mut text, '>', &request.body, secrets);
    }
    if let Some(answer) = &traced.answer {
        text.push_str(&format!("< {} in {}\n", answer.status(), show_duration(traced.took)));
        headers(&mut text, '<', answer.headers(), secrets);
        body(&mut text, '<', answer.body(), secrets);
    }
    for (what, judged) in &traced.checks {
        match judged {
            Ok(()) => text.push_str(&format!("  ✓ {what}\n")),
            Err(why) => text.push_str(&format!("  ✗ {what}: {why}\n")),
        }
    }
    for (name, value) in &traced.captures {
        let value = if secrets.names_secret(name) { "***".to_owned() } else { to_text(value) };
        text.push_str(&format!("  {name} = {value}\n"));
    }
    match (&traced.failure, traced.redirected) {
        (Some(failure), _) => text.push_str(&format!("  failed: {failure}\n")),
        (None, Redirected::Followed) => text.push_str("  redirected\n"),
        (None, Redirected::No) => {}
    }
    text
}

fn headers(text: &mut String, mark: char, headers: &http::HeaderMap, secrets: &Secrets) {
    for (name, value) in headers {
        let secret = value.is_sensitive() || secrets.names_secret(name.as_str());
        let value = if secret { "***".into() } else { String::from_utf8_lossy(value.as_bytes()) };
        text.push_str(&format!("{mark} {name}: {value}\n"));
    }
}

fn body(text: &mut String, mark: char, body: &[u8], secrets: &Secrets) {
    if body.is_empty() {
        return;
    }
    // what is hidden is hidden before the cut, which may go through it
    let masked = secrets.mask_said(&String::from_utf8_lossy(&body[..body.len().min(8 * SHOWN)]));
    let cut: String = masked.chars().take(SHOWN).collect();
    text.push_str(&format!("{mark}\n"));
    cut.lines().for_each(|line| text.push_str(&format!("{mark} {line}\n")));
    if cut.len() < masked.len() || body.len() > 8 * SHOWN {
        text.push_str(&format!("{mark} … ({} bytes in all)\n", body.len()));
    }
}

fn refuse(why: &str) -> Exit {
    complain(why, "start the service, or aim elsewhere with `--target URL`");
    Exit::NotStarted
}
