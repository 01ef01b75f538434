use std::time::Duration;

use rand::RngExt;
use rand::rngs::Xoshiro256PlusPlus;

use crate::units::Seed;

/// The chance that a seed's run is made of. Each part of it has dice of its own, so that one may change and leave the
/// others as they are.
pub(super) struct Dice(Xoshiro256PlusPlus);

/// What has dice of its own.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part {
    Plan,
    Service,
    Resolver,
    Trouble,
}

impl Dice {
    pub(super) fn of(seed: u64, part: Part) -> Self {
        Self(Seed::new(seed).derive(part as u64).generator())
    }

    /// Whether something happens that does so many times in a hundred.
    pub(super) fn percent(&mut self, chance: u32) -> bool {
        self.0.random_range(0..100) < chance
    }

    /// A number from the first to the last.
    pub(super) fn number(&mut self, from: u64, to: u64) -> u64 {
        self.0.random_range(from..=to)
    }

    pub(super) fn ms(&mut self, from: u64, to: u64) -> Duration {
        Duration::from_millis(self.number(from, to))
    }

    /// A duration as plans write it.
    pub(super) fn time(&mut self, from: u64, to: u64) -> String {
        format!("{}ms", self.number(from, to))
    }

    pub(super) fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.0.random_range(0..of.len())]
    }
}
