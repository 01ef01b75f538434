use std::sync::Arc;

use crate::compile::Secrets;
use crate::expression::Scope;

/// Takes secrets out of texts before they are kept: what is never kept cannot be printed.
#[derive(Debug, Clone, Default)]
pub struct Mask {
    texts: Vec<String>,
    names: Vec<Arc<str>>,
}

const HIDDEN: &str = "***";

impl Mask {
    /// A mask for these secrets; the longest is taken out first, so that a secret inside another leaves no rest.
    #[must_use]
    pub fn new(secrets: &Secrets) -> Self {
        let mut texts: Vec<String> = secrets.texts.iter().filter(|secret| !secret.is_empty()).cloned().collect();
        texts.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        Self { texts, names: secrets.names.clone() }
    }

    /// The text without secrets; those of a user's state are looked up in its scope.
    #[must_use]
    pub fn hide(&self, text: &str, scope: &Scope) -> String {
        let of_state = self.names.iter().filter_map(|name| scope.value(name)).map(|value| value.to_string());
        let of_state: Vec<String> = of_state.filter(|value| !value.is_empty()).collect();
        let text = of_state.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), HIDDEN));
        self.hide_known(&text)
    }

    /// The text without the secrets that are known before the run.
    #[must_use]
    pub fn hide_known(&self, text: &str) -> String {
        self.texts.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), HIDDEN))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expression::{Dice, Globals, ScopeUser, Value};
    use crate::units::Seed;

    #[test]
    fn no_part_of_a_secret_is_left() {
        let texts = vec!["key".into(), "key-long".into(), String::new()];
        let mask = Mask::new(&Secrets { texts, names: vec!["token".into()] });
        let user = ScopeUser { id: 1, kind: "".into() };
        let scope = Scope::new(Arc::new(Globals::default()), user, Dice::new(Seed::new(1)));
        assert_eq!(mask.hide("a key-long and a key, abc", &scope), "a *** and a ***, abc");
        scope.set(&"token".into(), Value::from("abc"));
        assert_eq!(mask.hide("a key-long and a key, abc", &scope), "a *** and a ***, ***");
    }
}
