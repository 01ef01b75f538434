use std::fmt;

use super::quantity::{Misread, split_number};

const UNITS: [(&str, u64); 7] = [
    ("B", 1),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("kB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
];

/// An amount of data, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Size(u64);

impl Size {
    /// Reads `10KiB`, `1MB` or `512B`.
    ///
    /// # Errors
    /// A bare number, or a unit that is not one of bytes.
    pub fn parse(text: &str) -> Result<Self, Misread> {
        let text = text.trim();
        let Some((count, unit)) = split_number(text) else {
            return Err(Misread::new(format!("`{text}` is not a size"), "write a size with its unit, such as `10KiB`"));
        };
        let unit = unit.trim();
        if unit.is_empty() {
            return Err(Misread::new(
                format!("`{text}` has no unit"),
                format!("did you mean `{text}B` or `{text}KiB`?"),
            ));
        }
        match UNITS.iter().find(|(name, _)| *name == unit) {
            Some((_, factor)) => Ok(Self((count * *factor as f64).round() as u64)),
            None => Err(Misread::new(
                format!("`{unit}` is not a unit of size"),
                "the units are `B`, `KiB`, `MiB`, `GiB`, `kB`, `MB` and `GB`",
            )),
        }
    }

    /// That many bytes.
    #[must_use]
    pub const fn from_bytes(bytes: u64) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, factor) = match self.0 {
            0..1024 => return write!(f, "{}B", self.0),
            1024..0x10_0000 => ("KiB", 1u64 << 10),
            0x10_0000..0x4000_0000 => ("MiB", 1 << 20),
            _ => ("GiB", 1 << 30),
        };
        write!(f, "{:.1}{unit}", self.0 as f64 / factor as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_with_their_units() {
        assert_eq!(Size::parse("10KiB").unwrap().as_bytes(), 10_240);
        assert_eq!(Size::parse("1MB").unwrap().as_bytes(), 1_000_000);
        assert!(Size::parse("10").is_err());
        assert_eq!(Size::from_bytes(1536).to_string(), "1.5KiB");
    }
}
