use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use super::clock::Clock;
use super::mask::Mask;
use super::pacer::Pacer;
use super::request::Prepared;
use crate::compile::{Endpoint, Program};
use crate::http::Transport;
use crate::metrics::{SeriesKey, SeriesRef, Tally};
use crate::sample::{EndpointId, StageId, TaskId, UserTypeId};
use crate::schedule::{Choice, Curve};
use crate::units::Offset;

/// What the users of one worker share: the program, the clock, and the worker's tally.
pub(super) struct Desk {
    pub(super) program: Arc<Program>,
    pub(super) clock: Clock,
    pub(super) pacer: Pacer,
    pub(super) curve: Curve,
    pub(super) transport: Rc<Transport>,
    pub(super) tally: RefCell<Tally>,
    pub(super) mask: Mask,
    /// The worker's own copies of what each endpoint sends unchanged, by endpoint.
    pub(super) prepared: Vec<Prepared>,
    /// The choice of the next task, by user type; `None` where a type has no task left.
    pub(super) choices: Vec<Option<Choice>>,
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

impl Desk {
    pub(super) fn new(program: Arc<Program>, clock: Clock, curve: Curve, transport: Rc<Transport>) -> Self {
        let prepared = program.endpoints.iter().map(|endpoint| Prepared::new(endpoint, transport.origin())).collect();
        let choices = program.users.iter().map(|user| Choice::new(user.tasks.iter().map(|task| task.weight))).collect();
        Self {
            mask: Mask::new(&program.secrets),
            pacer: Pacer::new(clock),
            clock,
            curve,
            transport,
            tally: RefCell::new(Tally::new()),
            prepared,
            choices,
            known: RefCell::new(HashMap::new()),
            program,
        }
    }

    /// The stage a moment lies in.
    pub(super) fn stage_at(&self, at: Offset) -> StageId {
        StageId(u16::try_from(self.curve.leg_at(at)).unwrap_or(u16::MAX))
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
