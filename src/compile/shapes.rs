use std::sync::Arc;
use std::time::Duration;

use crate::compile::scenario::{Amount, Ending, Pool, Ramp, RateStage, Search, Shape, Spacing, Stage, WhenBusy, Work};
use crate::compile::stages;
use crate::diagnostic::{Problem, Problems, Sources, Span};
use crate::plan::{self, At, Count, SpacingWord, Time, UntilWord, WhenBusyWord};
use crate::sample::StagePurpose;
use crate::units::Rate;

/// The most users a shape may ask for.
const MOST_USERS: u64 = 1_000_000;
/// The most stages a shape may have.
pub(super) const MOST_STAGES: usize = 1_000;

/// A shape with its stages' names and purposes, in order.
pub(super) type Shaped = (Shape, Vec<(Arc<str>, StagePurpose)>);

pub(super) fn compile(written: &At<plan::Shape>, sources: &Sources, problems: &mut Problems) -> Option<Shaped> {
    let alone = |shape: Shape, name: &str| Some((shape, vec![(Arc::from(name), StagePurpose::Measured)]));
    match &written.value {
        plan::Shape::Constant(constant) => {
            let stage = Stage {
                name: "constant".into(),
                users: some_users(&constant.users, problems)?,
                length: length(&constant.length, problems)?,
                ramp: ramp(None, constant.spawn_rate.as_ref(), problems),
            };
            slow(&stage, 0, constant.users.span, problems);
            alone(Shape::Closed(vec![stage], Ending::Whole), "constant")
        }
        plan::Shape::Stages(stages) => stages::stages(&stages.0, written.span, problems),
        plan::Shape::Steps(steps) => staircase(steps, problems),
        plan::Shape::Arrivals(arrivals) => {
            let rate = some_rate(&arrivals.rate, problems)?;
            let length = length(&arrivals.length, problems)?;
            let spacing = match arrivals.spacing {
                Some(SpacingWord::Poisson) => Spacing::Poisson,
                Some(SpacingWord::Even) | None => Spacing::Even,
            };
            let pool = pool(arrivals.max_users.as_ref(), arrivals.when_busy, rate, problems)?;
            let stage = RateStage { name: "arrivals".into(), rate, length, ramp: Duration::ZERO };
            alone(Shape::Open(vec![stage], spacing, pool, Ending::Whole), "arrivals")
        }
        plan::Shape::Iterations(iterations) => {
            alone(Shape::Iterations(work(iterations, written.span, problems)?), "iterations")
        }
        plan::Shape::Search(search) => self::search(search, problems),
        plan::Shape::Replay(replay) => {
            let path = sources.folder(replay.file.span).join(&replay.file.value);
            let times = stages::recorded(&path, replay.file.span, problems)?;
            let pool = pool(replay.max_users.as_ref(), replay.when_busy, Rate::per_second(100.0), problems)?;
            alone(Shape::Replay(times, pool), "replay")
        }
    }
}

fn staircase(steps: &plan::Steps, problems: &mut Problems) -> Option<Shaped> {
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
    let ending = if steps.until == Some(UntilWord::Failing) { Ending::Failing } else { Ending::Whole };
    let name = |index: u32, level: &dyn std::fmt::Display| Arc::<str>::from(format!("step {} ({level})", index + 1));
    let (shape, names): (Shape, Vec<Arc<str>>) = match (&steps.users, &steps.rate, steps.add.value) {
        (Some(users), None, plan::AddText::Users(add)) => {
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
            let stages: Vec<Stage> = (0..count)
                .map(|index| Stage {
                    name: name(index, &format!("{} users", level(index))),
                    users: level(index),
                    length: lengths(index),
                    ramp,
                })
                .collect();
            let mut before = 0;
            for stage in &stages {
                slow(stage, before, steps.add.span, problems);
                before = stage.users;
            }
            let names = stages.iter().map(|stage| stage.name.clone()).collect();
            (Shape::Closed(stages, ending), names)
        }
        (None, Some(rate), plan::AddText::Rate(add)) => {
            if let Some(spawn_rate) = &steps.spawn_rate {
                let problem = Problem::at(spawn_rate.span, "`spawn_rate` has no effect on a rate of arrivals");
                problems.push(problem.help("take it away: each step moves at once"));
            }
            let first = some_rate(rate, problems)?.as_per_second();
            let level = |index: u32| Rate::per_second(first + add.as_per_second() * f64::from(index));
            let pool = pool(None, None, level(count - 1), problems)?;
            let stages: Vec<RateStage> = (0..count)
                .map(|index| RateStage {
                    name: name(index, &level(index)),
                    rate: level(index),
                    length: lengths(index),
                    ramp: Duration::ZERO,
                })
                .collect();
            let names = stages.iter().map(|stage| stage.name.clone()).collect();
            (Shape::Open(stages, Spacing::Even, pool, ending), names)
        }
        (Some(_), Some(rate), _) => {
            let problem = Problem::at(rate.span, "a staircase is in `users` or in `rate`, not both");
            problems.push(problem.help("take one away"));
            return None;
        }
        (None, None, _) => {
            let problem = Problem::at(steps.add.span, "a staircase needs a first level");
            problems.push(problem.help("give it `users: 10` or `rate: 10/s`"));
            return None;
        }
        _ => {
            let problem = Problem::at(steps.add.span, "`add` is not of the kind of the first level");
            problems.push(problem.help("`users: 10` goes with `add: 5`, `rate: 10/s` with `add: 5/s`"));
            return None;
        }
    };
    Some((shape, names.into_iter().map(|name| (name, StagePurpose::Measured)).collect()))
}

fn work(written: &plan::Iterations, span: Span, problems: &mut Problems) -> Option<Work> {
    const WITHIN: Duration = Duration::from_secs(600);
    let users = some_users(&written.users, problems);
    let amount = match (&written.each, &written.total) {
        (Some(each), None) => Some((Amount::Each(each.value.0), each)),
        (None, Some(total)) => Some((Amount::Total(total.value.0), total)),
        (Some(_), Some(total)) => {
            let problem = Problem::at(total.span, "iterations have `each` or `total`, not both");
            problems.push(problem.help("take one away"));
            None
        }
        (None, None) => {
            let problem = Problem::at(span, "iterations need `each` or `total`");
            problems.push(problem.help("say how much work it is: `each: 10` a user, or `total: 100`"));
            None
        }
    };
    if let Some((_, count)) = amount.filter(|(_, count)| count.value.0 == 0) {
        problems.push(Problem::at(count.span, "that is no work at all").help("ask for at least 1"));
    }
    let within = match &written.within {
        Some(within) => length(within, problems)?,
        None => WITHIN,
    };
    Some(Work { users: users?, amount: amount?.0, within })
}

fn search(written: &plan::Search, problems: &mut Problems) -> Option<Shaped> {
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
    let pool = pool(written.max_users.as_ref(), None, to, problems)?;
    let search = Search { from, to, each, precision, pool };
    let names = (1..=search.levels()).map(|level| (Arc::from(format!("level {level}")), StagePurpose::Measured));
    Some((Shape::Search(search), names.collect()))
}

/// The users for arrivals at a rate: where the plan says nothing, as many as ten seconds of them.
pub(super) fn pool(
    most: Option<&At<Count>>,
    when_busy: Option<WhenBusyWord>,
    rate: Rate,
    problems: &mut Problems,
) -> Option<Pool> {
    let usual = (rate.as_per_second() * 10.0).ceil().clamp(100.0, 10_000.0) as u32;
    let when_busy = match when_busy {
        Some(WhenBusyWord::Late) => WhenBusy::Late,
        Some(WhenBusyWord::Drop) | None => WhenBusy::Drop,
    };
    Some(Pool { most: most.map_or(Some(usual), |most| some_users(most, problems))?, when_busy })
}

pub(super) fn users(written: &At<Count>, problems: &mut Problems) -> Option<u32> {
    if written.value.0 > MOST_USERS {
        let problem = Problem::at(written.span, format!("{} users are more than one run can have", written.value.0));
        problems.push(problem.help(format!("ask for at most {MOST_USERS}")));
        return None;
    }
    u32::try_from(written.value.0).ok()
}

fn some_users(written: &At<Count>, problems: &mut Problems) -> Option<u32> {
    let users = users(written, problems)?;
    if users == 0 {
        problems.push(Problem::at(written.span, "the shape has no users").help("ask for at least 1"));
        return None;
    }
    Some(users)
}

fn some_rate(written: &At<Rate>, problems: &mut Problems) -> Option<Rate> {
    if written.as_per_second() <= 0.0 {
        problems
            .push(Problem::at(written.span, "nothing would ever arrive").help("give a rate above 0, such as `5/s`"));
        return None;
    }
    Some(written.value)
}

pub(super) fn length(written: &At<Time>, problems: &mut Problems) -> Option<Duration> {
    if written.value.0.is_zero() {
        problems.push(Problem::at(written.span, "it lasts no time").help("give it a duration such as `30s`"));
        return None;
    }
    Some(written.value.0)
}

pub(super) fn ramp(over: Option<&At<Time>>, rate: Option<&At<Rate>>, problems: &mut Problems) -> Ramp {
    match (over, rate) {
        (Some(_), Some(rate)) => {
            let problem = Problem::at(rate.span, "a stage has `ramp` or `spawn_rate`, not both");
            problems.push(problem.help("take one away"));
            Ramp::Immediate
        }
        (Some(over), None) if over.0.is_zero() => Ramp::Immediate,
        (Some(over), None) => Ramp::Over(over.0),
        (None, Some(rate)) if rate.as_per_second() == 0.0 => {
            problems
                .push(Problem::at(rate.span, "no user would ever start").help("give a rate above 0, such as `5/s`"));
            Ramp::Immediate
        }
        (None, Some(rate)) => Ramp::Rate(rate.value),
        (None, None) => Ramp::Immediate,
    }
}

/// Warns of a stage that ends before it reaches its level.
pub(super) fn slow(stage: &Stage, from: u32, span: Span, problems: &mut Problems) {
    let Ramp::Rate(rate) = stage.ramp else { return };
    let moves = rate.count_in(stage.length);
    if moves + 1.0 < f64::from(stage.users.abs_diff(from)) {
        let message = format!("at {rate} stage `{}` ends before it reaches {} users", stage.name, stage.users);
        problems.push(Problem::at(span, message).help("give a higher `spawn_rate` or a longer `for`").warning());
    }
}
