use std::io;

use minijinja::value::Serde;
use minijinja::{Value, context};

use super::document::SuiteReport;
use super::page::shown;
use crate::report::html::{STYLE, page_environment, source_hash, without_secrets};
use crate::results::rehearsal;
use crate::secrets::Secrets;

const PAGE: &str = include_str!("page.html");

/// The page of a suite for a browser: one file, without a script, with a link to the page of each run beside it.
///
/// # Errors
/// What is no document of JSON, or a template that is none.
pub fn suite_html(report: &SuiteReport, secrets: &Secrets) -> io::Result<String> {
    let report: SuiteReport = without_secrets(report, secrets)?;
    let environment = page_environment(PAGE).map_err(io::Error::other)?;
    let words: Vec<&str> = report.runs.iter().map(|run| shown(run).1).collect();
    let rendered = environment.get_template("page.html").and_then(|template| {
        template.render(context! {
            report => Value::from(Serde(&report)),
            words,
            rehearsal => report.scale.map(rehearsal),
            style => Value::from_safe_string(STYLE.to_owned()),
            style_hash => source_hash(STYLE),
        })
    });
    rendered.map_err(io::Error::other)
}
