use std::path::Path;
use std::time::SystemTime;

use serde_json::Value;

use super::checkout::commit_of;
use super::masked_entries::mask_header;
use super::pace::pace;
use super::planned::planned;
use super::process_stats::limits;
use crate::compile::{Program, Scenario, Service, Shape};
use crate::engine::{Options, Start};
use crate::journal::{Environment, Fingerprint, Header, Labels, MinimumLevel, PlanText, RunId, Stage};
use crate::results::{rehearsal, written};
use crate::units::{Offset, Scale, Shard, Size};

/// Where a program comes from, and what a person asked of it.
#[derive(Debug)]
pub struct PlanSource<'a> {
    /// The plan's file.
    pub file: &'a Path,
    /// The file's text.
    pub text: &'a str,
    /// The plan as it is run, with everything that is included, inherited and overridden in its place; what the
    /// environment and `--set` give is left as it is written.
    pub effective: &'a Value,
    /// The profile that was chosen.
    pub profile: Option<String>,
    /// What is said before the target's address.
    pub service: &'a str,
    /// The command line after the program's name.
    pub arguments: Vec<String>,
    /// Which tasks take part, as typed.
    pub filter: Vec<String>,
    /// What it is called.
    pub name: Option<String>,
    /// What is noted about it.
    pub labels: Labels,
    /// Which shard was asked for, where one was: shards of one run share its id.
    pub shard: Option<Shard>,
}

#[cfg(test)]
impl<'a> PlanSource<'a> {
    /// That of a plan which is only a text.
    pub(crate) fn of_text(text: &'a str) -> Self {
        static NOTHING: Value = Value::Null;
        Self {
            file: Path::new("plan.yaml"),
            text,
            effective: &NOTHING,
            profile: None,
            service: "",
            arguments: Vec::new(),
            filter: Vec::new(),
            name: None,
            labels: Labels::new(),
            shard: None,
        }
    }
}

/// What the journal of a run says before its seconds, without secrets. When it began is filled in when it does.
#[must_use]
pub fn header(program: &Program, source: &PlanSource<'_>, options: &Options) -> Header {
    let target = format!("{}{}", source.service, addresses(program));
    let plan = |text: &str| program.secrets.mask(text).into_owned();
    let mut effective = serde_saphyr::to_string(source.effective).unwrap_or_else(|_| source.effective.to_string());
    if program.scale != Scale::WHOLE {
        // two runs of one plan at different scales are no shards of one
        effective.insert_str(0, &format!("# {}\n", rehearsal(program.scale.factor())));
    }
    let arguments = arguments(&source.arguments).iter().map(|word| plan(word)).collect();
    let mut header = Header {
        format: Header::FORMAT,
        plimsoll: env!("CARGO_PKG_VERSION").to_owned(),
        run: RunId::random(),
        began: SystemTime::UNIX_EPOCH,
        seed: program.seed,
        shard: options.shard,
        workers: options.workers,
        plan: PlanText {
            name: plan(&program.name),
            description: plan(&program.description),
            file: plan(&source.file.display().to_string()),
            profile: source.profile.clone(),
            target: plan(&target),
            sha256: Fingerprint::of(source.text),
            text: plan(source.text),
            effective: plan(&effective),
        },
        environment: environment(arguments, source.file, options),
        catalog: (*program.catalog).clone(),
        thresholds: program.rules.iter().map(written).collect(),
        left_out: program.left_out.clone(),
        scale: program.scale.smaller(),
        stages: stages(program),
        planned: Some(planned(program)),
        pace: pace(program),
        at_least: least_level(program),
        parts: Vec::new(),
        name: source.name.clone(),
        labels: source.labels.clone(),
    };
    mask_header(&mut header, &program.secrets);
    if source.shard.is_some() {
        let at = match options.start {
            Start::At(at) => Some(at),
            Start::In(_) => None,
        };
        header.run = RunId::shared(&header, at, &source.filter);
    }
    header
}

/// Where the services are: `http://127.0.0.1:8000/v1`, or `api http://127.0.0.1:8000, auth http://127.0.0.1:8001`.
fn addresses(program: &Program) -> String {
    let address = |service: &Service| match &service.name {
        None => format!("{}{}", service.origin, service.prefix),
        Some(name) => format!("{name} {}{}", service.origin, service.prefix),
    };
    program.services.iter().map(address).collect::<Vec<_>>().join(", ")
}

/// The command line, without the values that it sets.
fn arguments(words: &[String]) -> Vec<String> {
    let mut sets = false;
    let hidden = |set: &str| match set.split_once('=') {
        Some((name, _)) => format!("{name}=…"),
        None => "…".to_owned(),
    };
    let shown = words.iter().map(|word| {
        let shown = match word.strip_prefix("--set=") {
            Some(set) => format!("--set={}", hidden(set)),
            None if sets => hidden(word),
            None => word.clone(),
        };
        sets = word == "--set";
        shown
    });
    shown.collect()
}

/// The least level that must hold, of the scenario that goes on by what it measures.
fn least_level(program: &Program) -> Option<MinimumLevel> {
    let climbing = program.scenarios.iter().find(|scenario| scenario.shape.climbs())?;
    let minimum = climbing.shape.at_least()?;
    Some(MinimumLevel { level: minimum.to_string(), height: minimum.height() })
}

/// This machine, and what this process may use of it.
fn environment(arguments: Vec<String>, plan: &Path, options: &Options) -> Environment {
    let limits = limits();
    let memory = limits.memory.map(Size::as_bytes);
    let memory_budget = Some(options.memory.limit());
    Environment {
        host: host(),
        commit: commit_of(plan),
        open_files: limits.open_files,
        memory,
        memory_budget,
        ..Environment::here(arguments)
    }
}

/// The machine's name, as far as the system says.
fn host() -> Option<String> {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").or_else(|_| std::env::var("HOSTNAME")).ok()?;
    Some(name.trim().to_owned()).filter(|name| !name.is_empty())
}

/// Each stage with its place in the run.
fn stages(program: &Program) -> Vec<Stage> {
    let placed = program.scenarios.iter().flat_map(|scenario| {
        let entries = program.catalog.stages.iter().skip(scenario.first_stage.index());
        let times = scenario.shape.stages().into_iter().zip(levels(scenario));
        entries.zip(times).map(|(entry, ((start, end), (users, rate)))| Stage {
            name: entry.name.to_string(),
            scenario: entry.scenario.to_string(),
            start: Offset::from(scenario.start + start),
            end: Offset::from(scenario.start + end),
            users,
            rate,
            purpose: entry.purpose,
        })
    });
    placed.collect()
}

/// The users, or the arrivals a second, that each stage of a scenario moves to; neither where they are found out in the
/// run.
fn levels(scenario: &Scenario) -> Vec<(Option<u32>, Option<f64>)> {
    match &scenario.shape {
        Shape::Closed(stages, _) => stages.iter().map(|stage| (Some(stage.users), None)).collect(),
        Shape::Open(stages, ..) => stages.iter().map(|stage| (None, Some(stage.rate.as_per_second()))).collect(),
        Shape::Iterations(work) => vec![(Some(work.users), None)],
        Shape::Replay(..) => vec![(None, None)],
        Shape::Search(search) => vec![(None, None); usize::from(search.levels())],
    }
}
