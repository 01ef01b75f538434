use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::args::RunArgs;
use super::chronicle::{Chronicle, header};
use super::dry::describe;
use super::watch::Watch;
use crate::cli::compare::{self, demand, held_against, json};
use crate::cli::exit::Exit;
use crate::cli::plan_file::{PlanFile, find};
use crate::cli::terminal::{data, talk};
use crate::compile::{Program, Scenario, Shape};
use crate::engine::Options;
use crate::journal::Reader;
use crate::plan::Aim;
use crate::plan::threshold::Rule;
use crate::report::{
    Facts, LevelEntry, Order, PlanEntry, Report, Results, StageEntry, build, comparison_text, summary, visible,
};
use crate::run::{Level, Outcome, conduct, probe, raise};
use crate::sample::StagePurpose;
use crate::target::{Behaviour, PATHS, Target};

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
    let target = embedded(args)?;
    let aim =
        target.as_ref().map(|target| Aim::InPlace { origin: format!("http://{}", target.address()), paths: &PATHS });
    let path = find(&args.plan);
    let mut file = PlanFile::open(&path, &args.overrides(aim), &args.filter());
    file.tell(&path);
    let program = Arc::new(file.program.take().ok_or(Exit::Usage)?);
    if args.dry_run {
        return Ok(data(&visible(&describe(&file, &program))).err().unwrap_or(Exit::Passed));
    }
    raise(program.peak())
        .map_err(|error| refuse(&error.to_string(), "raise the limit with `ulimit -n`, or ask for fewer users"))?;
    if let Some(baseline) = &args.baseline {
        // told before load starts
        Reader::open(baseline).map_err(|error| {
            refuse(&error.to_string(), "name the journal of an earlier run: results/load_test_….journal");
            Exit::Usage
        })?;
    }
    let mut results = Results::open(&args.out, SystemTime::now()).map_err(|error| {
        let place = args.out.display();
        refuse(&format!("results cannot be written to {place}: {error}"), "choose another folder with `--out DIR`")
    })?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| refuse(&format!("no runtime could start: {error}"), "try again"))?;
    let workers = std::thread::available_parallelism().map_or(1, |cores| u32::try_from(cores.get()).unwrap_or(1));
    let header = header(&file, &program, &plan(args, &path, &program), workers);
    let chronicle = Chronicle::new(results.path("journal"), header);
    let (outcome, lost) = runtime.block_on(conducted(args, &program, &mut results, chronicle))?;
    let exit = exit(&outcome);
    let report = report(args, &path, &program, &outcome, exit);
    let text = summary(&report);
    let shown = data(&text);
    let written = results.log_text(&text).and_then(|()| results.write(&report));
    match (written, lost) {
        (Ok(file), None) => {
            talk(&format!("results in {}\n", file.display()));
            if exit == Exit::Bug {
                return Ok(exit);
            }
            shown?;
            let held = args.baseline.as_ref().map(|baseline| held_to(args, baseline, &results.path("journal")));
            Ok(match (exit, held.transpose()?) {
                (Exit::Passed, Some(held)) => held,
                _ => exit,
            })
        }
        (written, lost) => {
            let error = lost.or(written.err().map(|error| error.to_string())).unwrap_or_default();
            talk(&format!(
                "error: results were lost: {error}\n  = help: make room, or choose another folder with `--out DIR`\n"
            ));
            // a mistake of ours outranks lost results, which outrank the rest
            Ok(if exit == Exit::Bug { exit } else { Exit::Lost })
        }
    }
}

/// Compares the run with the baseline: prints it, and keeps it beside the other files.
fn held_to(args: &RunArgs, baseline: &Path, journal: &Path) -> Result<Exit, Exit> {
    let lost = |error: &str| {
        talk(&format!(
            "error: the comparison with the baseline was lost: {error}\n  = help: `plimsoll compare` makes it\n"
        ));
        Exit::Lost
    };
    let compared = held_against(baseline, journal, &demand(args.tolerance));
    let compared = compared.map_err(|error| lost(&error.to_string()))?;
    data(&format!("\n{}", comparison_text(&compared)))?;
    let mut name = journal.file_stem().unwrap_or_default().to_owned();
    name.push("_comparison.json");
    let path = journal.with_file_name(name);
    std::fs::write(&path, json(&compared)?).map_err(|error| lost(&error.to_string()))?;
    talk(&format!("comparison in {}\n", path.display()));
    Ok(compare::exit(&compared))
}

fn embedded(args: &RunArgs) -> Result<Option<Target>, Exit> {
    if !args.embedded {
        return Ok(None);
    }
    let started = Target::start(Behaviour::default(), ([127, 0, 0, 1], 0).into());
    started.map(Some).map_err(|error| refuse(&format!("the embedded service could not start: {error}"), "try again"))
}

async fn conducted(
    args: &RunArgs,
    program: &Arc<Program>,
    results: &mut Results,
    mut chronicle: Chronicle,
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
    let options = Options { workers: chronicle.workers(), lead: LEAD };
    let mut watch = Watch::new(results, &program.rules, args.quiet);
    let outcome = conduct(program, &options, |event| {
        chronicle.tell(&event);
        watch.tell(&event);
    });
    let outcome = outcome.await;
    watch.done();
    let lost = watch.lost.take();
    let outcome = outcome.map_err(|error| refuse(&error.to_string(), "check the plan's target"))?;
    let unwritten = chronicle.close(&outcome, &program.rules);
    Ok((outcome, unwritten.map(|error| error.to_string()).or(lost.map(|error| error.to_string()))))
}

fn exit(outcome: &Outcome) -> Exit {
    let broken = outcome.imbalance.is_some() || outcome.broken_workers > 0;
    Exit::of(&outcome.verdict, if broken { Order::Broken } else { Order::Sound })
}

fn report(args: &RunArgs, path: &Path, program: &Program, outcome: &Outcome, exit: Exit) -> Report {
    let facts = Facts {
        plan: plan(args, path, program),
        began: outcome.began,
        elapsed: outcome.elapsed,
        closing: outcome.closing,
        seed: program.seed,
        workers: outcome.workers,
        verdict: &outcome.verdict,
        exit_code: exit.code(),
        rules: &program.rules,
        judged: &outcome.judged,
        catalog: &program.catalog,
        levels: outcome.levels.iter().map(|level| tried(level, program)).collect(),
        teardown: outcome.teardown.clone(),
    };
    build(facts, &outcome.totals)
}

fn plan(args: &RunArgs, path: &Path, program: &Program) -> PlanEntry {
    let stages = program.scenarios.iter().flat_map(|scenario| stages_of(scenario, program)).collect();
    let service = if args.embedded { "the embedded service at " } else { "" };
    PlanEntry {
        name: program.name.to_string(),
        description: program.description.clone(),
        file: PathBuf::from(path).display().to_string(),
        profile: args.profile().cloned(),
        target: format!("{service}{}{}", program.target.origin, program.target.prefix),
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
    let broken = rules.iter().zip(&level.judged).filter(|(_, judged)| !judged.standing.holds());
    let broken = broken.map(|(rule, judged)| {
        let limit = rule.require.amount;
        let measured = judged.measured.map_or_else(|| "no data".to_owned(), |amount| amount.beside(limit));
        format!("{}: {measured}", rule.require)
    });
    broken.collect()
}

/// Says why the run cannot start, and what to do.
fn refuse(why: &str, help: &str) -> Exit {
    talk(&format!("error: {why}\n  = help: {help}\n"));
    Exit::NotStarted
}
