use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;

use super::clock::{Clock, Pacer};
use super::cookies::Moment;
use super::feeder::Feeder;
use super::few::Few;
use super::request::Prepared;
use super::secrets::WorkerSecrets;
use super::start::{NotReady, Platform};
use super::trace::CallObserver;
use super::user_gauge::UserGauge;
use super::worker::WorkerMessage;
use crate::compile::{BodyBuffer, Endpoint, Program};
use crate::expression::Globals;
use crate::http::{Origin, Transport, TransportError};
use crate::load::Choice;
use crate::metrics::{SeriesKey, SeriesRef, Tally};
use crate::sample::{EndpointId, IdMap, MetricId, ServiceId, StageId, TaskId, UserTypeId};

/// What the users of one worker share: the program, the clock, and the worker's tally.
pub(super) struct WorkerContext {
    pub(super) program: Arc<Program>,
    /// Vars and data, and what the plan's setup left.
    pub(super) globals: Arc<Globals>,
    pub(super) clock: Clock,
    pub(super) pacer: Pacer,
    /// The ways to the services, by service.
    pub(super) transports: Vec<Rc<Transport>>,
    pub(super) tally: RefCell<Tally>,
    pub(super) users: UserGauge,
    pub(super) secrets: WorkerSecrets,
    /// The worker's own copies of what each endpoint sends unchanged, by endpoint.
    pub(super) prepared: Vec<Prepared>,
    /// The name each endpoint's requests go by, without secrets; `None` where each request's own has to be filled in.
    pub(super) names: Vec<Option<Arc<str>>>,
    /// The choice of the next task, by user type; `None` where a type has no task left.
    pub(super) choices: Vec<Option<Choice>>,
    /// The rows of each user type's feeds.
    pub(super) feeders: Vec<Vec<Feeder>>,
    /// Who hears of every request, where anybody does.
    pub(super) observer: Option<CallObserver>,
    /// Where bodies are filled in.
    pub(super) bodies: RefCell<BodyBuffer>,
    /// What the answer under way adds to metrics, for one after the other.
    pub(super) recorded: RefCell<Vec<(MetricId, f64)>>,
    platform: Platform,
    messages: UnboundedSender<WorkerMessage>,
    /// Lines that may still be logged in this second.
    lines: Cell<u32>,
    series: RefCell<IdMap<SeriesIds, SeriesRef>>,
    /// The ways to places that are no services of the plan, each with the service whose settings it has.
    elsewhere: RefCell<Few<(ServiceId, Origin), Rc<Transport>, MOST_ELSEWHERE>>,
}

/// The series of a request with a fixed name: numbers alone, so that finding it is cheap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct SeriesIds {
    pub(super) endpoint: EndpointId,
    pub(super) user_type: UserTypeId,
    pub(super) task: TaskId,
    pub(super) stage: StageId,
    pub(super) status: Option<u16>,
}

/// A transaction in which something failed: it has no time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TransactionFailed;

/// So many ways to other places a worker keeps; a user that is on one of the rest goes on using it.
const MOST_ELSEWHERE: usize = 64;
/// How many lines a second one worker writes to the log; more are left out.
const LINES_PER_SECOND: u32 = 100;

impl WorkerContext {
    pub(super) fn new(
        program: Arc<Program>,
        globals: Arc<Globals>,
        clock: Clock,
        platform: &Platform,
        messages: UnboundedSender<WorkerMessage>,
    ) -> Result<Self, NotReady> {
        // TLS and connections are the worker's own: it shares nothing
        let transports = program.services.iter().map(|service| platform.transport(service).map(Rc::new));
        let transports = transports.collect::<Result<_, _>>()?;
        let pacer = Pacer::new(clock, platform.timer());
        let prepared = |endpoint| Prepared::new(endpoint, program.service(endpoint), &program.secrets);
        let prepared = program.endpoints.iter().map(prepared).collect();
        let choices = program.users.iter().map(|user| Choice::new(user.tasks.iter().map(|task| task.weight))).collect();
        let secrets = WorkerSecrets::new(&program.secrets);
        let name = |endpoint: &Endpoint| endpoint.label.fixed().map(|name| Arc::from(secrets.mask(name)));
        let names = program.endpoints.iter().map(name).collect();
        Ok(Self {
            secrets,
            names,
            clock,
            platform: platform.clone(),
            pacer,
            transports,
            tally: RefCell::new(Tally::new()),
            users: UserGauge::default(),
            prepared,
            choices,
            feeders: Vec::new(),
            observer: None,
            bodies: RefCell::default(),
            recorded: RefCell::default(),
            messages,
            lines: Cell::new(LINES_PER_SECOND),
            series: RefCell::default(),
            elsewhere: RefCell::default(),
            program,
            globals,
        })
    }

    /// This moment, by the run's clock and the wall's.
    pub(super) fn moment(&self) -> Moment {
        Moment { now: self.clock.now(), wall_clock: self.platform.wall_clock() }
    }

    /// The way to a place that is no service of the plan, with the settings of one but its secrets.
    pub(super) fn transport_to(&self, service: ServiceId, origin: &Origin) -> Result<Rc<Transport>, TransportError> {
        let mut elsewhere = self.elsewhere.borrow_mut();
        let made =
            || Ok(((service, origin.clone()), Rc::new(self.transports[service.index()].toward(origin.clone())?)));
        elsewhere.get_or_make(|(of, known)| *of == service && known == origin, made).cloned()
    }

    /// Asks for the end of the whole run, and says why.
    pub(super) fn end_run(&self, why: &str) {
        drop(self.messages.send(WorkerMessage::Stop { why: self.secrets.mask(why) }));
    }

    /// Writes a line to the run's log; past a hundred a second they are left out.
    pub(super) fn log(&self, text: impl FnOnce() -> Arc<str>) {
        let left = self.lines.get();
        if left > 0 {
            self.lines.set(left - 1);
            drop(self.messages.send(WorkerMessage::Line { at: self.clock.now(), text: text().to_string() }));
        }
    }

    /// Lets lines be logged again, and tells the run the secrets that users came by: a second is over.
    pub(super) fn end_second(&self) {
        self.secrets.flush();
        self.lines.set(LINES_PER_SECOND);
    }

    /// Records a transaction: its time in milliseconds, or that it failed.
    pub(super) fn record_transaction(
        &self,
        metric: MetricId,
        name: &Arc<str>,
        (user_type, task, stage): (UserTypeId, TaskId, StageId),
        result: Result<Duration, TransactionFailed>,
    ) {
        let ids = SeriesIds { endpoint: EndpointId(u32::MAX), user_type, task, stage, status: None };
        let series = self.series_named(name, ids);
        let mut tally = self.tally.borrow_mut();
        match result {
            Ok(time) => tally.metric(metric, series, time.as_secs_f64() * 1e3),
            Err(TransactionFailed) => tally.transaction_failed(metric, series),
        }
    }

    /// The series of a request. A name that never changes is looked up by numbers; one that was filled in, by itself.
    pub(super) fn series(&self, endpoint: &Endpoint, name: &Arc<str>, ids: SeriesIds) -> SeriesRef {
        let fixed = endpoint.label.fixed().is_some();
        if fixed && let Some(series) = self.series.borrow().get(&ids) {
            return *series;
        }
        let series = self.series_named(name, ids);
        if fixed {
            self.series.borrow_mut().insert(ids, series);
        }
        series
    }

    /// The series of a request under a name.
    pub(super) fn series_named(&self, name: &Arc<str>, ids: SeriesIds) -> SeriesRef {
        let SeriesIds { endpoint, user_type: user, task, stage, status } = ids;
        self.tally.borrow_mut().series(&SeriesKey { endpoint, name: name.clone(), user, task, stage, status })
    }
}
