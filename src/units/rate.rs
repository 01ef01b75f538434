use std::fmt;
use std::time::Duration;

use super::quantity::{Misread, split_number};

/// How many of a thing in a length of time; held as a count a second.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Rate(f64);

impl Rate {
    /// Reads `50/s`, `1000/min` or `3600/h`.
    ///
    /// # Errors
    /// A bare number, or a unit that is not a length of time.
    pub fn parse(text: &str) -> Result<Self, Misread> {
        let text = text.trim();
        let examples = "write a rate with its unit, such as `50/s` or `1000/min`";
        let Some((count, rest)) = split_number(text) else {
            return Err(Misread::new(format!("`{text}` is not a rate"), examples));
        };
        let rest = rest.trim();
        if rest.is_empty() {
            return Err(Misread::new(format!("`{text}` has no unit"), format!("did you mean `{text}/s`?")));
        }
        let Some(unit) = rest.strip_prefix('/').map(str::trim) else {
            return Err(Misread::new(format!("`{text}` is not a rate"), examples));
        };
        let seconds = match unit {
            "s" | "sec" | "second" => 1.0,
            "m" | "min" | "minute" => 60.0,
            "h" | "hour" => 3600.0,
            _ => {
                return Err(Misread::new(
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
}
