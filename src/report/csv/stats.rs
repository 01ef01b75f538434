use std::io::{self, Write};

use super::cells::{PERCENTILES, number, percentiles, rows, text};
use super::content::{average, content};
use crate::results::{Report, RequestEntry, TimeEntry};

const HEAD: [&str; 11] = [
    "Type",
    "Name",
    "Request Count",
    "Failure Count",
    "Median Response Time",
    "Average Response Time",
    "Min Response Time",
    "Max Response Time",
    "Average Content Size",
    "Requests/s",
    "Failures/s",
];

/// Writes `_stats.csv`: a row per method and name, in the order of the names, and one of all at the end. Times are
/// response times in milliseconds; rates are over the time load was made.
///
/// # Errors
/// Of what it is written to.
pub fn stats(report: &Report, out: impl Write) -> io::Result<()> {
    let mut file = rows(out);
    file.write_record(HEAD.iter().chain(&PERCENTILES))?;
    let mut entries: Vec<&RequestEntry> = report.requests.iter().collect();
    entries.sort_by_key(|row| (&row.name, &row.method));
    for entry in entries {
        file.write_record(row(entry, text(&entry.method), text(&entry.name), report.run.seconds))?;
    }
    file.write_record(row(&report.total, String::new(), "Aggregated".to_owned(), report.run.seconds))?;
    file.flush()
}

fn row(entry: &RequestEntry, method: String, name: String, seconds: f64) -> Vec<String> {
    let times = entry.response_time.as_ref();
    let time = |of: fn(&TimeEntry) -> f64| number(times.map_or(0.0, of));
    let failures = if seconds > 0.0 { entry.failed as f64 / seconds } else { 0.0 };
    let mut cells = vec![
        method,
        name,
        entry.requests.to_string(),
        entry.failed.to_string(),
        time(|times| times.p50),
        time(|times| times.mean),
        time(|times| times.min),
        time(|times| times.max),
        number(average(content(entry), entry.requests)),
        number(entry.rate),
        number(failures),
    ];
    cells.extend(percentiles(times));
    cells
}
