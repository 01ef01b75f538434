use std::sync::Arc;
use std::time::Duration;

use crate::compile::program::Scenario;
use crate::compile::shapes;
use crate::compile::stages::NamedShape;
use crate::compile::users::CompiledUser;
use crate::diagnostic::{Problem, Problems, Sources, did_you_mean};
use crate::load::Share;
use crate::plan::{self, At, Named, Plan};
use crate::sample::{CatalogStage, StageId, UserTypeId};

/// The plan's scenarios, or the one that its `shape` makes of all users, and all their stages. Where `whole`, a plan
/// without load is reported.
pub(super) fn compile(
    plan: &Plan,
    users: &[CompiledUser],
    whole: bool,
    sources: &Sources,
    problems: &mut Problems,
) -> (Vec<Scenario>, Vec<CatalogStage>) {
    let mut list = ScenarioList { scenarios: Vec::new(), stages: Vec::new() };
    let all = || users.iter().map(|user| (user.user.id, user.user.share)).collect();
    match (&plan.shape, &plan.scenarios) {
        (Some(shape), Some(_)) => {
            let problem = Problem::at(shape.span, "a plan has a `shape` or `scenarios`, not both");
            problems.push(problem.help("make the shape a scenario of its own"));
        }
        (Some(shape), None) => {
            if let Some(shaped) = shapes::compile(shape, sources, problems) {
                list.add("".into(), all(), Duration::ZERO, shaped);
            }
        }
        (None, Some(scenarios)) => {
            if scenarios.0.is_empty() {
                problems.push(Problem::new("`scenarios` is empty").help("give it at least one, or write a `shape`"));
            }
            for (name, scenario) in scenarios.iter() {
                let kinds = match &scenario.users {
                    Some(names) => named(&names.0, plan, users, problems),
                    None => all(),
                };
                if let Some(shaped) = shapes::compile(&scenario.shape, sources, problems) {
                    let start = scenario.start.as_ref().map_or(Duration::ZERO, |start| start.value.0);
                    list.add(name.value.as_str().into(), kinds, start, shaped);
                }
            }
            check_used(plan, scenarios, problems);
        }
        (None, None) => {
            if whole {
                let problem = Problem::new("the plan has no `shape`");
                problems.push(problem.help("say how much load: `shape: {constant: {users: 10, for: 30s}}`"));
            }
        }
    }
    (list.scenarios, list.stages)
}

struct ScenarioList {
    scenarios: Vec<Scenario>,
    stages: Vec<CatalogStage>,
}

impl ScenarioList {
    fn add(&mut self, name: Arc<str>, kinds: Vec<(UserTypeId, Share)>, start: Duration, (shape, stages): NamedShape) {
        let first_stage = StageId(u16::try_from(self.stages.len()).unwrap_or(u16::MAX));
        self.stages.extend(stages.into_iter().map(|(stage, purpose)| CatalogStage {
            name: if name.is_empty() { stage } else { format!("{name}: {stage}").into() },
            scenario: name.clone(),
            purpose,
        }));
        self.scenarios.push(Scenario { name, kinds, shape, start, first_stage });
    }
}

fn named(
    names: &[At<String>],
    plan: &Plan,
    users: &[CompiledUser],
    problems: &mut Problems,
) -> Vec<(UserTypeId, Share)> {
    let mut kinds = Vec::new();
    for name in names {
        match users.iter().find(|user| *user.user.name == *name.value) {
            Some(user) => kinds.push((user.user.id, user.user.share)),
            None if plan.users.as_ref().is_some_and(|users| users.has(&name.value)) => {}
            None => {
                let problem = Problem::at(name.span, format!("unknown user type `{}`", name.value));
                problems.push(problem.help_if(did_you_mean(&name.value, users.iter().map(|user| &*user.user.name))));
            }
        }
    }
    kinds
}

/// Reports user types that no scenario has.
fn check_used(plan: &Plan, scenarios: &Named<At<plan::Scenario>>, problems: &mut Problems) {
    if scenarios.iter().any(|(_, scenario)| scenario.users.is_none()) {
        return;
    }
    let used = |name: &str| {
        let mut all = scenarios.iter().flat_map(|(_, scenario)| scenario.users.iter().flat_map(|users| &users.0));
        all.any(|user| user.value == *name)
    };
    for (name, _) in plan.users.iter().flat_map(Named::iter).filter(|(name, _)| !used(&name.value)) {
        let problem = Problem::at(name.span, format!("no scenario has the user type `{}`", name.value));
        problems.push(problem.help("name it in a scenario's `users`, or remove it"));
    }
}
