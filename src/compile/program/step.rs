use std::sync::Arc;
use std::time::Duration;

use super::pause::StepPause;
use super::retry::Retry;
use super::value_template::ValueTemplate;
use crate::expression::{Expr, Template};
use crate::plan::{OnFailure, StopScope, WhenEmpty};
use crate::sample::{EndpointId, MetricId};

/// One step of a task.
#[derive(Debug)]
pub struct Step {
    /// What it does.
    pub action: Action,
    /// `plan.yaml:12:3`.
    pub place: Arc<str>,
}

/// A call of an endpoint.
#[derive(Debug)]
pub struct Call {
    /// The endpoint.
    pub endpoint: EndpointId,
    /// Names bound over the endpoint's own.
    pub with: Vec<(Arc<str>, ValueTemplate)>,
    /// What a failure does.
    pub on_failure: OnFailure,
    /// When it is made again.
    pub retry: Option<Box<Retry>>,
}

/// A call for each item of a list.
#[derive(Debug)]
pub struct CallEach {
    /// The item's name.
    pub item: Arc<str>,
    /// The list.
    pub of: ValueTemplate,
    /// The call.
    pub call: Call,
    /// How many are under way at once at most.
    pub at_most: usize,
}

/// Something that all users are given.
#[derive(Debug)]
pub struct Put {
    /// Where, by its place among what is shared.
    pub to: usize,
    /// The same by its name.
    pub name: Arc<str>,
    /// What.
    pub value: ValueTemplate,
}

/// Something that is taken from what all users share.
#[derive(Debug)]
pub struct Take {
    /// The pool, by its place among what is shared.
    pub from: usize,
    /// Its name.
    pub pool: Arc<str>,
    /// The name that what is taken has for the user.
    pub name: Arc<str>,
    /// How long to wait for it.
    pub within: Duration,
    /// What happens where there is nothing.
    pub when_empty: WhenEmpty,
}

/// What a step does.
#[derive(Debug)]
pub enum Action {
    /// Calls an endpoint.
    Call(Call),
    /// Calls several at once.
    Parallel(Vec<Call>),
    /// Makes a call for each item of a list, several at once.
    ParallelEach(CallEach),
    /// Sets names of the user's state, in order.
    Set(Vec<(Arc<str>, ValueTemplate)>),
    /// Appends to a list of the user's state; beyond `keep` the oldest go.
    Append {
        /// The list's name.
        to: Arc<str>,
        /// What is appended.
        value: ValueTemplate,
        /// How many are kept.
        keep: usize,
    },
    /// Gives all users something, in order.
    Put(Vec<Put>),
    /// Takes something that all users share.
    Take(Take),
    /// Waits.
    Think(StepPause),
    /// One way or the other.
    When {
        /// The condition.
        that: Expr,
        /// Steps where it is true.
        then: Vec<Step>,
        /// Steps where it is not.
        otherwise: Vec<Step>,
    },
    /// One of several ways, by a value.
    Switch {
        /// What gives the value.
        on: Expr,
        /// Steps by the value as text.
        cases: Vec<(Box<str>, Vec<Step>)>,
        /// Steps where no case has it.
        default: Vec<Step>,
    },
    /// One of several ways, by chance: weights and steps.
    Choose(Vec<(f64, Vec<Step>)>),
    /// Again and again.
    Repeat(Repeat),
    /// For each item of a list.
    ForEach {
        /// The item's name.
        item: Arc<str>,
        /// The list.
        of: ValueTemplate,
        /// The steps.
        steps: Vec<Step>,
    },
    /// Leaves the innermost loop, or its round.
    Leave {
        /// What of it.
        what: LoopPart,
        /// The condition; always where there is none.
        when: Option<Expr>,
    },
    /// The steps of another task, by its index in the user type.
    Run(usize),
    /// Steps whose time is measured.
    Transaction {
        /// Where it is recorded, in milliseconds.
        metric: MetricId,
        /// Its name.
        name: Arc<str>,
        /// The steps.
        steps: Vec<Step>,
    },
    /// Ends the task, the user or the run.
    Stop(StopScope),
    /// Writes a line to the run's log.
    Log(Template),
}

/// Steps again and again.
#[derive(Debug)]
pub struct Repeat {
    /// How often.
    pub count: RepeatCount,
    /// The pause between two repetitions.
    pub every: Option<StepPause>,
    /// The steps.
    pub steps: Vec<Step>,
}

/// How often steps are repeated.
#[derive(Debug)]
pub enum RepeatCount {
    /// So many times: a number ≥ 0.
    Times(ValueTemplate),
    /// Until something is true, at least once.
    Until {
        /// The condition.
        until: Expr,
        /// How many times at most.
        most: u64,
        /// How long at most.
        fail_after: Option<Duration>,
    },
}

/// What of a loop is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoopPart {
    /// The whole of it.
    Loop,
    /// The round under way.
    Round,
}

impl Action {
    /// The steps inside it.
    #[must_use]
    pub fn inner(&self) -> Vec<&Step> {
        match self {
            Self::When { then, otherwise, .. } => then.iter().chain(otherwise).collect(),
            Self::Switch { cases, default, .. } => cases.iter().flat_map(|(_, steps)| steps).chain(default).collect(),
            Self::Choose(ways) => ways.iter().flat_map(|(_, steps)| steps).collect(),
            Self::Repeat(repeat) => repeat.steps.iter().collect(),
            Self::ForEach { steps, .. } | Self::Transaction { steps, .. } => steps.iter().collect(),
            Self::Call(_)
            | Self::Parallel(_)
            | Self::ParallelEach(_)
            | Self::Set(_)
            | Self::Append { .. }
            | Self::Put(_)
            | Self::Take(_)
            | Self::Think(_)
            | Self::Leave { .. }
            | Self::Run(_)
            | Self::Stop(_)
            | Self::Log(_) => Vec::new(),
        }
    }

    /// The calls it makes itself.
    #[must_use]
    pub fn calls(&self) -> &[Call] {
        match self {
            Self::Call(call) => std::slice::from_ref(call),
            Self::Parallel(calls) => calls,
            Self::ParallelEach(each) => std::slice::from_ref(&each.call),
            _ => &[],
        }
    }
}
