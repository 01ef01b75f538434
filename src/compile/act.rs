use std::sync::Arc;

use crate::compile::{Pause, Share, ValueTemplate};
use crate::expression::{Expr, Template};
use crate::rows::Table;
use crate::sample::{EndpointId, MetricId, TaskId, UserTypeId};

/// A kind of user: who it is, what it does, how fast.
#[derive(Debug)]
pub struct UserType {
    /// Its id.
    pub id: UserTypeId,
    /// Its name.
    pub name: Arc<str>,
    /// How many of the users are of this kind.
    pub share: Share,
    /// How long it waits between tasks, also after one that sent nothing.
    pub rhythm: Rhythm,
    /// State each new user starts with, in order.
    pub state: Vec<(Arc<str>, ValueTemplate)>,
    /// Rows it is fed with.
    pub feeds: Vec<Feed>,
    /// Steps of a new user before its first task. Their requests count as task [`UserType::on_start_task`].
    pub on_start: Vec<Step>,
    /// The task id `on_start`'s requests are booked under.
    pub on_start_task: TaskId,
    /// Steps of a user that leaves.
    pub on_stop: Vec<Step>,
    /// The task id `on_stop`'s requests are booked under.
    pub on_stop_task: TaskId,
    /// What it does.
    pub tasks: Vec<Task>,
    /// In which order.
    pub order: TaskOrder,
}

impl UserType {
    /// Whether no user is of this kind.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        matches!(self.share, Share::Weight(weight) if weight == 0.0) || self.share == Share::Count(0)
    }
}

/// In which order a user does its tasks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskOrder {
    /// Drawn by weight each time.
    Weighted,
    /// These, by their index, again and again.
    Sequence(Vec<usize>),
}

/// How long a user waits between two tasks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rhythm {
    /// A pause after each task.
    ThinkTime(Pause),
    /// From one task's start to the next one's. A task that takes longer makes the next one late, and its lateness
    /// counts in the response time.
    Pacing(std::time::Duration),
}

/// Rows of a data file, under a name.
#[derive(Debug, Clone)]
pub struct Feed {
    /// The name.
    pub name: Arc<str>,
    /// The rows.
    pub table: Arc<Table>,
    /// In which order.
    pub order: RowOrder,
    /// How long a user keeps one.
    pub per: RowPer,
    /// What happens after the last.
    pub at_end: AtEnd,
}

/// The order rows are taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowOrder {
    /// As they stand.
    Sequential,
    /// Any, each as likely.
    Random,
    /// Each once in random order, then again.
    Shuffle,
}

/// How long a user keeps a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowPer {
    /// For one task.
    Iteration,
    /// For its life.
    User,
}

/// What happens after the last row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AtEnd {
    /// The first comes again.
    Repeat,
    /// Whoever finds no row leaves.
    Stop,
    /// The run ends.
    StopRun,
}

/// One thing a user does.
#[derive(Debug)]
pub struct Task {
    /// Its id, unique in the program.
    pub id: TaskId,
    /// Its name.
    pub name: Arc<str>,
    /// Its share, relative to the user type's other tasks.
    pub weight: f64,
    /// A task whose condition is false sends nothing (the think time still follows).
    pub when: Option<Expr>,
    /// What it does, in order.
    pub steps: Vec<Step>,
    /// `plan.yaml:12:3`.
    pub place: Arc<str>,
}

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
}

/// What a failed call does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnFailure {
    /// The next step follows.
    Continue,
    /// This ends.
    Stop(StopWhat),
}

/// What a step may end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopWhat {
    /// The task.
    Task,
    /// The user.
    User,
    /// The run.
    Run,
}

/// What a step does.
#[derive(Debug)]
pub enum Action {
    /// Calls an endpoint.
    Call(Call),
    /// Calls several at once.
    Parallel(Vec<Call>),
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
    /// Waits.
    Think(Pause),
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
    Stop(StopWhat),
    /// Writes a line to the run's log.
    Log(Template),
}

/// Steps again and again.
#[derive(Debug)]
pub struct Repeat {
    /// How often.
    pub rounds: Rounds,
    /// The pause between two rounds.
    pub every: Option<Pause>,
    /// The steps.
    pub steps: Vec<Step>,
}

/// How often steps are repeated.
#[derive(Debug)]
pub enum Rounds {
    /// So many times: a number ≥ 0.
    Times(ValueTemplate),
    /// Until this is true, at least once and at most so many times.
    Until(Expr, u64),
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
            | Self::Set(_)
            | Self::Append { .. }
            | Self::Think(_)
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
            _ => &[],
        }
    }
}
