use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::collector::Collector;
use super::snapshot::Snapshot;
use super::vitals::Vitals;
use crate::compile::Program;
use crate::engine::{NotReady, Options, Phase, Run, Stop};
use crate::metrics::{Imbalance, Interval, Totals};
use crate::plan::threshold::OnBreak;
use crate::schedule::Curve;
use crate::units::Offset;
use crate::verdict::{Closing, Elapsed, Judged, Standing, Verdict, conclude, judge, validity};

/// What happens while a run is under way.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A second is over.
    Second(Snapshot),
    /// The run is brought to its end before its time; requests under way may still end.
    Draining(Closing),
    /// Requests under way are cut off.
    Cutting,
}

/// A run that is over.
#[derive(Debug)]
pub struct Outcome {
    /// Everything that was counted.
    pub totals: Totals,
    /// Each rule of the program, judged.
    pub judged: Vec<Judged>,
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
    /// Books that do not balance; only a mistake of this program makes them so.
    pub imbalance: Option<Imbalance>,
}

/// Runs a program to its end; `watch` is told what happens.
///
/// # Errors
/// A run that could not start.
pub async fn conduct(
    program: &Arc<Program>,
    options: &Options,
    mut watch: impl FnMut(Event),
) -> Result<Outcome, NotReady> {
    let stop = Stop::new();
    let mut signals = Signals::new();
    let began = SystemTime::now();
    let mut run = Run::start(program, options, &stop)?;
    let workers = options.workers.max(1);
    let mut closing = Closing::Complete;
    let mut ended_at = None;
    let mut collector = Collector::new(workers, longest_window(program));
    let mut vitals = Vitals::default();
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
        for mut interval in collector.take(report) {
            let now = run.clock.now();
            interval.health.merge(&vitals.look(now));
            interval.health.backlog = collector.backlog() + run.reports.len() as u64;
            watch(Event::Second(snapshot(&interval, program, &run.curve, collector.totals())));
            collector.add(interval);
            if stop.phase() == Phase::Running
                && let Some(broken) = abort(program, collector.totals(), &run.curve, now)
            {
                closing = Closing::Threshold(broken);
                ended_at = Some(now);
                watch(Event::Draining(closing));
                stop.advance(Phase::Draining);
            }
        }
    }

    let ended_at = ended_at.unwrap_or(run.curve.length()).min(run.curve.length());
    let curve = run.curve.clone();
    let totals = collector.close();
    let broken_workers = run.join();
    let elapsed = stages(&curve, ended_at);
    let judged: Vec<Judged> =
        program.rules.iter().map(|rule| judge(rule, &totals, &program.catalog, &elapsed)).collect();
    let verdict = conclude(closing, &judged, totals.books(), validity(totals.history()));
    let imbalance = totals.books().balance().err();
    let elapsed = ended_at.since(Offset::ZERO);
    Ok(Outcome { totals, judged, closing, verdict, began, elapsed, workers, broken_workers, imbalance })
}

/// The first rule that aborts and is broken now.
fn abort(program: &Program, totals: &Totals, curve: &Curve, now: Offset) -> Option<usize> {
    let elapsed = stages(curve, now);
    program.rules.iter().position(|rule| {
        rule.on_break == OnBreak::Abort
            && now >= Offset::from(rule.after)
            && judge(rule, totals, &program.catalog, &elapsed).standing == Standing::Broken
    })
}

fn snapshot(interval: &Interval, program: &Program, curve: &Curve, totals: &Totals) -> Snapshot {
    let at = Offset::from(Duration::from_secs(u64::from(interval.second)));
    let stage = program.catalog.stages.get(curve.leg_at(at)).map(|stage| stage.name.clone());
    Snapshot::of(interval, curve.length(), stage.unwrap_or_else(|| Arc::from("")), totals.books().failures())
}

/// How long each stage has lasted at a moment.
fn stages(curve: &Curve, at: Offset) -> Elapsed {
    Elapsed(curve.legs().map(|(start, end)| at.min(end).since(start)).collect())
}

fn longest_window(program: &Program) -> u32 {
    let windows = program.rules.iter().filter_map(|rule| rule.require.window);
    windows.map(|window| window.as_secs_f64().ceil() as u32).max().unwrap_or(0)
}

/// Ctrl-C and the system's wish to end. Where one cannot be heard, the run goes on to its time.
struct Signals {
    interrupt: Option<Signal>,
    terminate: Option<Signal>,
}

impl Signals {
    fn new() -> Self {
        Self { interrupt: signal(SignalKind::interrupt()).ok(), terminate: signal(SignalKind::terminate()).ok() }
    }

    async fn next(&mut self) {
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
