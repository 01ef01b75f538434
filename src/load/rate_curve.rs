use std::time::Duration;

use crate::units::{Offset, Rate};

/// One stage of arrivals. The rate moves evenly over `ramp` from the rate before it to its own, then holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RateStage {
    /// The rate it moves to.
    pub rate: Rate,
    /// How long it lasts, from its start.
    pub length: Duration,
    /// Over how long it moves there.
    pub ramp: Duration,
}

/// How many arrivals a second are wanted at each moment, and so how many by then: a pure function of time.
#[derive(Debug, Clone, Default)]
pub struct RateCurve {
    pieces: Vec<Piece>,
}

/// A stretch over which the rate is a straight line; times in seconds.
#[derive(Debug, Clone, Copy)]
struct Piece {
    start: f64,
    length: f64,
    from: f64,
    to: f64,
    /// Arrivals before it.
    before: f64,
}

impl RateCurve {
    /// The curve through these stages, from no arrivals.
    #[must_use]
    pub fn new(stages: &[RateStage]) -> Self {
        let mut curve = Self::default();
        let mut rate = 0.0;
        for stage in stages {
            let (length, ramp) = (stage.length.as_secs_f64(), stage.ramp.as_secs_f64());
            let to = stage.rate.as_per_second();
            // a stage that ends before it is there hands on the rate it has reached
            let reached = if ramp > length { rate + (to - rate) * length / ramp } else { to };
            curve.add(ramp.min(length), rate, reached);
            curve.add(length - ramp.min(length), reached, reached);
            rate = reached;
        }
        curve
    }

    /// The same rate for a time.
    #[must_use]
    pub fn constant(rate: Rate, length: Duration) -> Self {
        Self::new(&[RateStage { rate, length, ramp: Duration::ZERO }])
    }

    /// The same up to a moment, and from there a rate that stays, to the end.
    #[must_use]
    pub fn altered(&self, from: Duration, rate: Rate, end: Duration) -> Self {
        let (from, end) = (from.as_secs_f64(), end.as_secs_f64());
        let mut curve = Self::default();
        for piece in &self.pieces {
            let length = (from - piece.start).min(piece.length);
            if length > 0.0 {
                curve.add(length, piece.from, piece.from + (piece.to - piece.from) * length / piece.length);
            }
        }
        let reached = curve.pieces.last().map_or(0.0, |last| last.start + last.length);
        curve.add(end - reached, rate.as_per_second(), rate.as_per_second());
        curve
    }

    /// Arrivals a second at a moment; none once it is over.
    #[must_use]
    pub fn rate_at(&self, at: Offset) -> f64 {
        let at = at.as_secs_f64();
        let piece = self.pieces.iter().rev().find(|piece| at >= piece.start);
        piece
            .filter(|piece| at < piece.start + piece.length)
            .map_or(0.0, |piece| piece.from + (piece.to - piece.from) * (at - piece.start) / piece.length)
    }

    /// How many arrivals are wanted in all. A fraction of one, as rounding leaves it, is none.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.pieces.last().map_or(0.0, |piece| piece.before + piece.area(piece.length))
    }

    /// The moment by which so many arrivals are wanted; `None` where there are never so many.
    #[must_use]
    pub fn moment(&self, count: f64) -> Option<Offset> {
        const ROUNDING: f64 = 1e-6;
        if count.is_nan() || count > self.total() - ROUNDING {
            return None;
        }
        let next = self.pieces.partition_point(|piece| piece.before <= count);
        let piece = self.pieces.get(next.checked_sub(1)?)?;
        let at = piece.start + piece.time(count - piece.before);
        Some(Offset::from(Duration::from_secs_f64(at.max(0.0))))
    }

    fn add(&mut self, length: f64, from: f64, to: f64) {
        let (start, before) = match self.pieces.last() {
            Some(last) => (last.start + last.length, last.before + last.area(last.length)),
            None => (0.0, 0.0),
        };
        if length > 0.0 {
            self.pieces.push(Piece { start, length, from, to, before });
        }
    }
}

impl Piece {
    /// Arrivals in its first so many seconds.
    fn area(&self, seconds: f64) -> f64 {
        self.from * seconds + (self.to - self.from) / self.length * seconds * seconds / 2.0
    }

    /// The seconds by which there are so many: the root of the area, in the form that stays exact for a flat line.
    fn time(&self, count: f64) -> f64 {
        let slope = (self.to - self.from) / self.length;
        let root = (self.from * self.from + 2.0 * slope * count).max(0.0).sqrt();
        let time = if self.from + root > 0.0 { 2.0 * count / (self.from + root) } else { 0.0 };
        time.clamp(0.0, self.length)
    }
}
