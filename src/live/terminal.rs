use super::progress::line;
use crate::journal::{Closing, Entry, Mark};
use crate::report::{ResultFiles, visible};
use crate::results::{Results, Snapshot};
use crate::run::Event;
use crate::units::Size;

/// Where talk goes, and how wide it may be.
#[derive(Debug, Clone, Copy)]
pub struct Talk {
    /// Prints a text as it is.
    pub print: fn(&str),
    /// The terminal's columns; `None` where talk goes elsewhere.
    pub columns: Option<usize>,
    /// Whether nothing is printed; the log has everything all the same.
    pub quiet: bool,
}

/// Shows a run under way: on a terminal one line that changes, elsewhere a line now and then, in the log every second.
#[derive(Debug)]
pub struct Terminal<'a> {
    files: &'a ResultFiles,
    talk: Talk,
    phase: Phase,
}

/// How far the run has come, as far as it is shown in another way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Load,
    Teardown,
}

/// Without a terminal, one line in so many seconds.
const EVERY: u64 = 5;

impl<'a> Terminal<'a> {
    /// A view that logs into the files of the run.
    #[must_use]
    pub const fn new(files: &'a ResultFiles, talk: Talk) -> Self {
        Self { files, talk, phase: Phase::Load }
    }

    /// Takes an event of the run.
    pub fn hear(&mut self, event: &Event<'_>) {
        match event {
            Event::Began(header) => {
                if let Some(budget) = header.environment.memory_budget.map(Size::from_bytes) {
                    self.say(&format!("memory: up to {budget} for what is counted and for what is kept of answers"));
                }
            }
            Event::Waiting(until) => {
                let until = humantime::format_rfc3339_millis(*until);
                self.say(&format!("ready: waiting until {until} (Ctrl-C ends the run before it begins)"));
            }
            Event::Entry(entry, results) => self.entry(entry, results),
            Event::Stopping(closing, why) => match closing {
                Closing::Asked => self.say("stopping: waiting for requests under way (Ctrl-C again cuts them off)"),
                Closing::Threshold(_) => {
                    self.say(&visible(&format!("stopping: threshold `{why}` is broken and ends the run")));
                }
                Closing::Plan => self.say(&visible(&format!("stopping: {why}"))),
                Closing::Complete => {}
            },
            Event::TearingDown => {
                self.phase = Phase::Teardown;
                let report = self.files.place().path(".json");
                let at = visible(&report.display().to_string());
                self.say(&format!("teardown: the load is over, its results are in {at} (Ctrl-C ends the teardown)"));
            }
        }
    }

    /// Clears the line that changes, so that what comes next starts at the left.
    pub fn close(self) {
        self.clear();
    }

    fn entry(&self, entry: &Entry, results: &Results) {
        match entry {
            Entry::Second(interval) => self.second(&Snapshot::of(interval, results)),
            Entry::Annotation(annotation) => match annotation.mark {
                Mark::Line => {
                    self.log(&visible(&format!("{:.3}s {}", annotation.at.as_secs_f64(), annotation.text)));
                }
                Mark::LevelTried | Mark::Folded => self.say(&visible(&annotation.text)),
                Mark::Cut => self.say("cutting off requests under way"),
                Mark::StageBegan | Mark::ThresholdBroke | Mark::StopAsked | Mark::Note => {}
            },
            Entry::End(end) if self.phase == Phase::Teardown => {
                let went = if end.teardown.is_empty() { "done".to_owned() } else { end.teardown.join("; ") };
                self.log(&visible(&format!("teardown: {went}")));
            }
            Entry::End(_) => {}
        }
    }

    fn second(&self, second: &Snapshot) {
        let line = visible(&line(second));
        self.log(line.trim_start());
        if self.talk.quiet {
            return;
        }
        match self.talk.columns {
            Some(columns) => {
                let line: String = line.chars().take(columns.saturating_sub(1)).collect();
                (self.talk.print)(&format!("\r\x1b[2K{line}"));
            }
            None if second.elapsed.as_secs().is_multiple_of(EVERY) => (self.talk.print)(&format!("{line}\n")),
            None => {}
        }
    }

    fn clear(&self) {
        if self.talk.columns.is_some() && !self.talk.quiet {
            (self.talk.print)("\r\x1b[2K");
        }
    }

    fn say(&self, text: &str) {
        self.log(text);
        if !self.talk.quiet {
            self.clear();
            (self.talk.print)(&format!("{text}\n"));
        }
    }

    fn log(&self, text: &str) {
        self.files.log(text);
    }
}
