use std::io::Read;

use super::cause::Cause;
use super::csv::{Csv, LIMIT, Unread};
use super::figures::Failures;
use super::trend::{Point, Trend};

/// What the other CSV files of a run of Locust say; each may be absent.
#[derive(Debug, Clone, Default)]
pub struct CompanionCsvs {
    /// `X_failures.csv`.
    pub failures: Option<Vec<Failures>>,
    /// How many mistakes of the locustfile `X_exceptions.csv` counts.
    pub exceptions: u64,
    /// `X_stats_history.csv`.
    pub history: Option<Trend>,
    /// What of them could not be used.
    pub notes: Vec<String>,
}

/// The most groups of failures that are told apart.
const MOST_GROUPS: usize = 10_000;

impl CompanionCsvs {
    /// How long the history is, in seconds.
    pub(super) fn seconds(&self) -> Option<f64> {
        self.history.as_ref().and_then(Trend::seconds)
    }
}

/// Reads `X_failures.csv`, with or without first and last times.
///
/// # Errors
/// A file that is none, a cell that is no number, or more groups than are told apart.
pub fn read_failures<R: Read>(file: R) -> Result<Vec<Failures>, Unread> {
    let mut sheet = Csv::open(file)?;
    needs(&sheet, &["Method", "Name", "Error", "Occurrences"])?;
    let mut groups = Vec::new();
    while let Some(line) = sheet.next()? {
        if groups.len() == MOST_GROUPS {
            return Err(line.wrong(format!("more than {MOST_GROUPS} different failures"), "they are not told apart"));
        }
        let message = line.text("Error");
        groups.push(Failures {
            method: line.text("Method"),
            name: line.text("Name"),
            cause: Cause::of_message(&message),
            message,
            count: line.count("Occurrences")?,
        });
    }
    whole(&sheet)?;
    groups.sort_by_key(|group| std::cmp::Reverse(group.count));
    Ok(groups)
}

/// Reads `X_exceptions.csv`: how many exceptions there were.
///
/// # Errors
/// A file that is none, or a cell that is no number.
pub fn read_exceptions<R: Read>(file: R) -> Result<u64, Unread> {
    let mut sheet = Csv::open(file)?;
    needs(&sheet, &["Count", "Message"])?;
    let mut all = 0_u64;
    while let Some(line) = sheet.next()? {
        all = all.saturating_add(line.count("Count")?);
    }
    whole(&sheet)?;
    Ok(all)
}

/// Reads `X_stats_history.csv`: of its rows those of all requests.
///
/// # Errors
/// A file that is none, or a cell that is no number.
pub fn read_history<R: Read>(file: R) -> Result<Trend, Unread> {
    let mut sheet = Csv::open(file)?;
    needs(&sheet, &["Timestamp", "User Count", "Name", "Requests/s", "Total Request Count"])?;
    let mut trend = Trend::default();
    let mut began = None;
    let mut before: Option<(f64, u64)> = None;
    while let Some(line) = sheet.next()? {
        if line.text("Name") != "Aggregated" || !line.text("Type").is_empty() {
            continue;
        }
        let at = line.count("Timestamp")? as f64;
        let began = *began.get_or_insert(at);
        let all = line.count("Total Request Count")?;
        let (then, had) = before.replace((at, all)).unwrap_or((at, all));
        // `Requests/s` is that of ten seconds or so, and begins late; the counts are exact
        let rate = (at > then).then(|| all.saturating_sub(had) as f64 / (at - then));
        let asked = line.number("Requests/s")?.is_some_and(|rate| rate > 0.0);
        // where nothing was asked, the percentiles are zeros or `N/A`
        let quantile = |column: &str| Ok(line.number(column)?.filter(|_| asked));
        trend.add(Point {
            second: (at - began).max(0.0),
            users: Some(line.count("User Count")?),
            rate,
            p95: quantile("95%")?,
        });
    }
    whole(&sheet)?;
    Ok(trend)
}

fn needs<R: Read>(sheet: &Csv<R>, columns: &[&str]) -> Result<(), Unread> {
    let missing = sheet.lacks(columns);
    if missing.is_empty() {
        return Ok(());
    }
    let s = if missing.len() == 1 { "" } else { "s" };
    Err(Unread::new(format!("column{s} {} missing", missing.join(", ")), "it is left out"))
}

fn whole<R: Read>(sheet: &Csv<R>) -> Result<(), Unread> {
    match sheet.is_cut() {
        true => Err(Unread::new(format!("longer than {} MiB", LIMIT >> 20), "it is left out")),
        false => Ok(()),
    }
}
