use serde_json::Value;

use crate::engine::Mask;

/// Takes out of a plan's own texts what must not be kept: its declared secrets, and what stands where passwords and keys
/// stand although nobody declared it.
pub(super) struct Veil {
    mask: Mask,
    found: Vec<String>,
}

/// Keys and headers whose values are secrets by their nature.
const SECRET: [&str; 8] =
    ["password", "bearer", "token", "authorization", "proxy-authorization", "cookie", "x-api-key", "api_key"];
const HIDDEN: &str = "***";
/// What nobody declared a secret and is shorter than this stands in ordinary words as well, and would leave none of them.
const SHORTEST: usize = 3;

impl Veil {
    /// A veil for a plan as it is run, and for its text as it is written: there a secret may have a value that the
    /// command line or the environment has taken the place of.
    pub(super) fn new(mask: Mask, plan: &Value, text: &str) -> Self {
        let mut found = Vec::new();
        search(plan, &mut found);
        let written: Value = serde_saphyr::from_str(text).unwrap_or_default();
        let secrets = written["secrets"].as_array().into_iter().flatten().filter_map(Value::as_str);
        secrets.filter_map(|name| written["vars"][name].as_str()).for_each(|value| found.extend(defaults(value)));
        found.sort_by_key(|text| std::cmp::Reverse(text.len()));
        found.dedup();
        Self { mask, found }
    }

    pub(super) fn hide(&self, text: &str) -> String {
        let text = self.mask.hide_known(text);
        self.found.iter().fold(text, |text, secret| text.replace(secret.as_str(), HIDDEN))
    }
}

fn search(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.extend(password_of(text)),
        Value::Array(items) => items.iter().for_each(|item| search(item, found)),
        Value::Object(entries) => {
            for (key, value) in entries {
                if let (true, Value::String(text)) = (SECRET.contains(&key.to_lowercase().as_str()), value)
                    && !text.contains("{{")
                    && !text.starts_with("$.")
                    && text.len() >= SHORTEST
                {
                    found.push(text.clone());
                }
                search(value, found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// What is written of a var's value: all of it where it is the value, or the defaults of the environment's variables.
fn defaults(value: &str) -> Vec<String> {
    if !value.contains("${") {
        return vec![value.to_owned()].into_iter().filter(|value| !value.is_empty()).collect();
    }
    let variables = value.split("${").skip(1).filter_map(|rest| rest.split_once('}'));
    let defaults = variables.filter_map(|(variable, _)| variable.split_once(":-"));
    defaults.map(|(_, default)| default.to_owned()).filter(|default| !default.is_empty()).collect()
}

/// The password of `scheme://user:password@host`.
fn password_of(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let (who, _) = authority.rsplit_once('@')?;
    let (_, password) = who.split_once(':')?;
    (!password.is_empty()).then(|| password.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn passwords_and_keys_are_hidden_though_nobody_declared_them() {
        let plan = json!({
            "target": {"auth": {"basic": {"user": "me", "password": "hush"}}, "headers": {"X-API-Key": "cm_1"}},
            "proxy": ["http://me:silence@proxy:3128/x"],
            "named": {"token": "{{ token }}"},
        });
        let veil = Veil::new(Mask::default(), &plan, "");
        assert_eq!(veil.hide("hush, cm_1 and http://me:silence@proxy"), "***, *** and http://me:***@proxy");
        assert_eq!(veil.hide("{{ token }}"), "{{ token }}");
    }

    #[test]
    fn a_secret_that_something_else_has_taken_the_place_of_is_hidden_in_the_text() {
        let text = "vars: {a: written, b: \"${KEY:-fallback}\", c: shown}\nsecrets: [a, b]\n";
        let veil = Veil::new(Mask::default(), &json!({}), text);
        assert_eq!(veil.hide(text), "vars: {a: ***, b: \"${KEY:-***}\", c: shown}\nsecrets: [a, b]\n");
    }

    #[test]
    fn what_stands_in_ordinary_words_and_what_only_says_where_a_secret_is_are_left() {
        let plan = json!({"query": {"password": "p"}, "capture": {"token": "$.token"}});
        let veil = Veil::new(Mask::default(), &plan, "");
        assert_eq!(veil.hide("a plan with $.token"), "a plan with $.token");
    }
}
