use std::sync::Arc;
use std::time::Duration;

use super::pause::{Pause, StepPause};
use super::step::Step;
use super::value_template::ValueTemplate;
use crate::expression::Expr;
use crate::load::Share;
use crate::plan::{AfterRefresh, AtEnd, RowPer, Visitor};
use crate::rows::Table;
use crate::sample::{TaskId, UserTypeId};

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
    pub wait_time: WaitTime,
    /// State each new user starts with, in order.
    pub state: Vec<(Arc<str>, ValueTemplate)>,
    /// Rows it is fed with.
    pub feeds: Vec<Feed>,
    /// Steps of a new user before its first task. Their requests count as task [`UserType::on_start_task`].
    pub on_start: Vec<Step>,
    /// The task id `on_start`'s requests are counted under.
    pub on_start_task: TaskId,
    /// Steps of a user that leaves.
    pub on_stop: Vec<Step>,
    /// The task id `on_stop`'s requests are counted under.
    pub on_stop_task: TaskId,
    /// What it does.
    pub tasks: Vec<Task>,
    /// In which order.
    pub order: TaskOrder,
    /// What gets it a new token.
    pub refresh: Option<Box<Refresh>>,
    /// Who takes an arrival of this kind, where the shape does not say that all are new.
    pub visitor: Visitor,
}

/// Steps that get a user something new where what it has is over.
#[derive(Debug)]
pub struct Refresh {
    /// The condition on an answer.
    pub when: Option<Expr>,
    /// How old what it has may be.
    pub max_age: Option<StepPause>,
    /// The steps.
    pub steps: Vec<Step>,
    /// What becomes of the call whose answer the condition took.
    pub then: AfterRefresh,
    /// `plan.yaml:12:3`.
    pub place: Arc<str>,
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

impl TaskOrder {
    /// Whether an iteration, from 1, is the first of a sequence; without a sequence each one is.
    #[must_use]
    pub fn begins_flow_at(&self, iteration: u64) -> bool {
        (iteration - 1).is_multiple_of(self.flow())
    }

    /// Whether an iteration, from 1, is the last of a sequence; without a sequence each one is.
    #[must_use]
    pub fn ends_flow_at(&self, iteration: u64) -> bool {
        iteration.is_multiple_of(self.flow())
    }

    /// How many tasks a sequence has; 1 without one.
    #[must_use]
    pub fn flow(&self) -> u64 {
        match self {
            Self::Weighted => 1,
            Self::Sequence(order) => order.len().max(1) as u64,
        }
    }
}

/// How long a user waits between two tasks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum WaitTime {
    /// A pause after each task.
    ThinkTime(Pause),
    /// From one task's start to the next one's. A task that takes longer makes the next one late, and its lateness
    /// counts in the response time.
    Pacing(Duration),
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
