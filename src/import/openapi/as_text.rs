use serde_json::Value as Json;

/// A value as one text, for where the plan takes no other: a header, a field of a form.
pub(super) fn as_text(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Null => String::new(),
        // what is escaped in it is escaped without double quotes, so it is the same inside JSON
        other => other.to_string(),
    }
}
