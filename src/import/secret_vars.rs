use serde_json::{Map, Value as Json};

use super::literal::one_line;
use super::naming::{Names, snake};

/// A variable of the environment that a drafted plan asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// What belongs in it.
    pub holds: String,
}

/// The secrets of a drafted plan: each a var that the environment fills. Their values are never kept.
#[derive(Debug, Default)]
pub(super) struct SecretVars {
    names: Names,
    kept: Vec<(String, Variable)>,
}

impl SecretVars {
    /// A var for a secret; the same one again where the same secret is asked for.
    pub(super) fn keep(&mut self, wanted: &str, holds: &str) -> String {
        let holds = one_line(holds, 80);
        if let Some((known, _)) = self.kept.iter().find(|(_, variable)| variable.holds == holds) {
            return known.clone();
        }
        let name = self.names.give(snake(wanted).trim_start_matches("x_"), "secret");
        let upper = name.to_uppercase();
        let variable = if upper.starts_with("API_") { upper } else { format!("API_{upper}") };
        let variable = self.variable(&variable);
        self.kept.push((name.clone(), Variable { name: variable, holds }));
        name
    }

    /// A variable's name that no other secret has.
    fn variable(&self, wanted: &str) -> String {
        let is_free = |name: &String| self.kept.iter().all(|(_, known)| known.name != *name);
        let numbered = (2..1000).map(|n| format!("{wanted}_{n}"));
        std::iter::once(wanted.to_owned()).chain(numbered).find(is_free).unwrap_or_else(|| wanted.to_owned())
    }

    /// Names that stand for other things: a call's own names must not hide a secret.
    pub(super) fn names(&self) -> Names {
        self.names.clone()
    }

    pub(super) fn variables(&self) -> Vec<Variable> {
        self.kept.iter().map(|(_, variable)| variable.clone()).collect()
    }

    /// The plan's `vars`.
    pub(super) fn vars(&self) -> Map<String, Json> {
        let var = |(name, variable): &(String, Variable)| (name.clone(), format!("${{{}}}", variable.name).into());
        self.kept.iter().map(var).collect()
    }

    /// The plan's `secrets`.
    pub(super) fn secrets(&self) -> Json {
        self.kept.iter().map(|(name, _)| Json::from(name.as_str())).collect()
    }
}

/// `{{ name }}`.
pub(super) fn slot(name: &str) -> String {
    format!("{{{{ {name} }}}}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_kept_once_and_filled_by_the_environment() {
        let mut secrets = SecretVars::default();
        assert_eq!(secrets.keep("token", "the bearer token"), "token");
        assert_eq!(secrets.keep("X-Api-Key", "the header `X-Api-Key`"), "api_key");
        assert_eq!(secrets.keep("token", "the bearer token"), "token");
        assert_eq!(secrets.keep("token", "another"), "token_2");
        assert_eq!(Json::from(secrets.vars())["api_key"], "${API_KEY}");
        assert_eq!(secrets.keep("key", "`key` in the query"), "key");
        let names: Vec<String> = secrets.variables().into_iter().map(|variable| variable.name).collect();
        assert_eq!(names, ["API_TOKEN", "API_KEY", "API_TOKEN_2", "API_KEY_2"]);
    }
}
