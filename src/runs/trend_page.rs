use minijinja::value::Serde;
use minijinja::{Value, context};
use serde::Serialize;

use super::document::RunsReport;
use super::text::began;
use super::trend::{AS_TIMEOUT, Trend, trends};
use crate::report::{page_environment, source_hash};

const PAGE: &str = include_str!("trend_page.html");
const STYLE: &str = include_str!("trend_page.css");

/// Where a chart's figures lie in it, in its own units: it is 360 wide and 130 high.
const LEFT: f64 = 8.0;
const RIGHT: f64 = 352.0;
const TOP: f64 = 18.0;
const BOTTOM: f64 = 104.0;

/// A trend as a small chart, and the table behind it.
#[derive(Debug, Serialize)]
struct Chart<'a> {
    figure: &'a str,
    plan: &'a str,
    /// The figures as lines, parted where a run has none.
    path: String,
    dots: Vec<Dot<'a>>,
    low: String,
    high: String,
    last: String,
    note: Option<&'static str>,
    rows: Vec<Row<'a>>,
}

#[derive(Debug, Serialize)]
struct Dot<'a> {
    x: String,
    y: String,
    state: &'static str,
    began: String,
    name: &'a str,
    shown: &'a str,
}

#[derive(Debug, Serialize)]
struct Row<'a> {
    reference: &'a str,
    began: String,
    name: &'a str,
    labels: String,
    state: &'static str,
    shown: &'a str,
    value: Option<f64>,
    change: String,
}

/// The trends of a list as a page for a browser: one file that loads nothing and runs nothing, under a policy that says so.
///
/// # Errors
/// A bug in the page's template.
pub fn trend_page(report: &RunsReport, figures: &[String]) -> Result<String, minijinja::Error> {
    let charts: Vec<Chart> = trends(report, figures).iter().map(chart).collect();
    page_environment(PAGE)?.get_template("page.html")?.render(context! {
        plimsoll => &report.plimsoll,
        folder => &report.folder,
        older => report.older,
        runs => report.runs.len(),
        charts => Value::from(Serde(&charts)),
        style => Value::from_safe_string(STYLE.to_owned()),
        style_hash => source_hash(STYLE),
    })
}

fn chart<'a>(trend: &Trend<'a>) -> Chart<'a> {
    let (least, most) = trend.bounds().unwrap_or((0.0, 0.0));
    // from nothing, so that a small change looks small
    let (floor, ceiling) = (least.min(0.0), most.max(0.0));
    let step = (RIGHT - LEFT) / (trend.points.len().saturating_sub(1).max(1)) as f64;
    let x = |index: usize| format!("{:.1}", LEFT + step * index as f64);
    let y = |value: f64| {
        let share = if ceiling > floor { (value - floor) / (ceiling - floor) } else { 0.0 };
        format!("{:.1}", BOTTOM - share * (BOTTOM - TOP))
    };
    let (mut path, mut dots, mut is_open) = (String::new(), Vec::new(), false);
    for (index, (run, figure)) in trend.points.iter().enumerate() {
        let Some(value) = figure.value else {
            is_open = false;
            continue;
        };
        let (x, y) = (x(index), y(value));
        path.push_str(&format!("{}{x} {y}", if is_open { "L" } else { "M" }));
        is_open = true;
        let (name, shown) = (run.name.as_deref().unwrap_or_default(), figure.shown.as_str());
        dots.push(Dot { x, y, state: run.state.word(), began: began(&run.began), name, shown });
    }
    let rows = trend.points.iter().enumerate().rev().map(|(index, (run, figure))| Row {
        reference: &run.reference,
        began: began(&run.began),
        name: run.name.as_deref().unwrap_or_default(),
        labels: run.noted().join(", "),
        state: run.state.word(),
        shown: &figure.shown,
        value: figure.value,
        change: trend.change_shown(index),
    });
    Chart {
        figure: trend.figure,
        plan: trend.plan,
        path,
        low: trend.shown(least).to_owned(),
        high: trend.shown(most).to_owned(),
        last: dots.last().map_or_else(|| "no data".to_owned(), |dot| dot.shown.to_owned()),
        dots,
        note: trend.has_failed_as_timeout().then_some(AS_TIMEOUT),
        rows: rows.collect(),
    }
}
