use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::compile::csv_dialect::dialect;
use crate::compile::names::{NameUse, Names};
use crate::compile::templates::Templates;
use crate::diagnostic::{Problem, Problems, Sources};
use crate::expression::{Globals, Scope, ScopeRng, ScopeUser, Value};
use crate::plan::{At, Csv, Dataset, Filled, Named, Plan};
use crate::rows::{Format, Table};
use crate::units::Seed;

/// The part of the seed that vars and data draw from.
const PART: u64 = u64::MAX;

/// The plan's data sets by name; `None` for one that could not be read.
pub(super) type Tables = BTreeMap<String, Option<Arc<Table>>>;

/// A plan's vars and data.
pub(super) struct CompiledGlobals {
    /// Values that expressions see.
    pub(super) values: Arc<Globals>,
    /// Names of all vars and data, read or not.
    pub(super) names: Names,
    /// Data sets that are too large to be a value.
    pub(super) large: Names,
    /// Rows to feed from.
    pub(super) tables: Tables,
}

/// Compiles vars and data, in the order written: a var may use those before it.
pub(super) fn compile(plan: &Plan, seed: Seed, sources: &Sources, problems: &mut Problems) -> CompiledGlobals {
    let mut values: Vec<(Arc<str>, Value)> = Vec::new();
    let mut known = Names::default();
    for (name, any) in plan.vars.iter().flat_map(Named::iter) {
        let mut templates = Templates::alone(sources, problems, scope(&values, seed));
        let Some(template) = templates.node(&any.value.0) else { continue };
        let before = templates.problems.errors();
        let text = any.value.0.text().unwrap_or_default().to_owned();
        NameUse { names: template.names(), text, span: any.span }.check(&known, None, sources, templates.problems);
        if templates.problems.errors() > before {
            continue;
        }
        let part = PART.wrapping_sub(values.len() as u64);
        match template.eval(&scope(&values, seed.derive(part))) {
            Ok(value) => values.push((name.value.as_str().into(), value)),
            Err(error) => templates.problems.push(Problem::at(any.span, error.message)),
        }
        known.add([name.value.as_str()]);
    }
    let (mut tables, mut large) = (Tables::new(), Names::default());
    for (name, dataset) in plan.data.iter().flat_map(Named::iter) {
        if known.has(&name.value) {
            let problem = Problem::at(name.span, format!("`{}` is a var and a data set", name.value));
            problems.push(problem.help("give one of them another name"));
        }
        let table = table(dataset, &scope(&values, seed), sources, problems).map(Arc::new);
        if let Some(table) = &table {
            if table.rows() == 0 {
                let problem = Problem::at(dataset.span, format!("the data set `{}` is empty", name.value));
                problems.push(problem.help("give it at least one item"));
            }
            match table.list() {
                Some(list) => values.push((name.value.as_str().into(), list)),
                None => large.add([name.value.as_str()]),
            }
        }
        tables.insert(name.value.clone(), table);
    }
    // names of what could not be read are known too: whoever uses them is not at fault
    let mut names = Names::default();
    names.add(plan.vars.iter().flat_map(Named::names));
    names.add(plan.data.iter().flat_map(Named::names));
    for name in plan.data.iter().flat_map(Named::names) {
        tables.entry(name.to_owned()).or_insert(None);
    }
    CompiledGlobals { values: Arc::new(Globals::new(values)), names, large, tables }
}

/// A scope for what is filled in before the run: it belongs to no user.
pub(super) fn scope_of(globals: Arc<Globals>, seed: Seed) -> Arc<Scope> {
    let user = ScopeUser { id: 0, kind: "".into() };
    Scope::new(globals, user, ScopeRng::new(seed))
}

fn scope(values: &[(Arc<str>, Value)], seed: Seed) -> Arc<Scope> {
    scope_of(Arc::new(Globals::new(values.to_vec())), seed)
}

fn table(dataset: &At<Dataset>, scope: &Arc<Scope>, sources: &Sources, problems: &mut Problems) -> Option<Table> {
    let (path, format) = match &dataset.value {
        Dataset::List(Filled(items)) => {
            let mut templates = Templates::alone(sources, problems, scope.clone());
            let items = items.iter().map(|item| {
                let evaluated = templates.node(&item.value.0)?.eval(scope);
                evaluated.map_err(|error| templates.problems.push(Problem::at(item.span, error.message))).ok()
            });
            let items = items.collect::<Vec<_>>().into_iter().collect::<Option<Vec<_>>>();
            return items.map(Table::listed);
        }
        Dataset::Lines(path) => (path, Format::Lines),
        Dataset::Json(path) => (path, Format::Json),
        Dataset::Csv(Csv(csv)) => (&csv.file, Format::Csv(dialect(csv, problems)?)),
    };
    let place: &Path = &sources.folder(path.span).join(&path.value);
    let opened = Table::open(place, format);
    opened
        .map_err(|error| {
            let line = error.line.map(|line| format!(":{line}")).unwrap_or_default();
            let problem = Problem::at(path.span, format!("cannot read {}{line}: {}", place.display(), error.message));
            problems.push(match error.line {
                Some(_) => problem,
                None => problem.help("the path is relative to the file that names it"),
            });
        })
        .ok()
}
