use std::time::Duration;

use crate::cli::terminal::{Width, talk, talk_width};
use crate::report::{Moment, Results, line, visible};
use crate::run::{Event, Snapshot};
use crate::threshold::Rule;
use crate::units::Offset;
use crate::verdict::Closing;

/// Tells what happens while a run is under way: on a terminal one line that changes, elsewhere a line now and then,
/// in the log every second.
pub(super) struct Watch<'a> {
    results: &'a mut Results,
    rules: &'a [Rule],
    quiet: bool,
    width: Option<Width>,
    /// Whether the log could not be written to.
    pub(super) lost: Option<std::io::Error>,
}

/// Without a terminal, one line in so many seconds.
const EVERY: u64 = 5;

impl<'a> Watch<'a> {
    pub(super) fn new(results: &'a mut Results, rules: &'a [Rule], quiet: bool) -> Self {
        Self { results, rules, quiet, width: talk_width(), lost: None }
    }

    pub(super) fn tell(&mut self, event: &Event<'_>) {
        match event {
            Event::Began(_) | Event::Interval(_) => {}
            Event::Waiting(until) => {
                let until = humantime::format_rfc3339_millis(*until);
                self.say(&format!("ready: waiting until {until} (Ctrl-C ends the run before it begins)"));
            }
            Event::Second(snapshot) => self.second(snapshot),
            Event::Draining(Closing::Asked) => {
                self.say("stopping: waiting for requests under way (Ctrl-C again cuts them off)");
            }
            Event::Draining(Closing::Threshold(index)) => {
                let rule = self.rules.get(*index).map(|rule| format!("`{}`", rule.require)).unwrap_or_default();
                self.say(&format!("stopping: threshold {rule} is broken and ends the run"));
            }
            Event::Draining(Closing::Complete | Closing::Plan | Closing::CutOff) => {}
            Event::Line(at, text) => self.log(&visible(&format!("{:.3}s {text}", at.as_secs_f64()))),
            Event::Stopping(why) => self.say(&visible(&format!("stopping: {why}"))),
            Event::Tried(level) => {
                let word = if level.held() { "held" } else { "broke" };
                self.say(&visible(&format!("{} ({}) {word}", level.name, level.level)));
            }
            Event::Cutting => self.say("cutting off requests under way"),
        }
    }

    /// Clears the line that changes, so that what comes next starts at the left.
    pub(super) fn done(&self) {
        if self.width.is_some() && !self.quiet {
            talk("\r\x1b[2K");
        }
    }

    fn second(&mut self, snapshot: &Snapshot) {
        let line = line(&Moment {
            elapsed: snapshot.elapsed.since(Offset::ZERO),
            length: snapshot.length.since(Offset::ZERO),
            stage: &snapshot.stage,
            users: snapshot.users,
            ended: snapshot.ended,
            failed_so_far: snapshot.failed_so_far,
            p95: snapshot.p95,
        });
        let line = visible(&line);
        self.log(line.trim_start());
        if self.quiet {
            return;
        }
        match self.width {
            Some(Width(width)) => {
                let line: String = line.chars().take(width.saturating_sub(1)).collect();
                talk(&format!("\r\x1b[2K{line}"));
            }
            None if snapshot.elapsed.since(Offset::ZERO) < Duration::from_secs(1) => {}
            None if u64::from(snapshot.elapsed.second()).is_multiple_of(EVERY) => talk(&format!("{line}\n")),
            None => {}
        }
    }

    fn say(&mut self, text: &str) {
        self.log(text);
        if !self.quiet {
            self.done();
            talk(&format!("{text}\n"));
        }
    }

    fn log(&mut self, text: &str) {
        if let Err(error) = self.results.log(text) {
            self.lost.get_or_insert(error);
        }
    }
}
