use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use crate::compile::amounts::{
    MOST_STAGES, MOST_USERS, PoolKeys, length, pool, ramp, some_rate, users, warn_of_slow_ramp,
};
use crate::compile::program::{Minimum, Shape, Until};
use crate::diagnostic::{Problem, Problems, Span};
use crate::load::{RateStage, Stage};
use crate::plan::{self, AddText, At, Spacing, UntilWord};
use crate::sample::StagePurpose;
use crate::units::Rate;

/// A shape with its stages' names and purposes, in order.
pub(super) type NamedShape = (Shape, Vec<(Arc<str>, StagePurpose)>);

/// The stages of a shape, all in users or all in rates.
pub(super) fn stages(written: &[At<plan::Stage>], span: Span, problems: &mut Problems) -> Option<NamedShape> {
    if written.len() > MOST_STAGES {
        problems.push(Problem::at(span, format!("a shape has at most {MOST_STAGES} stages")));
        return None;
    }
    let before = problems.errors();
    let names: Vec<_> = written.iter().enumerate().map(|(index, stage)| (name(index, stage), purpose(stage))).collect();
    for (index, (name, _)) in names.iter().enumerate() {
        if names[..index].iter().any(|(known, _)| known == name) {
            let at = written[index].name.as_ref().map_or(written[index].span, |name| name.span);
            let problem = Problem::at(at, format!("two stages are called `{name}`"));
            problems.push(problem.help("give one of them another name: thresholds and reports use it"));
        }
    }
    if names.iter().all(|(_, purpose)| !purpose.is_measured()) {
        let at = written.first().map_or(span, |stage| stage.span);
        problems.push(Problem::at(at, "every stage is a warm-up, so nothing would be measured"));
    }
    let by_rate = written.iter().any(|stage| stage.rate.is_some());
    for (index, stage) in written.iter().enumerate() {
        match (&stage.users, &stage.rate) {
            (Some(users), Some(_)) => {
                let problem = Problem::at(users.span, "a stage is in `users` or in `rate`, not both");
                problems.push(problem.help("remove one of them"));
            }
            (Some(users), None) if by_rate => {
                let problem = Problem::at(users.span, "stages are all in `users` or all in `rate`");
                problems.push(problem.help("give every level in the same unit, or make two `scenarios`"));
            }
            (None, None) => {
                let problem = Problem::at(stage.span.part(0..1), "a stage needs `users`");
                problems.push(problem.help("say its level: `users: 100`, or `rate: 50/s` for arrivals"));
            }
            _ => {}
        }
        if let Some(ramp) = stage.ramp.as_ref().filter(|ramp| ramp.0 > stage.length.0) {
            let name = self::name(index, stage);
            let problem = Problem::at(ramp.span, format!("the ramp of stage `{name}` is longer than the stage"));
            problems.push(problem.help("make `for` at least as long as `ramp`: it counts from the stage's start"));
        }
    }
    let shape = if by_rate { open(written, span, problems) } else { closed(written, &names, span, problems) };
    shape.filter(|_| problems.errors() == before).map(|shape| (shape, names))
}

fn closed(
    written: &[At<plan::Stage>],
    names: &[(Arc<str>, StagePurpose)],
    span: Span,
    problems: &mut Problems,
) -> Option<Shape> {
    let mut stages: Vec<Stage> = Vec::new();
    for (stage, (name, _)) in written.iter().zip(names) {
        let users = stage.users.as_ref().and_then(|count| users(count, problems));
        let length = length(&stage.length, problems);
        let ramp = ramp(stage.ramp.as_ref(), stage.spawn_rate.as_ref(), problems);
        let (Some(users), Some(length)) = (users, length) else { continue };
        let next = Stage { users, length, ramp };
        let level = stages.last().map_or(0, |stage| stage.users);
        warn_of_slow_ramp((&next, name), level, stage.users.as_ref().map_or(stage.span, |users| users.span), problems);
        stages.push(next);
    }
    if !stages.is_empty() && stages.iter().all(|stage| stage.users == 0) {
        problems.push(Problem::at(span, "no stage has any users").help("ask for at least 1"));
        return None;
    }
    (!stages.is_empty()).then_some(Shape::Closed(stages, Until::LastStage))
}

fn open(written: &[At<plan::Stage>], span: Span, problems: &mut Problems) -> Option<Shape> {
    let mut stages = Vec::new();
    for stage in written {
        if let Some(rate) = &stage.spawn_rate {
            let problem = Problem::at(rate.span, "`spawn_rate` has no effect on a rate of arrivals");
            problems.push(problem.help("say how long the change to the new rate takes: `ramp: 30s`"));
        }
        let length = length(&stage.length, problems);
        let (Some(rate), Some(length)) = (&stage.rate, length) else { continue };
        let ramp = stage.ramp.as_ref().map_or(Duration::ZERO, |ramp| ramp.0);
        stages.push(RateStage { rate: rate.value, length, ramp });
    }
    let top = stages.iter().map(|stage| stage.rate.as_per_second()).fold(0.0, f64::max);
    if !stages.is_empty() && top == 0.0 {
        problems
            .push(Problem::at(span, "nothing would ever arrive").help("give a stage a rate above 0, such as `5/s`"));
        return None;
    }
    let pool = pool(&PoolKeys::default(), Rate::per_second(top), span, problems)?;
    (!stages.is_empty()).then_some(Shape::Open(stages, Spacing::Even, pool, Until::LastStage))
}

fn name(index: usize, stage: &plan::Stage) -> Arc<str> {
    match &stage.name {
        Some(name) => name.value.as_str().into(),
        None => format!("stage {}", index + 1).into(),
    }
}

fn purpose(stage: &plan::Stage) -> StagePurpose {
    if stage.warm_up == Some(true) { StagePurpose::WarmUp } else { StagePurpose::Measured }
}

/// What ends a staircase, whose last step is this high, and how high it has to come; `None` where that is wrong.
fn until(steps: &plan::Steps, top: Minimum, problems: &mut Problems) -> Option<Until> {
    let to_failure = steps.until == Some(UntilWord::Failing);
    let Some(written) = &steps.at_least else {
        return Some(if to_failure { Until::FirstFailing(None) } else { Until::LastStage });
    };
    if !to_failure {
        let problem = Problem::at(written.span, "`at_least` has no effect without `until: failing`");
        problems.push(
            problem
                .help("add `until: failing`, or remove `at_least`: without either the staircase is judged as a whole"),
        );
        return None;
    }
    let minimum = match (written.value, top) {
        (AddText::Users(users), Minimum::Users(_)) => Minimum::Users(u32::try_from(users).unwrap_or(u32::MAX)),
        (AddText::Rate(rate), Minimum::Rate(_)) => Minimum::Rate(rate),
        (AddText::Users(number), Minimum::Rate(_)) => {
            let problem = Problem::at(written.span, "`at_least` and the steps are of different kinds");
            problems.push(problem.help(format!("the steps are rates: write `{number}/s`")));
            return None;
        }
        (AddText::Rate(_), Minimum::Users(_)) => {
            let problem = Problem::at(written.span, "`at_least` and the steps are of different kinds");
            problems.push(problem.help("the steps are users: write a number of them, such as `50`"));
            return None;
        }
    };
    check_minimum(minimum, top, written.span, problems)?;
    Some(Until::FirstFailing(Some(minimum)))
}

/// Reports a least level that the highest does not come to.
pub(super) fn check_minimum(minimum: Minimum, top: Minimum, span: Span, problems: &mut Problems) -> Option<()> {
    let message = match minimum.height() {
        height if height <= 0.0 => "a level of nothing always holds".to_owned(),
        height if height > top.height() => format!("no level is as high as {minimum}: the highest is {top}"),
        _ => return Some(()),
    };
    problems.push(Problem::at(span, message).help(format!("ask for more than 0, and for {top} at most")));
    None
}

/// The levels of a staircase, each a stage.
pub(super) fn staircase(steps: &plan::Steps, problems: &mut Problems) -> Option<NamedShape> {
    let every = length(&steps.every, problems)?;
    let whole = length(&steps.length, problems)?;
    let count = whole.as_nanos().div_ceil(every.as_nanos());
    if count > MOST_STAGES as u128 {
        let problem = Problem::at(steps.every.span, format!("that makes {count} steps"));
        problems.push(problem.help(format!("make `every` longer: at most {MOST_STAGES} steps")));
        return None;
    }
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    // the last step may be cut short by the whole's end
    let lengths = move |index: u32| every.min(whole.saturating_sub(every * index));
    let name = |index: u32, level: &dyn Display| Arc::<str>::from(format!("step {} ({level})", index + 1));
    let (shape, names): (Shape, Vec<Arc<str>>) = match (&steps.users, &steps.rate, steps.add.value) {
        (Some(users), None, AddText::Users(add)) => {
            let (first, ramp) = (users.value.0, ramp(None, steps.spawn_rate.as_ref(), problems));
            let top = first.saturating_add(add.saturating_mul(u64::from(count - 1)));
            if top > MOST_USERS || top == 0 {
                let message =
                    if top == 0 { "the shape has no users".into() } else { format!("that makes {top} users") };
                let problem = Problem::at(users.span, message);
                problems.push(problem.help(format!("ask for at least 1 and at most {MOST_USERS}")));
                return None;
            }
            let level = |index: u32| u32::try_from(first + add * u64::from(index)).unwrap_or(u32::MAX);
            let stages: Vec<Stage> =
                (0..count).map(|index| Stage { users: level(index), length: lengths(index), ramp }).collect();
            let names: Vec<_> = (0..count).map(|index| name(index, &format!("{} users", level(index)))).collect();
            let until = until(steps, Minimum::Users(level(count - 1)), problems)?;
            let mut before = 0;
            for (stage, name) in stages.iter().zip(&names) {
                warn_of_slow_ramp((stage, name), before, steps.add.span, problems);
                before = stage.users;
            }
            (Shape::Closed(stages, until), names)
        }
        (None, Some(rate), AddText::Rate(add)) => {
            if let Some(spawn_rate) = &steps.spawn_rate {
                let problem = Problem::at(spawn_rate.span, "`spawn_rate` has no effect on a rate of arrivals");
                problems.push(problem.help("remove it: each step moves at once"));
            }
            let first = some_rate(rate, problems)?.as_per_second();
            let level = |index: u32| Rate::per_second(first + add.as_per_second() * f64::from(index));
            let pool = pool(&PoolKeys::default(), level(count - 1), rate.span, problems)?;
            let stages: Vec<RateStage> = (0..count)
                .map(|index| RateStage { rate: level(index), length: lengths(index), ramp: Duration::ZERO })
                .collect();
            let names = (0..count).map(|index| name(index, &level(index))).collect();
            let until = until(steps, Minimum::Rate(level(count - 1)), problems)?;
            (Shape::Open(stages, Spacing::Even, pool, until), names)
        }
        (Some(_), Some(rate), _) => {
            let problem = Problem::at(rate.span, "a staircase is in `users` or in `rate`, not both");
            problems.push(problem.help("remove one of them"));
            return None;
        }
        (None, None, _) => {
            let problem = Problem::at(steps.add.span, "a staircase needs a first level");
            problems.push(problem.help("give it `users: 10` or `rate: 10/s`"));
            return None;
        }
        _ => {
            let problem = Problem::at(steps.add.span, "`add` and the first level are of different kinds");
            problems.push(problem.help("`users: 10` goes with `add: 5`, `rate: 10/s` with `add: 5/s`"));
            return None;
        }
    };
    Some((shape, names.into_iter().map(|name| (name, StagePurpose::Measured)).collect()))
}
