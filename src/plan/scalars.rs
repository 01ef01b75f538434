use std::borrow::Cow;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::decode::{Any, Decode, expected};
use super::document::{Data, Node};
use crate::diagnostic::{Problem, Problems};
use crate::units::{Bandwidth, DurationRange, InvalidValue, Rate, Ratio, Scale, Seed, Size, parse_duration};

impl Decode for String {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        match &node.value {
            Data::Text(text) => Some(text.clone()),
            Data::Number(number) => Some(number.to_string()),
            _ => {
                problems.push(expected("a text", node));
                None
            }
        }
    }
}

impl Decode for bool {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        match &node.value {
            Data::Bool(truth) => Some(*truth),
            Data::Text(text) if node.filled.is_filled() && matches!(text.as_str(), "true" | "false") => {
                Some(text == "true")
            }
            _ => {
                let meant = match node.text().map(|text| text.trim().to_lowercase()) {
                    Some(text) if text.starts_with("yes") || text.starts_with("on") || text == "true" => "true",
                    Some(text) if text.starts_with("no") || text.starts_with("off") || text == "false" => "false",
                    _ => "true` or `false",
                };
                problems.push(expected("`true` or `false`", node).help(format!("write `{meant}`, without quotes")));
                None
            }
        }
    }
}

/// A relative share: a number ≥ 0, decimals allowed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weight(pub f64);

impl Decode for Weight {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let weight = number(node).filter(|weight| (0.0..=1e12).contains(weight));
        if weight.is_none() {
            let problem = match &node.value {
                Data::Number(number) => Problem::at(node.span, format!("`{number}` is not a weight")),
                _ => expected("a weight", node),
            };
            problems.push(problem.help("write a number ≥ 0, such as `60` or `0.5`"));
        }
        weight.map(Self)
    }
}

/// How many times longer each of several things is than the one before it: a number from 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Factor(pub f64);

impl Decode for Factor {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let factor = number(node).filter(|factor| (1.0..=1000.0).contains(factor));
        if factor.is_none() {
            let problem = match &node.value {
                Data::Number(number) => Problem::at(node.span, format!("`{number}` is not a factor from 1 to 1000")),
                _ => expected("a factor", node),
            };
            problems.push(problem.help("write a number such as `2` or `1.5`"));
        }
        factor.map(Self)
    }
}

/// A whole number ≥ 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count(pub u64);

impl Decode for Count {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let count = match &node.value {
            Data::Number(number) => number.as_u64(),
            Data::Text(text) if node.filled.is_filled() => text.trim().parse().ok(),
            _ => None,
        };
        if count.is_none() {
            let problem = match &node.value {
                Data::Number(number) => Problem::at(node.span, format!("`{number}` is not a whole number ≥ 0")),
                _ => expected("a whole number", node),
            };
            problems.push(problem.help("write a whole number, such as `50`"));
        }
        count.map(Self)
    }
}

fn number(node: &Node) -> Option<f64> {
    match &node.value {
        Data::Number(number) => number.as_f64(),
        Data::Text(text) if node.filled.is_filled() => {
            text.trim().parse().ok().filter(|number: &f64| number.is_finite())
        }
        _ => None,
    }
}

macro_rules! quantities {
    ($($type:ty, $read:expr, $what:literal;)*) => {$(
        impl Decode for $type {
            fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
                let read: fn(&str) -> Result<$type, InvalidValue> = $read;
                let written = match &node.value {
                    Data::Text(text) => text.clone(),
                    Data::Number(number) => number.to_string(),
                    _ => {
                        problems.push(expected($what, node));
                        return None;
                    }
                };
                match read(&written) {
                    Ok(quantity) => Some(quantity),
                    Err(invalid) => {
                        problems.push(Problem::at(node.span, invalid.message).help(invalid.help));
                        None
                    }
                }
            }
        }
    )*};
}

/// A duration as the plan writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Time(pub Duration);

quantities! {
    Time, |text| parse_duration(text).map(Time), "a duration such as `10s`";
    DurationRange, DurationRange::parse, "a duration such as `2s` or `1s..5s`";
    Rate, Rate::parse, "a rate such as `50/s`";
    Ratio, Ratio::parse, "a share such as `1%`";
    Size, Size::parse, "a size such as `10KiB`";
    Bandwidth, Bandwidth::parse, "a bandwidth such as `2Mbit/s`";
    Seed, Seed::parse, "a whole number";
    Scale, Scale::parse, "a scale such as `0.1`";
}

macro_rules! schemas {
    ($($type:ty, $name:literal, $schema:expr;)*) => {$(
        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                $schema
            }
        }
    )*};
}

const FROM_ENVIRONMENT: &str = r"\$\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\}";

fn quantity_schema(pattern: &str, examples: &[&str]) -> Schema {
    json_schema!({"type": "string", "pattern": format!("({FROM_ENVIRONMENT})|^\\s*({pattern})\\s*$"), "examples": examples})
}

const DURATION: &str = r"([0-9]+(\.[0-9]+)?\s*(ns|us|µs|ms|s|m|h|d)\s*)+";

schemas! {
    Time, "Duration", quantity_schema(DURATION, &["250ms", "10s", "1m30s"]);
    DurationRange, "DurationRange", quantity_schema(&format!(r"{DURATION}(\.\.\s*{DURATION})?"), &["2s", "1s..5s"]);
    Rate, "Rate", quantity_schema(r"[0-9]+(\.[0-9]+)?\s*/\s*(s|sec|second|m|min|minute|h|hour)", &["50/s", "1000/min"]);
    Ratio, "Ratio", quantity_schema(r"[0-9]+(\.[0-9]+)?\s*%", &["1%"]);
    Size, "Size", quantity_schema(r"[0-9]+(\.[0-9]+)?\s*(B|KiB|MiB|GiB|kB|MB|GB)", &["10KiB"]);
    Bandwidth, "Bandwidth", quantity_schema(r"[0-9]+(\.[0-9]+)?\s*([kKMG]?bit|[kKMG]?B|[KMG]iB)\s*/\s*(s|sec|second)", &["2Mbit/s", "256kB/s"]);
    Scale, "Scale", json_schema!({"type": ["number", "string"], "exclusiveMinimum": 0, "maximum": 1, "examples": [0.1, "10%"]});
    Seed, "Seed", json_schema!({"type": ["integer", "string"], "minimum": 0});
    Weight, "Weight", json_schema!({"type": ["number", "string"], "minimum": 0});
    Factor, "Factor", json_schema!({"type": ["number", "string"], "minimum": 1, "maximum": 1000});
    Count, "Count", json_schema!({"type": ["integer", "string"], "minimum": 0});
    Any, "Any", json_schema!(true);
}
