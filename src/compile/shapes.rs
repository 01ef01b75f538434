use std::sync::Arc;
use std::time::Duration;

use crate::compile::amounts::{PoolKeys, length, pool, ramp, some_rate, some_users, warn_of_slow_ramp};
use crate::compile::program::{IterationCount, Iterations, Minimum, Search, Shape, Until};
use crate::compile::stages::{NamedShape, check_minimum};
use crate::compile::{recording, stages};
use crate::diagnostic::{Problem, Problems, Sources, Span};
use crate::load::{RateStage, Stage};
use crate::plan::{self, At, Spacing};
use crate::sample::StagePurpose;
use crate::units::Rate;

pub(super) fn compile(written: &At<plan::Shape>, sources: &Sources, problems: &mut Problems) -> Option<NamedShape> {
    let alone = |shape: Shape, name: &str| Some((shape, vec![(Arc::from(name), StagePurpose::Measured)]));
    match &written.value {
        plan::Shape::Constant(constant) => {
            let stage = Stage {
                users: some_users(&constant.users, problems)?,
                length: length(&constant.length, problems)?,
                ramp: ramp(None, constant.spawn_rate.as_ref(), problems),
            };
            warn_of_slow_ramp((&stage, "constant"), 0, constant.users.span, problems);
            alone(Shape::Closed(vec![stage], Until::LastStage), "constant")
        }
        plan::Shape::Stages(stages) => stages::stages(&stages.0, written.span, problems),
        plan::Shape::Steps(steps) => stages::staircase(steps, problems),
        plan::Shape::Arrivals(arrivals) => {
            let rate = some_rate(&arrivals.rate, problems)?;
            let length = length(&arrivals.length, problems)?;
            let spacing = arrivals.spacing.unwrap_or(Spacing::Even);
            let keys = PoolKeys {
                max_users: arrivals.max_users.as_ref(),
                when_busy: arrivals.when_busy,
                visitor: arrivals.visitor,
            };
            let pool = pool(&keys, rate, arrivals.rate.span, problems)?;
            let stage = RateStage { rate, length, ramp: Duration::ZERO };
            alone(Shape::Open(vec![stage], spacing, pool, Until::LastStage), "arrivals")
        }
        plan::Shape::Iterations(iterations) => {
            alone(Shape::Iterations(self::iterations(iterations, written.span, problems)?), "iterations")
        }
        plan::Shape::Search(search) => self::search(search, problems),
        plan::Shape::Replay(replay) => {
            let path = sources.folder(replay.file.span).join(&replay.file.value);
            let times = recording::read(&path, replay.file.span, problems)?;
            let keys =
                PoolKeys { max_users: replay.max_users.as_ref(), when_busy: replay.when_busy, visitor: replay.visitor };
            let pool = pool(&keys, Rate::per_second(100.0), replay.file.span, problems)?;
            alone(Shape::Replay(times, pool), "replay")
        }
    }
}

fn iterations(written: &plan::Iterations, span: Span, problems: &mut Problems) -> Option<Iterations> {
    const WITHIN: Duration = Duration::from_secs(600);
    let users = some_users(&written.users, problems);
    let count = match (&written.each, &written.total) {
        (Some(each), None) => Some((IterationCount::Each(each.value.0), each)),
        (None, Some(total)) => Some((IterationCount::Total(total.value.0), total)),
        (Some(_), Some(total)) => {
            let problem = Problem::at(total.span, "iterations have `each` or `total`, not both");
            problems.push(problem.help("remove one of them"));
            None
        }
        (None, None) => {
            let problem = Problem::at(span, "iterations need `each` or `total`");
            problems.push(problem.help("say how much work it is: `each: 10` a user, or `total: 100`"));
            None
        }
    };
    if let Some((_, written)) = count.filter(|(_, written)| written.value.0 == 0) {
        problems.push(Problem::at(written.span, "that is no work at all").help("ask for at least 1"));
    }
    let within = match &written.within {
        Some(within) => length(within, problems)?,
        None => WITHIN,
    };
    Some(Iterations { users: users?, count: count?.0, within })
}

fn search(written: &plan::Search, problems: &mut Problems) -> Option<NamedShape> {
    let from = some_rate(&written.rate.from, problems)?;
    let to = some_rate(&written.rate.to, problems)?;
    let each = length(&written.each, problems)?;
    if from >= to {
        let problem = Problem::at(written.rate.to.span, format!("the search ends at {to}, below where it begins"));
        problems.push(problem.help("make `to` higher than `from`"));
        return None;
    }
    if each < Duration::from_secs(2) {
        let problem = Problem::at(written.each.span, "a level shorter than 2s proves nothing");
        problems.push(problem.help("give each level at least a few seconds, such as `30s`"));
    }
    let usual = Rate::per_second(to.as_per_second() / 20.0);
    let precision = match &written.precision {
        Some(precision) => some_rate(precision, problems)?,
        None => usual,
    };
    let keys = PoolKeys { max_users: written.max_users.as_ref(), visitor: written.visitor, ..PoolKeys::default() };
    let pool = pool(&keys, to, written.rate.to.span, problems)?;
    let at_least = match &written.at_least {
        Some(written) => {
            let rate = some_rate(written, problems)?;
            check_minimum(Minimum::Rate(rate), Minimum::Rate(to), written.span, problems)?;
            Some(rate)
        }
        None => None,
    };
    let search = Search { from, to, each, precision, at_least, pool };
    let names = (1..=search.levels()).map(|level| (Arc::from(format!("level {level}")), StagePurpose::Measured));
    Some((Shape::Search(search), names.collect()))
}
