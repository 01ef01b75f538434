use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};

use super::document::{Document, reference};
use super::values::{kind, number, text};
use crate::import::literal::literal_value;
use crate::import::yaml::fits;

/// How deep an example goes.
const DEEPEST: usize = 12;
/// How many references may be followed inside each other.
const LONGEST_TRAIL: usize = 32;
/// From here on an example has only what it must have.
const SPARSE: usize = 4;
/// How many properties of a map are looked at.
const WIDEST: usize = 500;
/// How large all examples of a document may be together, in bytes or thereabouts.
const MOST: usize = 4 << 20;
/// How large one example may be.
const MOST_EACH: usize = 32 << 10;

/// Makes values that schemas allow. Their size together is bounded, however a document repeats itself.
#[derive(Debug)]
pub(super) struct Examples<'a> {
    document: Document<'a>,
    /// The references being followed: one inside itself has no example.
    trail: Vec<&'a str>,
    budget: usize,
    budget_here: usize,
}

impl<'a> Examples<'a> {
    pub(super) const fn new(document: Document<'a>) -> Self {
        Self { document, trail: Vec::new(), budget: MOST, budget_here: 0 }
    }

    /// A value for whatever has a `schema`, and perhaps examples of its own: a parameter, a kind of body.
    pub(super) fn of(&mut self, holder: &'a Json) -> Option<Json> {
        let before = self.budget.min(MOST_EACH);
        self.budget_here = before;
        let value = self.given(holder).or_else(|| self.make(holder.get("schema")?, 0)).filter(fits);
        self.budget -= before - self.budget_here;
        value
    }

    /// The example that someone wrote down: `example`, the first of `examples`.
    fn given(&mut self, holder: &'a Json) -> Option<Json> {
        let first = match holder.get("examples") {
            Some(Json::Array(items)) => items.first(),
            Some(Json::Object(named)) => named
                .values()
                .next()
                .and_then(|first| self.document.resolve(first))
                .and_then(|first| first.get("value")),
            _ => None,
        };
        let given = holder.get("example").or(first)?;
        self.spend_on(given, 1)?;
        Some(literal_value(given))
    }

    fn spend(&mut self, weight: usize) -> Option<()> {
        self.budget_here = self.budget_here.checked_sub(weight)?;
        Some(())
    }

    /// Spends what a value weighs, so many times.
    fn spend_on(&mut self, value: &Json, times: usize) -> Option<()> {
        let mut left = self.budget_here;
        weigh(value, 64, &mut left)?;
        self.spend((self.budget_here - left).saturating_mul(times))
    }

    /// A value for a schema; `None` where there is none, or no more.
    pub(super) fn make(&mut self, schema: &'a Json, depth: usize) -> Option<Json> {
        if depth > DEEPEST {
            return None;
        }
        self.spend(16)?;
        let Some(pointer) = reference(schema) else { return self.direct(schema, depth) };
        if self.trail.len() >= LONGEST_TRAIL || self.trail.contains(&pointer) {
            return None;
        }
        self.trail.push(pointer);
        let made = self.document.at(pointer).and_then(|schema| self.make(schema, depth));
        self.trail.pop();
        made
    }

    fn direct(&mut self, schema: &'a Json, depth: usize) -> Option<Json> {
        let first_of = |key: &str| schema.get(key).and_then(Json::as_array).and_then(|list| list.first());
        if let Some(given) = self.given(schema) {
            return Some(given);
        }
        let fixed = schema.get("const").or_else(|| schema.get("default").filter(|default| !default.is_null()));
        if let Some(fixed) = fixed.or_else(|| first_of("enum")) {
            self.spend_on(fixed, 1)?;
            return Some(literal_value(fixed));
        }
        if let Some(parts) = schema.get("allOf").and_then(Json::as_array) {
            return self.all_of(schema, parts, depth);
        }
        for key in ["oneOf", "anyOf"] {
            if let Some(choices) = schema.get(key).and_then(Json::as_array) {
                let base = self.of_type(schema, depth).filter(Json::is_object);
                let mut choices = choices.iter().take(16).filter(|choice| kind(choice) != Some("null"));
                let chosen = choices.find_map(|choice| self.make(choice, depth + 1));
                return merged(base.into_iter().chain(chosen));
            }
        }
        self.of_type(schema, depth)
    }

    fn all_of(&mut self, schema: &'a Json, parts: &'a [Json], depth: usize) -> Option<Json> {
        let mut made = Vec::new();
        for part in parts.iter().take(64) {
            made.extend(self.make(part, depth + 1));
        }
        made.extend(self.of_type(schema, depth));
        merged(made)
    }

    fn of_type(&mut self, schema: &'a Json, depth: usize) -> Option<Json> {
        match kind(schema)? {
            "string" => Some(text(schema).into()),
            "integer" => Some(number(schema, true)),
            "number" => Some(number(schema, false)),
            "boolean" => Some(true.into()),
            "null" => Some(Json::Null),
            "array" => self.list(schema, depth),
            _ => self.map(schema, depth),
        }
    }

    fn list(&mut self, schema: &'a Json, depth: usize) -> Option<Json> {
        if let Some(items) = schema.get("prefixItems").and_then(Json::as_array) {
            let items: Vec<_> = items.iter().take(16).filter_map(|item| self.make(item, depth + 1)).collect();
            return Some(items.into());
        }
        let least = schema.get("minItems").and_then(Json::as_u64).unwrap_or(1).clamp(1, 8);
        let item = schema.get("items").and_then(|items| self.make(items, depth + 1));
        let Some(item) = item else { return Some(Json::Array(Vec::new())) };
        let least = usize::try_from(least).unwrap_or(1);
        self.spend_on(&item, least - 1)?;
        Some(vec![item; least].into())
    }

    fn map(&mut self, schema: &'a Json, depth: usize) -> Option<Json> {
        let required = schema.get("required").and_then(Json::as_array).into_iter().flatten();
        let required: BTreeSet<&str> = required.take(WIDEST).filter_map(Json::as_str).collect();
        let mut map = Map::new();
        for (name, property) in schema.get("properties").and_then(Json::as_object).into_iter().flatten().take(WIDEST) {
            let resolved = self.document.resolve(property).unwrap_or(property);
            let is_set =
                |key: &str| [property, resolved].iter().any(|schema| schema.get(key) == Some(&Json::Bool(true)));
            let is_required = required.contains(name.as_str());
            if is_set("readOnly") || !is_required && (is_set("deprecated") || depth >= SPARSE) {
                continue;
            }
            if let Some(value) = self.make(property, depth + 1) {
                self.spend(name.len())?;
                map.insert(name.clone(), value);
            }
        }
        let more = schema.get("additionalProperties").filter(|more| more.is_object() && map.is_empty());
        if let Some(value) = more.and_then(|more| self.make(more, depth + 1)) {
            map.insert("name".into(), value);
        }
        Some(Json::Object(map))
    }
}

/// Takes about as many bytes from `left` as a value has in a plan; `None` where it is too large, or nested too deep.
fn weigh(value: &Json, levels: usize, left: &mut usize) -> Option<()> {
    let levels = levels.checked_sub(1)?;
    let mut take = |bytes: usize| -> Option<()> {
        *left = left.checked_sub(bytes)?;
        Some(())
    };
    match value {
        Json::String(text) => take(text.len() + 2),
        Json::Array(items) => {
            take(2)?;
            items.iter().try_for_each(|item| weigh(item, levels, left))
        }
        Json::Object(entries) => {
            take(2)?;
            entries.iter().try_for_each(|(key, item)| {
                *left = left.checked_sub(key.len() + 4)?;
                weigh(item, levels, left)
            })
        }
        _ => take(8),
    }
}

/// Maps as one map; where there is none, the first value.
fn merged(parts: impl IntoIterator<Item = Json>) -> Option<Json> {
    let parts: Vec<Json> = parts.into_iter().collect();
    if !parts.iter().any(Json::is_object) {
        return parts.into_iter().next();
    }
    let mut map = Map::new();
    for part in parts {
        if let Json::Object(entries) = part {
            map.extend(entries);
        }
    }
    Some(Json::Object(map))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn made(schema: Json) -> Option<Json> {
        let whole = json!({"media": {"schema": schema}, "components": {"schemas": {
            "Tree": {"type": "object", "required": ["child"], "properties": {"name": {"type": "string"}, "child": {"$ref": "#/components/schemas/Tree"}}},
            "Pet": {"type": "object", "properties": {"id": {"type": "integer", "readOnly": true}, "name": {"type": "string", "example": "Rex"}}},
        }}});
        Examples::new(Document(&whole)).of(&whole["media"])
    }

    #[test]
    fn a_schema_has_a_value_it_allows() {
        assert_eq!(made(json!({"$ref": "#/components/schemas/Pet"})), Some(json!({"name": "Rex"})));
        assert_eq!(made(json!({"enum": ["b", "a"], "type": "string"})), Some(json!("b")));
        assert_eq!(made(json!({"type": ["null", "integer"]})), Some(json!(1)));
        assert_eq!(made(json!({"oneOf": [{"type": "null"}, {"type": "boolean"}]})), Some(json!(true)));
        assert_eq!(made(json!({"type": "array", "minItems": 2, "items": {"const": "x"}})), Some(json!(["x", "x"])));
        assert_eq!(made(json!({"additionalProperties": {"type": "integer"}})), Some(json!({"name": 1})));
        assert_eq!(made(json!({"default": "${HOME} {{ x }}"})), Some(json!("$${HOME} {{ '{{' }} x }}")));
        assert_eq!(made(json!({})), None);
        let parts =
            json!([{"$ref": "#/components/schemas/Pet"}, {"properties": {"age": {"type": "integer", "minimum": 3}}}]);
        assert_eq!(made(json!({"allOf": parts})), Some(json!({"name": "Rex", "age": 3})));
    }

    #[test]
    fn a_schema_inside_itself_ends() {
        assert_eq!(made(json!({"$ref": "#/components/schemas/Tree"})), Some(json!({"name": "text"})));
    }

    #[test]
    fn what_a_document_repeats_is_bounded() {
        let mut schemas = Map::new();
        for level in 0..12 {
            let next = json!({"$ref": format!("#/components/schemas/s{}", level + 1)});
            let properties: Map<String, Json> = (0..20).map(|n| (format!("p{n}"), next.clone())).collect();
            let required: Vec<String> = (0..20).map(|n| format!("p{n}")).collect();
            schemas
                .insert(format!("s{level}"), json!({"type": "object", "properties": properties, "required": required}));
        }
        let whole =
            json!({"components": {"schemas": schemas}, "media": {"schema": {"$ref": "#/components/schemas/s0"}}});
        let mut examples = Examples::new(Document(&whole));
        for _ in 0..1000 {
            drop(examples.of(&whole["media"]));
        }
        assert!(examples.budget < MOST);
    }

    fn any_schema() -> impl Strategy<Value = Json> {
        let word = prop_oneof![
            Just("type"),
            Just("items"),
            Just("allOf"),
            Just("oneOf"),
            Just("properties"),
            Just("required"),
            Just("$ref"),
            Just("format"),
            Just("minimum"),
            Just("maxLength"),
            Just("enum"),
            Just("example"),
            Just("examples"),
            Just("schema"),
        ];
        let leaf = prop_oneof![
            Just(json!("object")),
            Just(json!("array")),
            Just(json!("string")),
            Just(json!("#/schema")),
            Just(json!("#")),
            Just(json!(null)),
            any::<f64>().prop_map(Json::from),
            any::<bool>().prop_map(Json::from),
        ];
        leaf.prop_recursive(5, 30, 4, move |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
                proptest::collection::vec((word.clone(), inner), 0..4)
                    .prop_map(|entries| Json::Object(entries.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_schema_breaks_it(schema in any_schema()) {
            let whole = json!({"schema": schema});
            drop(Examples::new(Document(&whole)).of(&whole));
        }
    }
}
