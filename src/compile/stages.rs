use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::compile::scenario::{Ending, RateStage, Shape, Spacing, Stage};
use crate::compile::shapes::{MOST_STAGES, Shaped, length, pool, ramp, slow, users};
use crate::diagnostic::{Problem, Problems, Span};
use crate::plan::{self, At};
use crate::rows::{Format, Table};
use crate::sample::StagePurpose;
use crate::units::{Rate, parse_duration};

/// The stages of a shape, all in users or all in rates.
pub(super) fn stages(written: &[At<plan::Stage>], span: Span, problems: &mut Problems) -> Option<Shaped> {
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
            problems.push(problem.help("give one of them another name: thresholds and reports go by it"));
        }
    }
    if names.iter().all(|(_, purpose)| *purpose == StagePurpose::WarmUp) {
        let at = written.first().map_or(span, |stage| stage.span);
        problems.push(Problem::at(at, "every stage is a warm-up, so nothing would be measured"));
    }
    let by_rate = written.iter().any(|stage| stage.rate.is_some());
    for (index, stage) in written.iter().enumerate() {
        match (&stage.users, &stage.rate) {
            (Some(users), Some(_)) => {
                let problem = Problem::at(users.span, "a stage is in `users` or in `rate`, not both");
                problems.push(problem.help("take one away"));
            }
            (Some(users), None) if by_rate => {
                let problem = Problem::at(users.span, "stages are all in `users` or all in `rate`");
                problems.push(problem.help("say each level in the same way, or make two `scenarios`"));
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
    let shape = if by_rate { open(written, &names, span, problems) } else { closed(written, &names, span, problems) };
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
        let next = Stage { name: name.clone(), users, length, ramp };
        let level = stages.last().map_or(0, |stage| stage.users);
        slow(&next, level, stage.users.as_ref().map_or(stage.span, |users| users.span), problems);
        stages.push(next);
    }
    if !stages.is_empty() && stages.iter().all(|stage| stage.users == 0) {
        problems.push(Problem::at(span, "no stage has any users").help("ask for at least 1"));
        return None;
    }
    (!stages.is_empty()).then_some(Shape::Closed(stages, Ending::Whole))
}

fn open(
    written: &[At<plan::Stage>],
    names: &[(Arc<str>, StagePurpose)],
    span: Span,
    problems: &mut Problems,
) -> Option<Shape> {
    let mut stages = Vec::new();
    for (stage, (name, _)) in written.iter().zip(names) {
        if let Some(rate) = &stage.spawn_rate {
            let problem = Problem::at(rate.span, "`spawn_rate` has no effect on a rate of arrivals");
            problems.push(problem.help("say how long the way to the new rate takes: `ramp: 30s`"));
        }
        let length = length(&stage.length, problems);
        let (Some(rate), Some(length)) = (&stage.rate, length) else { continue };
        let ramp = stage.ramp.as_ref().map_or(Duration::ZERO, |ramp| ramp.0);
        stages.push(RateStage { name: name.clone(), rate: rate.value, length, ramp });
    }
    let top = stages.iter().map(|stage| stage.rate.as_per_second()).fold(0.0, f64::max);
    if !stages.is_empty() && top == 0.0 {
        problems
            .push(Problem::at(span, "nothing would ever arrive").help("give a stage a rate above 0, such as `5/s`"));
        return None;
    }
    let pool = pool(None, None, Rate::per_second(top), problems)?;
    (!stages.is_empty()).then_some(Shape::Open(stages, Spacing::Even, pool, Ending::Whole))
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

/// The most arrivals a recording may hold; each is eight bytes of memory.
const MOST_RECORDED: u64 = 20_000_000;

/// The times of a recording, in nanoseconds from its first moment.
pub(super) fn recorded(path: &Path, span: Span, problems: &mut Problems) -> Option<Arc<[u64]>> {
    let mut refuse = |why: String, help: &str| problems.push(Problem::at(span, why).help(help));
    let shown = path.display();
    let table = match Table::open(path, Format::Lines) {
        Ok(table) if table.rows() > MOST_RECORDED => {
            refuse(format!("{shown} holds {} times", table.rows()), "a recording holds at most 20,000,000");
            return None;
        }
        Ok(table) => Arc::new(table),
        Err(error) => {
            refuse(format!("cannot read {shown}: {}", error.message), "the path is relative to the file that names it");
            return None;
        }
    };
    let mut reader = table.reader().map_err(|error| refuse(error.message, "try again")).ok()?;
    let mut times = Vec::new();
    let mut first = None;
    for row in 0..table.rows() {
        let line = reader.row(row).map(|line| line.to_string()).unwrap_or_default();
        let Some(time) = moment(&line, &mut first) else {
            let help = "write a time a line: `12.5` (seconds from the start), `12.5s`, or a time of day in RFC 3339";
            refuse(format!("line {} of {shown} is not a time: `{}`", row + 1, shortened(&line)), help);
            return None;
        };
        times.push(time);
    }
    if times.is_empty() {
        refuse(format!("{shown} holds no times"), "write one time a line");
        return None;
    }
    times.sort_unstable();
    Some(times.into())
}

/// A recorded time, in nanoseconds from the first one of its kind.
fn moment(line: &str, first: &mut Option<std::time::SystemTime>) -> Option<u64> {
    const LONGEST: f64 = 366.0 * 86_400.0;
    if let Ok(seconds) = line.parse::<f64>() {
        return (0.0..LONGEST).contains(&seconds).then(|| (seconds * 1e9).round() as u64);
    }
    if let Ok(duration) = parse_duration(line) {
        return u64::try_from(duration.as_nanos()).ok();
    }
    let time = humantime::parse_rfc3339(line).ok()?;
    let first = *first.get_or_insert(time);
    let since = time.duration_since(first).ok()?;
    (since.as_secs_f64() < LONGEST).then(|| u64::try_from(since.as_nanos()).ok()).flatten()
}

fn shortened(line: &str) -> String {
    line.chars().take(40).collect()
}
