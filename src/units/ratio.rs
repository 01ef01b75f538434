use std::fmt;

use super::quantity::{Misread, split_number};

/// A share of a whole: 0.01 is `1%`.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Ratio(f64);

impl Ratio {
    /// Reads `1%` or `0.5%`.
    ///
    /// # Errors
    /// A text without the percent sign, which would leave open whether `1` is all or a hundredth.
    pub fn parse(text: &str) -> Result<Self, Misread> {
        let text = text.trim();
        match split_number(text) {
            Some((percent, rest)) if rest.trim() == "%" => Ok(Self(percent / 100.0)),
            Some((_, "")) => Err(Misread::new(format!("`{text}` has no unit"), format!("did you mean `{text}%`?"))),
            _ => Err(Misread::new(format!("`{text}` is not a share"), "write a share as `1%`")),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_carries_its_percent_sign() {
        assert_eq!(Ratio::parse("1%").unwrap().as_f64(), 0.01);
        assert_eq!(Ratio::parse("1").unwrap_err().help, "did you mean `1%`?");
        assert_eq!(Ratio::of(1, 3).unwrap().to_string(), "33.333%");
        assert!(Ratio::of(0, 0).is_none());
    }
}
