use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::types::{Aggregate, Subject, Threshold};
use crate::units::{Rate, Ratio, Size, show_duration};

/// A value with its kind: what a threshold compares with, and what is measured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(from = "Kept", into = "Kept")]
pub enum Amount {
    /// A time.
    Time(Duration),
    /// So many a second.
    Rate(Rate),
    /// A share.
    Ratio(Ratio),
    /// A number.
    Number(f64),
    /// Bytes.
    Size(Size),
}

/// What a rate is written by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RateUnit {
    /// `50/s`
    #[default]
    Second,
    /// `3000/min`
    Minute,
    /// `180000/h`
    Hour,
}

impl RateUnit {
    /// That of a rate as it is written.
    pub(super) fn of(written: &str) -> Self {
        match written.rsplit_once('/').map(|(_, unit)| unit.trim().as_bytes()) {
            Some([b'm', ..]) => Self::Minute,
            Some([b'h', ..]) => Self::Hour,
            _ => Self::Second,
        }
    }

    fn show(self, rate: Rate) -> String {
        let (seconds, sign) = match self {
            Self::Second => (1.0, "s"),
            Self::Minute => (60.0, "min"),
            Self::Hour => (3600.0, "h"),
        };
        format!("{}/{sign}", short(rate.as_per_second() * seconds))
    }
}

/// What an amount is of.
pub(super) enum Kind {
    Time,
    Rate,
    Ratio,
    Size,
    Number,
}

impl Amount {
    /// As a number to compare with: seconds, a second, a share, a number, bytes.
    #[must_use]
    pub fn value(self) -> f64 {
        match self {
            Self::Time(time) => time.as_secs_f64(),
            Self::Rate(rate) => rate.as_per_second(),
            Self::Ratio(ratio) => ratio.as_f64(),
            Self::Number(number) => number,
            Self::Size(size) => size.as_bytes() as f64,
        }
    }

    /// What [`Amount::value`] counts.
    #[must_use]
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Time(_) => "s",
            Self::Rate(_) => "/s",
            Self::Ratio(_) => "share",
            Self::Number(_) => "number",
            Self::Size(_) => "bytes",
        }
    }

    /// A time in milliseconds; what no time can be is the nearest that one can.
    #[must_use]
    pub fn milliseconds(ms: f64) -> Self {
        Self::Time(Duration::from_secs_f64(ms.clamp(0.0, 1e12) / 1e3))
    }

    /// Another value of the same kind, as [`Amount::value`] gives it; what cannot be below nothing is at least nothing.
    #[must_use]
    pub fn with(self, value: f64) -> Self {
        match self {
            // a duration holds no more than 2⁶⁴ seconds, and no sample is a thousandth of that
            Self::Time(_) => Self::Time(Duration::from_secs_f64(value.clamp(0.0, 1e15))),
            Self::Rate(_) => Self::Rate(Rate::per_second(value)),
            Self::Ratio(_) => Self::Ratio(Ratio::new(value)),
            Self::Number(_) => Self::Number(value),
            Self::Size(_) => Self::Size(Size::from_bytes(value.max(0.0) as u64)),
        }
    }

    /// A rate in the unit this one is shown in.
    #[must_use]
    pub fn like(self, rate: Rate) -> String {
        Self::Rate(rate).beside(self)
    }

    /// As a person reads it beside rates that are written by a unit.
    #[must_use]
    pub fn by(self, unit: RateUnit) -> String {
        match self {
            Self::Rate(rate) => unit.show(rate),
            _ => self.to_string(),
        }
    }

    /// In the unit another is shown in, so that a person can compare both.
    #[must_use]
    pub fn beside(self, other: Self) -> String {
        match (self, other) {
            (Self::Rate(rate), Self::Rate(other)) if is_of_minutes(other) => {
                format!("{}/min", short(rate.as_per_second() * 60.0))
            }
            (Self::Rate(rate), Self::Rate(_)) => format!("{}/s", short(rate.as_per_second())),
            _ => self.to_string(),
        }
    }
}

impl Threshold {
    /// Whether what it measures can be such an amount.
    #[must_use]
    pub const fn takes(&self, amount: Amount) -> bool {
        match (kind(self.aggregate, &self.subject), amount) {
            (Kind::Time, Amount::Time(_))
            | (Kind::Rate, Amount::Rate(_))
            | (Kind::Ratio, Amount::Ratio(_))
            | (Kind::Size, Amount::Size(_))
            // a transaction's time goes by a metric's name
            | (Kind::Number, Amount::Number(_) | Amount::Time(_)) => true,
            (Kind::Time | Kind::Rate | Kind::Ratio | Kind::Size | Kind::Number, _) => false,
        }
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(time) => f.write_str(&show_duration(*time)),
            Self::Rate(rate) if is_of_minutes(*rate) => write!(f, "{}/min", short(rate.as_per_second() * 60.0)),
            Self::Rate(rate) => write!(f, "{}/s", short(rate.as_per_second())),
            Self::Ratio(ratio) => write!(f, "{ratio}"),
            Self::Number(number) => f.write_str(&short(*number)),
            Self::Size(size) => write!(f, "{size}"),
        }
    }
}

/// A value as a journal keeps it: `{"seconds": 0.2}`.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kept {
    Seconds(f64),
    PerSecond(f64),
    Share(f64),
    Number(f64),
    Bytes(u64),
}

impl From<Amount> for Kept {
    fn from(amount: Amount) -> Self {
        match amount {
            Amount::Time(time) => Self::Seconds(time.as_secs_f64()),
            Amount::Rate(rate) => Self::PerSecond(rate.as_per_second()),
            Amount::Ratio(share) => Self::Share(share.as_f64()),
            Amount::Number(number) => Self::Number(number),
            Amount::Size(size) => Self::Bytes(size.as_bytes()),
        }
    }
}

impl From<Kept> for Amount {
    /// A file may say anything; what no run measures becomes the nearest that one can.
    fn from(kept: Kept) -> Self {
        match kept {
            Kept::Seconds(seconds) => {
                Self::Time(Duration::from_secs_f64(if seconds.is_finite() { seconds.clamp(0.0, 1e12) } else { 0.0 }))
            }
            Kept::PerSecond(rate) => Self::Rate(Rate::per_second(rate)),
            Kept::Share(share) => Self::Ratio(Ratio::new(if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 })),
            Kept::Number(number) => Self::Number(number),
            Kept::Bytes(bytes) => Self::Size(Size::from_bytes(bytes)),
        }
    }
}

/// Whether a rate was meant by the minute: whole there, and no round number a second.
fn is_of_minutes(rate: Rate) -> bool {
    let whole = |number: f64| (number - number.round()).abs() < 1e-6;
    !whole(rate.as_per_second() * 10.0) && whole(rate.as_per_second() * 60.0)
}

/// A number with as many digits as a person reads: whole above 1,000, three significant below.
fn short(number: f64) -> String {
    let digits = match number.abs() {
        n if n >= 100.0 || n == n.trunc() => 0,
        n if n >= 10.0 => 1,
        n if n >= 1.0 => 2,
        _ => 4,
    };
    format!("{number:.digits$}")
}

/// The kind of a threshold's left side.
pub(super) const fn kind(aggregate: Aggregate, subject: &Subject) -> Kind {
    match aggregate {
        Aggregate::Rate => Kind::Rate,
        Aggregate::ErrorRate | Aggregate::TaskErrorRate | Aggregate::StartErrorRate | Aggregate::Share => Kind::Ratio,
        Aggregate::Bytes => Kind::Size,
        Aggregate::Count | Aggregate::Errors | Aggregate::Dropped => Kind::Number,
        _ if matches!(subject, Subject::Declared(_)) => Kind::Number,
        _ => Kind::Time,
    }
}

/// Nothing, in the kind of a threshold's left side.
pub(super) fn nothing(aggregate: Aggregate, subject: &Subject) -> Amount {
    match kind(aggregate, subject) {
        Kind::Time => Amount::Time(Duration::ZERO),
        Kind::Rate => Amount::Rate(Rate::per_second(0.0)),
        Kind::Ratio => Amount::Ratio(Ratio::new(0.0)),
        Kind::Size => Amount::Size(Size::from_bytes(0)),
        Kind::Number => Amount::Number(0.0),
    }
}

/// What to write instead of what is of another kind.
pub(super) const fn example(aggregate: Aggregate, subject: &Subject) -> &'static str {
    match kind(aggregate, subject) {
        Kind::Time => "write a time, such as `100ms`",
        Kind::Rate => "write a rate, such as `50/s`",
        Kind::Ratio => "write a share, such as `1%`",
        Kind::Size => "write a size, such as `10KiB`",
        Kind::Number => "write a number, such as `100`",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_comes_back_from_the_journal_to_the_bit() {
        for amount in [
            Amount::Time(Duration::from_nanos(123_456_789_012_345)),
            Amount::Rate(Rate::per_second(1000.0 / 60.0)),
            Amount::Ratio(Ratio::new(1.0 / 3.0)),
            Amount::Number(-0.1),
            Amount::Size(Size::from_bytes(u64::MAX)),
        ] {
            let text = serde_json::to_string(&amount).unwrap();
            assert_eq!(serde_json::from_str::<Amount>(&text).unwrap(), amount, "{text}");
        }
        assert_eq!(serde_json::to_string(&Amount::Ratio(Ratio::new(0.5))).unwrap(), r#"{"share":0.5}"#);
    }
}
