use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::collector::Collector;
use super::level_controller::{Level, LevelController, Next};
use super::process_stats::{ProcessStats, limits};
use super::snapshot::Snapshot;
use super::wait::wait;
use crate::compile::Program;
use crate::engine::{NotReady, OnTrouble, OneOff, Options, Phase, Run, Stop, WorkerMessage};
use crate::expression::Globals;
use crate::metrics::{Imbalance, Interval, Totals, pulse};
use crate::sample::{StageId, TaskId};
use crate::units::Offset;
use crate::verdict::{Closing, Finding, GeneratorHealth, ThresholdEvaluator, Timeline, Verdict, conclude};

/// What happens while a run is under way.
#[derive(Debug, Clone, PartialEq)]
pub enum Event<'a> {
    /// Everything is ready, and the load is to begin at this time of day.
    Waiting(SystemTime),
    /// The load begins, at this time of day.
    Began(SystemTime),
    /// All of a second that is over.
    Interval(&'a Interval),
    /// A second is over, in a few numbers.
    Second(Snapshot),
    /// The run is brought to its end before its time; requests under way may still end.
    Draining(Closing),
    /// Requests under way are cut off.
    Cutting,
    /// The plan writes a line to the log.
    Line(Offset, String),
    /// The plan wants the run to end, and says why.
    Stopping(String),
    /// A level was tried; whether it held.
    Tried(Level),
}

/// A run that is over.
#[derive(Debug)]
pub struct Outcome {
    /// Everything that was counted.
    pub totals: Totals,
    /// Each rule of the program, judged.
    pub findings: Vec<Finding>,
    /// How the generator fared.
    pub generator: GeneratorHealth,
    /// Why it ended.
    pub closing: Closing,
    /// What it comes to.
    pub verdict: Verdict,
    /// When it began.
    pub began: SystemTime,
    /// How long load was made for.
    pub elapsed: Duration,
    /// How many workers there were.
    pub workers: u32,
    /// Workers that broke down.
    pub broken_workers: usize,
    /// Levels that were tried, of a search or a staircase to failure; none in other runs.
    pub levels: Vec<Level>,
    /// What went wrong in the plan's teardown.
    pub teardown: Vec<String>,
    /// Accounting that do not balance; only a mistake of this program makes them so.
    pub imbalance: Option<Imbalance>,
}

/// Runs a program to its end; `watch` is told what happens.
///
/// # Errors
/// A run that could not start.
pub async fn conduct(
    program: &Arc<Program>,
    options: &Options,
    mut watch: impl FnMut(Event<'_>),
) -> Result<Outcome, NotReady> {
    let stop = Stop::new();
    let mut signals = Signals::new();
    let globals = tokio::select! {
        biased;
        () = signals.next() => return Err(NotReady::Interrupted),
        globals = set_up(program) => globals?,
    };
    let ready = match wait(options.start, &mut signals, |at| watch(Event::Waiting(at))).await {
        Ok(()) => Run::start(program, &globals, options, &stop),
        Err(why) => Err(why),
    };
    let mut run = match ready {
        Ok(run) => run,
        Err(why) => {
            // what the setup made is taken away again, unless somebody has no time for that
            tokio::select! {
                _ = tear_down(program, &globals) => {}
                () = signals.next() => {}
            }
            return Err(why);
        }
    };
    let began = run.began;
    watch(Event::Began(began));
    let mut ladder = LevelController::of(program);
    if let Some(rate) = ladder.as_ref().and_then(LevelController::first) {
        run.levels.send_modify(|levels| levels.push(rate));
    }
    let workers = options.workers.max(1);
    let mut closing = Closing::Complete;
    let mut ended_at = None;
    let mut collector = Collector::new(workers);
    let mut jury = ThresholdEvaluator::new(&program.rules, &program.catalog, timeline(program), options.shard);
    let mut generator = GeneratorHealth::new(limits(workers));
    let mut vitals = ProcessStats::default();
    vitals.look(run.clock.now());

    while !collector.is_over() {
        let report = tokio::select! {
            biased;
            () = signals.next() => {
                match stop.phase() {
                    Phase::Running => {
                        closing = Closing::Asked;
                        ended_at = Some(run.clock.now());
                        watch(Event::Draining(closing));
                        stop.advance(Phase::Draining);
                    }
                    Phase::Draining => {
                        watch(Event::Cutting);
                        stop.advance(Phase::Cutting);
                    }
                    Phase::Cutting => {}
                }
                continue;
            }
            report = run.reports.recv() => report,
        };
        // every sender is gone though not every worker told its end: one broke down
        let Some(report) = report else { break };
        match &report {
            WorkerMessage::Line { at, text } => watch(Event::Line(*at, text.clone())),
            WorkerMessage::Stop { why } if stop.phase() == Phase::Running => {
                closing = Closing::Plan;
                ended_at = Some(run.clock.now());
                watch(Event::Stopping(why.clone()));
                stop.advance(Phase::Draining);
            }
            _ => {}
        }
        for mut interval in collector.take(report) {
            let now = run.clock.now();
            interval.health.merge(&vitals.look(now));
            interval.health.backlog = collector.backlog() + run.reports.len() as u64;
            let shown = snapshot(&interval, program, collector.totals());
            let second = interval.second;
            let began = Offset::from(Duration::from_secs(u64::from(second)));
            // the last second may be a part of one, and what comes after it is no load
            if let Some(stage) = stage_now(program, began)
                && began + Duration::from_secs(1) <= ended_at.unwrap_or(Offset::from(program.length()))
            {
                pulse(&mut interval, &program.catalog, StageId(u16::try_from(stage).unwrap_or(u16::MAX)));
            }
            watch(Event::Interval(&interval));
            watch(Event::Second(shown));
            jury.hear(&interval);
            generator.hear(&interval);
            collector.add(&interval);
            if stop.phase() > Phase::Running {
                continue;
            }
            let over = Offset::from(Duration::from_secs(u64::from(second) + 1));
            if let Some(ladder) = &mut ladder
                && let Some((level, next)) = ladder.look(over, program, collector.totals())
            {
                watch(Event::Tried(level));
                match next {
                    Next::Level(rate) => run.levels.send_modify(|levels| levels.push(rate)),
                    Next::Stage => {}
                    Next::Nothing => {
                        closing = Closing::Plan;
                        ended_at = Some(now);
                        stop.advance(Phase::Draining);
                    }
                }
            }
            if stop.phase() == Phase::Running
                && let Some(broken) = jury.fatal()
            {
                closing = Closing::Threshold(broken);
                ended_at = Some(now);
                watch(Event::Draining(closing));
                stop.advance(Phase::Draining);
            }
        }
    }

    let length = Offset::from(program.length());
    let ended_at = ended_at.unwrap_or(length.min(run.clock.now())).min(length);
    for interval in collector.rest() {
        watch(Event::Interval(&interval));
        jury.hear(&interval);
        generator.hear(&interval);
        collector.add(&interval);
    }
    let totals = collector.close();
    let broken_workers = run.join();
    let teardown = tear_down(program, &globals).await;
    let levels = ladder.map(|ladder| ladder.levels).unwrap_or_default();
    let mut findings = jury.close(ended_at, closing);
    if let Some(level) = best(&levels) {
        // a search asks for what breaks: it is judged by the level that held
        findings.iter_mut().zip(&level.judged).for_each(|(finding, judged)| finding.judged = *judged);
    }
    let verdict = conclude(closing, &findings, totals.books(), generator.finding());
    let imbalance = totals.books().balance().err();
    let elapsed = ended_at.since(Offset::ZERO);
    Ok(Outcome {
        totals,
        findings,
        generator,
        closing,
        verdict,
        began,
        elapsed,
        workers,
        broken_workers,
        levels,
        teardown,
        imbalance,
    })
}

/// The highest level that held; where none did, the first.
fn best(levels: &[Level]) -> Option<&Level> {
    let held = levels.iter().filter(|level| level.held()).max_by(|a, b| a.height.total_cmp(&b.height));
    held.or_else(|| levels.first())
}

/// Does the plan's setup; what every user then sees.
async fn set_up(program: &Arc<Program>) -> Result<Arc<Globals>, NotReady> {
    if program.setup.is_empty() {
        return Ok(program.globals.clone());
    }
    let errand = OneOff { program, globals: &program.globals, kind: None, watcher: None };
    let done = errand.run(&[(&program.setup, TaskId(u16::MAX))], OnTrouble::Stop).await?;
    if !done.failures.is_empty() {
        return Err(NotReady::Setup(done.failures.join("; ")));
    }
    Ok(Arc::new(program.globals.with(done.state)))
}

/// Does the plan's teardown; what went wrong in it.
async fn tear_down(program: &Arc<Program>, globals: &Arc<Globals>) -> Vec<String> {
    if program.teardown.is_empty() {
        return Vec::new();
    }
    let errand = OneOff { program, globals, kind: None, watcher: None };
    match errand.run(&[(&program.teardown, TaskId(u16::MAX))], OnTrouble::Stop).await {
        Ok(done) => done.failures,
        Err(error) => vec![error.to_string()],
    }
}

fn snapshot(interval: &Interval, program: &Program, totals: &Totals) -> Snapshot {
    let at = Offset::from(Duration::from_secs(u64::from(interval.second)));
    let stage = stage_now(program, at).and_then(|stage| program.catalog.stages.get(stage));
    let stage = stage.map_or_else(|| Arc::from(""), |stage| stage.name.clone());
    Snapshot::of(interval, Offset::from(program.length()), stage, totals.books().failures())
}

/// The stage that is under way in the first scenario that has one.
fn stage_now(program: &Program, at: Offset) -> Option<usize> {
    program.scenarios.iter().find_map(|scenario| {
        let stages = scenario.shape.stages();
        let since = at.since(Offset::from(scenario.start));
        let begun = at >= Offset::from(scenario.start);
        let index = stages.iter().position(|(start, end)| begun && *start <= since && since < *end)?;
        Some(scenario.first_stage.index() + index)
    })
}

/// When each stage is.
pub(super) fn timeline(program: &Program) -> Timeline {
    let placed = program.scenarios.iter().flat_map(|scenario| {
        let place = |time| Offset::from(scenario.start + time);
        scenario.shape.stages().into_iter().map(move |(start, end)| (place(start), place(end)))
    });
    Timeline::new(placed)
}

/// Ctrl-C and the system's wish to end. Where one cannot be heard, the run goes on to its time.
pub(super) struct Signals {
    interrupt: Option<Signal>,
    terminate: Option<Signal>,
}

impl Signals {
    fn new() -> Self {
        Self { interrupt: signal(SignalKind::interrupt()).ok(), terminate: signal(SignalKind::terminate()).ok() }
    }

    pub(super) async fn next(&mut self) {
        tokio::select! {
            () = heard(&mut self.interrupt) => {}
            () = heard(&mut self.terminate) => {}
        }
    }
}

async fn heard(signal: &mut Option<Signal>) {
    let got = match signal {
        Some(signal) => signal.recv().await,
        None => None,
    };
    if got.is_none() {
        std::future::pending::<()>().await;
    }
}
