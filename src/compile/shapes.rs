use std::sync::Arc;
use std::time::Duration;

use crate::compile::program::{Ramp, Shape, Stage};
use crate::diagnostic::{Problem, Problems, Span};
use crate::plan::{self, At, Count, Time};
use crate::sample::{StageEntry, StageId, StagePurpose};
use crate::units::Rate;

/// The most users a shape may ask for.
const MOST_USERS: u64 = 1_000_000;

pub(super) fn compile(written: &At<plan::Shape>, problems: &mut Problems) -> Option<(Shape, Vec<StageEntry>)> {
    let (stages, entries): (Vec<_>, Vec<_>) = match &written.value {
        plan::Shape::Constant(constant) => {
            let ramp = ramp(None, constant.spawn_rate.as_ref(), problems);
            let stage = Stage {
                id: StageId(0),
                name: "constant".into(),
                users: users(&constant.users, problems)?,
                length: length(&constant.length, problems)?,
                ramp,
            };
            if stage.users == 0 {
                problems.push(Problem::at(constant.users.span, "the shape has no users").help("ask for at least 1"));
            }
            slow(&stage, 0, constant.users.span, problems);
            let entry = StageEntry { name: stage.name.clone(), purpose: StagePurpose::Measured };
            vec![(stage, entry)]
        }
        plan::Shape::Stages(written) => written
            .0
            .iter()
            .enumerate()
            .filter_map(|(index, stage)| self::stage(index, stage, problems))
            .collect::<Vec<_>>(),
    }
    .into_iter()
    .unzip();
    if stages.is_empty() || stages.iter().all(|stage| stage.users == 0) {
        if !stages.is_empty() && matches!(written.value, plan::Shape::Stages(_)) {
            problems.push(Problem::at(written.span, "no stage has any users").help("ask for at least 1"));
        }
        return None;
    }
    let mut level = 0;
    if let plan::Shape::Stages(written) = &written.value {
        for (stage, written) in stages.iter().zip(&written.0) {
            slow(stage, level, written.users.span, problems);
            level = stage.users;
        }
        if entries.iter().all(|entry: &StageEntry| entry.purpose == StagePurpose::WarmUp) {
            let span = written.0.first().map_or(Span::NOWHERE, |stage| stage.span);
            problems.push(Problem::at(span, "every stage is a warm-up, so nothing would be measured"));
        }
    }
    Some((Shape::Closed(stages), entries))
}

fn stage(index: usize, written: &At<plan::Stage>, problems: &mut Problems) -> Option<(Stage, StageEntry)> {
    let users = users(&written.users, problems);
    let length = length(&written.length, problems);
    let ramp = ramp(written.ramp.as_ref(), written.spawn_rate.as_ref(), problems);
    let name: Arc<str> = match &written.name {
        Some(name) => name.value.as_str().into(),
        None => format!("stage {}", index + 1).into(),
    };
    if let (Some(length), Some(ramp)) = (length, &written.ramp)
        && ramp.0 > length
    {
        let problem = Problem::at(ramp.span, format!("the ramp of stage `{name}` is longer than the stage"));
        problems.push(problem.help("make `for` at least as long as `ramp`: it counts from the stage's start"));
    }
    let purpose = if written.warm_up == Some(true) { StagePurpose::WarmUp } else { StagePurpose::Measured };
    let id = StageId(u16::try_from(index).unwrap_or(u16::MAX));
    let entry = StageEntry { name: name.clone(), purpose };
    Some((Stage { id, name, users: users?, length: length?, ramp }, entry))
}

fn users(written: &At<Count>, problems: &mut Problems) -> Option<u32> {
    if written.value.0 > MOST_USERS {
        let problem = Problem::at(written.span, format!("{} users are more than one run can have", written.value.0));
        problems.push(problem.help(format!("ask for at most {MOST_USERS}")));
        return None;
    }
    u32::try_from(written.value.0).ok()
}

fn length(written: &At<Time>, problems: &mut Problems) -> Option<Duration> {
    if written.value.0.is_zero() {
        problems.push(Problem::at(written.span, "it lasts no time").help("give it a duration such as `30s`"));
        return None;
    }
    Some(written.value.0)
}

fn ramp(over: Option<&At<Time>>, rate: Option<&At<Rate>>, problems: &mut Problems) -> Ramp {
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
fn slow(stage: &Stage, from: u32, span: Span, problems: &mut Problems) {
    let Ramp::Rate(rate) = stage.ramp else { return };
    let moves = rate.count_in(stage.length);
    if moves + 1.0 < f64::from(stage.users.abs_diff(from)) {
        let message = format!("at {rate} stage `{}` ends before it reaches {} users", stage.name, stage.users);
        problems.push(Problem::at(span, message).help("give a higher `spawn_rate` or a longer `for`").warning());
    }
}
