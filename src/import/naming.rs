use std::collections::BTreeSet;

use crate::expression::{BUILT_IN_NAMES, FUNCTIONS};

/// Words of the expression language; beside them its built-in names and functions mean something else already.
const WORDS: [&str; 16] = [
    "and",
    "debug",
    "dict",
    "else",
    "false",
    "if",
    "in",
    "is",
    "loop",
    "namespace",
    "none",
    "not",
    "or",
    "range",
    "self",
    "true",
];
const LONGEST: usize = 60;

/// Words as one name in lower case: `listPetsByID` and `GET /list-pets` become `list_pets_by_id` and `get_list_pets`.
pub(super) fn snake(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let mut out = String::new();
    for (index, &letter) in letters.iter().enumerate() {
        if !letter.is_ascii_alphanumeric() {
            if !out.ends_with('_') && !out.is_empty() {
                out.push('_');
            }
            continue;
        }
        let before = index.checked_sub(1).and_then(|before| letters.get(before));
        let after = letters.get(index + 1);
        let begins = letter.is_ascii_uppercase()
            && before.is_some_and(|before| {
                before.is_ascii_lowercase()
                    || before.is_ascii_digit()
                    || before.is_ascii_uppercase() && after.is_some_and(char::is_ascii_lowercase)
            });
        if begins && !out.ends_with('_') {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
        if out.len() >= LONGEST {
            break;
        }
    }
    out.trim_matches('_').to_owned()
}

/// Names given so far, so that none is given twice.
#[derive(Debug, Clone, Default)]
pub(super) struct Names(BTreeSet<String>);

impl Names {
    /// A name for what is `wanted`: snake case, no word of the language, and not given before.
    pub(super) fn give(&mut self, wanted: &str, or_else: &str) -> String {
        let mut name = snake(wanted);
        if name.is_empty() {
            name = or_else.to_owned();
        }
        if name.starts_with(|c: char| c.is_ascii_digit()) {
            name = format!("{or_else}_{name}");
        }
        if is_taken(&name) {
            name = format!("{name}_value");
        }
        let numbered = (2_u32..).map(|n| format!("{name}_{n}"));
        let free = std::iter::once(name.clone()).chain(numbered).find(|name| !self.0.contains(name));
        let free = free.unwrap_or(name);
        self.0.insert(free.clone());
        free
    }
}

fn is_taken(name: &str) -> bool {
    WORDS.contains(&name)
        || BUILT_IN_NAMES.iter().any(|(known, _)| *known == name)
        || FUNCTIONS.iter().any(|(known, _, _)| *known == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_snake_case() {
        assert_eq!(snake("listPetsByID"), "list_pets_by_id");
        assert_eq!(snake("getHTTPStatus2xx"), "get_http_status2xx");
        assert_eq!(snake("GET /users/{id}/orders"), "get_users_id_orders");
        assert_eq!(snake("X-Api--Key"), "x_api_key");
        assert_eq!(snake("éü"), "");
    }

    #[test]
    fn no_name_is_given_twice_or_means_something_else() {
        let mut names = Names::default();
        assert_eq!(names.give("listPets", "call"), "list_pets");
        assert_eq!(names.give("list-pets", "call"), "list_pets_2");
        assert_eq!(names.give("status", "value"), "status_value");
        assert_eq!(names.give("日本", "call"), "call");
        assert_eq!(names.give("2fa", "call"), "call_2fa");
    }
}
