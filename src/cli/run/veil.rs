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

impl Veil {
    pub(super) fn new(mask: Mask, plan: &Value) -> Self {
        let mut found = Vec::new();
        search(plan, &mut found);
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
                    && !text.is_empty()
                {
                    found.push(text.clone());
                }
                search(value, found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
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
        let veil = Veil::new(Mask::default(), &plan);
        assert_eq!(veil.hide("hush, cm_1 and http://me:silence@proxy"), "***, *** and http://me:***@proxy");
        assert_eq!(veil.hide("{{ token }}"), "{{ token }}");
    }
}
