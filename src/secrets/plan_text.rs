use serde_json::Value;

use super::names::{certainly_holds_secret, holds_secret};
use super::urls::password_of;

/// What nobody declared a secret and is shorter than this stands in ordinary words as well, and would leave none of them.
const SHORTEST: usize = 3;

/// Sections of a plan whose keys name what is sent, or what is sent in the end.
const SENT: [&str; 9] = ["form", "headers", "json", "multipart", "query", "set", "state", "vars", "with"];

/// What the keys of a part of a plan name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keys {
    /// The language's words, and what the plan calls its own things.
    OfPlan,
    /// What is expected of an answer: not itself a secret.
    OfAnswer,
    /// What is sent.
    Sent,
}

/// The secrets that stand in a plan's own texts: values where passwords and keys stand although nobody declared them,
/// and what the text writes for a declared secret.
///
/// `plan` is the plan as it is run, `text` its file as written: there a declared secret may have a value that the
/// command line or the environment has replaced.
pub(crate) fn secrets_of_plan(plan: &Value, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    search(plan, Keys::OfPlan, &mut found);
    let written: Value = serde_saphyr::from_str(text).unwrap_or_default();
    let declared = written["secrets"].as_array().into_iter().flatten().filter_map(Value::as_str);
    declared.filter_map(|name| written["vars"][name].as_str()).for_each(|value| found.extend(literals(value)));
    found
}

fn search(value: &Value, keys: Keys, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.extend(password_of(text).map(str::to_owned)),
        Value::Array(items) => items.iter().for_each(|item| search(item, keys, found)),
        Value::Object(entries) => {
            for (key, value) in entries {
                if let Value::String(text) = value
                    && names_secret(key, keys)
                    && is_literal(text)
                {
                    found.push(text.clone());
                }
                let below = match keys {
                    Keys::OfPlan if key == "expect" => Keys::OfAnswer,
                    Keys::OfPlan if SENT.contains(&key.as_str()) => Keys::Sent,
                    keys => keys,
                };
                search(value, below, found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn names_secret(key: &str, keys: Keys) -> bool {
    // `$.token` says where something is, and is no name
    !key.starts_with('$') && (certainly_holds_secret(key) || keys == Keys::Sent && holds_secret(key))
}

/// Whether a text is the value itself, and not an expression or a path that says where the value is.
fn is_literal(text: &str) -> bool {
    !text.contains("{{") && !text.starts_with("$.") && text.len() >= SHORTEST
}

/// What is written of a var's value: all of it, or the defaults of the environment's variables in it.
fn literals(value: &str) -> Vec<String> {
    let variables = value.split("${").skip(1).filter_map(|rest| rest.split_once('}'));
    let defaults = variables.filter_map(|(variable, _)| variable.split_once(":-"));
    match value.contains("${") {
        true => defaults.map(|(_, default)| default.to_owned()).collect(),
        false => vec![value.to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::secrets::Redactor;

    fn redactor(plan: &Value, text: &str) -> Redactor {
        Redactor::new(secrets_of_plan(plan, text))
    }

    #[test]
    fn passwords_and_keys_are_hidden_though_nobody_declared_them() {
        let plan = json!({
            "target": {"auth": {"basic": {"user": "me", "password": "hush"}}, "headers": {"X-API-Key": "cm_1"}},
            "proxy": ["http://me:silence@proxy:3128/x"],
            "named": {"token": "{{ token }}"},
        });
        let redactor = redactor(&plan, "");
        assert_eq!(redactor.redact("hush, cm_1 and http://me:silence@proxy"), "***, *** and http://me:***@proxy");
        assert_eq!(redactor.redact("{{ token }}"), "{{ token }}");
    }

    #[test]
    fn a_secret_that_something_else_has_taken_the_place_of_is_hidden_in_the_text() {
        let text = "vars: {a: written, b: \"${KEY:-fallback}\", c: shown}\nsecrets: [a, b]\n";
        let redactor = redactor(&json!({}), text);
        assert_eq!(redactor.redact(text), "vars: {a: ***, b: \"${KEY:-***}\", c: shown}\nsecrets: [a, b]\n");
    }

    #[test]
    fn what_stands_in_ordinary_words_and_what_only_says_where_a_secret_is_are_left() {
        let plan = json!({"query": {"password": "p"}, "capture": {"token": "$.token"}});
        assert_eq!(redactor(&plan, "").redact("a plan with $.token"), "a plan with $.token");
    }

    #[test]
    fn a_name_that_is_likely_a_secrets_is_one_where_values_are_and_not_where_the_plan_names_its_own_things() {
        let sent = json!({
            "endpoints": {"a": {"headers": {"X-Auth-Token": "one"}, "json": {"user": [{"client_secret": "two"}]}}},
            "vars": {"session_id": "three"},
        });
        assert_eq!(secrets_of_plan(&sent, ""), ["one", "two", "three"]);
        let own = json!({
            "endpoints": {"refresh_token": "/refresh", "b": {"expect": {"json": {"$.token": "exists", "auth": "set"}}}},
            "users": {"c": {"feed": {"credentials": "accounts"}, "tasks": {"auth": "login"}}},
        });
        assert_eq!(secrets_of_plan(&own, ""), [""; 0]);
    }
}
