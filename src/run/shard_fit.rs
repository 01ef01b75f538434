use std::time::{Duration, SystemTime};

use crate::compile::{IterationCount, Program, Scenario, Shape, Until};
use crate::engine::Start;
use crate::units::{Shard, show_duration};

/// Why a run cannot be made as one of several shards, or at the moment that was asked for; and the way out.
#[derive(Debug)]
pub struct Misfit {
    /// What is wrong.
    pub why: String,
    /// What to do.
    pub help: String,
}

/// Where a seed comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeedFrom {
    /// The plan, or the command line.
    Person,
    /// Nobody chose it.
    Chance,
}

/// A run that is to start later than this was not meant.
const FARTHEST: Duration = Duration::from_secs(24 * 3600);

/// Looks whether the moment a run is to start at is one to wait for.
///
/// # Errors
/// A moment that is over, or more than a day away.
pub fn timely(start: Start, now: SystemTime) -> Result<(), Misfit> {
    let Start::At(at) = start else { return Ok(()) };
    let shown = humantime::format_rfc3339_millis(at.max(SystemTime::UNIX_EPOCH));
    let help = "give `--start-at` a moment of the next hours, on every machine the same".to_owned();
    match at.duration_since(now) {
        Err(late) => {
            let ago = show_duration(late.duration());
            Err(Misfit { why: format!("the run is to start at {shown}, which was {ago} ago"), help })
        }
        Ok(wait) if wait > FARTHEST => {
            let in_time = show_duration(wait);
            Err(Misfit { why: format!("the run is to start at {shown}, in {in_time}: more than a day from now"), help })
        }
        Ok(_) => Ok(()),
    }
}

/// Looks whether a program can be made in so many shards, each its exact part.
///
/// # Errors
/// No common seed, a shape that depends on what the whole run measured, more shards than users.
pub fn fits(shard: Option<Shard>, program: &Program, seed: SeedFrom) -> Result<(), Misfit> {
    let Some(shard) = shard else { return Ok(()) };
    if seed == SeedFrom::Chance {
        return Err(Misfit {
            why: "shards of one run need one seed, and neither the plan nor the command line gives it".to_owned(),
            help: format!("give every shard the same, such as `--seed {}`", program.seed),
        });
    }
    let scenario = program.scenarios.iter().find(|scenario| learns(scenario));
    if let Some(scenario) = scenario.filter(|_| shard.is_part()) {
        let what = if matches!(scenario.shape, Shape::Search(_)) { "a search" } else { "a staircase `until: failing`" };
        return Err(Misfit {
            why: format!("{what} cannot be made in shards: what comes next depends on what the whole run measured"),
            help: "run it in one place, without `--shard`, or with stages that are known before".to_owned(),
        });
    }
    let (most, what) = program.scenarios.iter().map(parts).max().unwrap_or((0, "users"));
    if most < u64::from(shard.count) {
        return Err(Misfit {
            why: format!("the plan's {most} {what} cannot be split into {} shards: some would have none", shard.count),
            help: format!("make at most {most} shards, or ask for more {what}"),
        });
    }
    Ok(())
}

/// The most users a shard has at once.
#[must_use]
pub(super) fn peak(shard: Shard, program: &Program) -> u64 {
    program.scenarios.iter().map(|scenario| u64::from(shard.of(scenario.shape.peak()))).sum()
}

/// Whether a scenario goes on by what it has measured.
const fn learns(scenario: &Scenario) -> bool {
    matches!(
        scenario.shape,
        Shape::Search(_) | Shape::Closed(_, Until::FirstFailing(_)) | Shape::Open(_, _, _, Until::FirstFailing(_))
    )
}

/// How many shards can have a part in a scenario, and of what.
fn parts(scenario: &Scenario) -> (u64, &'static str) {
    let users = (u64::from(scenario.shape.peak()), "users");
    match &scenario.shape {
        Shape::Replay(times, _) => users.min((times.len() as u64, "arrivals")),
        Shape::Iterations(work) => match work.count {
            IterationCount::Total(total) => users.min((total, "iterations")),
            IterationCount::Each(_) => users,
        },
        Shape::Closed(..) | Shape::Open(..) | Shape::Search(_) => users,
    }
}
