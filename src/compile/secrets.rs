use crate::compile::globals::CompiledGlobals;
use crate::compile::steps::SetupTeardown;
use crate::compile::users::CompiledUser;
use crate::diagnostic::{Problem, Problems, did_you_mean};
use crate::expression::Value;
use crate::plan::{At, Named, Plan};
use crate::rows::Table;
use crate::secrets::{Secrets, Told};

/// What a plan has that may be secret, once its vars have values and its data sets columns.
pub(super) struct Declarations<'a> {
    pub(super) plan: &'a Plan,
    pub(super) globals: &'a CompiledGlobals,
    pub(super) users: &'a [CompiledUser],
    pub(super) once: &'a SetupTeardown,
}

/// What a plan does not name is not looked at deeper in a row.
const DEEPEST: usize = 4;
/// Rows of a larger data set are learned when a user takes them.
const MOST_ROWS: u64 = 1000;

impl Declarations<'_> {
    /// Learns the values of secret vars, and which columns of rows are secret. A name in `secrets` or `public` that the
    /// plan does not have is a problem.
    pub(super) fn learn(&self, problems: &mut Problems) -> Secrets {
        let secrets = problems.secrets().clone();
        let names = self.plan.vars.iter().flat_map(Named::names).chain(self.plan.data.iter().flat_map(Named::names));
        for name in names.filter(|name| secrets.names_secret(name)) {
            if let Some(value) = self.globals.values.value(name) {
                learn_value(&secrets, &value, secrets.told(name));
            }
        }
        for path in secrets.paths() {
            let value = path.first().and_then(|name| self.globals.values.value(name));
            let json = value.and_then(|value| serde_json::to_value(&value).ok());
            match json.as_ref().and_then(|json| path[1..].iter().try_fold(json, |value, name| value.get(name))) {
                Some(whole @ serde_json::Value::Object(_)) => secrets.learn_members(whole),
                Some(serde_json::Value::Array(rows)) => rows.iter().for_each(|row| match row {
                    serde_json::Value::Object(_) => secrets.learn_members(row),
                    item => secrets.learn_all_in(item, secrets.told(&path.join("."))),
                }),
                Some(value) => secrets.learn_all_in(value, secrets.told(&path.join("."))),
                None => {}
            }
        }
        self.learn_columns(&secrets);
        self.learn_rows(&secrets);
        for (section, listed) in [("secrets", &self.plan.secrets), ("public", &self.plan.public)] {
            for name in listed.iter().flatten() {
                self.check(name, section, &secrets, problems);
            }
        }
        secrets
    }

    fn learn_columns(&self, secrets: &Secrets) {
        for (_, user) in self.plan.users.iter().flat_map(Named::iter) {
            for (feed, written) in user.feed.iter().flat_map(Named::iter) {
                let Some(Some(table)) = self.globals.tables.get(&written.from.value) else { continue };
                if secrets.names_secret(&written.from.value) {
                    secrets.add_path(&feed.value);
                }
                for column in columns(table) {
                    let last = column.rsplit('.').next().unwrap_or_default();
                    let whole = format!("{}.{column}", written.from.value);
                    if secrets.names_secret(last)
                        || secrets.names_secret(&whole) && secrets.told(&whole) == Told::Declared
                    {
                        secrets.add_path(&format!("{}.{column}", feed.value));
                    }
                }
            }
        }
    }

    /// Learns the secrets of rows that expressions may take for themselves: `choice(accounts).password`.
    fn learn_rows(&self, secrets: &Secrets) {
        for (set, table) in &self.globals.tables {
            let Some(table) = table.as_ref().filter(|table| table.rows() <= MOST_ROWS) else { continue };
            let declared: Vec<String> = columns(table)
                .into_iter()
                .filter(|column| {
                    secrets.told(column) == Told::Declared || secrets.told(&format!("{set}.{column}")) == Told::Declared
                })
                .collect();
            for row in table
                .list()
                .and_then(|list| serde_json::to_value(&list).ok())
                .iter()
                .flat_map(|list| list.as_array())
                .flatten()
            {
                secrets.learn_members(row);
                for column in &declared {
                    let value = row.get(column).or_else(|| row.pointer(&format!("/{}", column.replace('.', "/"))));
                    value.into_iter().for_each(|value| secrets.learn_all_in(value, Told::Declared));
                }
            }
        }
    }

    fn check(&self, name: &At<String>, section: &str, secrets: &Secrets, problems: &mut Problems) {
        let of_state =
            self.users.iter().any(|user| user.defines.has(&name.value)) || self.once.defines.has(&name.value);
        let is_var = self.plan.vars.as_ref().is_some_and(|vars| vars.has(&name.value));
        let is_column = || {
            let tables = self.globals.tables.iter().filter_map(|(set, table)| Some((set, table.as_ref()?)));
            tables.into_iter().any(|(set, table)| {
                let of_set = |column: &String| *column == name.value || format!("{set}.{column}") == name.value;
                *set == name.value || columns(table).iter().any(of_set)
            })
        };
        let is_shared = self.plan.shared.as_ref().is_some_and(|shared| shared.has(&name.value));
        if is_var || is_shared || of_state || secrets.has_met(&name.value) || is_column() {
            return;
        }
        let problem = Problem::at(name.span, format!("unknown var `{}` in `{section}`", name.value));
        let known = self.plan.vars.iter().flat_map(Named::names);
        problems.push(problem.help_if(did_you_mean(&name.value, known)));
    }
}

/// Learns a value, and what is in it.
fn learn_value(secrets: &Secrets, value: &Value, told: Told) {
    if let Ok(json) = serde_json::to_value(value) {
        secrets.learn_all_in(&json, told);
    }
}

/// The columns of a data set; of rows that are JSON, the members of the first, with those below: `card.pin`.
fn columns(table: &Table) -> Vec<String> {
    if !table.columns().is_empty() {
        return table.columns().iter().map(ToString::to_string).collect();
    }
    let first = table.first().and_then(|row| serde_json::to_value(row).ok());
    let mut found = Vec::new();
    if let Some(row) = first {
        members(&row, "", DEEPEST, &mut found);
    }
    found
}

fn members(row: &serde_json::Value, way: &str, deeper: usize, found: &mut Vec<String>) {
    for (name, value) in row.as_object().into_iter().flatten() {
        let own = if way.is_empty() { name.clone() } else { format!("{way}.{name}") };
        if deeper > 0 {
            members(value, &own, deeper - 1, found);
        }
        found.push(own);
    }
}
