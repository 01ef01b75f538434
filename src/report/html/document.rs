use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Error, Value, context};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::curves::{CurveData, Curves};
use super::live_page::LiveState;
use super::time_series::{ChartData, TimeSeries};
use crate::journal::{Annotation, Entry, Environment as RunEnvironment, Header, Mark, Reader};
use crate::report::comparison::{ChangeEntry, ComparisonReport, difference, interval, quantity, value};
use crate::report::format::{Seconds, read_entries};
use crate::report::numbers::{ABSENT, Unit, grouped};
use crate::report::sanitize::legible;
use crate::report::summary::{CEILING, remark, rough};
use crate::results::{
    BreakdownEntry, GroupEntry, Report, SecondEntry, ThresholdState, TimeEntry, has_few_samples, rehearsal,
};
use crate::secrets::{Secrets, floor};
use crate::units::Size;

pub(super) const PAGE: &str = include_str!("page.html");
/// The style of every page.
pub(in crate::report) const STYLE: &str = include_str!("style.css");
pub(super) const SCRIPT: &str = include_str!("charts.js");

/// What the page's script reads: numbers and names, and no markup.
#[derive(Debug, Serialize)]
pub(super) struct PageData<'a> {
    /// Of a run under way: the second it has reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) second: Option<u32>,
    /// How many seconds a cell of the charts stands for.
    pub(super) step: u32,
    pub(super) cells: usize,
    /// How many seconds the charts show: to the end of the last request, where that is known.
    pub(super) end: f64,
    pub(super) charts: Vec<ChartData<'a>>,
    pub(super) curves: Option<CurveData>,
    #[serde(flatten)]
    pub(super) beside: Beside,
}

/// What charts over time share besides their lines.
#[derive(Debug, Serialize)]
pub(super) struct Beside {
    stages: Vec<StageData>,
    /// Seconds that the generator coloured: from, to.
    suspect: Vec<(u32, u32)>,
    ceiling: Vec<(u32, u32)>,
    pub(super) marks: Vec<MarkData>,
}

impl Beside {
    /// Of a run that has come to this; `notes` are the moments that its journal marks.
    pub(super) fn of(report: &Report, header: &Header, notes: &[MarkData]) -> Self {
        let broke = report.thresholds.iter().filter_map(|threshold| {
            let text = legible(&format!("threshold broke: {}", threshold.require));
            Some(MarkData { at: threshold.broke_at?, text })
        });
        let mut marks: Vec<MarkData> = notes.iter().cloned().chain(broke).collect();
        marks.sort_by(|a, b| a.at.total_cmp(&b.at));
        marks.truncate(MARKS);
        Self {
            stages: stages(header, report),
            suspect: spans(report, |step| step.suspect),
            ceiling: spans(report, |step| step.at_ceiling),
            marks,
        }
    }
}

impl PageData<'_> {
    /// How much of the last second there was, where that is a part of one.
    fn part(&self) -> Option<f64> {
        let part = self.end.fract();
        (part > 0.0 && self.cells > 1).then_some(part)
    }
}

#[derive(Debug, Serialize)]
struct StageData {
    name: String,
    scenario: String,
    start: f64,
    end: f64,
    warm_up: bool,
}

/// Something that happened at a moment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct MarkData {
    at: f64,
    text: String,
}

impl MarkData {
    /// What people look for in charts, of a run's annotations: stages have bands of their own, lines of the log may be many, and
    /// when a threshold broke is told by the report, of those that end a run as of all others.
    pub(super) fn of(note: &Annotation) -> Option<Self> {
        let is_shown = !matches!(note.mark, Mark::StageBegan | Mark::Line | Mark::ThresholdBroke);
        is_shown.then(|| Self { at: note.at.as_secs_f64(), text: legible(&note.text) })
    }
}

/// The most moments that are marked.
pub(super) const MARKS: usize = 100;
/// How much of the plan is shown.
const LONGEST_PLAN: usize = 128 << 10;

/// Writes the page of a run. What its charts draw is read from the journal. Memory does not grow with the run.
///
/// # Errors
/// Of what it is written to, and of a journal that cannot be read.
pub(in crate::report) fn write(report: &Report, seconds: &Seconds<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut reader = seconds.open()?;
    let header = Arc::new(reader.header().clone());
    let ended = report.run.rate_seconds.unwrap_or(report.run.seconds);
    let (mut series, mut curves, mut notes) = (TimeSeries::new(header.clone(), ended), Curves::new(), Vec::new());
    read_entries(&mut reader, seconds.through, |entry| {
        match entry {
            Entry::Second(second) => {
                series.hear(second);
                curves.hear(second);
            }
            Entry::Annotation(note) if notes.len() < MARKS => notes.extend(MarkData::of(note)),
            Entry::Annotation(_) | Entry::End(_) => {}
        }
        Ok(())
    })?;
    let earlier = seconds.baseline.map(|baseline| curves_of(baseline.journal)).transpose()?;
    let data = PageData {
        second: None,
        step: series.step(),
        cells: series.cells(),
        end: series.end(),
        charts: series.charts(),
        curves: curves.data(earlier.as_ref()),
        beside: Beside::of(report, &header, &notes),
    };
    let compared = seconds.baseline.map(|baseline| baseline.comparison);
    let drawn =
        Drawn { data: &serde_json::to_string(&data)?, part: data.part(), step: data.step, marks: &data.beside.marks };
    let environment = page_environment(PAGE).map_err(io::Error::other)?;
    let dress = Dress { environment: &environment, style: STYLE, script: SCRIPT, live: None };
    out.write_all(page(report, (&header, compared), &drawn, (&dress, seconds.secrets))?.as_bytes())
}

/// What the charts of a page show, as far as its markup has to do with it.
#[derive(Debug)]
pub(super) struct Drawn<'a> {
    /// What the script reads.
    pub(super) data: &'a str,
    /// How much of the last second there was, where that is a part of one.
    pub(super) part: Option<f64>,
    pub(super) step: u32,
    pub(super) marks: &'a [MarkData],
}

/// What a page is made with.
#[derive(Debug)]
pub(super) struct Dress<'a> {
    pub(super) environment: &'a Environment<'static>,
    pub(super) style: &'a str,
    pub(super) script: &'a str,
    /// What there is to be said of a run that is under way.
    pub(super) live: Option<&'a LiveState>,
}

/// The times of another run.
fn curves_of(journal: &Path) -> io::Result<Curves> {
    let mut curves = Curves::new();
    let mut reader = Reader::open(journal).map_err(io::Error::other)?;
    read_entries(&mut reader, None, |entry| {
        if let Entry::Second(second) = entry {
            curves.hear(second);
        }
        Ok(())
    })?;
    Ok(curves)
}

fn stages(header: &Header, report: &Report) -> Vec<StageData> {
    let over = report.run.seconds;
    let begun = header.stages.iter().filter(|stage| stage.start.as_secs_f64() < over);
    begun
        .map(|stage| StageData {
            name: legible(&stage.name),
            scenario: legible(&stage.scenario),
            start: stage.start.as_secs_f64(),
            end: stage.end.as_secs_f64().min(over),
            warm_up: !stage.purpose.is_measured(),
        })
        .collect()
}

/// The tables of requests that have something else in common than their name.
fn groups(report: &Report) -> Vec<Value> {
    let BreakdownEntry { stages, users, tasks, services, statuses } = &report.breakdown;
    let table = |id: &str, title: &str, what: &str, note: &str, rows: &[GroupEntry]| {
        let rough = has_rough(rows.iter().map(|row| row.response_time));
        context! { id, title, what, note, rough, rows => Value::from(Serde(rows)) }
    };
    let tables = [
        table("stages", "By stage", "stage", "The stage that requests began in; rates are over its time.", stages),
        table("user-types", "By user type", "user type", "Who made the requests.", users),
        table(
            "tasks",
            "By task",
            "user type / task",
            "What users did; – is before the first task and after the last.",
            tasks,
        ),
        table("services", "By service", "service", "Which of the plan's targets was asked.", services),
        table("statuses", "By status", "status", "What was answered.", statuses),
    ];
    // one stage and one user type are the whole run once more
    let told = [stages.len() > 1, users.len() > 1, !tasks.is_empty(), services.len() > 1, !statuses.is_empty()];
    tables.into_iter().zip(told).filter(|(_, told)| *told).map(|(table, _)| table).collect()
}

/// The rows of a comparison: all requests together first.
fn changes(report: &ComparisonReport) -> Vec<Value> {
    let row = |name: &str, change: &ChangeEntry| {
        context! {
            name,
            quantity => quantity(change),
            base => value(change, change.base).to_string(),
            new => value(change, change.new).to_string(),
            change => difference(change).to_string(),
            interval => interval(change).to_string(),
            too_wide => change.too_wide,
            word => Value::from(Serde(change.word)),
        }
    };
    let total = report.total.changes.iter().map(|change| row(&report.total.name, change));
    let requests = report.requests.iter().flat_map(|request| {
        let name = format!("{} {}", request.method, request.name);
        request.changes.iter().map(move |change| row(&name, change))
    });
    total.chain(requests).collect()
}

/// The seconds that something is true of, neighbours together.
fn spans(report: &Report, is: impl Fn(&SecondEntry) -> bool) -> Vec<(u32, u32)> {
    let mut spans: Vec<(u32, u32)> = Vec::new();
    for step in report.history.iter().filter(|step| is(step)) {
        match spans.last_mut() {
            Some((_, end)) if *end == step.second => *end += step.length,
            _ => spans.push((step.second, step.second + step.length)),
        }
    }
    spans
}

/// The page of a run.
pub(super) fn page(
    report: &Report,
    (header, compared): (&Header, Option<&ComparisonReport>),
    drawn: &Drawn<'_>,
    (dress, secrets): (&Dress<'_>, &Secrets),
) -> io::Result<String> {
    let report: &Report = &without_secrets(report, secrets)?;
    let compared: Option<ComparisonReport> = compared.map(|compared| without_secrets(compared, secrets)).transpose()?;
    let about: RunEnvironment = without_secrets(&header.environment, secrets)?;
    let plan_of_run = secrets.mask_lines(&header.plan.effective);
    let marks: Vec<MarkData> = without_secrets(&drawn.marks.to_vec(), secrets)?;
    let Drawn { part, step, .. } = drawn;
    let plan = &plan_of_run[..floor(&plan_of_run, LONGEST_PLAN)];
    let rendered = dress.environment.get_template("page.html").and_then(|template| {
        template.render(context! {
            report => Value::from(Serde(report)),
            groups => groups(report),
            rehearsal => report.run.scale.map(rehearsal),
            ceiling => CEILING,
            rough => format!("{}.", rough()),
            rough_requests => has_rough(report.requests.iter().flat_map(|row| [row.response_time, row.service_time])),
            marks => Value::from(Serde(&marks)),
            part,
            comparison => compared.as_ref().map(Serde),
            changes => compared.as_ref().map(changes).unwrap_or_default(),
            order => broken_first(report),
            step,
            remarks => report.thresholds.iter().map(|threshold| remark(threshold).unwrap_or_default()).collect::<Vec<_>>(),
            environment => Value::from(Serde(&about)),
            plan_text => plan,
            plan_cut => plan.len() < plan_of_run.len(),
            sha256 => header.plan.sha256.to_string(),
            data => Value::from_safe_string(inert(&secrets.mask_json(drawn.data))),
            live => dress.live.map(Serde),
            style => Value::from_safe_string(dress.style.to_owned()),
            script => Value::from_safe_string(dress.script.to_owned()),
            style_hash => source_hash(dress.style),
            script_hash => source_hash(dress.script),
        })
    });
    rendered.map_err(io::Error::other)
}

/// A copy without what is secret.
///
/// # Errors
/// What is no document of JSON.
pub fn without_secrets<T: Serialize + DeserializeOwned>(value: &T, secrets: &Secrets) -> io::Result<T> {
    let json = serde_json::to_string(value)?;
    Ok(serde_json::from_str(&secrets.mask_json(&json))?)
}

/// JSON that no reader of HTML takes for anything else, whatever its texts hold.
fn inert(json: &str) -> String {
    json.replace('<', "\\u003c").replace('>', "\\u003e").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

/// What the page's policy names a script or a style by: its SHA-256.
///
/// Source: Content Security Policy Level 3, section 6.7.3.3.
#[must_use]
pub fn source_hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(ring::digest::digest(&ring::digest::SHA256, text.as_bytes())))
}

/// What a page is made with, by the name `page.html`: each text in it is escaped, and made legible.
///
/// # Errors
/// A template that is none.
pub fn page_environment(page: &'static str) -> Result<Environment<'static>, Error> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    // a text from a plan or a server, without what would steer its reader
    environment.set_formatter(|out, state, value| match value.as_str() {
        Some(text) if !value.is_safe() => minijinja::escape_formatter(out, state, &Value::from(legible(text))),
        _ => minijinja::escape_formatter(out, state, value),
    });
    for (name, unit) in
        [("ms", Unit::Time), ("rate", Unit::PerSecond), ("percent", Unit::Share), ("figure", Unit::Plain)]
    {
        environment.add_filter(name, move |number: Option<f64>| {
            number.map_or_else(|| ABSENT.to_owned(), |number| unit.show(number))
        });
    }
    environment.add_test("few", |times: Value, quantile: &str| has_few(&times, quantile));
    environment.add_filter("grouped", |number: Option<u64>| number.map_or_else(|| ABSENT.to_owned(), grouped));
    environment.add_filter("bytes", |number: u64| Size::from_bytes(number).to_string());
    environment.add_filter("seconds", |number: Option<f64>| {
        number.map_or_else(|| ABSENT.to_owned(), crate::report::numbers::seconds)
    });
    environment.add_template("page.html", page)?;
    Ok(environment)
}

/// The places of the thresholds, those that did not hold first.
fn broken_first(report: &Report) -> Vec<usize> {
    let holds =
        |index: &usize| report.thresholds.get(*index).is_some_and(|threshold| threshold.state == ThresholdState::Held);
    let mut order: Vec<usize> = (0..report.thresholds.len()).collect();
    order.sort_by_key(holds);
    order
}

/// Whether some of these times have the sign of few samples: the furthest quantile that the page shows.
fn has_rough(mut times: impl Iterator<Item = Option<TimeEntry>>) -> bool {
    times.any(|times| times.is_some_and(|times| has_few_samples(times.count, 0.999)))
}

/// Whether few samples lie beyond a quantile of times, by its name in the report: `p95`, `p999`.
fn has_few(times: &Value, quantile: &str) -> bool {
    let digits = quantile.strip_prefix('p').filter(|digits| digits.chars().all(|c| c.is_ascii_digit()));
    let share = digits.and_then(|digits| format!("0.{digits}").parse().ok());
    let count = times.get_attr("count").ok().and_then(|count| u64::try_from(count).ok());
    count.zip(share).is_some_and(|(count, share)| has_few_samples(count, share))
}
