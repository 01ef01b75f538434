use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::args::RunArgs;
use super::baseline::{compared, resolve};
use super::write_results::keep_all;
use crate::cli::env_file::Variables;
use crate::cli::plan_file::{PlanFile, find};
use crate::cli::terminal::{data, talk, talk_width};
use crate::compile::Program;
use crate::diagnostic::Unset;
use crate::disk::Disk;
use crate::engine::{NotReady, Options, Platform, Start};
use crate::live::{Talk, Terminal};
use crate::plan::{Aim, node_to_json};
use crate::report::{ResultFiles, run_page, visible};
use crate::results::Results;
use crate::run::{
    Interrupts, Job, JournalRecorder, Misfit, NotStarted, PlanSource, conduct, dry_run, fits, header, peak, probe,
    raise, timely,
};
use crate::target::{Behaviour, PATHS, Target};
use crate::units::Shard;
use crate::verdict::Exit;

/// How long workers get to be ready before the run's zero.
const LEAD: Duration = Duration::from_millis(50);

/// Runs the command.
pub(in crate::cli) fn run(args: &RunArgs) -> Exit {
    match stages(args) {
        Ok(exit) | Err(exit) => exit,
    }
}

/// From the plan to the exit code, one stage after another; a stage that cannot go on says why, and gives the code.
fn stages(args: &RunArgs) -> Result<Exit, Exit> {
    let options = options(args);
    options.memory.of_this_thread();
    timely(options.start, SystemTime::now()).map_err(misfit)?;
    let target = embedded(args)?;
    let aim =
        target.as_ref().map(|target| Aim::InPlace { origin: format!("http://{}", target.address()), paths: &PATHS });
    let path = find(&args.plan);
    let variables = Variables::read(args.env_file.as_deref(), Unset::Wrong)?;
    let mut file = PlanFile::open(&path, &args.overrides(aim), &args.filter(), &variables);
    file.print_problems(&path);
    let mut program = file.program.take().ok_or(Exit::Usage)?;
    let redactor = program.secrets.redactor();
    program.rules.iter_mut().for_each(|rule| rule.redact(&redactor));
    resolve(args.baseline.as_deref(), &mut program.rules)?;
    fits(args.shard, &program, file.seed).map_err(misfit)?;
    let effective = file.tree.as_ref().map(node_to_json).unwrap_or_default();
    if args.dry_run {
        return Ok(data(&visible(&dry_run(&effective, &program, args.shard))).err().unwrap_or(Exit::Passed));
    }
    raise(peak(options.shard, &program))
        .map_err(|error| refuse(&error.to_string(), "raise the limit with `ulimit -n`, or ask for fewer users"))?;
    let mut files = ResultFiles::open(&Disk::System, &args.out, SystemTime::now()).map_err(|error| {
        let place = args.out.display();
        refuse(&format!("results cannot be written to {place}: {error}"), "choose another folder with `--out DIR`")
    })?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| refuse(&format!("no runtime could start: {error}"), "try again"))?;
    let source = PlanSource {
        file: &path,
        text: file.sources.first().map_or("", |source| &source.text),
        effective: &effective,
        profile: args.profile().cloned(),
        service: if args.embedded { "the embedded service at " } else { "" },
        arguments: std::env::args().skip(1).collect(),
        filter: args.filter().words(),
        shard: args.shard,
    };
    let job = Job { header: header(&program, &source, &options), program: Arc::new(program), options };
    let made = runtime.block_on(conducted(args, job, &mut files));
    // a name that is still being looked up is not waited for
    runtime.shutdown_background();
    let (results, lost) = made?;
    let exit = Exit::of(&results.verdict(), results.integrity());
    let report = results.report();
    let text = run_page(&report).text();
    let shown = data(&text);
    let place = files.place().clone();
    let kept = keep_all(files, &report, &text, args.history(), lost);
    let compared = if kept.is_ok() { compared(args, &place) } else { Ok(exit) };
    // a bug of ours outranks lost results, which outrank the rest; a regression counts where all else passed
    let lost = kept.err().or(shown.err()).or(compared.err());
    let exit = if exit == Exit::Passed { compared.unwrap_or(exit) } else { exit };
    Ok(if exit == Exit::Bug { exit } else { lost.unwrap_or(exit) })
}

fn options(args: &RunArgs) -> Options {
    Options {
        workers: std::thread::available_parallelism().map_or(1, |cores| u32::try_from(cores.get()).unwrap_or(1)),
        start: args.start_at.map_or(Start::In(LEAD), Start::At),
        shard: args.shard.unwrap_or(Shard::WHOLE),
        platform: Platform::System,
        memory: args.memory.budget(),
    }
}

fn embedded(args: &RunArgs) -> Result<Option<Target>, Exit> {
    if !args.embedded {
        return Ok(None);
    }
    if args.shard.is_some_and(Shard::is_part) {
        return Err(misfit(Misfit {
            why: "`--embedded` would give each shard a service of its own, and none of them the whole load".to_owned(),
            help: "start one with `plimsoll target --port 8000`, and aim every shard at it with `--target URL`"
                .to_owned(),
        }));
    }
    let started = Target::start(Behaviour::default(), ([127, 0, 0, 1], 0).into());
    started.map(Some).map_err(|error| refuse(&format!("the embedded service could not start: {error}"), "try again"))
}

/// Makes the run with those who listen to it; its results, and what could not be written meanwhile.
async fn conducted(args: &RunArgs, job: Job, files: &mut ResultFiles) -> Result<(Results, Option<String>), Exit> {
    let mut interrupts = Interrupts::of_process();
    tokio::select! {
        biased;
        () = interrupts.next() => return Err(interrupted(&NotReady::Interrupted)),
        ready = ready(&job.program, args) => ready?,
    }
    let mut recorder = JournalRecorder::new(Disk::System, files.place().path(".journal"));
    let columns = talk_width().map(|width| width.0);
    let mut terminal = Terminal::new(files, Talk { print: talk, columns, quiet: args.quiet });
    let results = conduct(job, &mut interrupts, |event| {
        recorder.hear(&event);
        terminal.hear(&event);
    });
    let results = results.await;
    let unlogged = terminal.close();
    let results = results.map_err(|error| match error {
        NotStarted::NotReady(why @ NotReady::Interrupted) => interrupted(&why),
        NotStarted::NotReady(NotReady::Late(_)) => {
            refuse(&error.to_string(), "give `--start-at` a later moment, on every machine the same")
        }
        error => refuse(&error.to_string(), "check the plan's target"),
    })?;
    let unwritten = recorder.close().map(|error| error.to_string());
    Ok((results, unwritten.or(unlogged.map(|error| error.to_string()))))
}

/// Says that the run ended before it began.
fn interrupted(why: &NotReady) -> Exit {
    talk(&format!("{why}: nothing was measured\n"));
    Exit::Interrupted
}

/// Waits until the target is there.
async fn ready(program: &Program, args: &RunArgs) -> Result<(), Exit> {
    let waiting = |why: &str| {
        if !args.quiet {
            talk(&format!("{why}\n"));
        }
    };
    probe(program, waiting).await.map_err(|error| {
        let help = "start the service, aim elsewhere with `--target URL`, or try the plan with `--embedded`";
        refuse(&format!("the target is not ready: {error}"), help)
    })
}

/// Says what is wrong with the command line for this plan, and what to do.
fn misfit(misfit: Misfit) -> Exit {
    refuse(&misfit.why, &misfit.help);
    Exit::Usage
}

/// Says why the run cannot start, and what to do.
fn refuse(why: &str, help: &str) -> Exit {
    talk(&format!("error: {why}\n  = help: {help}\n"));
    Exit::NotStarted
}
