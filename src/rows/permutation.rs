use crate::units::Seed;

/// An order of the numbers below `count`, as if shuffled, without being kept: a Feistel network of four rounds over the
/// next power of four, walked until it comes out below `count` (Black and Rogaway 2002, cycle walking).
#[derive(Debug, Clone, Copy)]
pub struct Permutation {
    count: u64,
    /// Half the bits of the network.
    half: u32,
    seed: Seed,
}

impl Permutation {
    /// The order that a seed gives.
    #[must_use]
    pub const fn new(count: u64, seed: Seed) -> Self {
        let bits = 64 - count.saturating_sub(1).leading_zeros();
        let half = if bits < 2 { 1 } else { bits.div_ceil(2) };
        Self { count, half, seed }
    }

    /// The number at a place of the order; `place` is below `count`.
    #[must_use]
    pub const fn at(&self, place: u64) -> u64 {
        let mut number = self.mixed(place);
        while number >= self.count {
            number = self.mixed(number);
        }
        number
    }

    const fn mixed(&self, number: u64) -> u64 {
        let mask = (1_u64 << self.half) - 1;
        let (mut left, mut right) = (number >> self.half, number & mask);
        let mut round = 0;
        while round < 4 {
            let next = left ^ (self.seed.derive(right ^ (round << 48)).value() & mask);
            left = right;
            right = next;
            round += 1;
        }
        (left << self.half) | right
    }
}
