use std::time::Duration;

use crate::units::{Offset, Rate};

/// How many users there are at each moment of a run: a pure function of time.
///
/// The curve moves by whole users. The first user of a climb comes at its very start and each next one exactly
/// `1/rate` later; a descent loses its users in the same way. A leg that ends before it has reached its level hands
/// the level it has on to the next.
#[derive(Debug, Clone)]
pub struct Curve {
    legs: Vec<Placed>,
    length: Offset,
}

/// One stretch of a curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Leg {
    /// The number of users it moves to.
    pub users: u32,
    /// How long it lasts, from its start.
    pub length: Duration,
    /// How it moves.
    pub motion: Motion,
}

/// How a leg moves from the last level to its own.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Motion {
    /// At once.
    Immediate,
    /// By so many users a second.
    Rate(Rate),
    /// Evenly over a time.
    Over(Duration),
}

#[derive(Debug, Clone, Copy)]
struct Placed {
    start: Offset,
    end: Offset,
    from: u32,
    to: u32,
    /// Nanoseconds between two changes; 0 for all at once.
    step: f64,
}

impl Curve {
    /// The curve through these legs, from no users.
    #[must_use]
    pub fn new(legs: &[Leg]) -> Self {
        Self::starting_at(Offset::ZERO, legs)
    }

    /// The curve through these legs, from no users before `start`.
    #[must_use]
    pub fn starting_at(start: Offset, legs: &[Leg]) -> Self {
        let mut placed = Vec::with_capacity(legs.len());
        let (mut start, mut level) = (start, 0);
        for leg in legs {
            let step = match leg.motion {
                Motion::Immediate => 0.0,
                Motion::Rate(rate) if rate.as_per_second() > 0.0 => 1e9 / rate.as_per_second(),
                Motion::Rate(_) => f64::INFINITY,
                Motion::Over(time) => time.as_nanos() as f64 / f64::from(leg.users.abs_diff(level).max(1)),
            };
            let leg = Placed { start, end: start + leg.length, from: level, to: leg.users, step };
            level = leg.population(leg.end - Duration::from_nanos(1));
            start = leg.end;
            placed.push(leg);
        }
        Self { legs: placed, length: start }
    }

    /// When the last leg ends.
    #[must_use]
    pub const fn length(&self) -> Offset {
        self.length
    }

    /// The number of users at a moment; none once the curve is over.
    #[must_use]
    pub fn population_at(&self, at: Offset) -> u32 {
        if at >= self.length || self.legs.first().is_none_or(|first| at < first.start) {
            return 0;
        }
        self.legs.get(self.leg_at(at)).map_or(0, |leg| leg.population(at))
    }

    /// The number of the leg a moment lies in; the last one for what is later.
    #[must_use]
    pub fn leg_at(&self, at: Offset) -> usize {
        self.legs.partition_point(|leg| leg.end <= at).min(self.legs.len().saturating_sub(1))
    }

    /// When each leg starts and ends.
    pub fn legs(&self) -> impl Iterator<Item = (Offset, Offset)> {
        self.legs.iter().map(|leg| (leg.start, leg.end))
    }

    /// The first moment after `after` at which the number of users may change; `None` once the curve is over.
    #[must_use]
    pub fn next_change(&self, after: Offset) -> Option<Offset> {
        if after >= self.length {
            return None;
        }
        let leg = self.legs.get(self.leg_at(after))?;
        if after < leg.start {
            return Some(leg.start);
        }
        let next = if leg.step > 0.0 { leg.moment(leg.changes(after)) } else { leg.end };
        Some(next.min(leg.end))
    }

    /// The first moment at which user number `user` (from 0) is there, at `at` or before it: when it was due to start.
    #[must_use]
    pub fn due(&self, user: u32, at: Offset) -> Offset {
        let Some(leg) = self.legs.get(self.leg_at(at)) else { return at };
        if leg.step <= 0.0 || user < leg.from || leg.from >= leg.to {
            return leg.start.min(at);
        }
        leg.moment(u64::from(user - leg.from)).min(at)
    }
}

impl Placed {
    fn population(&self, at: Offset) -> u32 {
        let distance = self.to.abs_diff(self.from);
        let moved = u32::try_from(self.changes(at)).unwrap_or(u32::MAX).min(distance);
        if self.to >= self.from { self.from + moved } else { self.from - moved }
    }

    /// How many changes have come by a moment, as if the level were endless.
    fn changes(&self, at: Offset) -> u64 {
        if self.step <= 0.0 {
            return u64::MAX;
        }
        let since = at.as_nanos().saturating_sub(self.start.as_nanos());
        let mut count = (since as f64 / self.step) as u64 + 1;
        // division may be off by one where it falls on a change: the moments themselves decide
        while count > 0 && self.moment(count - 1) > at {
            count -= 1;
        }
        while self.moment(count) <= at {
            count += 1;
        }
        count
    }

    /// The moment of change number `index`, from 0.
    fn moment(&self, index: u64) -> Offset {
        // a cast of a float saturates, so a change that never comes is at the end of time
        let after = (index as f64 * self.step).round();
        self.start + Duration::from_nanos(if after.is_nan() { 0 } else { after as u64 })
    }
}
