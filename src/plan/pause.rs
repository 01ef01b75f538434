use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::decode::{At, Decode};
use super::document::{Data, Node};
use super::record::{choice, record};
use super::scalars::Time;
use crate::diagnostic::{Problem, Problems};
use crate::units::DurationRange;

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
            Data::Text(text) if text.contains("{{") => {
                let problem = Problem::at(node.span, "this pause is no expression");
                problems.push(problem.help(format!("a pause that is worked out is a step: `- think: \"{text}\"`")));
                None
            }
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

/// A pause between steps: one that is drawn, or a text with an expression in it that says how long it is.
#[derive(Debug, Clone)]
pub enum StepPause {
    /// A time, a range, or a distribution.
    Drawn(Pause),
    /// `{{ headers['retry-after'] }}s`, filled in each time.
    Filled(At<String>),
}

impl Decode for StepPause {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        match &node.value {
            Data::Text(text) if text.contains("{{") => At::decode(node, problems).map(Self::Filled),
            _ => Pause::decode(node, problems).map(Self::Drawn),
        }
    }
}

impl JsonSchema for StepPause {
    fn schema_name() -> Cow<'static, str> {
        "StepPause".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let pause = generator.subschema_for::<Pause>();
        let filled = serde_json::json!({
            "type": "string", "pattern": r"\{\{", "examples": ["{{ headers['retry-after'] }}s"],
        });
        json_schema!({"anyOf": [pause, filled]})
    }
}
