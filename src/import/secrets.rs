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
pub(super) struct Secrets {
    names: Names,
    kept: Vec<(String, Variable)>,
}

impl Secrets {
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

/// Whether what bears this name (a header, a parameter, a field) is most likely a secret.
pub(super) fn is_secret(name: &str) -> bool {
    const ENDINGS: [&str; 11] = [
        "token",
        "auth",
        "jwt",
        "secret",
        "password",
        "passwd",
        "apikey",
        "accesskey",
        "sessionid",
        "signature",
        "credentials",
    ];
    const WHOLE: [&str; 6] = ["authorization", "proxyauthorization", "cookie", "sig", "pwd", "pass"];
    let bare: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    WHOLE.contains(&bare.as_str()) || ENDINGS.iter().any(|ending| bare.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_kept_once_and_filled_by_the_environment() {
        let mut vault = Secrets::default();
        assert_eq!(vault.keep("token", "the bearer token"), "token");
        assert_eq!(vault.keep("X-Api-Key", "the header `X-Api-Key`"), "api_key");
        assert_eq!(vault.keep("token", "the bearer token"), "token");
        assert_eq!(vault.keep("token", "another"), "token_2");
        assert_eq!(Json::from(vault.vars())["api_key"], "${API_KEY}");
        assert_eq!(vault.keep("key", "`key` in the query"), "key");
        let names: Vec<String> = vault.variables().into_iter().map(|variable| variable.name).collect();
        assert_eq!(names, ["API_TOKEN", "API_KEY", "API_TOKEN_2", "API_KEY_2"]);
    }

    #[test]
    fn secrets_are_known_by_their_names() {
        for name in ["Authorization", "cookie", "X-API-Key", "x-csrf-token", "access_token", "clientSecret"] {
            assert!(is_secret(name), "{name}");
        }
        for name in ["accept", "token_count", "key", "page", "design"] {
            assert!(!is_secret(name), "{name}");
        }
    }
}
