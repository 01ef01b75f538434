use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::args::RunArgs;
use super::baseline::resolve;
use super::compared::compared;
use super::dry::describe;
use super::hush::hush;
use super::journal_recorder::{JournalRecorder, header};
use super::split::{Misfit, fits, peak, timely};
use super::watch::Watch;
use super::write_results::keep_all;
use crate::cli::exit::Exit;
use crate::cli::plan_file::{PlanFile, find};
use crate::cli::terminal::{data, talk};
use crate::compile::{Program, Scenario, Shape};
use crate::engine::{Mask, NotReady, Options, Start};
use crate::plan::Aim;
use crate::report::{Facts, Integrity, LevelEntry, PlanEntry, Report, Results, StageEntry, build, summary, visible};
use crate::run::{Level, Outcome, conduct, probe, raise};
use crate::sample::StagePurpose;
use crate::target::{Behaviour, PATHS, Target};
use crate::threshold::Rule;
use crate::units::Shard;

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
    timely(args, SystemTime::now()).map_err(misfit)?;
    let target = embedded(args)?;
    let aim =
        target.as_ref().map(|target| Aim::InPlace { origin: format!("http://{}", target.address()), paths: &PATHS });
    let path = find(&args.plan);
    let mut file = PlanFile::open(&path, &args.overrides(aim), &args.filter());
    file.tell(&path);
    let mut program = file.program.take().ok_or(Exit::Usage)?;
    hush(&mut program.rules, &Mask::new(&program.secrets));
    resolve(args.baseline.as_deref(), &mut program.rules)?;
    let program = Arc::new(program);
    fits(args, &program, file.seed).map_err(misfit)?;
    if args.dry_run {
        return Ok(data(&visible(&describe(&file, &program, args.shard))).err().unwrap_or(Exit::Passed));
    }
    raise(peak(args, &program))
        .map_err(|error| refuse(&error.to_string(), "raise the limit with `ulimit -n`, or ask for fewer users"))?;
    let mut results = Results::open(&args.out, SystemTime::now()).map_err(|error| {
        let place = args.out.display();
        refuse(&format!("results cannot be written to {place}: {error}"), "choose another folder with `--out DIR`")
    })?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| refuse(&format!("no runtime could start: {error}"), "try again"))?;
    let workers = std::thread::available_parallelism().map_or(1, |cores| u32::try_from(cores.get()).unwrap_or(1));
    let header = header(args, &file, &program, &plan(args, &path, &program), workers);
    let chronicle = JournalRecorder::new(results.place().path(".journal"), header);
    let (outcome, lost) = runtime.block_on(conducted(args, &program, &mut results, chronicle))?;
    let exit = exit(&outcome);
    let report = report(args, &path, &program, &outcome, exit);
    let text = summary(&report);
    let shown = data(&text);
    let place = results.place().clone();
    let kept = keep_all(results, &report, &text, args.history(), lost);
    let compared = if kept.is_ok() { compared(args, &place) } else { Ok(exit) };
    // a mistake of ours outranks lost results, which outrank the rest; a regression counts where all else passed
    let lost = kept.err().or(shown.err()).or(compared.err());
    let exit = if exit == Exit::Passed { compared.unwrap_or(exit) } else { exit };
    Ok(if exit == Exit::Bug { exit } else { lost.unwrap_or(exit) })
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

async fn conducted(
    args: &RunArgs,
    program: &Arc<Program>,
    results: &mut Results,
    mut chronicle: JournalRecorder,
) -> Result<(Outcome, Option<String>), Exit> {
    let waiting = |why: &str| {
        if !args.quiet {
            talk(&format!("{why}\n"));
        }
    };
    probe(program, waiting).await.map_err(|error| {
        let help = "start the service, aim elsewhere with `--target URL`, or try the plan with `--embedded`";
        refuse(&format!("the target is not ready: {error}"), help)
    })?;
    let options = Options {
        workers: chronicle.workers(),
        start: args.start_at.map_or(Start::In(LEAD), Start::At),
        shard: args.shard.unwrap_or(Shard::WHOLE),
    };
    let mut watch = Watch::new(results, &program.rules, args.quiet);
    let outcome = conduct(program, &options, |event| {
        chronicle.tell(&event);
        watch.tell(&event);
    });
    let outcome = outcome.await;
    watch.done();
    let lost = watch.lost.take();
    let outcome = outcome.map_err(|error| match error {
        NotReady::Interrupted => {
            talk(&format!("{error}: nothing was measured\n"));
            Exit::Interrupted
        }
        NotReady::Late(_) => refuse(&error.to_string(), "give `--start-at` a later moment, on every machine the same"),
        error => refuse(&error.to_string(), "check the plan's target"),
    })?;
    let unwritten = chronicle.close(&outcome, &program.rules);
    Ok((outcome, unwritten.map(|error| error.to_string()).or(lost.map(|error| error.to_string()))))
}

fn exit(outcome: &Outcome) -> Exit {
    let broken = outcome.imbalance.is_some() || outcome.broken_workers > 0;
    Exit::of(&outcome.verdict, if broken { Integrity::Broken } else { Integrity::Sound })
}

fn report(args: &RunArgs, path: &Path, program: &Program, outcome: &Outcome, exit: Exit) -> Report {
    let facts = Facts {
        plan: plan(args, path, program),
        began: outcome.began,
        shard: args.shard.unwrap_or(Shard::WHOLE),
        elapsed: outcome.elapsed,
        closing: outcome.closing,
        seed: program.seed,
        workers: outcome.workers,
        verdict: &outcome.verdict,
        exit_code: exit.code(),
        rules: &program.rules,
        findings: &outcome.findings,
        generator: &outcome.generator,
        catalog: &program.catalog,
        levels: outcome.levels.iter().map(|level| tried(level, program)).collect(),
        teardown: outcome.teardown.clone(),
    };
    build(facts, &outcome.totals)
}

fn plan(args: &RunArgs, path: &Path, program: &Program) -> PlanEntry {
    let stages = program.scenarios.iter().flat_map(|scenario| stages_of(scenario, program)).collect();
    let service = if args.embedded { "the embedded service at " } else { "" };
    // as the journal has it: both tell the same, and neither a secret
    let mask = Mask::new(&program.secrets);
    PlanEntry {
        name: mask.hide_known(&program.name),
        description: mask.hide_known(&program.description),
        file: PathBuf::from(path).display().to_string(),
        profile: args.profile().cloned(),
        target: mask.hide_known(&format!("{service}{}{}", program.target.origin, program.target.prefix)),
        stages,
    }
}

pub(super) fn stages_of(scenario: &Scenario, program: &Program) -> Vec<StageEntry> {
    let levels: Vec<(Option<u32>, Option<f64>)> = match &scenario.shape {
        Shape::Closed(stages, _) => stages.iter().map(|stage| (Some(stage.users), None)).collect(),
        Shape::Open(stages, ..) => stages.iter().map(|stage| (None, Some(stage.rate.as_per_second()))).collect(),
        Shape::Iterations(work) => vec![(Some(work.users), None)],
        Shape::Replay(..) => vec![(None, None)],
        Shape::Search(search) => vec![(None, None); usize::from(search.levels())],
    };
    let entries = program.catalog.stages.iter().skip(scenario.first_stage.index());
    let lengths = scenario.shape.stages();
    let stages =
        levels.into_iter().zip(entries).zip(lengths).map(|(((users, rate), entry), (start, end))| StageEntry {
            name: entry.name.to_string(),
            scenario: entry.scenario.to_string(),
            users,
            rate,
            seconds: (end - start).as_secs_f64(),
            warm_up: entry.purpose == StagePurpose::WarmUp,
        });
    stages.collect()
}

fn tried(level: &Level, program: &Program) -> LevelEntry {
    LevelEntry {
        name: level.name.to_string(),
        level: level.level.clone(),
        held: level.held(),
        broken: broken(level, &program.rules),
        dropped: level.dropped,
    }
}

/// The thresholds that did not hold on a level, with what was measured.
pub(super) fn broken(level: &Level, rules: &[Rule]) -> Vec<String> {
    let broken = rules.iter().zip(&level.judged).filter(|(_, judged)| !judged.status.holds());
    let broken = broken.map(|(rule, judged)| {
        let measured = judged.measured.map_or_else(|| "no data".to_owned(), |amount| rule.require.show(amount));
        format!("{}: {measured}", rule.require)
    });
    broken.collect()
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
