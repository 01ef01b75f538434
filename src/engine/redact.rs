use std::sync::Arc;

use crate::expression::Scope;
use crate::secrets::{DeclaredSecrets, Redactor};

/// Takes secrets out of what a user's work says: those known before the run, and those in the user's state.
#[derive(Debug)]
pub(super) struct UserRedactor {
    known: Redactor,
    /// Names of state whose values are secret.
    names: Vec<Arc<str>>,
}

impl UserRedactor {
    pub(super) fn new(secrets: &DeclaredSecrets) -> Self {
        Self { known: secrets.redactor(), names: secrets.names.clone() }
    }

    /// The text without secrets; those of the user's state are looked up in its scope.
    pub(super) fn redact(&self, text: &str, scope: &Scope) -> String {
        let mut of_state = self.names.iter().filter_map(|name| scope.value(name)).map(|value| value.to_string());
        match of_state.next() {
            Some(first) => self.known.and(std::iter::once(first).chain(of_state)).redact(text),
            None => self.known.redact(text),
        }
    }

    /// The text without the secrets that are known before the run.
    pub(super) fn redact_known(&self, text: &str) -> String {
        self.known.redact(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expression::{Globals, ScopeRng, ScopeUser, Value};
    use crate::units::Seed;

    #[test]
    fn secrets_of_a_users_state_are_hidden_from_when_it_has_them() {
        let values = vec!["key".into(), "key-long".into(), String::new()];
        let redactor = UserRedactor::new(&DeclaredSecrets { values, names: vec!["token".into()] });
        let user = ScopeUser { id: 1, kind: "".into() };
        let scope = Scope::new(Arc::new(Globals::default()), user, ScopeRng::new(Seed::new(1)));
        assert_eq!(redactor.redact("a key-long and a key, abc", &scope), "a *** and a ***, abc");
        scope.set(&"token".into(), Value::from("abc"));
        assert_eq!(redactor.redact("a key-long and a key, abc", &scope), "a *** and a ***, ***");
    }
}
