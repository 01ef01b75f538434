//! Numbers as a person reads them: the one place that formats a count, a time, a rate, a share or a change.

use std::time::Duration;

use crate::units::{Size, show_duration};

/// What stands where there is no number.
pub(super) const ABSENT: &str = "–";

/// The longest time that is shown, in seconds: what is read from a file may be anything.
const LONGEST: f64 = 1e9;

/// What a number counts, and so how it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// A number of any kind, in three digits.
    Plain,
    /// A second.
    PerSecond,
    /// A part of 1, as a percentage.
    Share,
    /// Milliseconds.
    Time,
    /// Bytes.
    Bytes,
    /// A second, in up to five digits: two runs are compared by them.
    FinePerSecond,
    /// A part of 1, as a percentage in up to five digits.
    FineShare,
    /// A difference as a part of what was before, with its sign, in percent.
    Change,
    /// A difference of two shares, with its sign, in percentage points.
    Points,
}

impl Unit {
    /// A number of this unit.
    pub(crate) fn show(self, number: f64) -> String {
        match self {
            Self::Plain => figure(number),
            Self::PerSecond => rate(number),
            Self::Share => percent(number),
            Self::Time => ms(number),
            Self::Bytes => Size::from_bytes(number as u64).to_string(),
            Self::FinePerSecond => format!("{}/s", fine(number)),
            Self::FineShare => format!("{}%", fine(number * 100.0)),
            Self::Change => signed(number, "%"),
            Self::Points => signed(number, " pt"),
        }
    }

    /// All between two numbers of this unit.
    pub(crate) fn range(self, low: f64, high: f64) -> String {
        let between = if self == Self::Time { ".." } else { " to " };
        format!("{}{between}{}", self.show(low), self.show(high))
    }
}

/// A time in milliseconds.
pub(crate) fn ms(ms: f64) -> String {
    show_duration(Duration::try_from_secs_f64((ms / 1e3).clamp(0.0, LONGEST)).unwrap_or_default())
}

/// A time in seconds.
pub(super) fn seconds(seconds: f64) -> String {
    ms(seconds * 1e3)
}

/// A rate a second.
pub(crate) fn rate(number: f64) -> String {
    format!("{}/s", figure(number))
}

/// A share of 1 as a percentage.
pub(crate) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    // a share that is not nothing must not read as nothing, nor one that is not all as all
    match percent {
        p if p > 0.0 && p < 0.01 => "<0.01%".to_owned(),
        p if p < 10.0 => format!("{p:.2}%"),
        p if p < 100.0 => format!("{:.1}%", p.min(99.9)),
        _ => "100%".to_owned(),
    }
}

/// A number in three digits.
pub(crate) fn figure(number: f64) -> String {
    match number.abs() {
        n if n >= 1e15 => format!("{number:.2e}"),
        n if n >= 1e5 => {
            let sign = if number < 0.0 { "-" } else { "" };
            format!("{sign}{}", grouped(n.round() as u64))
        }
        n if n >= 100.0 || n == n.trunc() => format!("{number:.0}"),
        n if n >= 10.0 => format!("{number:.1}"),
        n if n >= 0.01 => format!("{number:.2}"),
        _ => format!("{number:.2e}"),
    }
}

/// 1234567 as `1,234,567`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// How many there are of something that takes an `s`: `1 user`, `1,200 users`.
pub(crate) fn counted(number: u64, what: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{} {what}{s}", grouped(number))
}

/// How many failed, and of how large a share; `None` where there is nothing to be a share of.
pub(crate) fn failures(failed: u64, share: Option<f64>) -> String {
    match share {
        Some(share) if failed > 0 => format!("{} ({})", grouped(failed), percent(share)),
        _ => "0".to_owned(),
    }
}

/// A number in up to five digits, without zeros at its end.
fn fine(number: f64) -> String {
    let text = match number.abs() {
        n if n >= 1000.0 => format!("{number:.0}"),
        n if n >= 100.0 => format!("{number:.1}"),
        n if n >= 0.01 || n == 0.0 => format!("{number:.2}"),
        _ => format!("{number:.1e}"),
    };
    if text.contains('.') && !text.contains('e') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

fn signed(share: f64, unit: &str) -> String {
    let percent = share * 100.0;
    let sign = if percent > 0.0 { "+" } else { "" };
    match percent.abs() {
        n if n < 0.005 => format!("0{unit}"),
        n if n < 10.0 => format!("{sign}{percent:.2}{unit}").replace('-', "−"),
        n if n < 1e6 => format!("{sign}{percent:.1}{unit}").replace('-', "−"),
        // nearly nothing became something: how much more it is, in percent, tells nothing
        _ if percent > 0.0 => format!("over +999999{unit}"),
        _ => format!("under −999999{unit}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_reads_as_nothing_or_as_all_only_where_it_is() {
        let shown = [0.0, 1e-9, 0.000_1, 0.05, 0.123_4, 0.999_9, 1.0].map(percent);
        assert_eq!(shown, ["0.00%", "<0.01%", "0.01%", "5.00%", "12.3%", "99.9%", "100%"]);
    }

    #[test]
    fn a_figure_has_three_digits_and_large_ones_are_grouped() {
        let shown = [0.0, 0.001_23, 0.5, 3.25, 12.34, 344.4, 99_999.0, -1_234_567.0, 1e15].map(figure);
        assert_eq!(shown, ["0", "1.23e-3", "0.50", "3.25", "12.3", "344", "99999", "-1,234,567", "1.00e15"]);
        assert_eq!([7, 1_234_567, u64::MAX].map(grouped), ["7", "1,234,567", "18,446,744,073,709,551,615"]);
    }

    #[test]
    fn a_time_from_a_file_is_shown_however_odd_it_is() {
        let shown = [1.5, 0.0, -4.0, f64::NAN, f64::INFINITY].map(ms);
        assert_eq!(shown, ["1.5ms", "0s", "0s", "0s", "277777h46m40s"]);
    }

    #[test]
    fn a_change_has_its_sign_and_its_unit() {
        let change = [0.0, 0.000_04, 0.001_2, -0.336, 522.1, 1e5].map(|change| Unit::Change.show(change));
        assert_eq!(change, ["0%", "0%", "+0.12%", "−33.6%", "+52210.0%", "over +999999%"]);
        assert_eq!(Unit::Points.range(-0.06, -0.04), "−6.00 pt to −4.00 pt");
        assert_eq!(Unit::Time.range(1.0, 13.0), "1ms..13ms");
        assert_eq!(
            [99.66, 100.0, 0.05, 0.003].map(|rate| Unit::FinePerSecond.show(rate)),
            ["99.66/s", "100/s", "0.05/s", "3.0e-3/s"]
        );
    }
}
