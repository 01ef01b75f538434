use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use super::data::Dataset;
use super::decode::{Any, At, Named, OneOrMany};
use super::endpoint::Endpoint;
use super::fields::PLAN;
use super::record::record;
use super::shape::{Scenario, Shape};
use super::shared::Shared;
use super::step::Step;
use super::target::Target;
use super::threshold::{Metric, Rules};
use super::user::User;
use crate::units::Seed;

record! {
    /// A load test: what to call, who calls, how much, and what must hold.
    pub struct Plan(PLAN) {
        /// The plan's name, for reports. Default: the file's name.
        optional name: At<String> = "name";
        /// What the plan is for, in a sentence or two.
        optional description: String = "description";
        /// Other files whose endpoints, data, users, metrics … belong to this plan. Relative to the file that names them.
        optional include: OneOrMany<At<String>> = "include";
        /// The service under test: its URL, or a map with more. The URL's path is put before every endpoint's.
        optional target: At<Target> = "target";
        /// Several services under test, by name, each as `target` has it. An endpoint says with `service` which it is of;
        /// one that does not is of the first.
        optional targets: Named<At<Target>> = "targets";
        /// Names for values that expressions use. `${NAME:-default}` takes them from the environment.
        optional vars: Named<At<Any>> = "vars";
        /// Names whose values no output may show, in any encoding: of vars, captured values, variables of the environment,
        /// columns of data, headers and fields. Values of the environment and of `--set`, and what stands under names such
        /// as `password`, `token`, `cookie` and `key`, are secret without being named.
        optional secrets: Vec<At<String>> = "secrets";
        /// Names of the same kinds whose values outputs may show, although they would be taken for secrets.
        optional public: Vec<At<String>> = "public";
        /// Lists that expressions draw from.
        optional data: Named<At<Dataset>> = "data";
        /// What all users of a run share: a value that `put` replaces, such as a token, or a pool that `put` adds to and `take`
        /// takes from.
        optional shared: Named<At<Shared>> = "shared";
        /// Metrics of your own, declared so that a misspelt name is caught.
        optional metrics: Named<At<Metric>> = "metrics";
        /// What can be called: one entry a call.
        optional endpoints: Named<At<Endpoint>> = "endpoints";
        /// Who calls: kinds of users with their tasks. Without it, one kind calls every endpoint by weight.
        optional users: Named<At<User>> = "users";
        /// How much load, when.
        optional shape: At<Shape> = "shape";
        /// Groups of user types, each with a shape of its own, in the place of `shape`.
        optional scenarios: Named<At<Scenario>> = "scenarios";
        /// Steps done once before the load; what they capture every user sees. Not counted.
        optional setup: Vec<At<Step>> = "setup";
        /// Steps done once after the load. Not counted.
        optional teardown: Vec<At<Step>> = "teardown";
        /// What must hold for the run to pass. Default `error_rate < 1%`.
        optional thresholds: Rules = "thresholds";
        /// Sets of sections that `--profile NAME` puts in the place of the plan's.
        optional profiles: Named<At<Profile>> = "profiles";
        /// The number all chance derives from. Default: each run draws one, and prints it.
        optional seed: Seed = "seed";
    }
}

record! {
    /// Sections that replace the plan's own under `--profile`, each as a whole.
    pub struct Profile("a profile") {
        /// What the profile is for.
        optional description: String = "description";
        /// Replaces the plan's target or targets.
        optional target: At<Target> = "target";
        /// Replaces the plan's target or targets.
        optional targets: Named<At<Target>> = "targets";
        /// Replaces the plan's vars.
        optional vars: Named<At<Any>> = "vars";
        /// Replaces the plan's data.
        optional data: Named<At<Dataset>> = "data";
        /// Replaces the plan's users.
        optional users: Named<At<User>> = "users";
        /// Replaces the plan's shape or scenarios.
        optional shape: At<Shape> = "shape";
        /// Replaces the plan's shape or scenarios.
        optional scenarios: Named<At<Scenario>> = "scenarios";
        /// Replaces the plan's thresholds.
        optional thresholds: Rules = "thresholds";
        /// Replaces the plan's seed.
        optional seed: Seed = "seed";
    }
}

impl Plan {
    /// Every step of the plan, those inside other steps too, in no particular order.
    #[must_use]
    pub fn all_steps(&self) -> Vec<&At<Step>> {
        let once = self.setup.iter().flatten().chain(self.teardown.iter().flatten());
        let mut all = Step::with_inner(once);
        all.extend(self.users.iter().flat_map(Named::iter).flat_map(|(_, user)| user.all_steps()));
        all
    }
}

/// Allows the shorter ways of writing a step, a task and what is expected where a map of each may stand.
fn allow_short(schema: &mut Value) {
    let refers = |value: &Value, to: &str| value["$ref"] == json!(format!("#/definitions/{to}"));
    match schema {
        Value::Array(items) => items.iter_mut().for_each(allow_short),
        Value::Object(entries) => {
            entries.values_mut().for_each(allow_short);
            let one = Value::Object(entries.clone());
            let short = if refers(&one, "Step") {
                json!({"anyOf": [one, {"type": "string"}]})
            } else if refers(&one, "Task") {
                let steps = json!({"$ref": "#/definitions/Step"});
                json!({"anyOf": [one, {"type": "string"}, {"type": "array", "items": {"anyOf": [steps, {"type": "string"}]}}]})
            } else if refers(&one, "Expect") {
                json!({"anyOf": [one, {"$ref": "#/definitions/StatusText"}]})
            } else if one["type"] == "array" && one["items"]["anyOf"][0]["$ref"] == "#/definitions/Step" {
                let mut list = entries.clone();
                let described = list.remove("description");
                let either = json!({"anyOf": [one["items"], list]});
                match described {
                    Some(described) => json!({"description": described, "anyOf": either["anyOf"]}),
                    None => either,
                }
            } else {
                return;
            };
            *schema = short;
        }
        _ => {}
    }
}

/// The schema of the plan language, draft-07: an editor that knows it completes and explains every key.
#[must_use]
pub fn plan_schema() -> Value {
    let schema = SchemaSettings::draft07().into_generator().into_root_schema_for::<Plan>();
    let mut schema = schema.to_value();
    allow_short(&mut schema);
    if let Some(root) = schema.as_object_mut() {
        root.insert("title".into(), json!("Plimsoll plan"));
        root.insert("patternProperties".into(), json!({"^x-": {"description": "Free: a place for anchors."}}));
    }
    schema
}
