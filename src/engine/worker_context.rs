use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;

use super::clock::{Clock, Pacer};
use super::feeder::Feeder;
use super::request::Prepared;
use super::trace::CallObserver;
use super::user_gauge::UserGauge;
use super::worker::WorkerMessage;
use crate::compile::{Endpoint, Program};
use crate::expression::{Globals, Scope, to_text};
use crate::http::Transport;
use crate::load::Choice;
use crate::metrics::{SeriesKey, SeriesRef, Tally};
use crate::sample::{EndpointId, MetricId, StageId, TaskId, UserTypeId};
use crate::secrets::{DeclaredSecrets, Redactor};

/// What the users of one worker share: the program, the clock, and the worker's tally.
pub(super) struct WorkerContext {
    pub(super) program: Arc<Program>,
    /// Vars and data, and what the plan's setup left.
    pub(super) globals: Arc<Globals>,
    pub(super) clock: Clock,
    pub(super) pacer: Pacer,
    pub(super) transport: Rc<Transport>,
    pub(super) tally: RefCell<Tally>,
    pub(super) users: UserGauge,
    pub(super) redactor: UserRedactor,
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
    messages: UnboundedSender<WorkerMessage>,
    /// Lines that may still be logged in this second.
    lines: Cell<u32>,
    series: RefCell<HashMap<SeriesIds, SeriesRef>>,
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

/// Takes secrets out of what a user's work says: those known before the run, and those in the user's state.
#[derive(Debug)]
pub(super) struct UserRedactor {
    known: Redactor,
    /// Names of state whose values are secret.
    names: Vec<Arc<str>>,
}

/// A transaction in which something failed: it has no time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TransactionFailed;

/// How many lines a second one worker writes to the log; more are left out.
const LINES_PER_SECOND: u32 = 100;

impl WorkerContext {
    pub(super) fn new(
        program: Arc<Program>,
        globals: Arc<Globals>,
        pacer: Pacer,
        transport: Transport,
        messages: UnboundedSender<WorkerMessage>,
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
            clock: pacer.clock(),
            pacer,
            transport: Rc::new(transport),
            tally: RefCell::new(Tally::new()),
            users: UserGauge::default(),
            prepared,
            choices,
            feeders: Vec::new(),
            observer: None,
            messages,
            lines: Cell::new(LINES_PER_SECOND),
            series: RefCell::new(HashMap::new()),
            program,
            globals,
        }
    }

    /// Asks for the end of the whole run, and says why.
    pub(super) fn end_run(&self, why: &str) {
        drop(self.messages.send(WorkerMessage::Stop { why: self.redactor.redact_known(why) }));
    }

    /// Writes a line to the run's log; past a hundred a second they are left out.
    pub(super) fn log(&self, text: &str) {
        let left = self.lines.get();
        if left > 0 {
            self.lines.set(left - 1);
            drop(self.messages.send(WorkerMessage::Line { at: self.clock.now(), text: text.to_owned() }));
        }
    }

    /// Lets lines be logged again: a second is over.
    pub(super) fn allow_lines(&self) {
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

impl UserRedactor {
    pub(super) fn new(secrets: &DeclaredSecrets) -> Self {
        Self { known: secrets.redactor(), names: secrets.names.clone() }
    }

    /// The text without secrets; those of the user's state are looked up in its scope.
    pub(super) fn redact(&self, text: &str, scope: &Scope) -> String {
        let mut of_state = self.names.iter().filter_map(|name| scope.value(name)).map(|value| to_text(&value));
        match of_state.next() {
            Some(first) => self.known.and(std::iter::once(first).chain(of_state)).redact(text),
            None => self.known.redact(text),
        }
    }

    /// The text without the secrets that are known before the run.
    pub(super) fn redact_known(&self, text: &str) -> String {
        self.known.redact(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expression::{Globals, ScopeRng, ScopeUser, Value};
    use crate::units::Seed;

    #[test]
    fn secrets_of_a_users_state_are_hidden_from_when_it_has_them() {
        let values = vec!["key".into(), "key-long".into(), String::new()];
        let redactor = UserRedactor::new(&DeclaredSecrets { values, names: vec!["token".into()] });
        let user = ScopeUser { id: 1, kind: "".into() };
        let scope = Scope::new(Arc::new(Globals::default()), user, ScopeRng::new(Seed::new(1)));
        assert_eq!(redactor.redact("a key-long and a key, abc", &scope), "a *** and a ***, abc");
        scope.set(&"token".into(), Value::from("abc"));
        assert_eq!(redactor.redact("a key-long and a key, abc", &scope), "a *** and a ***, ***");
    }
}
