use std::io;
use std::sync::Arc;

use minijinja::Environment;
use serde::Serialize;

use super::curves::{CurveData, Curves};
use super::document::{
    Beside, Drawn, Dress, MARKS, MarkData, PAGE, PageData, SCRIPT, STYLE, page, page_environment, source_hash,
};
use super::time_series::{Layout, TimeSeries};
use crate::journal::{Entry, Header};
use crate::results::{Report, Results, ThresholdState};
use crate::secrets::Secrets;

/// What keeps a page of a run under way up with it.
const LIVE_SCRIPT: &str = include_str!("live.js");
const LIVE_STYLE: &str = include_str!("live.css");

/// What the page of a run under way draws: it hears the run's entries, and tells what each second changes of it.
#[derive(Debug)]
pub struct LivePage {
    header: Arc<Header>,
    series: TimeSeries,
    curves: Curves,
    notes: Vec<MarkData>,
    second: u32,
    /// Which charts there were when it was told last.
    layout: Option<Layout>,
}

/// What there is to be shown of a run at one second.
#[derive(Debug)]
pub struct LiveSecond {
    /// Which.
    pub second: u32,
    /// What it adds to charts that are drawn already, as JSON.
    pub cells: String,
    /// Whether there are other charts than before: then adding is not enough.
    pub reshaped: bool,
    report: Report,
    step: u32,
    marks: Vec<MarkData>,
    /// What charts have besides their lines, as JSON.
    beside: String,
    /// Everything that charts show, as JSON, where somebody begins to look.
    whole: Option<String>,
}

/// How far a run under way has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Load is made.
    Running,
    /// A person has paused it.
    Paused,
    /// It is brought to its end.
    Stopping,
    /// The load is over, and the plan's teardown is not.
    Teardown,
    /// Nothing comes any more.
    Over,
}

/// A number that a person may set.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Knob {
    /// What it is.
    pub now: f64,
    /// What the plan has.
    pub planned: f64,
    /// What it may be at most.
    pub most: f64,
}

/// What there is to be said of a run under way besides its results.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LiveState {
    /// How far it has come.
    pub state: RunState,
    /// Its time so far, in seconds.
    pub elapsed: f64,
    /// Its time in all, in seconds.
    pub length: f64,
    /// Whether it may be paused.
    pub pause: bool,
    /// Its users, where a person may set them.
    pub users: Option<Knob>,
    /// Its arrivals a second, where a person may set them.
    pub rate: Option<Knob>,
    /// Why the load may not be changed; empty where it may.
    pub fixed: &'static str,
}

/// What charts have besides their lines.
#[derive(Debug, Serialize)]
struct Around<'a> {
    #[serde(flatten)]
    beside: &'a Beside,
    curves: Option<CurveData>,
}

impl LivePage {
    /// Of a run that has said nothing yet.
    #[must_use]
    pub fn new(header: &Header) -> Self {
        let header = Arc::new(header.clone());
        Self {
            series: TimeSeries::new(header.clone(), f64::INFINITY),
            header,
            curves: Curves::new(),
            notes: Vec::new(),
            second: 0,
            layout: None,
        }
    }

    /// Takes an entry.
    pub fn hear(&mut self, entry: &Entry) {
        match entry {
            Entry::Second(second) => {
                self.second = second.second;
                self.series.hear(second);
                self.curves.hear(second);
            }
            Entry::Annotation(note) if self.notes.len() < MARKS => self.notes.extend(MarkData::of(note)),
            Entry::Annotation(_) | Entry::End(_) => {}
        }
    }

    /// What is to be shown now that the results have heard the same; all of it where somebody begins to look, or where there
    /// are other charts than before.
    ///
    /// # Errors
    /// None that is known: numbers and texts are JSON.
    pub fn show(&mut self, results: &Results, begins: bool) -> io::Result<LiveSecond> {
        let mut report = results.report();
        if results.end().is_some() {
            self.series.ended(report.run.rate_seconds.unwrap_or(report.run.seconds));
        } else {
            // what only grows, and is to be more than so much, may still come to that
            for (rule, entry) in results.rules().iter().zip(&mut report.thresholds) {
                if entry.state == ThresholdState::Broken && rule.require.may_still_hold() {
                    (entry.state, entry.broke_at) = (ThresholdState::NoData, None);
                }
            }
        }
        let layout = self.series.layout();
        let reshaped = self.layout.as_ref().is_some_and(|before| *before != layout);
        self.layout = Some(layout);
        let beside = Beside::of(&report, &self.header, &self.notes);
        let around = Around { beside: &beside, curves: self.curves.data(None) };
        let around = serde_json::to_string(&around)?;
        let marks = beside.marks.clone();
        let step = self.series.step();
        let whole = (begins || reshaped).then(|| {
            serde_json::to_string(&PageData {
                second: Some(self.second),
                step,
                cells: self.series.cells(),
                end: self.series.end(),
                charts: self.series.charts(),
                curves: self.curves.data(None),
                beside,
            })
        });
        Ok(LiveSecond {
            second: self.second,
            cells: serde_json::to_string(&self.series.latest())?,
            reshaped,
            report,
            step,
            marks,
            beside: around,
            whole: whole.transpose()?,
        })
    }

    /// What the run's journal says before its seconds.
    #[must_use]
    pub fn header(&self) -> Arc<Header> {
        self.header.clone()
    }
}

impl LiveSecond {
    /// How many rows its tables have.
    #[must_use]
    pub fn rows(&self) -> usize {
        let Report { requests, failures, breakdown, .. } = &self.report;
        requests.len() + failures.len() + breakdown.tasks.len() + breakdown.statuses.len()
    }

    /// Whether everything is in it that a page begins with.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.whole.is_some()
    }
}

/// Renders the page of a run under way: the same that is among the run's files, with what makes it follow the run.
pub struct LiveRenderer {
    header: Arc<Header>,
    secrets: Secrets,
    environment: Environment<'static>,
    style: String,
    script: String,
}

/// What encloses the part of a page that is rendered anew.
const SHOWN: [&str; 2] = ["<!--shown-->", "<!--/shown-->"];

impl LiveRenderer {
    /// Of a run.
    ///
    /// # Errors
    /// A template that is none.
    pub fn new(header: Arc<Header>, secrets: Secrets) -> io::Result<Self> {
        Ok(Self {
            header,
            secrets,
            environment: page_environment(PAGE).map_err(io::Error::other)?,
            style: format!("{STYLE}{LIVE_STYLE}"),
            script: format!("{SCRIPT}{LIVE_SCRIPT}"),
        })
    }

    /// The whole page; `None` where the second has not everything that one begins with.
    ///
    /// # Errors
    /// Of the template.
    pub fn page(&self, second: &LiveSecond, live: &LiveState) -> io::Result<Option<String>> {
        let Some(data) = &second.whole else { return Ok(None) };
        let dress =
            Dress { environment: &self.environment, style: &self.style, script: &self.script, live: Some(live) };
        self.rendered(second, data, &dress).map(Some)
    }

    /// The part of it that is rendered anew each second, with what charts have besides their lines, as JSON.
    ///
    /// # Errors
    /// Of the template.
    pub fn shown(&self, second: &LiveSecond, live: &LiveState) -> io::Result<String> {
        let dress = Dress { environment: &self.environment, style: "", script: "", live: Some(live) };
        let page = self.rendered(second, "", &dress)?;
        let html = serde_json::to_string(Self::part(&page))?;
        Ok(format!(r#"{{"html":{html},"beside":{}}}"#, self.secrets.mask_json(&second.beside)))
    }

    /// Everything, as JSON, for a page that has been left behind; `None` where the second has not everything.
    ///
    /// # Errors
    /// Of the template.
    pub fn whole(&self, second: &LiveSecond, page: &str) -> io::Result<Option<String>> {
        let Some(data) = &second.whole else { return Ok(None) };
        let html = serde_json::to_string(Self::part(page))?;
        Ok(Some(format!(r#"{{"html":{html},"data":{}}}"#, self.secrets.mask_json(data))))
    }

    /// What a browser may load and run of it: nothing but the page's own script and style, and what its server tells it.
    #[must_use]
    pub fn policy(&self) -> String {
        let (style, script) = (source_hash(&self.style), source_hash(&self.script));
        format!(
            "default-src 'none'; style-src '{style}'; script-src '{script}'; connect-src 'self'; base-uri 'none'; \
             form-action 'none'; frame-ancestors 'none'"
        )
    }

    fn rendered(&self, second: &LiveSecond, data: &str, dress: &Dress<'_>) -> io::Result<String> {
        let drawn = Drawn { data, part: None, step: second.step, marks: &second.marks };
        page(&second.report, (&self.header, None), &drawn, (dress, &self.secrets))
    }

    fn part(page: &str) -> &str {
        let [begin, end] = SHOWN;
        let rest = page.split_once(begin).map_or(page, |(_, rest)| rest);
        rest.split_once(end).map_or(rest, |(part, _)| part)
    }
}

impl std::fmt::Debug for LiveRenderer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LiveRenderer").finish_non_exhaustive()
    }
}
