use std::fmt;

use serde::{Deserialize, Serialize};

use super::quantity::InvalidValue;

/// One part of a run that is made on several machines: of everything that has a number – users, arrivals, rows – it has
/// those that leave `index` when divided by `count`. People count shards from 1, and write `2/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Shard {
    /// Which, from 0.
    pub index: u32,
    /// Of how many.
    pub count: u32,
}

impl Shard {
    /// A run that is made in one place.
    pub const WHOLE: Self = Self { index: 0, count: 1 };

    /// The most shards a run may have.
    pub const MOST: u32 = 1000;

    /// Reads `2/8`: the second of eight.
    ///
    /// # Errors
    /// Anything that is not two whole numbers, the first from 1 to the second, the second at most [`Shard::MOST`].
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        let text = text.trim();
        let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u32>().ok())?;
        let (number, count) = match text.split_once('/').map(|(which, count)| (number(which), number(count))) {
            Some((Some(number), Some(count))) => (number, count),
            _ => {
                return Err(InvalidValue::new(
                    format!("`{text}` is not a shard"),
                    "write which of how many, such as `2/8`",
                ));
            }
        };
        if count == 0 || count > Self::MOST {
            let help = format!("a run has at least 1 and at most {} shards", Self::MOST);
            return Err(InvalidValue::new(format!("`{text}` is not a shard"), help));
        }
        if number == 0 || number > count {
            let help = format!("shards count from 1: `1/{count}` to `{count}/{count}`");
            return Err(InvalidValue::new(format!("there is no shard `{text}`"), help));
        }
        Ok(Self { index: number - 1, count })
    }

    /// Which it is, from 1, as people count.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.index.saturating_add(1)
    }

    /// Whether there are others.
    #[must_use]
    pub const fn is_part(self) -> bool {
        self.count > 1
    }

    /// How many of `total` things are its own.
    #[must_use]
    pub const fn of(self, total: u32) -> u32 {
        if total <= self.index { 0 } else { (total - self.index).div_ceil(self.count) }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.number(), self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_count_shards_from_one() {
        assert_eq!(Shard::parse("2/8"), Ok(Shard { index: 1, count: 8 }));
        assert_eq!(Shard::parse("1/1"), Ok(Shard::WHOLE));
        for (text, message) in [
            ("0/8", "there is no shard `0/8`; shards count from 1: `1/8` to `8/8`"),
            ("9/8", "there is no shard `9/8`; shards count from 1: `1/8` to `8/8`"),
            ("x", "`x` is not a shard; write which of how many, such as `2/8`"),
            ("+1/2", "`+1/2` is not a shard; write which of how many, such as `2/8`"),
            ("1/", "`1/` is not a shard; write which of how many, such as `2/8`"),
            ("1/0", "`1/0` is not a shard; a run has at least 1 and at most 1000 shards"),
            ("1/1001", "`1/1001` is not a shard; a run has at least 1 and at most 1000 shards"),
        ] {
            assert_eq!(Shard::parse(text).unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn the_shards_have_everything_once() {
        for (total, count) in [(0, 3), (1, 3), (50, 8), (7, 7), (1000, 999)] {
            let sum: u32 = (0..count).map(|index| Shard { index, count }.of(total)).sum();
            assert_eq!(sum, total);
        }
    }
}
