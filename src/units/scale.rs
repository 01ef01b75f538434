use std::fmt;
use std::time::Duration;

use super::quantity::{InvalidValue, Rate, split_number};

/// By how much a run is made smaller for a rehearsal: its users, rates and times alike.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale(f64);

/// Below this nothing is left of a run.
const LEAST: f64 = 0.001;
/// What was longer is never made shorter than this: figures are by the second.
const SHORTEST: Duration = Duration::from_secs(1);

impl Scale {
    /// A run as its plan has it.
    pub const WHOLE: Self = Self(1.0);

    /// Reads a part of one: `0.1` or `10%`.
    ///
    /// # Errors
    /// What is none, what is more than all of a run, and what leaves nothing of it.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        let text = text.trim();
        let scale = match split_number(text) {
            Some((part, "")) => part,
            Some((percent, rest)) if rest.trim() == "%" => percent / 100.0,
            _ => {
                let help = "write the part of it that is to be run, such as `0.1` or `10%`";
                return Err(InvalidValue::new(format!("`{text}` is no scale"), help));
            }
        };
        if scale > 1.0 {
            let why = format!("a scale of {text} would make the run larger");
            return Err(InvalidValue::new(
                why,
                "a scale is 1 at most; more load is asked for with `--users` or `--rate`",
            ));
        }
        if scale < LEAST {
            let why = format!("a scale of {text} leaves nothing of a run");
            return Err(InvalidValue::new(why, format!("ask for {LEAST} or more, such as `0.1`")));
        }
        Ok(Self(scale))
    }

    /// As a number: 1 is all of a run.
    #[must_use]
    pub const fn factor(self) -> f64 {
        self.0
    }

    /// The number, where it is not all of a run.
    #[must_use]
    pub fn smaller(self) -> Option<f64> {
        (self != Self::WHOLE).then_some(self.0)
    }

    /// Fewer of something; one of them is left where there was any.
    #[must_use]
    pub fn count(self, count: u64) -> u64 {
        ((count as f64 * self.0).round() as u64).max(u64::from(count > 0))
    }

    /// Fewer a second.
    #[must_use]
    pub fn rate(self, rate: Rate) -> Rate {
        Rate::per_second(rate.as_per_second() * self.0)
    }

    /// A shorter length of time, but no less than a second of what was longer.
    #[must_use]
    pub fn length(self, time: Duration) -> Duration {
        self.moment(time).max(time.min(SHORTEST))
    }

    /// An earlier moment, to the millisecond.
    #[must_use]
    pub fn moment(self, time: Duration) -> Duration {
        if self == Self::WHOLE {
            return time;
        }
        Duration::from_millis((time.as_secs_f64() * self.0 * 1e3).round() as u64)
    }
}

impl fmt::Display for Scale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_is_a_part_of_one_in_either_way_of_writing_it() {
        for (text, scale) in [("0.1", 0.1), ("10%", 0.1), ("1", 1.0), ("100 %", 1.0), ("0.001", 0.001)] {
            assert_eq!(Scale::parse(text).unwrap().factor(), scale, "{text}");
        }
        for (text, why) in [
            ("2", "larger"),
            ("200%", "larger"),
            ("0", "leaves nothing"),
            ("0%", "leaves nothing"),
            ("-1", "is no scale"),
            ("x", "is no scale"),
            ("", "is no scale"),
            ("1/10", "is no scale"),
        ] {
            let told = Scale::parse(text).unwrap_err();
            assert!(told.message.contains(why) && !told.help.is_empty(), "{text}: {told}");
        }
    }

    #[test]
    fn something_is_left_of_whatever_there_was() {
        let scale = Scale::parse("0.01").unwrap();
        assert_eq!([0, 1, 49, 150].map(|users| scale.count(users)), [0, 1, 1, 2]);
        let seconds = Duration::from_secs;
        assert_eq!(scale.length(seconds(600)), seconds(6));
        assert_eq!(scale.length(seconds(15)), seconds(1));
        assert_eq!(scale.length(Duration::from_millis(300)), Duration::from_millis(300));
        assert_eq!(Scale::WHOLE.length(Duration::from_nanos(5)), Duration::from_nanos(5));
    }
}
