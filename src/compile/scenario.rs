use std::sync::Arc;
use std::time::Duration;

use crate::sample::{StageId, UserTypeId};
use crate::units::Rate;

/// A group of users with a shape of its own.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Its name; empty where the plan has one shape and no scenarios.
    pub name: Arc<str>,
    /// Its user types with the share each has of its users.
    pub kinds: Vec<(UserTypeId, Share)>,
    /// How much load, when, from its start.
    pub shape: Shape,
    /// When it starts, from the run's start.
    pub start: Duration,
    /// The id of its first stage; the others follow.
    pub first_stage: StageId,
}

/// How many of a scenario's users are of one kind.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Share {
    /// Relative to the other weights.
    Weight(f64),
    /// So many, before any are shared out by weight.
    Count(u32),
}

/// How much load, when.
#[derive(Debug, Clone)]
pub enum Shape {
    /// A number of users, each waiting for its own answers.
    Closed(Vec<Stage>, Ending),
    /// Arrivals at a rate.
    Open(Vec<RateStage>, Spacing, Pool, Ending),
    /// Arrivals at these times, in nanoseconds from the start, in order.
    Replay(Arc<[u64]>, Pool),
    /// A fixed amount of work.
    Iterations(Work),
    /// A search for the highest rate that holds.
    Search(Search),
}

/// One stage of a closed shape. It moves from the last level to its own, then holds; its length is exact.
#[derive(Debug, Clone)]
pub struct Stage {
    /// Its name; default `stage 1`, `stage 2` …; the constant shape's only stage is `constant`.
    pub name: Arc<str>,
    /// How many users it moves to.
    pub users: u32,
    /// How long it lasts, from its start.
    pub length: Duration,
    /// How it moves there.
    pub ramp: Ramp,
}

/// One stage of arrivals. It moves evenly from the last rate to its own over `ramp`, then holds.
#[derive(Debug, Clone)]
pub struct RateStage {
    /// Its name.
    pub name: Arc<str>,
    /// The rate it moves to.
    pub rate: Rate,
    /// How long it lasts, from its start.
    pub length: Duration,
    /// Over how long it moves there.
    pub ramp: Duration,
}

/// How a stage moves from the last level to its own.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Ramp {
    /// At once.
    Immediate,
    /// That many users a second (up, or down where the stage is lower).
    Rate(Rate),
    /// Evenly over a time.
    Over(Duration),
}

/// What ends a shape of several stages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Its last stage.
    Whole,
    /// The first stage that breaks a threshold, or the last.
    Failing,
}

/// How arrivals are spaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spacing {
    /// Equal gaps.
    Even,
    /// Exponential gaps.
    Poisson,
}

/// The users that take arrivals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pool {
    /// The most there may be.
    pub most: u32,
    /// What happens to an arrival that none is free for.
    pub when_busy: WhenBusy,
}

/// What happens to an arrival without a free user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenBusy {
    /// It is dropped, and counted as such.
    Drop,
    /// It waits for the next free user.
    Late,
}

/// A fixed amount of work.
#[derive(Debug, Clone, Copy)]
pub struct Work {
    /// How many users share it.
    pub users: u32,
    /// How much it is.
    pub amount: Amount,
    /// The time it may take.
    pub within: Duration,
}

/// How much a fixed amount of work is, in tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    /// So many for each user.
    Each(u64),
    /// So many together.
    Total(u64),
}

/// A search for the highest rate that holds every threshold.
#[derive(Debug, Clone, Copy)]
pub struct Search {
    /// The lowest rate.
    pub from: Rate,
    /// The highest.
    pub to: Rate,
    /// How long each level is tried.
    pub each: Duration,
    /// How near the answer has to be.
    pub precision: Rate,
    /// Who takes the arrivals.
    pub pool: Pool,
}

impl Search {
    /// The pause after each level: what is under way ends, and the level is judged.
    pub const REST: Duration = Duration::from_secs(2);

    /// How many levels it tries at most: doublings from the lowest rate to the highest, then halvings of what is left.
    #[must_use]
    pub fn levels(&self) -> u16 {
        let (from, to) = (self.from.as_per_second(), self.to.as_per_second());
        let doublings = (to / from).log2().ceil().max(0.0);
        let halvings = (to / self.precision.as_per_second()).log2().ceil().max(0.0);
        (doublings + halvings + 2.0).min(64.0) as u16
    }
}

impl Shape {
    /// How long it lasts at most.
    #[must_use]
    pub fn length(&self) -> Duration {
        match self {
            Self::Closed(stages, _) => stages.iter().map(|stage| stage.length).sum(),
            Self::Open(stages, ..) => stages.iter().map(|stage| stage.length).sum(),
            // the last arrival is within it
            Self::Replay(times, _) => Duration::from_nanos(times.last().map_or(0, |last| last + 1)),
            Self::Iterations(work) => work.within,
            Self::Search(search) => (search.each + Search::REST) * u32::from(search.levels()),
        }
    }

    /// The most users it ever has.
    #[must_use]
    pub fn peak(&self) -> u32 {
        match self {
            Self::Closed(stages, _) => stages.iter().map(|stage| stage.users).max().unwrap_or(0),
            Self::Open(_, _, pool, _) | Self::Replay(_, pool) => pool.most,
            Self::Iterations(work) => work.users,
            Self::Search(search) => search.pool.most,
        }
    }

    /// Whether arrivals do not wait for answers.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self, Self::Open(..) | Self::Replay(..) | Self::Search(_))
    }

    /// When each of its stages begins and ends, from its start.
    #[must_use]
    pub fn stages(&self) -> Vec<(Duration, Duration)> {
        let follow = |lengths: &mut dyn Iterator<Item = Duration>| {
            let mut at = Duration::ZERO;
            let place = |length| {
                let start = at;
                at += length;
                (start, at)
            };
            lengths.map(place).collect()
        };
        match self {
            Self::Closed(stages, _) => follow(&mut stages.iter().map(|stage| stage.length)),
            Self::Open(stages, ..) => follow(&mut stages.iter().map(|stage| stage.length)),
            Self::Replay(..) | Self::Iterations(_) => vec![(Duration::ZERO, self.length())],
            Self::Search(search) => {
                let step = search.each + Search::REST;
                (0..u32::from(search.levels())).map(|level| (step * level, step * level + search.each)).collect()
            }
        }
    }
}
