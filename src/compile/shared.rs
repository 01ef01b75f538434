use std::sync::Arc;

use crate::compile::name_check::defined_names;
use crate::compile::names::Names;
use crate::compile::program::{Action, Put, Take};
use crate::compile::steps::Steps;
use crate::compile::templates::Templates;
use crate::diagnostic::{Problem, Problems, Sources, did_you_mean};
use crate::expression::{Scope, Shape, SharedThing};
use crate::plan::{self, At, Named, Plan, SharedKind, WhenEmpty};

const USUAL_KEEP: u64 = 10_000;
const MOST_KEPT: u64 = 1_000_000;

/// What a plan's users share, in the order written.
pub(super) fn compile(
    plan: &Plan,
    scope: &Arc<Scope>,
    sources: &Sources,
    problems: &mut Problems,
) -> Vec<(Arc<str>, SharedThing)> {
    let templates = &mut Templates::alone(sources, problems, scope.clone());
    let mut things = Vec::new();
    for (name, written) in plan.shared.iter().flat_map(Named::iter) {
        let thing = match &written.value.0 {
            SharedKind::Value(value) => templates
                .node(&value.value.0)
                .and_then(|template| {
                    let first = template.eval(&templates.globals);
                    first.map_err(|error| templates.problems.push(Problem::at(value.span, error.message))).ok()
                })
                .map(SharedThing::Value),
            SharedKind::Pool(pool) => {
                let keep = pool.keep.as_ref().map_or(USUAL_KEEP, |keep| keep.value.0);
                if let Some(span) =
                    pool.keep.as_ref().filter(|_| !(1..=MOST_KEPT).contains(&keep)).map(|keep| keep.span)
                {
                    let problem = Problem::at(span, format!("a pool keeps 1 to {MOST_KEPT} values"));
                    templates.problems.push(problem.help("write `keep: 10000`, or leave it out"));
                }
                Some(SharedThing::Pool(usize::try_from(keep).unwrap_or(1)))
            }
        };
        // one that could not be read keeps its place
        things.push((name.value.as_str().into(), thing.unwrap_or(SharedThing::Pool(1))));
    }
    things
}

/// The names of what is shared, readable or not, with what is known of each.
pub(super) fn names(plan: &Plan) -> Names {
    let mut names = Names::default();
    for (name, written) in plan.shared.iter().flat_map(|shared| &shared.0) {
        let is_pool = written.as_ref().is_some_and(|written| matches!(written.value.0, SharedKind::Pool(_)));
        names.add_shaped(&name.value, if is_pool { Shape::NUMBER } else { Shape::Any });
    }
    names
}

/// Reports each name that would hide something shared: whoever sets it would mean to share it.
pub(super) fn report_hidden(plan: &Plan, problems: &mut Problems) {
    let Some(shared) = &plan.shared else { return };
    for name in defined_names(plan).into_iter().filter(|name| shared.has(&name.value)) {
        let problem = Problem::at(name.span, format!("`{}` is shared by all users: this would hide it", name.value));
        let problem = problem.help("give it another name");
        problems
            .push(problem.help(format!("what all are to see is put there by a step: `put: {{{}: …}}`", name.value)));
    }
}

impl Steps<'_, '_, '_> {
    pub(super) fn put(&mut self, written: &Named<At<plan::Any>>) -> Option<Action> {
        let mut puts = Vec::new();
        for (name, value) in written.iter() {
            let place = self.shared(name).map(|(place, _)| place);
            let value = self.templates.value(&value.value);
            puts.push(place.zip(value).map(|(place, value)| Put {
                to: place,
                name: name.value.as_str().into(),
                value,
            }));
        }
        puts.into_iter().collect::<Option<_>>().map(Action::Put)
    }

    pub(super) fn take(&mut self, written: &plan::Take) -> Option<Action> {
        let (from, kind) = self.shared(&written.from)?;
        if matches!(kind, Some(SharedKind::Value(_))) {
            let problem = Problem::at(written.from.span, format!("`{}` is a value, and no pool", written.from.value));
            let problem = problem.help("expressions see it by its name");
            self.templates
                .problems
                .push(problem.help(format!("a pool is declared as `{}: {{pool: {{}}}}`", written.from.value)));
        }
        Some(Action::Take(Take {
            from,
            pool: written.from.value.as_str().into(),
            name: written.name.value.as_str().into(),
            within: written.within.as_ref().map(|within| within.value.0).unwrap_or_default(),
            when_empty: written.when_empty.unwrap_or(WhenEmpty::Fail),
        }))
    }

    /// The place of something shared, and its kind where that could be read.
    fn shared(&mut self, name: &At<String>) -> Option<(usize, Option<&SharedKind>)> {
        let shared = self.callable.shared;
        let place = shared.and_then(|shared| shared.names().position(|known| known == name.value));
        let Some(place) = place else {
            let problem = Problem::at(name.span, format!("nothing shared is called `{}`", name.value));
            let near = did_you_mean(&name.value, shared.into_iter().flat_map(Named::names));
            let declare = format!("declare it: `shared: {{{}: …}}`", name.value);
            self.templates.problems.push(problem.help_if(near).help(declare));
            return None;
        };
        Some((place, shared.and_then(|shared| shared.0.get(place)?.1.as_ref()).map(|kind| &kind.value.0)))
    }
}
