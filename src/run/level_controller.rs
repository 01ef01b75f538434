use std::sync::Arc;
use std::time::Duration;

use super::run_loop::timeline;
use crate::compile::{Ending, Program, Scenario, Search, Shape};
use crate::metrics::Totals;
use crate::sample::StageId;
use crate::units::{Offset, Rate};
use crate::verdict::{Judged, RateSearch, Tried, judge_stage};

/// A level that was tried: of a search, or of a staircase to failure.
#[derive(Debug, Clone, PartialEq)]
pub struct Level {
    /// Its stage.
    pub stage: StageId,
    /// Its stage's name.
    pub name: Arc<str>,
    /// How high it is: `100 users`, `50/s`.
    pub level: String,
    /// The same as a number.
    pub height: f64,
    /// Each rule of the program, judged on it alone.
    pub judged: Vec<Judged>,
    /// Arrivals that were dropped in it.
    pub dropped: u64,
}

/// What follows a level.
pub(super) enum Next {
    /// Another level of a search.
    Level(Rate),
    /// The next stage, which the shape has.
    Stage,
    /// Nothing: the run is over.
    Nothing,
}

/// Judges each level as it ends, and decides what follows.
pub(super) struct LevelController {
    scenario: usize,
    /// The level that is being tried.
    at: usize,
    dropped: u64,
    hunt: Option<RateSearch>,
    /// What was tried.
    pub(super) levels: Vec<Level>,
}

impl Level {
    /// Whether every rule held, and nothing was dropped.
    #[must_use]
    pub fn held(&self) -> bool {
        self.dropped == 0 && self.judged.iter().all(|judged| judged.status.holds())
    }
}

impl LevelController {
    /// The ladder of the first scenario that has one.
    pub(super) fn of(program: &Program) -> Option<Self> {
        let climbs = |scenario: &Scenario| {
            matches!(
                &scenario.shape,
                Shape::Search(_) | Shape::Closed(_, Ending::Failing) | Shape::Open(.., Ending::Failing)
            )
        };
        let scenario = program.scenarios.iter().position(climbs)?;
        let hunt = match &program.scenarios[scenario].shape {
            Shape::Search(search) => Some(RateSearch::new(search.from, search.to, search.precision)),
            _ => None,
        };
        Some(Self { scenario, at: 0, dropped: 0, hunt, levels: Vec::new() })
    }

    /// The first level of a search.
    pub(super) fn first(&self) -> Option<Rate> {
        self.hunt.as_ref().and_then(RateSearch::next)
    }

    /// Judges the level under way, where it is over by a moment.
    pub(super) fn look(&mut self, now: Offset, program: &Program, totals: &Totals) -> Option<(Level, Next)> {
        let scenario = program.scenarios.get(self.scenario)?;
        let (_, end) = *scenario.shape.stages().get(self.at)?;
        // answers may take a moment to come
        let settled = match &scenario.shape {
            Shape::Search(_) => Search::REST / 2,
            _ => Duration::ZERO,
        };
        if now < Offset::from(scenario.start + end + settled) {
            return None;
        }
        let level = self.judge(scenario, program, totals, now);
        self.levels.push(level.clone());
        self.at += 1;
        let next = match &mut self.hunt {
            Some(hunt) => {
                hunt.tell(if level.held() { Tried::Held } else { Tried::Broke });
                hunt.next().map_or(Next::Nothing, Next::Level)
            }
            None if level.held() => Next::Stage,
            None => Next::Nothing,
        };
        Some((level, next))
    }

    fn judge(&mut self, scenario: &Scenario, program: &Program, totals: &Totals, now: Offset) -> Level {
        let stage = StageId(scenario.first_stage.0 + u16::try_from(self.at).unwrap_or(u16::MAX));
        let elapsed = timeline(program).elapsed(now);
        let judge = |rule| judge_stage(rule, totals, &program.catalog, &elapsed, stage);
        let (level, height) = match (&scenario.shape, &self.hunt) {
            (_, Some(hunt)) => hunt.next().map_or((String::new(), 0.0), of_rate),
            (Shape::Closed(stages, _), None) => {
                let users = stages.get(self.at).map_or(0, |stage| stage.users);
                (format!("{users} users"), f64::from(users))
            }
            (Shape::Open(stages, ..), None) => {
                stages.get(self.at).map_or((String::new(), 0.0), |stage| of_rate(stage.rate))
            }
            _ => (String::new(), 0.0),
        };
        let dropped = totals.books().dropped;
        Level {
            stage,
            name: program.catalog.stages.get(stage.index()).map_or_else(|| "".into(), |stage| stage.name.clone()),
            level,
            height,
            judged: program.rules.iter().map(judge).collect(),
            dropped: dropped - std::mem::replace(&mut self.dropped, dropped),
        }
    }
}

fn of_rate(rate: Rate) -> (String, f64) {
    (rate.to_string(), rate.as_per_second())
}
