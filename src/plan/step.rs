use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::decode::{Any, At, Decode, Filled, Named};
use super::document::{Data, Node};
use super::record::{choice, record, words};
use super::scalars::{Count, Time, Weight};
use crate::diagnostic::Problems;
use crate::units::DurationRange;

choice! {
    /// One step of a task.
    pub enum Step("a step", short: text = "call") {
        /// Calls an endpoint: its name, or a map that overrides names of its `with`.
        Call(Call) = "call",
        /// Sets names of the user's state: `{counter: "{{ counter + 1 }}"}`.
        Set(Named<At<Any>>) = "set",
        /// Appends to a list of the user's state.
        Append(Append) = "append",
        /// Waits: `2s`, `1s..5s` or a distribution.
        Think(Pause) = "think",
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
        /// The steps of another task of this user type.
        Run(At<String>) = "run",
        /// Steps whose whole time is measured under a name.
        Transaction(Transaction) = "transaction",
        /// Several calls at once, each on a connection of its own.
        Parallel(Filled<At<Call>>) = "parallel",
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
        /// With `until`: how many times at most. Default 1000.
        optional max: At<Count> = "max";
        /// The pause between two repetitions. Default none.
        optional every: Pause = "every";
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
            | Self::Think(_)
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
        At::decode(node, problems).map(|endpoint| Self(CallMap { endpoint, with: None, on_failure: None }))
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

record! {
    /// A pause drawn from an exponential distribution, as between independent arrivals.
    pub struct Exponential("`exponential`") {
        /// Its mean.
        required mean: At<Time> = "mean";
    }
}

record! {
    /// A pause drawn from a normal distribution; what would be below zero is drawn again.
    pub struct Normal("`normal`") {
        /// Its mean.
        required mean: At<Time> = "mean";
        /// Its standard deviation.
        required deviation: At<Time> = "deviation";
    }
}

choice! {
    /// A distribution of pauses.
    pub enum Spread("a pause") {
        /// Exponential.
        Exponential(Exponential) = "exponential",
        /// Normal.
        Normal(Normal) = "normal",
    }
}

/// A pause: a time, a range, or a distribution.
#[derive(Debug, Clone)]
pub enum Pause {
    /// `2s`, or drawn evenly from `1s..5s`.
    Range(DurationRange),
    /// Drawn from a distribution.
    Spread(Spread),
}

impl Decode for Pause {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        match &node.value {
            Data::Map(_) => Spread::decode(node, problems).map(Self::Spread),
            _ => DurationRange::decode(node, problems).map(Self::Range),
        }
    }
}

impl JsonSchema for Pause {
    fn schema_name() -> Cow<'static, str> {
        "Pause".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let range = generator.subschema_for::<DurationRange>();
        let spread = generator.subschema_for::<Spread>();
        json_schema!({"anyOf": [range, spread]})
    }
}
