use std::sync::Arc;

use rand::RngExt;
use rand::rngs::Xoshiro256PlusPlus;

use super::rate_curve::RateCurve;
use crate::units::{Offset, Rate, Seed};

/// The arrivals of an open shape, one after another, with their numbers: the same for everybody who asks.
#[derive(Debug, Clone)]
pub struct Arrivals {
    start: Offset,
    next: u64,
    /// How many the curve wanted before the last that was given.
    given: f64,
    source: Source,
}

#[derive(Debug, Clone)]
enum Source {
    Even(Arc<RateCurve>),
    Poisson(Arc<RateCurve>, Box<Xoshiro256PlusPlus>, f64),
    Recorded(Arc<[u64]>),
}

impl Arrivals {
    /// Arrivals at equal gaps: number `n` comes when the curve wants `n` before it.
    #[must_use]
    pub const fn even(start: Offset, curve: Arc<RateCurve>) -> Self {
        Self { start, next: 0, given: 0.0, source: Source::Even(curve) }
    }

    /// Arrivals of a Poisson process: unit exponential gaps, stretched by the curve (the inversion of Çinlar 1975).
    #[must_use]
    pub fn poisson(start: Offset, curve: Arc<RateCurve>, seed: Seed) -> Self {
        let mut dice = seed.generator();
        let first = gap(&mut dice);
        Self { start, next: 0, given: 0.0, source: Source::Poisson(curve, Box::new(dice), first) }
    }

    /// Arrivals at recorded times, in nanoseconds, in order.
    #[must_use]
    pub const fn recorded(start: Offset, times: Arc<[u64]>) -> Self {
        Self { start, next: 0, given: 0.0, source: Source::Recorded(times) }
    }

    /// Has so many come a second from a moment on, up to another. Those before it stay where they were, and so do the numbers
    /// of all. Recorded ones come when they came.
    pub fn alter(&mut self, from: Offset, rate: Rate, end: Offset) {
        let (from, end) = (from.since(self.start), end.since(self.start));
        match &mut self.source {
            Source::Even(curve) | Source::Poisson(curve, ..) => *curve = Arc::new(curve.altered(from, rate, end)),
            Source::Recorded(_) => {}
        }
    }

    /// When the last that was given comes, as things are now; `None` where it does not come any more.
    #[must_use]
    pub fn latest(&self) -> Option<Offset> {
        let at = match &self.source {
            Source::Even(curve) | Source::Poisson(curve, ..) => curve.moment(self.given)?,
            Source::Recorded(times) => {
                let last = usize::try_from(self.next.checked_sub(1)?).ok()?;
                Offset::from_nanos(*times.get(last)?)
            }
        };
        Some(self.start + at.since(Offset::ZERO))
    }
}

impl Iterator for Arrivals {
    type Item = (u64, Offset);

    fn next(&mut self) -> Option<(u64, Offset)> {
        let number = self.next;
        let at = match &mut self.source {
            Source::Even(curve) => {
                self.given = number as f64;
                curve.moment(self.given)?
            }
            Source::Poisson(curve, dice, count) => {
                let at = curve.moment(*count)?;
                self.given = *count;
                *count += gap(dice);
                at
            }
            Source::Recorded(times) => {
                let nanos = times.get(usize::try_from(number).ok()?)?;
                Offset::from(std::time::Duration::from_nanos(*nanos))
            }
        };
        self.next += 1;
        Some((number, self.start + at.since(Offset::ZERO)))
    }
}

fn gap(dice: &mut Xoshiro256PlusPlus) -> f64 {
    -(1.0 - dice.random::<f64>()).ln()
}
