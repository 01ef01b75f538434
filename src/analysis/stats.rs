use std::collections::HashMap;
use std::io::Read;
use std::path::Path;

use super::bound::Share;
use super::companion_csvs::CompanionCsvs;
use super::csv::{Csv, Form, LIMIT, Line, Unread};
use super::figures::{Figures, Origin, Row, Step, Times};
use super::trend::Trend;

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

/// Reads a stats CSV of Locust (`X_stats.csv`, of 2.20, 2.47 and what lies between), with what its siblings say.
///
/// # Errors
/// A file that is none of these, with the column that is missing; a cell that is no number; more than is read of one file.
pub fn read_stats<R: Read>(source: &Path, file: R, siblings: CompanionCsvs) -> Result<Figures, Unread> {
    let mut sheet = Csv::open(file)?;
    refuse_others(source, &sheet)?;
    let percents = sheet.percents();
    let mut notes = missing(&sheet, &percents);
    let (mut rows, mut told): (Vec<Row>, Option<Row>) = (Vec::new(), None);
    let mut places: HashMap<(String, String), usize> = HashMap::new();
    while let Some(line) = sheet.next()? {
        let row = row(&line, &percents, &mut notes)?;
        if row.method.is_empty() && row.name == AGGREGATED {
            if told.replace(row).is_some() {
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
    if sheet.is_cut() {
        return Err(Unread::new(format!("longer than {} MiB", LIMIT >> 20), "give the stats CSV of one run"));
    }
    let seconds = span(told.iter().chain(&rows)).or_else(|| siblings.seconds());
    balance(&rows, told.as_ref(), &mut notes);
    notes.extend(siblings.notes);
    Ok(Figures {
        source: source.to_owned(),
        origin: Origin::Locust,
        seconds,
        // a short run of Locust 2.20 ends before it has written of any user
        users: siblings.history.as_ref().and_then(Trend::users).filter(|users| *users > 0),
        rows,
        told,
        failures: siblings.failures,
        exceptions: siblings.exceptions,
        trend: siblings.history.map(Trend::points).unwrap_or_default(),
        own: None,
        notes,
    })
}

/// Refuses files that are no statistics, and says which file is.
fn refuse_others<R: Read>(source: &Path, sheet: &Csv<R>) -> Result<(), Unread> {
    let what = match sheet.form() {
        Form::Failures => "the failures",
        Form::Exceptions => "the exceptions",
        Form::History => "the history",
        Form::Stats | Form::Unknown => {
            let missing = sheet.lacks(&NEEDED);
            if missing.is_empty() {
                return Ok(());
            }
            let s = if missing.len() == 1 { "" } else { "s" };
            let what = format!("no stats CSV of Locust: column{s} {} missing", missing.join(", "));
            let help = "give a `.journal` or `.json` of `plimsoll run`, or the `_stats.csv` of `locust --csv`";
            return Err(Unread { line: Some(1), ..Unread::new(what, help) });
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
    Err(Unread::new(format!("these are {what} of a run of Locust, and not its statistics"), instead))
}

fn missing<R: Read>(sheet: &Csv<R>, percents: &[(String, f64)]) -> Vec<String> {
    let mut lacking = sheet.lacks(&["Average Response Time", "Min Response Time", "Max Response Time", "Requests/s"]);
    if percents.is_empty() {
        lacking.push("`50%` to `100%`".to_owned());
    }
    let told =
        (!lacking.is_empty()).then(|| format!("the file lacks {}: what needs them is left out", lacking.join(", ")));
    told.into_iter().collect()
}

fn row(line: &Line, percents: &[(String, f64)], notes: &mut Vec<String>) -> Result<Row, Unread> {
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

fn balance(rows: &[Row], told: Option<&Row>, notes: &mut Vec<String>) {
    let all = rows.iter().fold(0_u64, |all, row| all.saturating_add(row.requests));
    match told {
        None => notes.push(
            "the file has no row `Aggregated`: counts and means of all requests are its rows added up, quantiles are \
             bounds"
                .to_owned(),
        ),
        Some(told) if told.requests != all => {
            notes.push(format!("the rows have {all} requests, the row `Aggregated` has {}", told.requests));
        }
        Some(_) => {}
    }
}
