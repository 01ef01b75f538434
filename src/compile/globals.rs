use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::compile::csv_dialect::dialect;
use crate::compile::file_rows::file_rows;
use crate::compile::names::{NameUse, Names};
use crate::compile::program::ListedFiles;
use crate::compile::templates::{Templates, leaf_uses};
use crate::diagnostic::{Problem, Problems, Sources};
use crate::expression::{Globals, Scope, ScopeRng, ScopeUser, Shape, Value};
use crate::plan::{At, Csv, Dataset, Filled, Named, Plan, instead_of_file};
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
    /// What the texts of vars and data use.
    pub(super) uses: Vec<NameUse>,
    /// Data sets that are too large to be a value.
    pub(super) large: Names,
    /// Rows to feed from.
    pub(super) tables: Tables,
    /// The files that data sets list.
    pub(super) listed: ListedFiles,
}

/// Compiles vars and data, in the order written: a var may use those before it.
pub(super) fn compile(plan: &Plan, seed: Seed, sources: &Sources, problems: &mut Problems) -> CompiledGlobals {
    let mut values = Arc::new(Globals::default());
    let mut vars = 0;
    let mut known = Names::default();
    let mut all_uses = Vec::new();
    for (name, any) in plan.vars.iter().flat_map(|vars| &vars.0) {
        // whoever uses one that could not be read is not at fault
        known.add([name.value.as_str()]);
        let Some(any) = any else { continue };
        let mut templates = Templates::alone(sources, problems, scope_of(values.clone(), seed));
        let Some(template) = templates.node(&any.value.0) else { continue };
        let before = templates.problems.errors();
        if templates.problems.is_open(any.span) {
            continue;
        }
        let mut uses = Vec::new();
        leaf_uses(&any.value.0, &mut uses);
        let own = known.take(&name.value);
        uses.iter().for_each(|used| used.check(&known, None, sources, templates.problems));
        if let Some(own) = own {
            known.add_shaped(&name.value, own);
        }
        all_uses.append(&mut uses);
        // one whose value is not known makes this one's unknown
        let unknown = |name: &String| values.value(name).is_none();
        if templates.problems.errors() > before || template.names().iter().any(unknown) {
            continue;
        }
        let evaluated = template.eval(&scope_of(values.clone(), seed.derive(PART.wrapping_sub(vars))));
        // whoever else has the values gives them back before one is added, so that no copy is made
        drop(templates);
        match evaluated {
            Ok(value) => {
                known.take(&name.value);
                known.add_shaped(&name.value, Shape::of(&value));
                vars += 1;
                Arc::make_mut(&mut values).add(name.value.as_str().into(), value);
            }
            Err(error) => problems.push(Problem::at(any.span, error.message)),
        }
    }
    let (mut tables, mut large, mut listed) = (Tables::new(), Names::default(), ListedFiles::new());
    for (name, dataset) in plan.data.iter().flat_map(Named::iter) {
        if known.has(&name.value) {
            let problem = Problem::at(name.span, format!("`{}` is a var and a data set", name.value));
            problems.push(problem.help("give one of them another name"));
        }
        if let Dataset::List(Filled(items)) = &dataset.value {
            items.iter().for_each(|item| leaf_uses(&item.value.0, &mut all_uses));
        }
        let table = match &dataset.value {
            Dataset::Files(patterns) => file_rows(&patterns.0, &mut listed, sources, problems),
            _ => table(dataset, &scope_of(values.clone(), seed), sources, problems),
        };
        let table = table.map(Arc::new);
        if let Some(table) = &table {
            if table.rows() == 0 {
                let problem = Problem::at(dataset.span, format!("the data set `{}` is empty", name.value));
                problems.push(problem.help("give it at least one item"));
            }
            match table.list() {
                Some(list) => Arc::make_mut(&mut values).add(name.value.as_str().into(), list),
                None => large.add([name.value.as_str()]),
            }
        }
        tables.insert(name.value.clone(), table);
    }
    // names of what could not be read are known too: whoever uses them is not at fault
    let mut names = known;
    for name in plan.data.iter().flat_map(Named::names) {
        let table = tables.get(name).and_then(Option::as_ref);
        names.add_shaped(name, table.map_or(Shape::Any, |table| table.shape().clone().list()));
    }
    for name in plan.data.iter().flat_map(Named::names) {
        tables.entry(name.to_owned()).or_insert(None);
    }
    CompiledGlobals { values, names, uses: all_uses, large, tables, listed }
}

/// A scope for what is filled in before the run: it belongs to no user.
pub(super) fn scope_of(globals: Arc<Globals>, seed: Seed) -> Arc<Scope> {
    let user = ScopeUser { id: 0, kind: "".into() };
    Scope::new(globals, user, ScopeRng::new(seed))
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
        // they are no rows of one file
        Dataset::Files(_) => return None,
        Dataset::Lines(path) => (path, Format::Lines),
        Dataset::Json(path) => (path, Format::Json),
        Dataset::Csv(Csv(csv)) => (&csv.file, Format::Csv(dialect(csv, problems)?)),
    };
    let place: &Path = &sources.folder(path.span).join(&path.value);
    let separator = match &format {
        Format::Csv(dialect) => Some(dialect.separator),
        Format::Lines | Format::Json => None,
    };
    let table = Table::open(place, format)
        .map_err(|error| {
            let line = error.line.map(|line| format!(":{line}")).unwrap_or_default();
            let problem = Problem::at(path.span, format!("cannot read {}{line}: {}", place.display(), error.message));
            problems.push(match error.line {
                Some(_) => problem,
                None => problem.help(instead_of_file(&sources.folder(path.span), path)),
            });
        })
        .ok()?;
    if let (Some(separator), [column]) = (separator, table.columns())
        && let Some(other) = other_separator(&table, column, separator)
    {
        let shown = |sign: u8| if sign == b'\t' { "\\t".to_owned() } else { char::from(sign).to_string() };
        let message =
            format!("{} has one column, `{column}`: it is not separated by `{}`", place.display(), shown(separator));
        let help = format!("say how: `csv: {{file: {}, separator: \"{}\"}}`", path.value, shown(other));
        problems.push(Problem::at(path.span, message).help(help));
        return None;
    }
    Some(table)
}

/// The sign that separates the fields of a file which, read with another, seems to have one column.
fn other_separator(table: &Table, column: &str, separator: u8) -> Option<u8> {
    let first = table.first().and_then(|row| row.get_item(&Value::from(column)).ok());
    let first = first.as_ref().and_then(Value::as_str);
    let count = |text: &str, sign: u8| text.bytes().filter(|byte| *byte == sign).count();
    [b';', b'\t', b'|', b','].into_iter().filter(|sign| *sign != separator).find(|sign| {
        let of_header = count(column, *sign);
        // a sign in the header alone is part of a name
        of_header > 0 && first.is_none_or(|first| count(first, *sign) == of_header)
    })
}
