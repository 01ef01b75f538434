use std::io::{Read, Seek};
use std::time::Duration;

use super::build::{Facts, build};
use super::document::{LevelEntry, PlanEntry, Report, StageEntry};
use crate::journal::{self, End, Entry, Header, Reader};
use crate::metrics::Totals;
use crate::plan::threshold::{NoData, OnBreak, Rule, Threshold};
use crate::sample::StagePurpose;
use crate::units::Offset;
use crate::verdict::{Closing, Elapsed, Judged, Verdict, conclude, judge, judge_stage, validity};

/// Whether a run's own books and workers are in order. One that was cut off has requests under way, and cannot be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
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
    exit: impl Fn(&Verdict, Order) -> u8,
) -> Result<Report, Unreadable> {
    let rules = reader.header().thresholds.iter().map(rule).collect::<Result<Vec<_>, _>>()?;
    Ok(retell_against(reader, rules, exit))
}

/// The same, with other rules than the run's own: what it would have come to with them.
pub fn retell_against<S: Read + Seek>(
    reader: &mut Reader<S>,
    rules: Vec<Rule>,
    exit: impl Fn(&Verdict, Order) -> u8,
) -> Report {
    let header = reader.header().clone();
    let windows = rules.iter().filter_map(|rule| rule.require.window);
    let mut totals = Totals::new(windows.map(|window| window.as_secs_f64().ceil() as u32).max().unwrap_or(0));
    let mut end = None;
    for entry in reader.by_ref() {
        match entry {
            Entry::Second(interval) => totals.add(*interval),
            Entry::Annotation(_) => {}
            Entry::End(told) => end = Some(told),
        }
    }
    let reached = Duration::from_secs(u64::from(totals.seconds()));
    let length = header.stages.iter().map(|stage| stage.end.since(Offset::ZERO)).max().unwrap_or_default();
    let broken = end.as_ref().is_some_and(|end: &End| end.broken_workers > 0 || totals.books().balance().is_err());
    let order = if broken { Order::Broken } else { Order::Sound };
    let end = end.unwrap_or(End {
        closing: journal::Closing::Asked,
        elapsed: reached.min(length),
        broken_workers: 0,
        teardown: Vec::new(),
        levels: Vec::new(),
    });
    let closing = match end.closing {
        journal::Closing::Complete => Closing::Complete,
        journal::Closing::Plan => Closing::Plan,
        journal::Closing::Asked => Closing::Asked,
        journal::Closing::Threshold(index) => Closing::Threshold(index.min(rules.len().saturating_sub(1))),
    };
    let judged = judged(&header, &rules, &totals, &end);
    let verdict = conclude(closing, &judged, totals.books(), validity(totals.history()));
    let facts = Facts {
        plan: plan(&header),
        began: header.began,
        elapsed: end.elapsed,
        closing,
        seed: header.seed,
        workers: header.workers,
        verdict: &verdict,
        exit_code: exit(&verdict, order),
        rules: &rules,
        judged: &judged,
        catalog: &header.catalog,
        levels: end.levels.iter().map(|level| tried(level, &header)).collect(),
        teardown: end.teardown.clone(),
    };
    build(facts, &totals)
}

fn rule(written: &journal::Threshold) -> Result<Rule, Unreadable> {
    let require = Threshold::parse(&written.require);
    let require = require.map_err(|misparse| Unreadable(written.require.clone(), misparse.message))?;
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

/// Each rule, judged: of a search or a staircase to failure on the highest level that held, or on the first.
fn judged(header: &Header, rules: &[Rule], totals: &Totals, end: &End) -> Vec<Judged> {
    let at = Offset::from(end.elapsed);
    let elapsed = Elapsed(header.stages.iter().map(|stage| at.min(stage.end).since(stage.start)).collect());
    let held = end.levels.iter().filter(|level| level.held()).max_by(|a, b| a.height.total_cmp(&b.height));
    let judge = |rule| match held.or_else(|| end.levels.first()) {
        Some(level) => judge_stage(rule, totals, &header.catalog, &elapsed, level.stage),
        None => judge(rule, totals, &header.catalog, &elapsed),
    };
    rules.iter().map(judge).collect()
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
