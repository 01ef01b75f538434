//! A comparison's numbers as a person reads them.

use std::time::Duration;

use super::document::ChangeEntry;
use crate::units::show_duration;

/// A value of the change's quantity; a dash where there is none.
pub(super) fn value(change: &ChangeEntry, value: Option<f64>) -> String {
    let Some(value) = value else { return "–".to_owned() };
    match change.quantity.as_str() {
        "throughput" => format!("{}/s", digits(value)),
        "error_rate" => format!("{}%", digits(value * 100.0)),
        _ => show_duration(Duration::try_from_secs_f64(value / 1e3).unwrap_or_default()),
    }
}

/// The change itself: in percent of the base, or of an error rate in points.
pub(super) fn moved(change: &ChangeEntry) -> String {
    change.change.map_or("–".to_owned(), |moved| signed(moved, change))
}

/// Its interval.
pub(super) fn interval(change: &ChangeEntry) -> String {
    match (change.low, change.high) {
        (Some(low), Some(high)) => format!("{} to {}", signed(low, change), signed(high, change)),
        _ => "–".to_owned(),
    }
}

/// What a quantity is called in tables.
pub(super) fn quantity(change: &ChangeEntry) -> String {
    change.quantity.replace('_', " ")
}

/// A share as a percentage.
pub(super) fn percent(share: f64) -> String {
    format!("{}%", digits(share * 100.0))
}

/// A text from outside in one line: whoever reads by lines must not take a part of a name for one.
pub(super) fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn signed(share: f64, change: &ChangeEntry) -> String {
    let unit = if change.quantity == "error_rate" { " pt" } else { "%" };
    let percent = share * 100.0;
    let sign = if percent > 0.0 { "+" } else { "" };
    match percent.abs() {
        n if n < 0.005 => format!("0{unit}"),
        n if n < 10.0 => format!("{sign}{percent:.2}{unit}").replace('-', "−"),
        n if n < 1e6 => format!("{sign}{percent:.1}{unit}").replace('-', "−"),
        _ => format!("{sign}{percent:.1e}{unit}"),
    }
}

fn digits(number: f64) -> String {
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
