use std::fmt;

use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};

use super::quantity::InvalidValue;

/// The number that all random values of a run derive from: the same seed and plan give the same run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Seed(u64);

impl Seed {
    /// The seed with this value.
    #[must_use]
    pub const fn new(value: u64) -> Self {
        Self(value)
    }

    /// Reads a whole number.
    ///
    /// # Errors
    /// Anything that is not a whole number from 0 to 2⁶⁴−1.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        text.trim().parse().map(Self).map_err(|_| {
            InvalidValue::new(format!("`{}` is not a seed", text.trim()), "write a whole number, such as `42`")
        })
    }

    /// The number itself.
    #[must_use]
    pub const fn value(self) -> u64 {
        self.0
    }

    /// A seed of its own for part number `part`: parts of one run neither repeat nor follow each other.
    ///
    /// One step of SplitMix64 (Steele, Lea, Flood 2014) over the two numbers.
    #[must_use]
    pub const fn derive(self, part: u64) -> Self {
        let mut z = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15_u64.wrapping_mul(part.wrapping_add(1)));
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        Self(z ^ (z >> 31))
    }

    /// A generator that starts from this seed; the same on every machine and version.
    #[must_use]
    pub fn generator(self) -> Xoshiro256PlusPlus {
        Xoshiro256PlusPlus::seed_from_u64(self.0)
    }
}

impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derived_seeds_differ_from_each_other_and_repeat() {
        let seed = Seed::new(42);
        assert_eq!(seed.derive(7), Seed::new(42).derive(7));
        let parts: std::collections::HashSet<_> = (0..10_000).map(|part| seed.derive(part)).collect();
        assert_eq!(parts.len(), 10_000);
    }
}
