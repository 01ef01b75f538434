use std::sync::Arc;
use std::time::Duration;

use crate::compile::{Blueprint, Check, Payload};
use crate::expression::{Expr, Globals, JsonPath, Template};
use crate::plan::threshold::Rule;
use crate::sample::{Catalog, EndpointId, MetricId, StageId, TaskId, UserTypeId};
use crate::units::{DurationRange, Offset, Rate, Seed};

/// A plan made ready to run: every name is an id, every template, path and threshold is parsed, what never
/// changes is rendered. Nothing in it can fail to parse or resolve later. Immutable, shared by all workers.
#[derive(Debug)]
pub struct Program {
    /// The plan's name, or its file's.
    pub name: Arc<str>,
    /// The plan's description; empty where it gives none.
    pub description: String,
    /// The service under test.
    pub target: Target,
    /// Vars and data.
    pub globals: Arc<Globals>,
    /// The endpoints; an [`EndpointId`] is an index here.
    pub endpoints: Vec<Endpoint>,
    /// The user types; a [`UserTypeId`] is an index here.
    pub users: Vec<UserType>,
    /// How much load, when.
    pub shape: Shape,
    /// What must hold. Where the plan says nothing, the default rule stands here.
    pub rules: Vec<Rule>,
    /// Whether the rules are the plan's own.
    pub rules_from: RulesFrom,
    /// The names behind the ids.
    pub catalog: Arc<Catalog>,
    /// The number all chance derives from.
    pub seed: Seed,
    /// Texts that no output may show.
    pub secrets: Vec<String>,
}

/// Where the thresholds come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RulesFrom {
    /// The plan has thresholds.
    Plan,
    /// The plan has none: the default stands in.
    Default,
}

/// The service under test.
#[derive(Debug, Clone)]
pub struct Target {
    /// Scheme, host and port: `http://127.0.0.1:8000`.
    pub origin: String,
    /// The path every endpoint's path is put behind; empty, or starts with `/` and does not end with one.
    pub prefix: String,
    /// The time one whole exchange may take, where the endpoint gives none.
    pub timeout: Duration,
    /// The time making a connection may take.
    pub connect_timeout: Duration,
    /// What to ask before the load starts.
    pub ready: Option<Ready>,
}

/// A question put to the target before the load starts, until it answers 2xx or 3xx; not counted.
#[derive(Debug, Clone)]
pub struct Ready {
    /// The whole path, prefix included.
    pub path: String,
    /// How long to go on asking.
    pub within: Duration,
}

/// One call of the service, ready to be made.
#[derive(Debug)]
pub struct Endpoint {
    /// Its id.
    pub id: EndpointId,
    /// Its name in the plan.
    pub name: Arc<str>,
    /// `plan.yaml:12:3`: where it stands.
    pub place: Arc<str>,
    /// The method.
    pub method: http::Method,
    /// Path and query.
    pub path: Path,
    /// What statistics group by; default `path as written`.
    pub label: Template,
    /// Names bound once a call, in order; a caller may override each.
    pub with: Vec<(Arc<str>, Blueprint)>,
    /// Headers that never change, `content-type` among them; `host` and `content-length` are the engine's to add.
    pub headers: http::HeaderMap,
    /// Headers that are filled in each time.
    pub live_headers: Vec<(http::HeaderName, Template)>,
    /// The body.
    pub payload: Payload,
    /// What must be true of the answer. The first check is on the status where the plan names none of its own.
    pub expect: Vec<Check>,
    /// What is kept of the answer in the user's state.
    pub capture: Vec<Capture>,
    /// What is kept of the answer in metrics.
    pub record: Vec<Record>,
    /// The time the whole exchange may take.
    pub timeout: Duration,
    /// What of the answer's body is needed after it has come.
    pub body_use: BodyUse,
}

/// Path and query of a request.
#[derive(Debug)]
pub enum Path {
    /// The same each time: encoded and checked.
    Fixed(http::uri::PathAndQuery),
    /// Filled in each time. The path's text is the person's; names and values of the query are percent-encoded.
    Live {
        /// The path with the prefix.
        path: Template,
        /// Names and values of the query; a value that is `none` takes its name out.
        query: Vec<(Arc<str>, Blueprint)>,
    },
}

/// Whether anything reads an answer's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyUse {
    /// Nobody: it is counted and thrown away.
    Unread,
    /// Checks, captures or later steps do.
    Read,
}

/// What one call leaves in the user's state. Without a match the call fails.
#[derive(Debug)]
pub struct Capture {
    /// The name it gets.
    pub name: Arc<str>,
    /// Where in the answer it is.
    pub from: CaptureFrom,
    /// `plan.yaml:12:3`.
    pub place: Arc<str>,
}

/// Where in an answer a captured value is.
#[derive(Debug)]
pub enum CaptureFrom {
    /// In the JSON body.
    Json(JsonPath),
}

/// What one call adds to a metric.
#[derive(Debug)]
pub struct Record {
    /// The metric.
    pub metric: MetricId,
    /// Where its value comes from.
    pub value: RecordValue,
    /// `plan.yaml:12:3`.
    pub place: Arc<str>,
}

/// Where a recorded value comes from.
#[derive(Debug)]
pub enum RecordValue {
    /// A number in the JSON body. Without a match the call fails.
    Json(JsonPath),
    /// An expression over the answer.
    Expr(Expr),
    /// This number, for counters.
    Constant(f64),
}

/// A kind of user: who it is, what it does, how fast.
#[derive(Debug)]
pub struct UserType {
    /// Its id.
    pub id: UserTypeId,
    /// Its name.
    pub name: Arc<str>,
    /// Its share of the users, relative to the other types'; > 0 for at least one type.
    pub weight: f64,
    /// How long it waits between tasks, also after one that sent nothing.
    pub rhythm: Rhythm,
    /// State each new user starts with, in order.
    pub state: Vec<(Arc<str>, Blueprint)>,
    /// Steps of a new user before its first task. Their requests count as task [`UserType::on_start_task`].
    pub on_start: Vec<Step>,
    /// The task id `on_start`'s requests are booked under.
    pub on_start_task: TaskId,
    /// What it does, by weight.
    pub tasks: Vec<Task>,
}

/// How long a user waits between two tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rhythm {
    /// A pause after each task, drawn evenly from a range.
    ThinkTime(DurationRange),
    /// From one task's start to the next one's. A task that takes longer makes the next one late, and its lateness
    /// counts in the response time.
    Pacing(Duration),
}

/// One thing a user does.
#[derive(Debug)]
pub struct Task {
    /// Its id, unique in the program.
    pub id: TaskId,
    /// Its name.
    pub name: Arc<str>,
    /// Its share, relative to the user type's other tasks; > 0 for at least one.
    pub weight: f64,
    /// A task whose condition is false sends nothing (the think time still follows).
    pub when: Option<Expr>,
    /// What it does, in order. A failed call ends the task.
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

/// What a step does.
#[derive(Debug)]
pub enum Action {
    /// Calls an endpoint, with names of the endpoint's `with` overridden.
    Call {
        /// The endpoint.
        endpoint: EndpointId,
        /// Names bound over the endpoint's own.
        with: Vec<(Arc<str>, Blueprint)>,
    },
    /// Sets names of the user's state, in order.
    Set(Vec<(Arc<str>, Blueprint)>),
    /// Appends to a list of the user's state; beyond `keep` the oldest go.
    Append {
        /// The list's name.
        to: Arc<str>,
        /// What is appended.
        value: Blueprint,
        /// How many are kept.
        keep: usize,
    },
    /// Waits.
    Think(DurationRange),
    /// One way or the other.
    When {
        /// The condition.
        that: Expr,
        /// Steps where it is true.
        then: Vec<Step>,
        /// Steps where it is not.
        otherwise: Vec<Step>,
    },
}

/// How much load, when.
#[derive(Debug, Clone)]
pub enum Shape {
    /// A number of users, each waiting for its own answers.
    Closed(Vec<Stage>),
}

/// One stage of a closed shape. It moves from the last level to its own, then holds; its length is exact.
#[derive(Debug, Clone)]
pub struct Stage {
    /// Its id; stages are numbered in order from 0.
    pub id: StageId,
    /// Its name; default `stage 1`, `stage 2` …; the constant shape's only stage is `constant`.
    pub name: Arc<str>,
    /// How many users it moves to.
    pub users: u32,
    /// How long it lasts, from its start.
    pub length: Duration,
    /// How it moves there.
    pub ramp: Ramp,
}

/// How a stage moves from the last level to its own.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Ramp {
    /// At once.
    Immediate,
    /// That many users a second (up, or down where the stage is lower).
    Rate(Rate),
    /// Evenly over a time.
    Over(Duration),
}

impl Shape {
    /// How long it lasts.
    #[must_use]
    pub fn length(&self) -> Offset {
        match self {
            Self::Closed(stages) => stages.iter().fold(Offset::ZERO, |at, stage| at + stage.length),
        }
    }

    /// The most users it ever asks for.
    #[must_use]
    pub fn peak(&self) -> u32 {
        match self {
            Self::Closed(stages) => stages.iter().map(|stage| stage.users).max().unwrap_or(0),
        }
    }
}
