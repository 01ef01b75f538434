use serde_json::Value as Json;

/// The kind of value a schema is for, said or implied.
pub(super) fn kind(schema: &Json) -> Option<&str> {
    match schema.get("type") {
        Some(Json::String(kind)) => Some(kind),
        Some(Json::Array(kinds)) => {
            let mut kinds = kinds.iter().filter_map(Json::as_str);
            kinds.clone().find(|kind| *kind != "null").or_else(|| kinds.next())
        }
        _ if schema.get("properties").is_some() || schema.get("additionalProperties").is_some() => Some("object"),
        _ if schema.get("items").is_some() || schema.get("prefixItems").is_some() => Some("array"),
        _ if schema.get("format").is_some() || schema.get("pattern").is_some() => Some("string"),
        _ => None,
    }
}
