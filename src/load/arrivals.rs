use std::sync::Arc;

use rand::RngExt;
use rand::rngs::Xoshiro256PlusPlus;

use super::rate_curve::RateCurve;
use crate::units::{Offset, Seed};

/// The arrivals of an open shape, one after another, with their numbers: the same for everybody who asks.
#[derive(Debug, Clone)]
pub struct Arrivals {
    start: Offset,
    next: u64,
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
        Self { start, next: 0, source: Source::Even(curve) }
    }

    /// Arrivals of a Poisson process: unit exponential gaps, stretched by the curve (the inversion of Çinlar 1975).
    #[must_use]
    pub fn poisson(start: Offset, curve: Arc<RateCurve>, seed: Seed) -> Self {
        let mut dice = seed.generator();
        let first = gap(&mut dice);
        Self { start, next: 0, source: Source::Poisson(curve, Box::new(dice), first) }
    }

    /// Arrivals at recorded times, in nanoseconds, in order.
    #[must_use]
    pub const fn recorded(start: Offset, times: Arc<[u64]>) -> Self {
        Self { start, next: 0, source: Source::Recorded(times) }
    }
}

impl Iterator for Arrivals {
    type Item = (u64, Offset);

    fn next(&mut self) -> Option<(u64, Offset)> {
        let number = self.next;
        let at = match &mut self.source {
            Source::Even(curve) => curve.moment(number as f64)?,
            Source::Poisson(curve, dice, count) => {
                let at = curve.moment(*count)?;
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
