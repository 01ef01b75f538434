use std::time::Duration;

use crate::compile::{Program, Scenario, Search, Shape};
use crate::journal::Level;
use crate::results::{Results, level};
use crate::sample::StageId;
use crate::units::{Offset, Rate};
use crate::verdict::{LevelResult, RateSearch};

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
    search: Option<RateSearch>,
    /// What was tried.
    pub(super) tried: Vec<Level>,
}

impl LevelController {
    /// Of the first scenario that goes on by what it measures.
    pub(super) fn of(program: &Program) -> Option<Self> {
        let scenario = program.scenarios.iter().position(|scenario| scenario.shape.climbs())?;
        let search = match &program.scenarios[scenario].shape {
            Shape::Search(search) => Some(RateSearch::new(search.from, search.to, search.precision)),
            _ => None,
        };
        Some(Self { scenario, at: 0, dropped: 0, search, tried: Vec::new() })
    }

    /// The first level of a search.
    pub(super) fn first(&self) -> Option<Rate> {
        self.search.as_ref().and_then(RateSearch::next)
    }

    /// Judges the level under way, where it is over by a moment.
    pub(super) fn look(&mut self, now: Offset, program: &Program, results: &Results) -> Option<(Level, Next)> {
        // a search has gone on from there: it is told at its end
        if self.search.is_none()
            && let Some(broken) = self.review(now, results)
        {
            return Some((broken, Next::Nothing));
        }
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
        let level = self.judge(scenario, results, now);
        self.tried.push(level.clone());
        self.at += 1;
        let next = match &mut self.search {
            Some(search) => {
                search.record(if level.held() { LevelResult::Held } else { LevelResult::Broken });
                search.next().map_or(Next::Nothing, Next::Level)
            }
            None if level.held() => Next::Stage,
            None => Next::Nothing,
        };
        Some((level, next))
    }

    /// Judges those levels again that held: what began in a level may end long after it, and the slowest answers come last.
    /// Gives the first that does not hold after all.
    pub(super) fn review(&mut self, now: Offset, results: &Results) -> Option<Level> {
        let mut broken = None;
        for tried in self.tried.iter_mut().filter(|level| level.held()) {
            let height = (tried.level.clone(), tried.height);
            *tried = level(tried.stage, height, &results.judge_stage(tried.stage, now), results.rules(), tried.dropped);
            if !tried.held() && broken.is_none() {
                broken = Some(tried.clone());
            }
        }
        broken
    }

    fn judge(&mut self, scenario: &Scenario, results: &Results, now: Offset) -> Level {
        let stage = StageId(scenario.first_stage.0 + u16::try_from(self.at).unwrap_or(u16::MAX));
        let height = match (&scenario.shape, &self.search) {
            (_, Some(search)) => search.next().map_or((String::new(), 0.0), of_rate),
            (Shape::Closed(stages, _), None) => {
                let users = stages.get(self.at).map_or(0, |stage| stage.users);
                (format!("{users} users"), f64::from(users))
            }
            (Shape::Open(stages, ..), None) => {
                stages.get(self.at).map_or((String::new(), 0.0), |stage| of_rate(stage.rate))
            }
            _ => (String::new(), 0.0),
        };
        let dropped = results.totals().accounting().dropped;
        let here = dropped - std::mem::replace(&mut self.dropped, dropped);
        level(stage, height, &results.judge_stage(stage, now), results.rules(), here)
    }
}

fn of_rate(rate: Rate) -> (String, f64) {
    (rate.to_string(), rate.as_per_second())
}
