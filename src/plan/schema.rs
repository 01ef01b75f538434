use schemars::generate::SchemaSettings;
use schemars::{Schema, json_schema};
use serde_json::{Map, Value, json};

use super::root::Plan;

/// The schema of the plan language, draft-07: an editor that knows it completes and explains every key.
#[must_use]
pub fn plan_schema() -> Value {
    let schema = SchemaSettings::draft07().into_generator().into_root_schema_for::<Plan>();
    let mut schema = schema.to_value();
    if let Some(root) = schema.as_object_mut() {
        root.insert("title".into(), json!("Plimsoll plan"));
        root.insert("patternProperties".into(), json!({"^x-": {"description": "Free: a place for anchors."}}));
    }
    schema
}

pub(super) fn property(properties: &mut Map<String, Value>, key: &str, docs: &[&str], schema: Schema) {
    let mut schema = schema.to_value();
    let described = match schema.as_object_mut() {
        // draft-07 ignores what stands beside a `$ref`
        Some(object) if object.contains_key("$ref") => json!({"allOf": [schema], "description": text(docs)}),
        Some(object) => {
            object.insert("description".into(), json!(text(docs)));
            schema
        }
        None => json!({"description": text(docs)}),
    };
    properties.insert(key.to_owned(), described);
}

pub(super) fn object(docs: &[&str], properties: Map<String, Value>, required: &[&str]) -> Schema {
    json_schema!({
        "type": "object",
        "description": text(docs),
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

pub(super) fn one_of(docs: &[&str], properties: Map<String, Value>) -> Schema {
    json_schema!({
        "type": "object",
        "description": text(docs),
        "properties": properties,
        "minProperties": 1,
        // an editor offers nothing on a blank line of a map that it believes full
        "allOf": [{"maxProperties": 1}],
        "additionalProperties": false,
    })
}

fn text(docs: &[&str]) -> String {
    docs.iter().map(|line| line.trim()).collect::<Vec<_>>().join("\n")
}
