use std::sync::{Arc, Mutex};

use super::keys::{listen, lock};
use super::picture::State;
use super::progress::{has_line, line, stage_begins, threshold_turns};
use super::screen::{Screen, ScreenTalk};
use super::tty::give_keys_back;
use crate::journal::{Closing, Entry, Mark};
use crate::metrics::Interval;
use crate::report::{ResultFiles, visible};
use crate::results::{Dashboard, Recent, Results, Snapshot, ThresholdState};
use crate::run::{Event, Steer, Steerable};
use crate::units::Size;

/// Where talk goes.
#[derive(Debug, Clone, Copy)]
pub struct Talk {
    /// Prints a text as it is.
    pub print: fn(&str),
    /// How a terminal is shown the run; `None` where talk goes elsewhere, or to one that only takes lines.
    pub screen: Option<ScreenTalk>,
    /// Whether nothing is printed; the log has everything all the same.
    pub quiet: bool,
}

/// What the view has to do with the run besides hearing of it.
pub struct Hands {
    /// What of the load a person may change.
    pub steerable: Steerable,
    /// Tells the run what a person wants.
    pub steer: Box<dyn Fn(Steer) + Send>,
}

/// Shows a run under way: on a terminal a picture that changes, elsewhere a line now and then, in the log every second.
#[derive(Debug)]
pub struct Terminal<'a> {
    files: &'a ResultFiles,
    talk: Talk,
    phase: Phase,
    screen: Option<Arc<Mutex<Screen>>>,
    recent: Recent,
    /// Which thresholds were broken in the last second.
    broken: Vec<bool>,
}

/// How far the run has come, as far as it is shown in another way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Load,
    Teardown,
}

impl<'a> Terminal<'a> {
    /// A view that logs into the files of the run.
    #[must_use]
    pub fn new(files: &'a ResultFiles, talk: Talk, hands: Hands) -> Self {
        let screen = talk.screen.filter(|_| !talk.quiet);
        let screen = screen.map(|screen| Arc::new(Mutex::new(Screen::new(screen, hands))));
        Self { files, talk, phase: Phase::Load, screen, recent: Recent::new(), broken: Vec::new() }
    }

    /// Takes an event of the run.
    pub fn hear(&mut self, event: &Event<'_>) {
        match event {
            Event::Began(header) => {
                self.screen.iter().for_each(listen);
                if let Some(budget) = header.environment.memory_budget.map(Size::from_bytes) {
                    self.say(&format!("memory: up to {budget} for what is counted and for what is kept of answers"));
                }
            }
            Event::Waiting(until) => {
                let until = humantime::format_rfc3339_millis(*until);
                self.say(&format!("ready: waiting until {until} (Ctrl-C ends the run before it begins)"));
            }
            Event::Entry(entry, results) => self.entry(entry, results),
            Event::Stopping(closing, why) => {
                self.screen.iter().for_each(|screen| lock(screen).state(State::Stopping));
                match closing {
                    Closing::Asked => self.say("stopping: waiting for requests under way (Ctrl-C again cuts them off)"),
                    Closing::Threshold(_) => {
                        self.say(&visible(&format!("stopping: threshold `{why}` is broken and ends the run")));
                    }
                    Closing::Plan => self.say(&visible(&format!("stopping: {why}"))),
                    Closing::Complete => {}
                }
            }
            Event::Steered(steering) => {
                let state = if steering.paused { State::Paused } else { State::Running };
                self.screen.iter().for_each(|screen| lock(screen).state(state));
            }
            Event::TearingDown => {
                self.phase = Phase::Teardown;
                self.end_screen();
                let report = self.files.place().path(".json");
                let at = visible(&report.display().to_string());
                self.say(&format!("teardown: the load is over, its results are in {at} (Ctrl-C ends the teardown)"));
            }
            Event::TakingBack => {
                self.phase = Phase::Teardown;
                self.end_screen();
                self.say("teardown: the load does not begin (Ctrl-C ends the teardown)");
            }
        }
    }

    /// Takes away what changes, and leaves the terminal as it was.
    pub fn close(mut self) {
        self.end_screen();
    }

    fn end_screen(&mut self) {
        if let Some(screen) = self.screen.take() {
            lock(&screen).close();
            drop(screen);
            give_keys_back();
        }
    }

    fn entry(&mut self, entry: &Entry, results: &Results) {
        match entry {
            Entry::Second(interval) => {
                let second = Snapshot::of(interval, results);
                for index in &second.begun {
                    if let Some(text) = stage_begins((*index, &results.header().stages)) {
                        self.say(&visible(&text));
                    }
                }
                self.second(&second, interval, results);
                self.thresholds(&second);
            }
            Entry::Annotation(annotation) => match annotation.mark {
                Mark::Line => {
                    self.log(&visible(&format!("{:.3}s {}", annotation.at.as_secs_f64(), annotation.text)));
                }
                Mark::LevelTried | Mark::Folded | Mark::Steered => self.say(&visible(&annotation.text)),
                Mark::Cut => self.say("cutting off requests under way"),
                Mark::Note => self.say(&visible(&format!("note: {}", annotation.text))),
                Mark::StageBegan | Mark::ThresholdBroke | Mark::StopAsked => {}
            },
            Entry::End(end) if self.phase == Phase::Teardown => {
                let went = if end.teardown.is_empty() { "done".to_owned() } else { end.teardown.join("; ") };
                self.log(&visible(&format!("teardown: {went}")));
            }
            Entry::End(_) => {}
        }
    }

    /// Says which thresholds broke or recovered in a second.
    fn thresholds(&mut self, second: &Snapshot) {
        self.broken.resize(second.thresholds.len(), false);
        let mut broken = std::mem::take(&mut self.broken);
        for (threshold, was_broken) in second.thresholds.iter().zip(&mut broken) {
            if let Some(text) = threshold_turns(*was_broken, threshold, second) {
                self.say(&visible(&text));
                *was_broken = threshold.state == ThresholdState::Broken;
            }
        }
        self.broken = broken;
    }

    fn second(&mut self, second: &Snapshot, interval: &Interval, results: &Results) {
        let text = visible(&line(second));
        self.log(text.trim_start());
        if self.talk.quiet {
            return;
        }
        if let Some(screen) = &self.screen {
            self.recent.hear(interval);
            let mut screen = lock(screen);
            let board = Dashboard::of((second.clone(), interval), results, &self.recent, screen.board());
            if screen.show(board) {
                return;
            }
        }
        if has_line(second) {
            (self.talk.print)(&format!("{text}\n"));
        }
    }

    fn say(&self, text: &str) {
        self.log(text);
        match &self.screen {
            _ if self.talk.quiet => {}
            Some(screen) => lock(screen).say(text),
            None => (self.talk.print)(&format!("{text}\n")),
        }
    }

    fn log(&self, text: &str) {
        self.files.log(text);
    }
}

impl std::fmt::Debug for Hands {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hands").finish_non_exhaustive()
    }
}
