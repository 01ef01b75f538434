use std::io::{Read, Seek};
use std::time::Duration;

use super::build::{Facts, build};
use super::document::{LevelEntry, PlanEntry, Report, StageEntry};
use super::value::measured;
use crate::journal::{self, End, Entry, Header, Reader};
use crate::metrics::Totals;
use crate::sample::StagePurpose;
use crate::threshold::{NoData, OnBreak, Rule, Threshold, Was};
use crate::units::{Offset, Size};
use crate::verdict::{
    Closing, Finding, GeneratorHealth, Judged, Limits, ThresholdEvaluator, Timeline, Verdict, conclude, judge_stage,
    stand,
};

/// Whether a run's own books and workers are in order. One that was cut off has requests under way, and cannot be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Integrity {
    /// They are, as far as can be told.
    Sound,
    /// Only a mistake of this program makes them so.
    Broken,
}

/// A journal whose own words cannot be read: only another version, or a damaged file, makes it so.
#[derive(Debug, thiserror::Error)]
#[error("the threshold `{0}` of the journal cannot be read: {1}")]
pub struct Unreadable(String, String);

/// Makes the report of a run again from its journal, of as much as there is. A journal without an end is that of a run
/// that was cut off, and its verdict says so. `exit` gives the exit code of a verdict.
///
/// # Errors
/// A threshold that this version does not read.
pub fn retell<S: Read + Seek>(
    reader: &mut Reader<S>,
    exit: impl Fn(&Verdict, Integrity) -> u8,
) -> Result<Report, Unreadable> {
    let written = &reader.header().thresholds;
    if written.len() > Threshold::MOST {
        let first = written.first().map(|rule| rule.require.clone()).unwrap_or_default();
        return Err(Unreadable(
            first,
            format!("it is one of {}, and a run has {} at most", written.len(), Threshold::MOST),
        ));
    }
    let rules = written.iter().map(rule).collect::<Result<Vec<_>, _>>()?;
    Ok(told(reader, &rules, Measured::Then, exit))
}

/// The same, with other rules than the run's own: what it would have come to with them.
pub fn retell_against<S: Read + Seek>(
    reader: &mut Reader<S>,
    rules: &[Rule],
    exit: impl Fn(&Verdict, Integrity) -> u8,
) -> Report {
    told(reader, rules, Measured::Anew, exit)
}

/// Where the figures of a search's levels come from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Measured {
    /// From the journal, which kept what was measured of each rule at the level's end.
    Then,
    /// From all that ended in the level's stage.
    Anew,
}

fn told<S: Read + Seek>(
    reader: &mut Reader<S>,
    rules: &[Rule],
    levels: Measured,
    exit: impl Fn(&Verdict, Integrity) -> u8,
) -> Report {
    let header = reader.header().clone();
    let timeline = timeline(&header);
    let mut jury = ThresholdEvaluator::new(rules, &header.catalog, timeline.clone(), header.shard);
    let mut generator = GeneratorHealth::new(limits(&header));
    let mut totals = Totals::new();
    let mut end = None;
    for entry in reader.by_ref() {
        match entry {
            Entry::Second(interval) => {
                jury.hear(&interval);
                generator.hear(&interval);
                totals.add(&interval);
            }
            Entry::Annotation(_) => {}
            Entry::End(told) => end = Some(told),
        }
    }
    let reached = Duration::from_secs(u64::from(totals.seconds()));
    let length = header.stages.iter().map(|stage| stage.end.since(Offset::ZERO)).max().unwrap_or_default();
    let broken = end.as_ref().is_some_and(|end: &End| end.broken_workers > 0 || totals.books().balance().is_err());
    let order = if broken { Integrity::Broken } else { Integrity::Sound };
    let closing = end.as_ref().map(|end| match end.closing {
        journal::Closing::Complete => Closing::Complete,
        journal::Closing::Plan => Closing::Plan,
        journal::Closing::Asked => Closing::Asked,
        journal::Closing::Threshold(index) => Closing::Threshold(index.min(rules.len().saturating_sub(1))),
    });
    let closing = closing.unwrap_or(Closing::CutOff);
    let end = end.unwrap_or(End {
        closing: journal::Closing::Asked,
        elapsed: reached.min(length),
        broken_workers: 0,
        teardown: Vec::new(),
        levels: Vec::new(),
    });
    let mut findings = jury.close(Offset::from(end.elapsed), closing);
    on_levels(&mut findings, rules, (&end, levels), |rule, level| {
        judge_stage(rule, &totals, &header.catalog, &timeline.elapsed(Offset::from(end.elapsed)), level.stage)
    });
    let verdict = conclude(closing, &findings, totals.books(), generator.finding());
    let facts = Facts {
        plan: plan(&header),
        began: header.began,
        shard: header.shard,
        elapsed: end.elapsed,
        closing,
        seed: header.seed,
        workers: header.workers,
        verdict: &verdict,
        exit_code: exit(&verdict, order),
        rules,
        findings: &findings,
        generator: &generator,
        catalog: &header.catalog,
        levels: end.levels.iter().map(|level| tried(level, &header)).collect(),
        teardown: end.teardown.clone(),
    };
    build(facts, &totals)
}

fn rule(written: &journal::Threshold) -> Result<Rule, Unreadable> {
    let require = Threshold::parse(&written.require);
    let mut require = require.map_err(|misparse| Unreadable(written.require.clone(), misparse.message))?;
    if let Some(value) = written.baseline {
        let was = measured(value);
        if !require.takes(was) {
            return Err(Unreadable(written.require.clone(), "its baseline is of another kind".to_owned()));
        }
        require.limit = require.limit.against(Was::Known(was));
    }
    Ok(Rule {
        require,
        text: written.require.clone(),
        name: written.name.clone(),
        on_break: match written.on_break {
            journal::OnBreak::GoOn => OnBreak::GoOn,
            journal::OnBreak::Abort => OnBreak::Abort,
        },
        after: written.after,
        no_data: match written.no_data {
            journal::NoData::Fails => NoData::Fails,
            journal::NoData::Passes => NoData::Passes,
        },
        place: written.place.clone(),
    })
}

/// Judges a search, or a staircase to failure, on the highest level that held, or on the first: by what was measured at
/// its end, or anew where the journal does not say.
fn on_levels(
    findings: &mut [Finding],
    rules: &[Rule],
    (end, from): (&End, Measured),
    anew: impl Fn(&Rule, &journal::Level) -> Judged,
) {
    let held = end.levels.iter().filter(|level| level.held()).max_by(|a, b| a.height.total_cmp(&b.height));
    let Some(level) = held.or_else(|| end.levels.first()) else { return };
    for (index, (finding, rule)) in findings.iter_mut().zip(rules).enumerate() {
        finding.judged = match level.measured.get(index).filter(|_| from == Measured::Then) {
            Some(value) => {
                let measured = value.map(measured);
                Judged { measured, status: stand(rule, measured), broke: None }
            }
            None => anew(rule, level),
        };
    }
}

/// When each stage of a run was to be.
pub(super) fn timeline(header: &Header) -> Timeline {
    Timeline::new(header.stages.iter().map(|stage| (stage.start, stage.end)))
}

/// What the generator of a run might use.
pub(super) fn limits(header: &Header) -> Limits {
    Limits {
        cores: header.environment.cores as f64,
        workers: header.workers,
        open_files: header.environment.open_files,
        memory: header.environment.memory.map(Size::from_bytes),
    }
}

fn plan(header: &Header) -> PlanEntry {
    let stages = header.stages.iter().map(|stage| StageEntry {
        name: stage.name.clone(),
        scenario: stage.scenario.clone(),
        users: stage.users,
        rate: stage.rate,
        seconds: stage.end.since(stage.start).as_secs_f64(),
        warm_up: stage.purpose == StagePurpose::WarmUp,
    });
    PlanEntry {
        name: header.plan.name.clone(),
        description: header.plan.description.clone(),
        file: header.plan.file.clone(),
        profile: header.plan.profile.clone(),
        target: header.plan.target.clone(),
        stages: stages.collect(),
    }
}

fn tried(level: &journal::Level, header: &Header) -> LevelEntry {
    LevelEntry {
        name: header.catalog.stages.get(level.stage.index()).map(|stage| stage.name.to_string()).unwrap_or_default(),
        level: level.level.clone(),
        held: level.held(),
        broken: level.broken.clone(),
        dropped: level.dropped,
    }
}
