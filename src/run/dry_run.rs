use std::time::Duration;

use serde_json::Value;

use super::shard_fit::peak;
use crate::compile::{IterationCount, Pause, Program, Scenario, Shape, TaskOrder, UserType, WaitTime};
use crate::load::{RateCurve, Share, UserCurve};
use crate::results::rehearsal;
use crate::units::{Offset, Shard, show_duration};

/// What a run would do, without doing it: the effective plan, shares, and the load curve; without secrets.
#[must_use]
pub fn dry_run(effective: &Value, program: &Program, shard: Option<Shard>) -> String {
    let mut out = String::new();
    if !effective.is_null() {
        let yaml = serde_saphyr::to_string(effective).unwrap_or_else(|_| format!("{effective:#}"));
        out.push_str(&format!("the effective plan\n{}\n", indented(&yaml)));
    }
    out.push_str(&format!("seed {}\n\n", program.seed));
    if let Some(scale) = program.scale.smaller() {
        out.push_str(&format!("{}; the load and the thresholds below are the smaller ones\n\n", rehearsal(scale)));
    }
    if let Some(shard) = shard {
        let own = peak(shard, program);
        out.push_str(&format!("shard {shard}: {own} of {} users; below is the whole run\n\n", program.peak()));
    }
    for scenario in &program.scenarios {
        out.push_str(&self::scenario(scenario, program));
    }
    out.push_str("thresholds\n");
    for rule in &program.rules {
        out.push_str(&format!("  {}\n", rule.require));
    }
    for left_out in &program.left_out {
        out.push_str(&format!("  left out: {}: {}\n", left_out.require, left_out.why));
    }
    out.push_str(&format!("memory: about {} MiB\n", memory(program) >> 20));
    program.secrets.mask(&out).into_owned()
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}

fn scenario(scenario: &Scenario, program: &Program) -> String {
    let name = if scenario.name.is_empty() { "load".to_owned() } else { format!("scenario {}", scenario.name) };
    let mut out = format!("{name}: {}\n", show_duration(scenario.shape.length()));
    out.push_str(&drawn(scenario));
    let total: f64 = scenario.kinds.iter().map(|(_, share)| weight(*share)).sum();
    for (id, share) in &scenario.kinds {
        let Some(user) = program.users.get(id.index()) else { continue };
        let part = match share {
            Share::Count(count) => format!("{count} users"),
            Share::Weight(weight) => format!("{:.1} % of the users", percent(*weight, total)),
        };
        out.push_str(&format!("  {}: {part}\n", user.name));
        out.push_str(&tasks(user));
    }
    match expected(scenario, program) {
        Some((low, what)) => out.push_str(&format!("  expected: about {low:.0} {what}\n\n")),
        None => out.push_str("  expected: as many as the service answers\n\n"),
    }
    out
}

fn tasks(user: &UserType) -> String {
    if let TaskOrder::Sequence(order) = &user.order {
        let names: Vec<&str> =
            order.iter().filter_map(|index| user.tasks.get(*index)).map(|task| &*task.name).collect();
        return format!("    in sequence: {}\n", names.join(", "));
    }
    let total: f64 = user.tasks.iter().map(|task| task.weight).sum();
    let line = |task: &crate::compile::Task| format!("    {:>5.1} %  {}\n", percent(task.weight, total), task.name);
    user.tasks.iter().map(line).collect()
}

const fn weight(share: Share) -> f64 {
    match share {
        Share::Weight(weight) => weight,
        Share::Count(_) => 0.0,
    }
}

fn percent(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole * 100.0 } else { 0.0 }
}

/// How wide and high a curve is drawn.
const WIDTH: u32 = 60;
const HEIGHT: u32 = 8;

fn drawn(scenario: &Scenario) -> String {
    let length = scenario.shape.length();
    let level: Box<dyn Fn(Offset) -> f64> = match &scenario.shape {
        Shape::Closed(stages, _) => {
            let curve = UserCurve::new(stages);
            Box::new(move |at| f64::from(curve.population_at(at)))
        }
        Shape::Open(stages, ..) => {
            let curve = RateCurve::new(stages);
            Box::new(move |at| curve.rate_at(at))
        }
        Shape::Iterations(work) => {
            return format!("  {} users share a fixed amount of work\n", work.users);
        }
        Shape::Replay(times, _) => return format!("  {} recorded arrivals\n", times.len()),
        Shape::Search(search) => {
            let levels = search.levels();
            return format!("  a search from {} to {}, at most {levels} levels\n", search.from, search.to);
        }
    };
    let at = |column: u32| Offset::from(length / WIDTH * column);
    let levels: Vec<f64> = (0..WIDTH).map(|column| level(at(column))).collect();
    let top = levels.iter().copied().fold(0.0, f64::max).max(1.0);
    let unit = if scenario.shape.is_open() { "/s" } else { " users" };
    let mut out = String::new();
    for row in (1..=HEIGHT).rev() {
        let bound = top * (f64::from(row) - 0.5) / f64::from(HEIGHT);
        let line: String = levels.iter().map(|level| if *level >= bound { '█' } else { ' ' }).collect();
        let label = if row == HEIGHT { format!("{top:.0}{unit}") } else { String::new() };
        out.push_str(&format!("  {label:>12} │{}\n", line.trim_end()));
    }
    out.push_str(&format!(
        "  {:>12} └{}\n  {:>12}  0{:>59}\n",
        "0",
        "─".repeat(WIDTH as usize),
        "",
        show_duration(length)
    ));
    out
}

/// How many requests or tasks are expected, where that is known.
fn expected(scenario: &Scenario, program: &Program) -> Option<(f64, &'static str)> {
    match &scenario.shape {
        Shape::Open(stages, ..) => Some((RateCurve::new(stages).total(), "arrivals, each a task")),
        Shape::Replay(times, _) => Some((times.len() as f64, "arrivals, each a task")),
        Shape::Iterations(work) => Some(match work.count {
            IterationCount::Each(each) => (each as f64 * f64::from(work.users), "tasks"),
            IterationCount::Total(total) => (total as f64, "tasks"),
        }),
        Shape::Search(_) => None,
        Shape::Closed(stages, _) => {
            let curve = UserCurve::new(stages);
            let seconds = scenario.shape.length().as_secs();
            let user_seconds: f64 = (0..seconds.min(1_000_000))
                .map(|second| f64::from(curve.population_at(Offset::from(Duration::from_secs(second)))))
                .sum();
            Some((user_seconds * pace(scenario, program)?, "tasks, were answers immediate"))
        }
    }
}

/// Tasks a user begins a second, were answers immediate; `None` where nothing holds it back.
fn pace(scenario: &Scenario, program: &Program) -> Option<f64> {
    let total: f64 = scenario.kinds.iter().map(|(_, share)| weight(*share)).sum();
    let mut pace = 0.0;
    for (id, share) in &scenario.kinds {
        let user = program.users.get(id.index())?;
        let pause = match user.wait_time {
            WaitTime::ThinkTime(Pause::NONE) => return None,
            WaitTime::ThinkTime(pause) => pause.mean(),
            WaitTime::Pacing(pause) => pause,
        };
        let part = if total > 0.0 { weight(*share) / total } else { 1.0 / scenario.kinds.len() as f64 };
        pace += part / pause.as_secs_f64();
    }
    Some(pace)
}

/// About how much memory the run takes: users with their connections, and histograms.
fn memory(program: &Program) -> u64 {
    const USER: u64 = 12 << 10;
    const SERIES: u64 = 64 << 10;
    (8 << 20) + program.peak() * USER + (program.endpoints.len() * program.catalog.stages.len().max(1)) as u64 * SERIES
}
