use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet};

use super::document::FigureEntry;
use super::find::NoRun;
use super::folder::RunsFolder;
use super::head::RunHead;
use super::list::Filter;
use crate::diagnostic::nearest;
use crate::journal::Reader;
use crate::results::{Results, replay};
use crate::threshold::{Amount, Rule, Subject, Threshold};

/// A figure that is asked of several runs, in the words a threshold has for it: `p95`, `error_rate{endpoint=recall}`.
#[derive(Debug, Clone)]
pub struct TrendFigure {
    /// As it was asked for.
    pub text: String,
    rule: Rule,
}

/// How many runs are looked at for the metrics there are.
const LOOKED_AT: usize = 200;

impl TrendFigure {
    /// Reads what is asked for. A metric must be one that some of the runs have.
    ///
    /// # Errors
    /// What no threshold could be of, and a metric that no run has.
    pub fn all(texts: &[String], folder: &RunsFolder, filter: &Filter) -> Result<Vec<Self>, NoRun> {
        // many journals are opened for them: once, and where they are asked for
        let metrics = LazyCell::new(|| metrics(folder, filter));
        texts.iter().map(|text| Self::parse(text, || &metrics)).collect()
    }

    fn parse<'m>(text: &str, metrics: impl Fn() -> &'m BTreeSet<String>) -> Result<Self, NoRun> {
        let text = text.trim();
        let require = Threshold::figure(text).map_err(|error| {
            let help = match metrics().get(text) {
                Some(metric) => {
                    format!("a metric's figures are `p95({metric})`, `avg({metric})`, `count({metric})` and the like")
                }
                None => error.help.unwrap_or_else(|| {
                    "figures are those of thresholds: `p95`, `rate`, `error_rate`, `p99(service_time)`".to_owned()
                }),
            };
            NoRun { why: format!("`{text}` is no figure: {}", error.message), help }
        })?;
        if let Subject::Declared(name) = &require.subject {
            let metrics = metrics();
            if !metrics.contains(name) {
                let near = nearest(name, metrics.iter().map(String::as_str));
                let help = match (near, metrics.len()) {
                    (Some(near), _) => format!("did you mean `{}`?", text.replace(name.as_str(), near)),
                    (None, 0) => "none of them declares a metric".to_owned(),
                    (None, _) => {
                        let listed: Vec<String> = metrics.iter().take(24).map(|name| format!("`{name}`")).collect();
                        format!("their metrics are {}", listed.join(", "))
                    }
                };
                return Err(NoRun { why: format!("no run has a metric `{name}`"), help });
            }
        }
        Ok(Self { text: text.to_owned(), rule: Rule::new(require, text) })
    }
}

/// The names of all metrics that the newest runs have.
fn metrics(folder: &RunsFolder, filter: &Filter) -> BTreeSet<String> {
    let runs = folder.runs.iter().filter(|run| run.journal && filter.takes(run)).take(LOOKED_AT);
    let catalogs = runs.filter_map(|run| Some(Reader::open(&run.journal_path()).ok()?.header().catalog.clone()));
    catalogs.flat_map(|catalog| catalog.metrics).map(|metric| metric.name.to_string()).collect()
}

/// The figures of a run, each as a threshold of it would have it; nothing where none are asked for.
pub(super) fn measure(run: &RunHead, figures: &[TrendFigure]) -> BTreeMap<String, FigureEntry> {
    if figures.is_empty() {
        return BTreeMap::new();
    }
    let measured = folded(run, figures).unwrap_or_else(|why| {
        let absent = |_: &TrendFigure| FigureEntry {
            value: None,
            unit: String::new(),
            shown: why.clone(),
            failed_as_timeout: false,
        };
        figures.iter().map(absent).collect()
    });
    figures.iter().map(|figure| figure.text.clone()).zip(measured).collect()
}

fn folded(run: &RunHead, figures: &[TrendFigure]) -> Result<Vec<FigureEntry>, String> {
    if !run.journal {
        return Err("its journal is gone".to_owned());
    }
    let mut reader = Reader::open(&run.journal_path()).map_err(|error| error.why.to_string())?;
    let rules: Vec<Rule> = figures.iter().map(|figure| figure.rule.clone()).collect();
    let mut results = Results::against(reader.header().clone(), rules);
    replay(&mut reader, &mut results, |_, _| {}).map_err(|error| error.to_string())?;
    let entry = |(amount, figure): (Option<Amount>, &TrendFigure)| match amount {
        Some(amount) => FigureEntry {
            value: Some(amount.value()),
            unit: amount.unit().to_owned(),
            shown: figure.rule.require.show(amount),
            failed_as_timeout: results.has_failed_as_timeout(&figure.rule),
        },
        None => FigureEntry { value: None, unit: String::new(), shown: "no data".to_owned(), failed_as_timeout: false },
    };
    Ok(results.measured().into_iter().zip(figures).map(entry).collect())
}
