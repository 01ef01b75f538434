use std::path::Path;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use super::decode::{At, Decode, Filled, Named, OneOrMany, expected, node_as_written, node_to_json};
use super::document::{self, Data, Node, text_of};
use super::environment::{Lookup, fill_in};
use super::fields::SUITE;
use super::filled_secrets::learn_filled;
use super::record::record;
use super::scalars::{Count, Time};
use crate::diagnostic::{Problem, Problems, Sources};
use crate::units::{Rate, Ratio, Scale, Seed};

record! {
    /// Plans that are run one after another, and reported together.
    pub struct Suite(SUITE) {
        /// The suite's name, for reports and the names of its files. Default: the file's name.
        optional name: At<String> = "name";
        /// What the suite is for, in a sentence or two.
        optional description: String = "description";
        /// The pause between two plans, in which the service comes to rest. Default `10s`.
        optional rest: At<Time> = "rest";
        /// The plans, in the order they are run: each by its name or file alone, or with flags of its own.
        required plans: Filled<At<SuiteEntry>> = "suite";
    }
}

record! {
    /// A plan of a suite, and what flags would say of it. What the command line says goes before these.
    pub struct SuiteEntry("a plan of a suite", short: text = "plan") {
        /// The plan's file, or the name of a plan: beside the suite's file, or in `plans/`.
        required plan: At<String> = "plan";
        /// What its run is called. Default: the name of the plan's file.
        optional name: At<String> = "name";
        /// The plan's profile, as with `--profile`.
        optional profile: At<String> = "profile";
        /// The service to aim at, as with `--target`; of a plan with several targets `NAME=URL`, and a list where it is more than one.
        optional target: OneOrMany<At<String>> = "target";
        /// How many users, as with `--users`.
        optional users: At<Count> = "users";
        /// How long, as with `--time`.
        optional time: At<Time> = "time";
        /// How many users start a second, as with `--spawn-rate`.
        optional spawn_rate: At<Rate> = "spawn_rate";
        /// How many arrivals a second, as with `--rate`.
        optional rate: At<Rate> = "rate";
        /// The part of its users, rates and times that is run, as with `--scale`.
        optional scale: At<Scale> = "scale";
        /// Vars of the plan, as with `--set`.
        optional set: Named<At<SetValue>> = "set";
        /// The number all chance derives from, as with `--seed`.
        optional seed: Seed = "seed";
        /// Only these user types, as with `--user`.
        optional user: OneOrMany<At<String>> = "user";
        /// Only tasks with one of these tags, as with `--tag`.
        optional tag: OneOrMany<At<String>> = "tag";
        /// No tasks with one of these tags, as with `--exclude-tag`.
        optional exclude_tag: OneOrMany<At<String>> = "exclude_tag";
        /// Notes on its run, as with `--label`.
        optional labels: Named<At<String>> = "labels";
        /// An earlier run to compare it with, as with `--baseline`.
        optional baseline: At<String> = "baseline";
        /// How much of the baseline's values may change without mattering, as with `--tolerance`.
        optional tolerance: At<Ratio> = "tolerance";
    }
}

/// A value that a var is set to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetValue(pub String);

impl Decode for SetValue {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        match &node.value {
            Data::Text(text) => Some(Self(text.clone())),
            Data::Number(number) => Some(Self(number.to_string())),
            Data::Bool(truth) => Some(Self(truth.to_string())),
            Data::Null | Data::List(_) | Data::Map(_) => {
                let problem = expected("a text, a number, `true` or `false`", node);
                problems.push(problem.help("what holds more than one value is set in a profile of the plan"));
                None
            }
        }
    }
}

impl JsonSchema for SetValue {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "SetValue".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": ["string", "number", "boolean"]})
    }
}

/// Whether a file holds a suite, and no plan. What cannot be read holds none: whoever reads it as a plan says why.
#[must_use]
pub fn holds_suite(path: &Path) -> bool {
    // a pipe can be read only once
    let text = path.is_file().then(|| text_of(path).ok()).flatten();
    text.is_some_and(|text| text.contains("suite") && is_suite(&text))
}

/// Reads a suite's file; `None` of one with errors, all of which are reported.
pub fn read_suite(path: &Path, lookup: Lookup, sources: &mut Sources, problems: &mut Problems) -> Option<Suite> {
    let text = text_of(path).map_err(|problem| problems.push(*problem)).ok()?;
    let source = sources.add(path.display().to_string(), &text);
    let parsed = document::parse(&text, source, problems).map_err(|problem| {
        problems.secrets().learn_from_broken_plan(&text);
        problems.push(*problem);
    });
    let mut tree = parsed.ok()?;
    let written = node_as_written(&tree, problems.secrets());
    fill_in(&mut tree, lookup, problems);
    problems.secrets().learn_plan(&[&written, &node_to_json(&tree)]);
    learn_filled(&tree, &[], problems.secrets());
    Suite::decode(&tree, problems)
}

/// Whether a text has a suite at its top.
fn is_suite(text: &str) -> bool {
    let (mut sources, mut scratch) = (Sources::default(), Problems::default());
    let source = sources.add("", text);
    document::parse(text, source, &mut scratch).is_ok_and(|tree| tree.entry("suite").is_some())
}

/// What is said of a suite where a plan is read.
pub(super) fn no_plan(root: &Node) -> Option<Problem> {
    let Data::Map(entries) = &root.value else { return None };
    let (key, _) = entries.iter().find(|(key, _)| key.text() == Some("suite"))?;
    let problem = Problem::at(key.span, "this is a suite of plans, and no plan");
    Some(problem.help("`plimsoll run` and `plimsoll check` take suites; elsewhere name one of its plans"))
}

/// The schema of suites, draft-07: an editor that knows it completes and explains every key.
#[must_use]
pub fn suite_schema() -> Value {
    let mut schema = SchemaSettings::draft07().into_generator().into_root_schema_for::<Suite>().to_value();
    if let Some(items) = schema.pointer_mut("/properties/suite/items") {
        let long = items.take();
        *items = json!({"anyOf": [long, {"type": "string"}]});
    }
    if let Some(root) = schema.as_object_mut() {
        root.insert("title".into(), json!("Plimsoll suite"));
        root.insert("patternProperties".into(), json!({"^x-": {"description": "Free: a place for anchors."}}));
    }
    schema
}
