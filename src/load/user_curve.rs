use std::time::Duration;

use crate::units::{Offset, Rate};

/// One stage of a load in users. It moves from the level before it to its own, then holds; its length is exact.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stage {
    /// How many users it moves to.
    pub users: u32,
    /// How long it lasts, from its start.
    pub length: Duration,
    /// How it moves there.
    pub ramp: Ramp,
}

/// How a stage moves from the level before it to its own, up or down.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Ramp {
    /// At once.
    Immediate,
    /// By so many users a second.
    Rate(Rate),
    /// Evenly over a time.
    Over(Duration),
}

/// How many users there are at each moment of a run: a pure function of time.
///
/// The curve moves by whole users. The first user of a climb comes at its very start and each next one exactly
/// `1/rate` later; a descent loses its users in the same way. Where that is more than a user a millisecond, all of one
/// millisecond come together at its start: whoever started them one by one would be busy with nothing else. A stage that
/// ends before it has reached its level hands the level it has on to the next.
#[derive(Debug, Clone)]
pub struct UserCurve {
    segments: Vec<Segment>,
    end: Offset,
}

/// A stage at its place in time.
#[derive(Debug, Clone, Copy)]
struct Segment {
    start: Offset,
    end: Offset,
    from: u32,
    to: u32,
    /// Nanoseconds between two changes; 0 for all at once.
    interval: f64,
}

/// The shortest time between two changes, in nanoseconds.
const STEP: u64 = 1_000_000;

impl UserCurve {
    /// The curve through these stages, from no users.
    #[must_use]
    pub fn new(stages: &[Stage]) -> Self {
        Self::starting_at(Offset::ZERO, stages)
    }

    /// The curve through these stages, from no users before `start`.
    #[must_use]
    pub fn starting_at(start: Offset, stages: &[Stage]) -> Self {
        let mut segments = Vec::with_capacity(stages.len());
        let (mut start, mut level) = (start, 0);
        for stage in stages {
            let interval = match stage.ramp {
                Ramp::Immediate => 0.0,
                Ramp::Rate(rate) if rate.as_per_second() > 0.0 => 1e9 / rate.as_per_second(),
                Ramp::Rate(_) => f64::INFINITY,
                Ramp::Over(time) => time.as_nanos() as f64 / f64::from(stage.users.abs_diff(level).max(1)),
            };
            let segment = Segment { start, end: start + stage.length, from: level, to: stage.users, interval };
            level = segment.population(segment.end - Duration::from_nanos(1));
            start = segment.end;
            segments.push(segment);
        }
        Self { segments, end: start }
    }

    /// When the last stage ends.
    #[must_use]
    pub const fn end(&self) -> Offset {
        self.end
    }

    /// The number of users at a moment; none before the first stage and none once the curve is over.
    #[must_use]
    pub fn population_at(&self, at: Offset) -> u32 {
        match self.segment_at(at) {
            Some(segment) if at >= segment.start && at < self.end => segment.population(at),
            _ => 0,
        }
    }

    /// The most users there are at any moment from one to another, without that.
    #[must_use]
    pub fn most_between(&self, from: Offset, to: Offset) -> u32 {
        let first = self.segments.partition_point(|segment| segment.end <= from);
        let within = self.segments[first..].iter().take_while(|segment| segment.start < to);
        // within a stage they only come, or only go
        let ends = within.flat_map(|segment| {
            let last = Offset::from_nanos(segment.end.min(to).as_nanos().saturating_sub(1));
            [segment.start.max(from), last].map(|at| segment.population(at))
        });
        ends.max().unwrap_or(0)
    }

    /// The first moment after `after` at which a user comes or goes, or a stage begins; `None` once the curve is over.
    #[must_use]
    pub fn next_change(&self, after: Offset) -> Option<Offset> {
        if after >= self.end {
            return None;
        }
        let segment = self.segment_at(after)?;
        if after < segment.start {
            return Some(segment.start);
        }
        let done = segment.changes(after);
        // once the stage has reached its level, nothing changes before its end
        let next = if done < segment.distance() { segment.after(after, done) } else { segment.end };
        Some(next.min(segment.end))
    }

    /// When user number `user` (from 0), who is there at `at`, was due to start.
    #[must_use]
    pub fn due(&self, user: u32, at: Offset) -> Offset {
        let Some(segment) = self.segment_at(at) else { return at };
        if segment.interval <= 0.0 || user < segment.from || segment.from >= segment.to {
            return segment.start.min(at);
        }
        segment.moment(u64::from(user - segment.from)).min(at)
    }

    /// The stage a moment lies in; the last one for what is later.
    fn segment_at(&self, at: Offset) -> Option<&Segment> {
        let index = self.segments.partition_point(|segment| segment.end <= at);
        self.segments.get(index).or(self.segments.last())
    }
}

impl Segment {
    fn population(&self, at: Offset) -> u32 {
        let moved = u32::try_from(self.changes(at).min(self.distance())).unwrap_or(u32::MAX);
        if self.to >= self.from { self.from + moved } else { self.from - moved }
    }

    /// How many changes bring it to its level.
    fn distance(&self) -> u64 {
        u64::from(self.to.abs_diff(self.from))
    }

    /// How many changes have come by a moment, as if the level were endless.
    fn changes(&self, at: Offset) -> u64 {
        if self.interval <= 0.0 {
            return u64::MAX;
        }
        let since = at.as_nanos().saturating_sub(self.start.as_nanos());
        if self.interval < STEP as f64 {
            // all of this millisecond
            return ((since / STEP + 1) as f64 * (STEP as f64 / self.interval)).ceil() as u64;
        }
        let mut count = (since as f64 / self.interval) as u64 + 1;
        // division may be off by one where it falls on a change: the moments themselves decide
        while count > 0 && self.moment(count - 1) > at {
            count -= 1;
        }
        while self.moment(count) <= at {
            count += 1;
        }
        count
    }

    /// The moment of the change after those that have come by a moment.
    fn after(&self, at: Offset, done: u64) -> Offset {
        let next = self.moment(done);
        if next > at {
            return next;
        }
        // where the product of two floats falls just short of the next step
        let since = at.as_nanos().saturating_sub(self.start.as_nanos());
        self.start + Duration::from_nanos((since / STEP + 1) * STEP)
    }

    /// The moment of change number `index`, from 0.
    fn moment(&self, index: u64) -> Offset {
        // a cast of a float saturates, so a change that never comes is at the end of time
        let after = (index as f64 * self.interval).round();
        if self.interval < STEP as f64 {
            return self.start + Duration::from_nanos(after as u64 / STEP * STEP);
        }
        self.start + Duration::from_nanos(if after.is_nan() { 0 } else { after as u64 })
    }
}
