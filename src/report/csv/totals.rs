use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::time::Duration;

use super::cells::{PERCENTILES, average, number, percentiles, rows, text};
use crate::results::{FailureEntry, Report, RequestEntry, TimeEntry};

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
/// response times in milliseconds; rates are over the time that the report's are.
///
/// # Errors
/// Of what it is written to.
pub(in crate::report) fn stats(report: &Report, out: impl Write) -> io::Result<()> {
    let mut file = rows(out);
    file.write_record(HEAD.iter().chain(&PERCENTILES))?;
    let mut entries: Vec<&RequestEntry> = report.requests.iter().collect();
    entries.sort_by_key(|row| (&row.name, &row.method));
    let seconds = report.run.rate_seconds.unwrap_or(report.run.seconds);
    for entry in entries {
        file.write_record(row(entry, text(&entry.method), text(&entry.name), seconds))?;
    }
    file.write_record(row(&report.total, String::new(), "Aggregated".to_owned(), seconds))?;
    file.flush()
}

/// Writes `_failures.csv`: a row per method, name and message, the most frequent first.
///
/// # Errors
/// Of what it is written to.
pub fn failures(report: &Report, out: impl Write) -> io::Result<()> {
    let mut file = rows(out);
    file.write_record(["Method", "Name", "Error", "Occurrences", "First Seen", "Last Seen"])?;
    for group in alike(&report.failures) {
        file.write_record([
            text(group.method),
            text(group.name),
            text(group.message),
            group.count.to_string(),
            moment(&report.run.began, group.first),
            moment(&report.run.began, group.last),
        ])?;
    }
    file.flush()
}

/// Writes `_exceptions.csv`: errors of the plan that showed at run time, the most frequent first. The column of the
/// traceback says which request or task it was.
///
/// # Errors
/// Of what it is written to.
pub fn exceptions(report: &Report, out: impl Write) -> io::Result<()> {
    let mut file = rows(out);
    file.write_record(["Count", "Message", "Traceback", "Nodes"])?;
    for group in &report.exceptions {
        let place = format!("{} {}", group.method, group.name);
        file.write_record([&group.count.to_string(), &text(&group.message), &text(place.trim()), "local"])?;
    }
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
        number(average(entry.content_bytes, entry.requests)),
        number(entry.rate),
        number(failures),
    ];
    cells.extend(percentiles(times));
    cells
}

/// Failures that are the same in every column of the file.
struct Alike<'a> {
    method: &'a str,
    name: &'a str,
    message: &'a str,
    count: u64,
    first: f64,
    last: f64,
}

/// The groups in their order, each method, name and message once.
fn alike(groups: &[FailureEntry]) -> Vec<Alike<'_>> {
    let mut found: Vec<Alike<'_>> = Vec::new();
    let mut places: BTreeMap<(&str, &str, &str), usize> = BTreeMap::new();
    for group in groups {
        let (method, name, message) = (group.method.as_str(), group.name.as_str(), group.message.as_str());
        let place = *places.entry((method, name, message)).or_insert(found.len());
        match found.get_mut(place) {
            Some(known) => {
                known.count += group.count;
                known.first = known.first.min(group.first);
                known.last = known.last.max(group.last);
            }
            None => {
                found.push(Alike { method, name, message, count: group.count, first: group.first, last: group.last });
            }
        }
    }
    found.sort_by_key(|group| Reverse(group.count));
    found
}

/// The second of the day that lies so many seconds after the start; empty where the calendar does not reach it.
fn moment(began: &str, seconds: f64) -> String {
    let after = Duration::try_from_secs_f64(seconds).ok();
    let time = humantime::parse_rfc3339(began).ok().and_then(|began| began.checked_add(after?));
    let mut shown = String::new();
    match time.map(|time| write!(shown, "{}", humantime::format_rfc3339_seconds(time))) {
        Some(Ok(())) => shown,
        _ => String::new(),
    }
}
