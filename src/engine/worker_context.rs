use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use tokio::sync::mpsc::UnboundedSender;

use super::clock::Clock;
use super::feeder::Feeder;
use super::pacer::Pacer;
use super::redact::UserRedactor;
use super::request::Prepared;
use super::trace::Watcher;
use super::worker_message::WorkerMessage;
use crate::compile::{Endpoint, Program};
use crate::expression::Globals;
use crate::http::Transport;
use crate::load::Choice;
use crate::metrics::{SeriesKey, SeriesRef, Tally};
use crate::sample::{EndpointId, MetricId, StageId, TaskId, UserTypeId};

/// What the users of one worker share: the program, the clock, and the worker's tally.
pub(super) struct WorkerContext {
    pub(super) program: Arc<Program>,
    /// Vars and data, and what the plan's setup left.
    pub(super) globals: Arc<Globals>,
    pub(super) clock: Clock,
    pub(super) pacer: Pacer,
    pub(super) transport: Rc<Transport>,
    pub(super) tally: RefCell<Tally>,
    pub(super) redactor: UserRedactor,
    /// The worker's own copies of what each endpoint sends unchanged, by endpoint.
    pub(super) prepared: Vec<Prepared>,
    /// The name each endpoint's requests go by, without secrets; `None` where each request's own has to be filled in.
    pub(super) names: Vec<Option<Arc<str>>>,
    /// The choice of the next task, by user type; `None` where a type has no task left.
    pub(super) choices: Vec<Option<Choice>>,
    /// The rows of each user type's feeds.
    pub(super) feeders: Vec<Vec<Feeder>>,
    /// Who looks on, where anybody does.
    pub(super) watcher: Option<Watcher>,
    reports: UnboundedSender<WorkerMessage>,
    /// Lines that may still be logged in this second.
    lines: Cell<u32>,
    known: RefCell<HashMap<Place, SeriesRef>>,
}

/// Where a request with a fixed name is counted; numbers alone, so that finding its series is cheap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub(super) endpoint: EndpointId,
    pub(super) user: UserTypeId,
    pub(super) task: TaskId,
    pub(super) stage: StageId,
    pub(super) status: Option<u16>,
}

/// How many lines a second one worker writes to the log; more are left out.
const LINES: u32 = 100;

impl WorkerContext {
    pub(super) fn new(
        program: Arc<Program>,
        globals: Arc<Globals>,
        clock: Clock,
        transport: Rc<Transport>,
        reports: UnboundedSender<WorkerMessage>,
    ) -> Self {
        let compression = program.target.compression;
        let prepared = |endpoint| Prepared::new(endpoint, transport.origin(), compression);
        let prepared = program.endpoints.iter().map(prepared).collect();
        let choices = program.users.iter().map(|user| Choice::new(user.tasks.iter().map(|task| task.weight))).collect();
        let redactor = UserRedactor::new(&program.secrets);
        let name = |endpoint: &Endpoint| endpoint.label.fixed().map(|name| Arc::from(redactor.redact_known(name)));
        let names = program.endpoints.iter().map(name).collect();
        Self {
            redactor,
            names,
            pacer: Pacer::new(clock),
            clock,
            transport,
            tally: RefCell::new(Tally::new()),
            prepared,
            choices,
            feeders: Vec::new(),
            watcher: None,
            reports,
            lines: Cell::new(LINES),
            known: RefCell::new(HashMap::new()),
            program,
            globals,
        }
    }

    /// Wants the whole run to end, and says why.
    pub(super) fn end_run(&self, why: &str) {
        drop(self.reports.send(WorkerMessage::Stop { why: self.redactor.redact_known(why) }));
    }

    /// Writes a line to the run's log; past a hundred a second they are left out.
    pub(super) fn log(&self, text: &str) {
        let left = self.lines.get();
        if left > 0 {
            self.lines.set(left - 1);
            drop(self.reports.send(WorkerMessage::Line { at: self.clock.now(), text: text.to_owned() }));
        }
    }

    /// Lets lines be logged again: a second is over.
    pub(super) fn allow_lines(&self) {
        self.lines.set(LINES);
    }

    /// Records a transaction's time, in milliseconds.
    pub(super) fn measured(
        &self,
        metric: MetricId,
        name: &Arc<str>,
        (user, task, stage): (UserTypeId, TaskId, StageId),
        millis: f64,
    ) {
        let place = Place { endpoint: EndpointId(u32::MAX), user, task, stage, status: None };
        let series = self.series_named(name, place);
        self.tally.borrow_mut().metric(metric, series, millis);
    }

    /// The series of a request. A name that never changes is looked up by numbers; one that was filled in, by itself.
    pub(super) fn series(&self, endpoint: &Endpoint, name: &Arc<str>, place: Place) -> SeriesRef {
        let fixed = endpoint.label.fixed().is_some();
        if fixed && let Some(series) = self.known.borrow().get(&place) {
            return *series;
        }
        let series = self.series_named(name, place);
        if fixed {
            self.known.borrow_mut().insert(place, series);
        }
        series
    }

    /// The series of a request under a name.
    pub(super) fn series_named(&self, name: &Arc<str>, place: Place) -> SeriesRef {
        let Place { endpoint, user, task, stage, status } = place;
        self.tally.borrow_mut().series(&SeriesKey { endpoint, name: name.clone(), user, task, stage, status })
    }
}
