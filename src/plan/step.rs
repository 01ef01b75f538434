use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::decode::{Any, At, Decode, Filled, Named, expected};
use super::document::{Data, Node};
use super::pause::StepPause;
use super::record::{choice, record, words};
use super::retry::Retry;
use super::scalars::{Count, Time, Weight};
use super::shared::Take;
use crate::diagnostic::Problems;

choice! {
    /// One step of a task.
    pub enum Step("a step", short: text = "call", alone: "break", "continue") {
        /// Calls an endpoint: its name, or a map that overrides names of its `with`.
        Call(Call) = "call",
        /// Sets names of the user's state: `{counter: "{{ counter + 1 }}"}`.
        Set(Named<At<Any>>) = "set",
        /// Appends to a list of the user's state.
        Append(Append) = "append",
        /// Gives all users something that is `shared`: `{token: "{{ token }}"}` replaces a value, and adds to a pool.
        Put(Named<At<Any>>) = "put",
        /// Takes a value from a shared pool: `{from: orders, as: order}`.
        Take(Take) = "take",
        /// Waits: `2s`, `1s..5s`, a distribution, or a text with an expression: `"{{ headers['retry-after'] }}s"`.
        Think(StepPause) = "think",
        /// One way or the other.
        When(When) = "when",
        /// One of several ways, by a value.
        Switch(Switch) = "switch",
        /// One of several ways, by chance.
        Choose(Filled<At<Branch>>) = "choose",
        /// Steps again and again.
        Repeat(Repeat) = "repeat",
        /// Steps for each item of a list.
        ForEach(ForEach) = "for_each",
        /// Leaves the innermost loop: `- break`, or with a condition: `- break: status == 404`.
        Break(LoopExit) = "break",
        /// Begins the innermost loop's next round: `- continue`, or with a condition.
        Continue(LoopExit) = "continue",
        /// The steps of another task of this user type.
        Run(At<String>) = "run",
        /// Steps whose whole time is measured under a name.
        Transaction(Transaction) = "transaction",
        /// Several calls at once, each on a connection of its own: a list of calls, or one call for each item of a list.
        Parallel(Parallel) = "parallel",
        /// Ends the task, the user or the run.
        Stop(StopScope) = "stop",
        /// Writes a line to the run's log.
        Log(At<String>) = "log",
    }
}

record! {
    /// A call with names overridden.
    pub struct CallMap("a call") {
        /// The endpoint's name.
        required endpoint: At<String> = "endpoint";
        /// Names bound over the endpoint's own `with`.
        optional with: Named<At<Any>> = "with";
        /// What a failure does: `stop_task` (the default), `continue`, `stop_user` or `stop_run`.
        optional on_failure: OnFailure = "on_failure";
        /// Makes the call again where it ends in certain ways: `{times: 3, on: [429, 503, connect], wait: 500ms}`.
        optional retry: At<Retry> = "retry";
    }
}

record! {
    /// An item appended to a list of the user's state.
    pub struct Append("`append`") {
        /// The list's name.
        required to: At<String> = "to";
        /// The item.
        required value: At<Any> = "value";
        /// How many items are kept; beyond it the oldest go. Default 1000.
        optional keep: At<Count> = "keep";
    }
}

record! {
    /// Steps on a condition.
    pub struct When("`when`") {
        /// The condition, an expression.
        required that: At<String> = "that";
        /// Steps where it is true.
        required then: Vec<At<Step>> = "then";
        /// Steps where it is false.
        optional otherwise: Vec<At<Step>> = "else";
    }
}

record! {
    /// Steps by the value of an expression.
    pub struct Switch("`switch`") {
        /// The expression.
        required on: At<String> = "on";
        /// Steps by the value, written as text.
        required cases: Named<Vec<At<Step>>> = "cases";
        /// Steps where no case has the value. Default none.
        optional default: Vec<At<Step>> = "default";
    }
}

record! {
    /// One way of a `choose`.
    pub struct Branch("a branch") {
        /// Its share, relative to the other branches. Default 1.
        optional weight: At<Weight> = "weight";
        /// Its steps.
        required steps: Vec<At<Step>> = "steps";
    }
}

record! {
    /// Steps again and again: so many times, or until something is true.
    pub struct Repeat("`repeat`") {
        /// How many times: a number, or an expression that gives one. 0 is none.
        optional times: At<Any> = "times";
        /// An expression; the steps are done until it is true, at least once.
        optional until: At<String> = "until";
        /// With `until`: how many times at most. Default 1000, and any number of times with `fail_after`.
        optional max: At<Count> = "max";
        /// With `until`: how long it may take until it is true; after that the step fails.
        optional fail_after: At<Time> = "fail_after";
        /// The pause between two repetitions. Default none.
        optional every: At<StepPause> = "every";
        /// The steps.
        required steps: Filled<At<Step>> = "steps";
    }
}

record! {
    /// Steps for each item of a list, one item after another.
    pub struct ForEach("`for_each`") {
        /// The name of the item.
        required item: At<String> = "item";
        /// The list: an expression, or the items written here.
        required of: At<Any> = "of";
        /// The steps.
        required steps: Filled<At<Step>> = "steps";
    }
}

record! {
    /// Steps whose whole time is measured, pauses included; where a call fails there is no measurement.
    pub struct Transaction("`transaction`") {
        /// Its name: the metric it is measured as, such as `checkout` in `p95(checkout) < 2s`.
        required name: At<String> = "name";
        /// The steps.
        required steps: Filled<At<Step>> = "steps";
    }
}

record! {
    /// A call for each item of a list, several at once.
    pub struct ParallelEach("`parallel`") {
        /// The name of the item.
        required each: At<String> = "each";
        /// The list: an expression, or the items written here.
        required of: At<Any> = "of";
        /// The call that is made for it.
        required call: Call = "call";
        /// How many calls are under way at once at most, each on a connection of its own. Default 6, as browsers have it.
        optional at_most: At<Count> = "at_most";
    }
}

words! {
    /// What a failed call does.
    pub enum OnFailure {
        /// The next step follows.
        Continue = "continue",
        /// The task ends.
        StopTask = "stop_task",
        /// The user leaves.
        StopUser = "stop_user",
        /// The run ends.
        StopRun = "stop_run",
    }
    /// What `stop` ends.
    pub enum StopScope {
        /// The task.
        Task = "task",
        /// The user.
        User = "user",
        /// The run.
        Run = "run",
    }
}

impl OnFailure {
    /// What ends, if anything does.
    #[must_use]
    pub const fn stops(self) -> Option<StopScope> {
        match self {
            Self::Continue => None,
            Self::StopTask => Some(StopScope::Task),
            Self::StopUser => Some(StopScope::User),
            Self::StopRun => Some(StopScope::Run),
        }
    }
}

impl Step {
    /// The steps inside it.
    #[must_use]
    pub fn inner(&self) -> Vec<&At<Self>> {
        match self {
            Self::When(when) => when.then.iter().chain(when.otherwise.iter().flatten()).collect(),
            Self::Switch(switch) => {
                switch.cases.iter().flat_map(|(_, steps)| steps).chain(switch.default.iter().flatten()).collect()
            }
            Self::Choose(branches) => branches.0.iter().flat_map(|branch| &branch.value.steps).collect(),
            Self::Repeat(repeat) => repeat.steps.0.iter().collect(),
            Self::ForEach(each) => each.steps.0.iter().collect(),
            Self::Transaction(transaction) => transaction.steps.0.iter().collect(),
            Self::Call(_)
            | Self::Set(_)
            | Self::Append(_)
            | Self::Put(_)
            | Self::Take(_)
            | Self::Think(_)
            | Self::Break(_)
            | Self::Continue(_)
            | Self::Run(_)
            | Self::Parallel(_)
            | Self::Stop(_)
            | Self::Log(_) => Vec::new(),
        }
    }

    /// Steps with all that are inside them, in no particular order.
    #[must_use]
    pub fn with_inner<'a>(steps: impl IntoIterator<Item = &'a At<Self>>) -> Vec<&'a At<Self>> {
        let mut open: Vec<&At<Self>> = steps.into_iter().collect();
        let mut all = Vec::new();
        while let Some(step) = open.pop() {
            open.extend(step.inner());
            all.push(step);
        }
        all
    }
}

/// A call: an endpoint's name alone, or a map.
#[derive(Debug, Clone)]
pub struct Call(pub CallMap);

impl Decode for Call {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        if matches!(node.value, Data::Map(_)) {
            return CallMap::decode(node, problems).map(Self);
        }
        At::decode(node, problems).map(|endpoint| Self(CallMap::of(endpoint)))
    }
}

impl CallMap {
    /// A call of an endpoint as it is.
    #[must_use]
    pub const fn of(endpoint: At<String>) -> Self {
        Self { endpoint, with: None, on_failure: None, retry: None }
    }
}

impl JsonSchema for Call {
    fn schema_name() -> Cow<'static, str> {
        "Call".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let map = generator.subschema_for::<CallMap>();
        json_schema!({"anyOf": [{"type": "string"}, map]})
    }
}

/// When a loop is left, or its round: always, or where a condition holds.
#[derive(Debug, Clone)]
pub enum LoopExit {
    /// Always: the step is the word alone.
    Always,
    /// Where this expression is true.
    Where(At<String>),
}

impl Decode for LoopExit {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        match &node.value {
            // the word alone is read as a map that says nothing more
            Data::Null => Some(Self::Always),
            Data::Bool(truth) => Some(Self::Where(At::plain(truth.to_string(), node.span))),
            Data::Text(_) => At::decode(node, problems).map(Self::Where),
            _ => {
                problems.push(expected("a condition such as `status == 404`", node));
                None
            }
        }
    }
}

impl JsonSchema for LoopExit {
    fn schema_name() -> Cow<'static, str> {
        "LoopExit".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": ["string", "boolean"], "examples": ["status == 404"]})
    }
}

/// Calls at once: those that are listed, or one for each item of a list.
#[derive(Debug, Clone)]
pub enum Parallel {
    /// These.
    Calls(Filled<At<Call>>),
    /// One for each item.
    Each(Box<ParallelEach>),
}

impl Parallel {
    /// The calls as they are written.
    #[must_use]
    pub fn calls(&self) -> Vec<&CallMap> {
        match self {
            Self::Calls(calls) => calls.0.iter().map(|call| &call.value.0).collect(),
            Self::Each(each) => vec![&each.call.0],
        }
    }
}

impl Decode for Parallel {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        match &node.value {
            Data::Map(_) => ParallelEach::decode(node, problems).map(|each| Self::Each(Box::new(each))),
            _ => Filled::decode(node, problems).map(Self::Calls),
        }
    }
}

impl JsonSchema for Parallel {
    fn schema_name() -> Cow<'static, str> {
        "Parallel".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let calls = generator.subschema_for::<Filled<At<Call>>>();
        let each = generator.subschema_for::<ParallelEach>();
        json_schema!({"anyOf": [calls, each]})
    }
}
