use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::load::{RateStage, Share, Stage};
use crate::plan::{Spacing, Visitor, WhenBusy};
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

/// How much load, when.
#[derive(Debug, Clone)]
pub enum Shape {
    /// A number of users, each waiting for its own answers.
    Closed(Vec<Stage>, Until),
    /// Arrivals at a rate.
    Open(Vec<RateStage>, Spacing, Pool, Until),
    /// Arrivals at these times, in nanoseconds from the start, in order.
    Replay(Arc<[u64]>, Pool),
    /// A fixed amount of work.
    Iterations(Iterations),
    /// A search for the highest rate that holds.
    Search(Search),
}

/// Until when a shape of several stages goes on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Until {
    /// To the end of its last stage.
    LastStage,
    /// To the end of the first stage that breaks a threshold, or of the last.
    FirstFailing(Option<Minimum>),
}

/// The least level that must hold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Minimum {
    /// So many users.
    Users(u32),
    /// So many arrivals a second.
    Rate(Rate),
}

/// The users that take arrivals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pool {
    /// The most there may be.
    pub max_users: u32,
    /// What happens to an arrival without a free user.
    pub when_busy: WhenBusy,
    /// Who they are. A user type may say for itself that its arrivals are new.
    pub visitor: Visitor,
}

/// A fixed amount of work.
#[derive(Debug, Clone, Copy)]
pub struct Iterations {
    /// How many users share it.
    pub users: u32,
    /// How many iterations it is.
    pub count: IterationCount,
    /// The time it may take.
    pub within: Duration,
}

/// How many iterations a fixed amount of work is; each is one task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IterationCount {
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
    /// The least rate that must hold.
    pub at_least: Option<Rate>,
    /// Who takes the arrivals.
    pub pool: Pool,
}

impl Minimum {
    /// As a number, to compare levels by.
    #[must_use]
    pub fn height(self) -> f64 {
        match self {
            Self::Users(users) => f64::from(users),
            Self::Rate(rate) => rate.as_per_second(),
        }
    }
}

impl fmt::Display for Minimum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Users(users) => write!(f, "{users} users"),
            Self::Rate(rate) => write!(f, "{rate}"),
        }
    }
}

impl Search {
    /// The pause after each level: requests under way end, and the level is evaluated.
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
            Self::Iterations(iterations) => iterations.within,
            Self::Search(search) => (search.each + Search::REST) * u32::from(search.levels()),
        }
    }

    /// The most users it ever has.
    #[must_use]
    pub fn peak(&self) -> u32 {
        match self {
            Self::Closed(stages, _) => stages.iter().map(|stage| stage.users).max().unwrap_or(0),
            Self::Open(_, _, pool, _) | Self::Replay(_, pool) => pool.max_users,
            Self::Iterations(iterations) => iterations.users,
            Self::Search(search) => search.pool.max_users,
        }
    }

    /// Whether what comes next depends on what was measured: a search, or a staircase to failure.
    #[must_use]
    pub const fn climbs(&self) -> bool {
        matches!(
            self,
            Self::Search(_) | Self::Closed(_, Until::FirstFailing(_)) | Self::Open(.., Until::FirstFailing(_))
        )
    }

    /// The least level that must hold, where one is asked for.
    #[must_use]
    pub fn at_least(&self) -> Option<Minimum> {
        match self {
            Self::Search(search) => search.at_least.map(Minimum::Rate),
            Self::Closed(_, Until::FirstFailing(minimum)) | Self::Open(.., Until::FirstFailing(minimum)) => *minimum,
            _ => None,
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
