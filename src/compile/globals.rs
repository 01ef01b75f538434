use std::path::Path;
use std::sync::Arc;

use crate::compile::names::{Names, Need};
use crate::compile::texts::Texts;
use crate::diagnostic::{Problem, Problems, Sources};
use crate::expression::{Dice, Globals, Scope, ScopeUser, Value};
use crate::plan::{At, Dataset, Filled, Named, Plan, text_of};
use crate::units::Seed;

/// The part of the seed that vars and data draw from.
const PART: u64 = u64::MAX;

/// What vars and data come to, in the order written: a var may use those before it.
pub(super) fn compile(
    plan: &Plan,
    base: &Path,
    seed: Seed,
    sources: &Sources,
    problems: &mut Problems,
) -> (Arc<Globals>, Names) {
    let mut values: Vec<(Arc<str>, Value)> = Vec::new();
    let mut known = Names::default();
    for (name, any) in plan.vars.iter().flat_map(Named::iter) {
        let mut texts = Texts { sources, problems, globals: scope(&values, seed), hidden: Names::default() };
        let Some(blueprint) = texts.blueprint(any) else { continue };
        let before = texts.problems.errors();
        let text = any.value.0.text().unwrap_or_default().to_owned();
        Need { names: blueprint.names(), text, span: any.span }.check(&known, None, &mut texts);
        if texts.problems.errors() > before {
            continue;
        }
        let part = PART.wrapping_sub(values.len() as u64);
        match blueprint.eval(&scope(&values, seed.derive(part))) {
            Ok(value) => values.push((name.value.as_str().into(), value)),
            Err(error) => texts.problems.push(Problem::at(any.span, error.message)),
        }
        known.add([name.value.as_str()]);
    }
    for (name, dataset) in plan.data.iter().flat_map(Named::iter) {
        if known.has(&name.value) {
            let problem = Problem::at(name.span, format!("`{}` is a var and a data set", name.value));
            problems.push(problem.help("give one of them another name"));
        }
        if let Some(list) = list(dataset, base, &scope(&values, seed), sources, problems) {
            if list.len() == Some(0) {
                let problem = Problem::at(dataset.span, format!("the data set `{}` is empty", name.value));
                problems.push(problem.help("give it at least one item"));
            }
            values.push((name.value.as_str().into(), list));
        }
    }
    // names of what could not be read are known too: whoever uses them made no mistake
    let mut names = Names::default();
    names.add(plan.vars.iter().flat_map(Named::names));
    names.add(plan.data.iter().flat_map(Named::names));
    (Arc::new(Globals::new(values)), names)
}

/// A scope for what is filled in before the run: it belongs to no user.
pub(super) fn scope_of(globals: Arc<Globals>, seed: Seed) -> Arc<Scope> {
    let user = ScopeUser { id: 0, kind: "".into() };
    Scope::new(globals, user, Dice::new(seed))
}

fn scope(values: &[(Arc<str>, Value)], seed: Seed) -> Arc<Scope> {
    scope_of(Arc::new(Globals::new(values.to_vec())), seed)
}

fn list(
    dataset: &At<Dataset>,
    base: &Path,
    scope: &Arc<Scope>,
    sources: &Sources,
    problems: &mut Problems,
) -> Option<Value> {
    match &dataset.value {
        Dataset::List(Filled(items)) => {
            let mut texts = Texts { sources, problems, globals: scope.clone(), hidden: Names::default() };
            let items = items.iter().map(|item| {
                let blueprint = texts.blueprint(item)?;
                let evaluated = blueprint.eval(scope);
                evaluated.map_err(|error| texts.problems.push(Problem::at(item.span, error.message))).ok()
            });
            items.collect::<Vec<_>>().into_iter().collect::<Option<Vec<_>>>().map(Value::from)
        }
        Dataset::Lines(path) => match text_of(&base.join(&path.value)) {
            Ok(text) => Some(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(Value::from).collect()),
            Err(problem) => {
                let help = "the path is relative to the plan's folder";
                problems.push(Problem { span: Some(path.span), help: vec![help.into()], ..*problem });
                None
            }
        },
    }
}
