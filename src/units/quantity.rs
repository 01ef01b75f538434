use std::fmt;
use std::time::Duration;

/// Why a text is not the quantity that was asked for: what is wrong, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidValue {
    /// What is wrong, in lower case.
    pub message: String,
    /// What to write instead.
    pub help: String,
}

impl InvalidValue {
    pub(crate) fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: help.into() }
    }
}

impl fmt::Display for InvalidValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.message, self.help)
    }
}

impl std::error::Error for InvalidValue {}

/// How many of a thing in a length of time; held as a count a second.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Rate(f64);

impl Rate {
    /// Reads `50/s`, `1000/min` or `3600/h`.
    ///
    /// # Errors
    /// A bare number, or a unit that is not a length of time.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        let text = text.trim();
        let examples = "write a rate with its unit, such as `50/s` or `1000/min`";
        let Some((count, rest)) = split_number(text) else {
            return Err(InvalidValue::new(format!("`{text}` is not a rate"), examples));
        };
        let rest = rest.trim();
        if rest.is_empty() {
            return Err(InvalidValue::new(format!("`{text}` has no unit"), format!("did you mean `{text}/s`?")));
        }
        let Some(unit) = rest.strip_prefix('/').map(str::trim) else {
            return Err(InvalidValue::new(format!("`{text}` is not a rate"), examples));
        };
        let seconds = match unit {
            "s" | "sec" | "second" => 1.0,
            "m" | "min" | "minute" => 60.0,
            "h" | "hour" => 3600.0,
            _ => {
                return Err(InvalidValue::new(
                    format!("`/{unit}` is not a unit of rate"),
                    "the units are `/s`, `/min` and `/h`",
                ));
            }
        };
        Ok(Self(count / seconds))
    }

    /// That many a second.
    #[must_use]
    pub fn per_second(count: f64) -> Self {
        Self(if count.is_finite() { count.max(0.0) } else { 0.0 })
    }

    /// The count a second.
    #[must_use]
    pub fn as_per_second(self) -> f64 {
        self.0
    }

    /// How many come in `time`.
    #[must_use]
    pub fn count_in(self, time: Duration) -> f64 {
        self.0 * time.as_secs_f64()
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 > 0.0 && self.0 < 1.0 { write!(f, "{}/min", self.0 * 60.0) } else { write!(f, "{}/s", self.0) }
    }
}

/// A share of a whole: 0.01 is `1%`.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Ratio(f64);

impl Ratio {
    /// Reads `1%` or `0.5%`.
    ///
    /// # Errors
    /// A text without the percent sign, which would leave open whether `1` is all or a hundredth.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        let text = text.trim();
        match split_number(text) {
            Some((percent, rest)) if rest.trim() == "%" => Ok(Self(percent / 100.0)),
            Some((number, "")) if (0.0..1.0).contains(&number) && number != 0.0 => {
                // what other tools write as a part of one
                let percent = format!("{:.6}", number * 100.0);
                let percent = percent.trim_end_matches('0').trim_end_matches('.');
                let help = format!("write `{percent}%` for {text} of all, or `{text}%` for {text} of a hundred");
                Err(InvalidValue::new(format!("`{text}` has no unit"), help))
            }
            Some((_, "")) => {
                Err(InvalidValue::new(format!("`{text}` has no unit"), format!("did you mean `{text}%`?")))
            }
            _ => Err(InvalidValue::new(format!("`{text}` is not a share"), "write a share as `1%`")),
        }
    }

    /// The share this number is: 1.0 is the whole.
    #[must_use]
    pub const fn new(share: f64) -> Self {
        Self(share)
    }

    /// The share `part` of `whole`; `None` where there is no whole.
    #[must_use]
    pub fn of(part: u64, whole: u64) -> Option<Self> {
        (whole > 0).then(|| Self(part as f64 / whole as f64))
    }

    /// The share as a number: 1.0 is the whole.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        self.0
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{:.3}", self.0 * 100.0);
        write!(f, "{}%", text.trim_end_matches('0').trim_end_matches('.'))
    }
}

const SIZE_UNITS: [(&str, u64); 7] = [
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
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        let text = text.trim();
        let Some((count, unit)) = split_number(text) else {
            return Err(InvalidValue::new(
                format!("`{text}` is not a size"),
                "write a size with its unit, such as `10KiB`",
            ));
        };
        let unit = unit.trim();
        if unit.is_empty() {
            return Err(InvalidValue::new(
                format!("`{text}` has no unit"),
                format!("did you mean `{text}B` or `{text}KiB`?"),
            ));
        }
        match SIZE_UNITS.iter().find(|(name, _)| *name == unit) {
            Some((_, factor)) => Ok(Self((count * *factor as f64).round() as u64)),
            None => Err(InvalidValue::new(
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

/// Splits `12.5ms` into the number and what follows it; `None` where no number stands first.
///
/// Only plain decimals count: no sign, no exponent, no `inf`, so that every number is finite and ≥ 0.
pub(super) fn split_number(text: &str) -> Option<(f64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, rest) = text.split_at(end);
    if number.is_empty() || number.starts_with('.') || number.ends_with('.') {
        return None;
    }
    let value: f64 = number.parse().ok()?;
    value.is_finite().then_some((value, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_read_with_their_units() {
        assert_eq!(Rate::parse("50/s").unwrap().as_per_second(), 50.0);
        assert_eq!(Rate::parse("600/min").unwrap().as_per_second(), 10.0);
        assert_eq!(Rate::parse("5").unwrap_err().help, "did you mean `5/s`?");
        for text in ["", "/s", "-5/s", "5/fortnight", "5 per s"] {
            assert!(Rate::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_share_carries_its_percent_sign() {
        assert_eq!(Ratio::parse("1%").unwrap().as_f64(), 0.01);
        assert_eq!(Ratio::parse("1").unwrap_err().help, "did you mean `1%`?");
        assert_eq!(Ratio::of(1, 3).unwrap().to_string(), "33.333%");
        assert!(Ratio::of(0, 0).is_none());
    }

    #[test]
    fn sizes_read_with_their_units() {
        assert_eq!(Size::parse("10KiB").unwrap().as_bytes(), 10_240);
        assert_eq!(Size::parse("1MB").unwrap().as_bytes(), 1_000_000);
        assert!(Size::parse("10").is_err());
        assert_eq!(Size::from_bytes(1536).to_string(), "1.5KiB");
    }
}
