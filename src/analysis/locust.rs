use std::collections::HashMap;
use std::io::Read;
use std::path::Path;

use super::cause::Cause;
use super::csv::{Csv, Form, InputError, LIMIT, Line};
use super::figures::{Failures, Figures, Origin, Row, Step, Times, failed_in_percentiles};
use super::quantile_bounds::Share;
use super::trend::{Point, Trend};

/// What the other CSV files of a run of Locust say; each may be absent.
#[derive(Debug, Clone, Default)]
pub struct CompanionCsvs {
    /// `X_failures.csv`.
    pub failures: Option<Vec<Failures>>,
    /// How many errors of the locustfile `X_exceptions.csv` counts.
    pub exceptions: u64,
    /// `X_stats_history.csv`.
    pub history: Option<Trend>,
    /// What of them could not be used.
    pub notes: Vec<String>,
}

const TYPE: &str = "Type";
const NAME: &str = "Name";
const REQUESTS: &str = "Request Count";
const FAILED: &str = "Failure Count";
/// What makes a file one of Locust's statistics.
const NEEDED: [&str; 4] = [TYPE, NAME, REQUESTS, FAILED];
/// The name of the row of all.
const AGGREGATED: &str = "Aggregated";
/// The most rows there may be; a test with more names has forgotten to group them.
const MOST_ROWS: usize = 20_000;
/// The most groups of failures that are told apart.
const MOST_GROUPS: usize = 10_000;

/// Reads a stats CSV of Locust (`X_stats.csv`, of 2.20, 2.47 and what lies between), with what the files beside it say.
///
/// # Errors
/// A file that is none of these, with the column that is missing; a cell that is no number; more than is read of one file.
pub fn read_stats<R: Read>(source: &Path, file: R, companions: CompanionCsvs) -> Result<Figures, InputError> {
    let mut csv = Csv::open(file)?;
    refuse_others(source, &csv)?;
    let percents = csv.percents();
    let mut notes = missing(&csv, &percents);
    let (mut rows, mut total): (Vec<Row>, Option<Row>) = (Vec::new(), None);
    let mut places: HashMap<(String, String), usize> = HashMap::new();
    while let Some(line) = csv.next()? {
        let row = row(&line, &percents, &mut notes)?;
        if row.method.is_empty() && row.name == AGGREGATED {
            if total.replace(row).is_some() {
                return Err(line.wrong("a second row `Aggregated`", "give each run's file by itself"));
            }
            continue;
        }
        if let Some(first) = places.insert((row.method.clone(), row.name.clone()), rows.len()) {
            notes.push(format!("`{}` is in the file twice (rows {} and {})", row.title(), first + 1, rows.len() + 1));
        }
        if rows.len() == MOST_ROWS {
            let help = "let requests that are alike share a name: `name=\"/item/[id]\"` in the locustfile";
            return Err(line.wrong(format!("more than {MOST_ROWS} rows"), help));
        }
        rows.push(row);
    }
    if csv.is_cut() {
        return Err(InputError::new(format!("longer than {} MiB", LIMIT >> 20), "give the stats CSV of one run"));
    }
    let seconds = span(total.iter().chain(&rows)).or_else(|| companions.seconds());
    check_total(&rows, total.as_ref(), &mut notes);
    notes.extend(failed_in_percentiles(
        total
            .as_ref()
            .map_or_else(|| rows.iter().fold(0_u64, |all, row| all.saturating_add(row.failed)), |all| all.failed),
    ));
    notes.extend(companions.notes);
    Ok(Figures {
        source: source.to_owned(),
        origin: Origin::Locust,
        seconds,
        // a short run of Locust 2.20 ends before it has written of any user
        users: companions.history.as_ref().and_then(Trend::users).filter(|users| *users > 0),
        rows,
        total_row: total,
        failures: companions.failures,
        exceptions: companions.exceptions,
        trend: companions.history.map(Trend::points).unwrap_or_default(),
        report: None,
        notes,
    })
}

/// Reads `X_failures.csv`, with or without first and last times.
///
/// # Errors
/// A file that is none, a cell that is no number, or more groups than are told apart.
pub fn read_failures<R: Read>(file: R) -> Result<Vec<Failures>, InputError> {
    let mut csv = Csv::open(file)?;
    needs(&csv, &["Method", "Name", "Error", "Occurrences"])?;
    let mut groups = Vec::new();
    while let Some(line) = csv.next()? {
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
    not_cut(&csv)?;
    groups.sort_by_key(|group| std::cmp::Reverse(group.count));
    Ok(groups)
}

/// Reads `X_exceptions.csv`: how many exceptions there were.
///
/// # Errors
/// A file that is none, or a cell that is no number.
pub fn read_exceptions<R: Read>(file: R) -> Result<u64, InputError> {
    let mut csv = Csv::open(file)?;
    needs(&csv, &["Count", "Message"])?;
    let mut all = 0_u64;
    while let Some(line) = csv.next()? {
        all = all.saturating_add(line.count("Count")?);
    }
    not_cut(&csv)?;
    Ok(all)
}

/// Reads `X_stats_history.csv`: of its rows those of all requests.
///
/// # Errors
/// A file that is none, or a cell that is no number.
pub fn read_history<R: Read>(file: R) -> Result<Trend, InputError> {
    let mut csv = Csv::open(file)?;
    needs(&csv, &["Timestamp", "User Count", "Name", "Requests/s", "Total Request Count"])?;
    let mut trend = Trend::default();
    let mut began = None;
    let mut before: Option<(f64, u64)> = None;
    while let Some(line) = csv.next()? {
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
    not_cut(&csv)?;
    Ok(trend)
}

impl CompanionCsvs {
    /// How long the history is, in seconds.
    pub(super) fn seconds(&self) -> Option<f64> {
        self.history.as_ref().and_then(Trend::seconds)
    }
}

/// Refuses files that are no statistics, and says which file is.
fn refuse_others<R: Read>(source: &Path, csv: &Csv<R>) -> Result<(), InputError> {
    let what = match csv.form() {
        Form::Failures => "the failures",
        Form::Exceptions => "the exceptions",
        Form::History => "the history",
        Form::Stats | Form::Unknown => {
            let missing = csv.lacks(&NEEDED);
            if missing.is_empty() {
                return Ok(());
            }
            let s = if missing.len() == 1 { "" } else { "s" };
            let what = format!("no stats CSV of Locust: column{s} {} missing", missing.join(", "));
            let help = "give a `.journal` or `.json` of `plimsoll run`, or the `_stats.csv` of `locust --csv`";
            return Err(InputError { line: Some(1), ..InputError::new(what, help) });
        }
    };
    let name = source.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let endings = ["_failures.csv", "_exceptions.csv", "_stats_history.csv"];
    let base = endings.iter().find_map(|ending| name.strip_suffix(ending));
    let instead = match base {
        Some(base) => format!(
            "give `{}` instead; it is read beside it",
            source.with_file_name(format!("{base}_stats.csv")).display()
        ),
        None => "give the file of the same run that ends in `_stats.csv`; this one is read beside it".to_owned(),
    };
    Err(InputError::new(format!("these are {what} of a run of Locust, and not its statistics"), instead))
}

fn missing<R: Read>(csv: &Csv<R>, percents: &[(String, f64)]) -> Vec<String> {
    let mut lacking = csv.lacks(&["Average Response Time", "Min Response Time", "Max Response Time", "Requests/s"]);
    if percents.is_empty() {
        lacking.push("`50%` to `100%`".to_owned());
    }
    let note =
        (!lacking.is_empty()).then(|| format!("the file lacks {}: what needs them is left out", lacking.join(", ")));
    note.into_iter().collect()
}

fn row(line: &Line, percents: &[(String, f64)], notes: &mut Vec<String>) -> Result<Row, InputError> {
    let (requests, failed) = (line.count(REQUESTS)?, line.count(FAILED)?);
    if failed > requests {
        let what = format!("{failed} failures of {requests} requests");
        return Err(line.wrong(what, "the file is damaged: take it from the run again"));
    }
    let mut row = Row {
        method: line.text(TYPE),
        name: line.text(NAME),
        requests,
        failed,
        rate: line.number("Requests/s")?,
        ..Row::default()
    };
    if requests == 0 {
        return Ok(row);
    }
    let mut steps = Vec::new();
    for (column, percent) in percents {
        if let (Some(ms), Some(share)) = (line.number(column)?, Share::percent(*percent)) {
            steps.push(Step { share, ms });
        }
    }
    if !steps.is_sorted_by(|a, b| a.ms <= b.ms) {
        notes.push(format!("the percentiles of `{}` do not rise: they are left out", row.title()));
        steps.clear();
    }
    row.response = Times {
        mean: line.number("Average Response Time")?,
        min: line.number("Min Response Time")?,
        max: line.number("Max Response Time")?,
        steps,
    };
    Ok(row)
}

/// How long the run was: of every row the requests over their rate are the same.
fn span<'a>(mut rows: impl Iterator<Item = &'a Row>) -> Option<f64> {
    rows.find_map(|row| {
        let seconds = row.requests as f64 / row.rate.filter(|rate| *rate > 0.0)?;
        (seconds.is_finite() && seconds > 0.0 && seconds < 1e10).then_some(seconds)
    })
}

fn check_total(rows: &[Row], total: Option<&Row>, notes: &mut Vec<String>) {
    let all = rows.iter().fold(0_u64, |all, row| all.saturating_add(row.requests));
    match total {
        None => notes.push(
            "the file has no row `Aggregated`: counts and means of all requests are its rows added up, quantiles are \
             bounds"
                .to_owned(),
        ),
        Some(total) if total.requests != all => {
            notes.push(format!("the rows have {all} requests, the row `Aggregated` has {}", total.requests));
        }
        Some(_) => {}
    }
}

fn needs<R: Read>(csv: &Csv<R>, columns: &[&str]) -> Result<(), InputError> {
    let missing = csv.lacks(columns);
    if missing.is_empty() {
        return Ok(());
    }
    let s = if missing.len() == 1 { "" } else { "s" };
    Err(InputError::new(format!("column{s} {} missing", missing.join(", ")), "it is left out"))
}

fn not_cut<R: Read>(csv: &Csv<R>) -> Result<(), InputError> {
    match csv.is_cut() {
        true => Err(InputError::new(format!("longer than {} MiB", LIMIT >> 20), "it is left out")),
        false => Ok(()),
    }
}
