use std::path::PathBuf;
use std::time::SystemTime;

use super::args::RunArgs;
use super::command::stages_of;
use super::veil::Veil;
use crate::cli::plan_file::PlanFile;
use crate::compile::Program;
use crate::engine::Mask;
use crate::journal::{
    Annotation, Closing, End, Environment, Fingerprint, Header, Level, Mark, NoData, NotWritten, OnBreak, PlanText,
    RunId, Stage, Threshold, Writer,
};
use crate::plan::node_to_json;
use crate::report::{PlanEntry, kept};
use crate::run::{Event, Outcome, limits};
use crate::threshold::{self, Limit, Rule, Was};
use crate::units::{Offset, Shard, Size};
use crate::verdict;

/// Keeps the journal of a run: begun when the load is, a frame a second, and the end.
pub(super) struct JournalRecorder {
    header: Header,
    path: PathBuf,
    writer: Option<Writer>,
    /// When the last second was over.
    now: Offset,
    /// The first thing that could not be written.
    lost: Option<NotWritten>,
}

impl JournalRecorder {
    pub(super) fn new(path: PathBuf, header: Header) -> Self {
        Self { header, path, writer: None, now: Offset::ZERO, lost: None }
    }

    /// How many workers make the load.
    pub(super) const fn workers(&self) -> u32 {
        self.header.workers
    }

    pub(super) fn tell(&mut self, event: &Event<'_>) {
        match event {
            Event::Began(at) => self.begin(*at),
            Event::Interval(interval) => {
                self.now = Offset::from(std::time::Duration::from_secs(u64::from(interval.second) + 1));
                let written = self.writer.as_mut().map(|writer| writer.second(interval));
                self.note(written);
            }
            Event::Waiting(_) | Event::Second(_) => {}
            Event::Draining(verdict::Closing::Threshold(index)) => {
                let rule = self.header.thresholds.get(*index).map(|rule| rule.require.clone()).unwrap_or_default();
                self.annotate(self.now, Mark::ThresholdBroke, &rule);
            }
            Event::Draining(_) => self.annotate(self.now, Mark::StopAsked, "the run was asked to end"),
            Event::Cutting => self.annotate(self.now, Mark::Cut, "requests under way were cut off"),
            Event::Line(at, text) => self.annotate(*at, Mark::Line, text),
            Event::Stopping(why) => self.annotate(self.now, Mark::StopAsked, why),
            Event::Tried(level) => {
                let word = if level.held() { "held" } else { "broke" };
                self.annotate(self.now, Mark::LevelTried, &format!("{} ({}) {word}", level.name, level.level));
            }
        }
    }

    /// Writes the end; what could not be written, now or before.
    pub(super) fn close(mut self, outcome: &Outcome, rules: &[Rule]) -> Option<NotWritten> {
        let end = End {
            closing: match outcome.closing {
                verdict::Closing::Complete => Closing::Complete,
                // only what is told from a journal may be cut off
                verdict::Closing::Asked | verdict::Closing::CutOff => Closing::Asked,
                verdict::Closing::Threshold(index) => Closing::Threshold(index),
                verdict::Closing::Plan => Closing::Plan,
            },
            elapsed: outcome.elapsed,
            broken_workers: outcome.broken_workers,
            teardown: outcome.teardown.clone(),
            levels: outcome.levels.iter().map(|level| tried(level, rules)).collect(),
        };
        let written = self.writer.take().map(|writer| writer.end(&end));
        self.note(written);
        self.lost
    }

    fn begin(&mut self, at: SystemTime) {
        self.header.began = at;
        match Writer::create(&self.path, &self.header) {
            Ok(writer) => self.writer = Some(writer),
            Err(error) => self.lost = Some(error),
        }
    }

    fn annotate(&mut self, at: Offset, mark: Mark, text: &str) {
        let annotation = Annotation { at, mark, text: text.to_owned() };
        let written = self.writer.as_mut().map(|writer| writer.annotate(&annotation));
        self.note(written);
    }

    fn note(&mut self, written: Option<Result<(), NotWritten>>) {
        if let Some(Err(error)) = written {
            self.lost.get_or_insert(error);
        }
    }
}

/// What the journal of a run says before its seconds, without secrets.
pub(super) fn header(args: &RunArgs, file: &PlanFile, program: &Program, plan: &PlanEntry, workers: u32) -> Header {
    let tree = file.tree.as_ref().map(node_to_json).unwrap_or_default();
    let text = file.sources.first().map(|source| source.text.clone()).unwrap_or_default();
    let veil = Veil::new(Mask::new(&program.secrets), &tree, &text);
    let effective = serde_saphyr::to_string(&tree).unwrap_or_else(|_| tree.to_string());
    let mut header = Header {
        format: Header::FORMAT,
        plimsoll: env!("CARGO_PKG_VERSION").to_owned(),
        run: RunId::random(),
        began: SystemTime::UNIX_EPOCH,
        seed: program.seed,
        shard: args.shard.unwrap_or(Shard::WHOLE),
        workers,
        plan: PlanText {
            name: plan.name.clone(),
            description: plan.description.clone(),
            file: plan.file.clone(),
            profile: plan.profile.clone(),
            target: plan.target.clone(),
            sha256: Fingerprint::of(&text),
            text: veil.hide(&text),
            effective: veil.hide(&effective),
        },
        environment: environment(std::env::args().skip(1).map(|word| veil.hide(&word)).collect(), workers),
        catalog: (*program.catalog).clone(),
        thresholds: program.rules.iter().map(written).collect(),
        stages: stages(program),
        parts: Vec::new(),
    };
    if args.shard.is_some() {
        header.run = RunId::shared(&header, args.start_at, &args.filter().words());
    }
    header
}

/// This machine, and what this process may use of it.
fn environment(arguments: Vec<String>, workers: u32) -> Environment {
    let limits = limits(workers);
    let memory = limits.memory.map(Size::as_bytes);
    Environment { open_files: limits.open_files, memory, ..Environment::here(arguments) }
}

fn written(rule: &Rule) -> Threshold {
    Threshold {
        require: rule.text.clone(),
        name: rule.name.clone(),
        on_break: match rule.on_break {
            threshold::OnBreak::GoOn => OnBreak::GoOn,
            threshold::OnBreak::Abort => OnBreak::Abort,
        },
        after: rule.after,
        no_data: match rule.no_data {
            threshold::NoData::Fails => NoData::Fails,
            threshold::NoData::Passes => NoData::Passes,
        },
        place: rule.place.clone(),
        baseline: match rule.require.limit {
            Limit::Baseline(_, Was::Known(was)) => Some(kept(was)),
            Limit::Baseline(_, Was::Unknown) | Limit::Amount(_) => None,
        },
    }
}

/// Each stage with its place in the run.
fn stages(program: &Program) -> Vec<Stage> {
    let placed = program.scenarios.iter().flat_map(|scenario| {
        let times = scenario.shape.stages().into_iter();
        stages_of(scenario, program)
            .into_iter()
            .zip(times)
            .zip(program.catalog.stages.iter().skip(scenario.first_stage.index()))
            .map(|((entry, (start, end)), stage)| Stage {
                name: entry.name,
                scenario: entry.scenario,
                start: Offset::from(scenario.start + start),
                end: Offset::from(scenario.start + end),
                users: entry.users,
                rate: entry.rate,
                purpose: stage.purpose,
            })
    });
    placed.collect()
}

fn tried(level: &crate::run::Level, rules: &[Rule]) -> Level {
    Level {
        stage: level.stage,
        level: level.level.clone(),
        height: level.height,
        broken: super::command::broken(level, rules),
        dropped: level.dropped,
        measured: level.judged.iter().map(|judged| judged.measured.map(kept)).collect(),
    }
}
