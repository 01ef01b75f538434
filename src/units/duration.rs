use std::fmt;
use std::time::Duration;

use super::quantity::{InvalidValue, split_number};

const UNITS: [(&str, f64); 7] =
    [("ns", 1e-9), ("us", 1e-6), ("µs", 1e-6), ("ms", 1e-3), ("s", 1.0), ("m", 60.0), ("h", 3600.0)];
const LONGEST_SECONDS: f64 = 366.0 * 24.0 * 3600.0;
const EXAMPLES: &str = "write a duration with its unit, such as `250ms`, `10s`, `1m30s` or `2h`";

/// Reads a duration such as `250ms`, `10s`, `1m30s`, `2h` or `1d`; the parts add up.
///
/// # Errors
/// A bare number, an unknown unit, or a time beyond 366 days.
pub fn parse_duration(text: &str) -> Result<Duration, InvalidValue> {
    let text = text.trim();
    if text.is_empty() {
        return Err(InvalidValue::new("a duration is missing", EXAMPLES));
    }
    let mut rest = text;
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let Some((value, after)) = split_number(rest) else {
            return Err(InvalidValue::new(format!("`{text}` is not a duration"), EXAMPLES));
        };
        let end = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let (unit, next) = after.split_at(end);
        let unit = unit.trim();
        if unit.is_empty() {
            return Err(InvalidValue::new(
                format!("`{text}` has no unit"),
                format!("did you mean `{text}s` or `{text}ms`?"),
            ));
        }
        let factor = if unit == "d" {
            24.0 * 3600.0
        } else {
            match UNITS.iter().find(|(name, _)| *name == unit) {
                Some((_, factor)) => *factor,
                None => {
                    return Err(InvalidValue::new(
                        format!("`{unit}` is not a unit of time"),
                        "the units are `ns`, `us`, `ms`, `s`, `m`, `h` and `d`",
                    ));
                }
            }
        };
        seconds += value * factor;
        rest = next.trim_start();
    }
    if seconds > LONGEST_SECONDS {
        return Err(InvalidValue::new(format!("`{text}` is longer than a year"), "write a shorter duration"));
    }
    Ok(Duration::from_nanos((seconds * 1e9).round() as u64))
}

/// Writes a duration as a person says it: `850ns`, `12.3ms`, `1.5s`, `1m30s`, `2h`.
#[must_use]
pub fn show_duration(duration: Duration) -> String {
    let nanos = duration.as_nanos();
    let seconds = duration.as_secs_f64();
    if nanos == 0 {
        "0s".into()
    } else if nanos < 1_000 {
        format!("{nanos}ns")
    } else if seconds < 1e-3 {
        format!("{}us", three_digits(seconds * 1e6))
    } else if seconds < 1.0 {
        format!("{}ms", three_digits(seconds * 1e3))
    } else if seconds < 60.0 {
        format!("{}s", three_digits(seconds))
    } else {
        let whole = seconds.round() as u64;
        let parts = [(whole / 3600, "h"), (whole / 60 % 60, "m"), (whole % 60, "s")];
        parts.iter().filter(|(n, _)| *n > 0).map(|(n, unit)| format!("{n}{unit}")).collect()
    }
}

fn three_digits(value: f64) -> String {
    let text = if value >= 99.95 {
        format!("{value:.0}")
    } else if value >= 9.995 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    };
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A length of time drawn evenly from a range: `1s..5s`, or `2s` where both ends are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DurationRange {
    /// The shortest.
    pub from: Duration,
    /// The longest; never shorter than `from`.
    pub to: Duration,
}

impl DurationRange {
    /// Reads `2s` or `1s..5s`.
    ///
    /// # Errors
    /// As [`parse_duration`]; also a range whose end is before its start.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        let (from, to) = match text.split_once("..") {
            None => {
                let both = parse_duration(text).map_err(|invalid| match with_dash(text) {
                    Some(range) => InvalidValue::new(invalid.message, format!("did you mean `{range}`?")),
                    None => invalid,
                })?;
                (both, both)
            }
            Some((from, to)) => (parse_duration(from)?, parse_duration(to)?),
        };
        if to < from {
            return Err(InvalidValue::new(
                format!("the range `{}` ends before it starts", text.trim()),
                format!("did you mean `{}..{}`?", show_duration(to), show_duration(from)),
            ));
        }
        Ok(Self { from, to })
    }

    /// The length at `share` of the way from the shortest to the longest; `share` is 0..=1.
    #[must_use]
    pub fn at(&self, share: f64) -> Duration {
        self.from + (self.to - self.from).mul_f64(share.clamp(0.0, 1.0))
    }
}

/// The range that two durations with another sign between them mean.
fn with_dash(text: &str) -> Option<String> {
    let (from, to) = ["-", "–", "…", " to ", ","].iter().find_map(|sign| text.split_once(sign))?;
    let (from, to) = (from.trim(), to.trim());
    // the unit may stand behind the second alone
    let unit = to.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let from = if parse_duration(from).is_ok() { from.to_owned() } else { format!("{from}{unit}") };
    (parse_duration(&from).is_ok() && parse_duration(to).is_ok()).then(|| format!("{from}..{to}"))
}

impl fmt::Display for DurationRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.from == self.to {
            write!(f, "{}", show_duration(self.from))
        } else {
            write!(f, "{}..{}", show_duration(self.from), show_duration(self.to))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_with_their_units_and_add_up() {
        let read = |text| parse_duration(text).unwrap();
        assert_eq!(read("250ms"), Duration::from_millis(250));
        assert_eq!(read("1m30s"), Duration::from_secs(90));
        assert_eq!(read("0.5s"), Duration::from_millis(500));
        assert_eq!(read("1d"), Duration::from_secs(86_400));
        assert_eq!(read("0s"), Duration::ZERO);
    }

    #[test]
    fn a_bare_number_is_a_problem_with_a_hint_and_never_a_guess() {
        assert_eq!(parse_duration("10").unwrap_err().help, "did you mean `10s` or `10ms`?");
        for text in ["", "s", "-1s", "1e3s", "10 parsecs", "nan", "inf", "1..2s", "1s garbage", "400d"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_shown_reads_back() {
        for text in ["850ns", "12.3ms", "1.5s", "1m30s", "2h", "0s", "100ms"] {
            assert_eq!(show_duration(parse_duration(text).unwrap()), text);
        }
    }

    #[test]
    fn a_range_backwards_is_a_problem() {
        assert_eq!(DurationRange::parse("5s..1s").unwrap_err().help, "did you mean `1s..5s`?");
        assert_eq!(DurationRange::parse("100ms..2s").unwrap().at(0.0), Duration::from_millis(100));
    }
}
