use serde_json::Value;

use crate::plan::{plan_schema, suite_schema};

/// The order, headings and examples: `# GROUP`, then `## TYPE: HEADING` with its YAML for each part.
const PARTS: &str = include_str!("parts.md");

/// Parts of the language that belong together.
pub(super) struct Group {
    /// What they are about.
    pub(super) title: &'static str,
    /// The parts, in order.
    pub(super) parts: Vec<Part>,
}

/// A map of the language, whose keys are fixed.
pub(super) struct Part {
    /// Where it stands in a plan.
    pub(super) heading: &'static str,
    /// One or more examples in YAML, which use every key.
    pub(super) examples: &'static str,
    /// What the schema says of it.
    pub(super) schema: Value,
}

/// All of them, in the order of the page.
pub(super) fn groups() -> Vec<Group> {
    let (plan, suite) = (plan_schema(), suite_schema());
    let schema_of = |name: &str| match name {
        "PLAN" => plan.clone(),
        "SUITE" => suite.clone(),
        name => definition(&plan, name).or_else(|| definition(&suite, name)).unwrap_or_default(),
    };
    let of_group = |text: &'static str| {
        let mut pieces = text.split("\n## ");
        let title = pieces.next().unwrap_or_default().trim();
        let parts = pieces.filter_map(|piece| {
            let (head, examples) = piece.split_once('\n')?;
            let (definition, heading) = head.split_once(": ")?;
            Some(Part { heading, examples: examples.trim(), schema: schema_of(definition) })
        });
        Group { title, parts: parts.collect() }
    };
    PARTS.strip_prefix("# ").unwrap_or(PARTS).split("\n# ").map(of_group).collect()
}

/// The heading of the part that a definition is; `None` of one that has no keys of its own.
pub(super) fn heading_of(name: &str) -> Option<&'static str> {
    let piece = PARTS.split("\n## ").find_map(|piece| piece.strip_prefix(name)?.strip_prefix(": "))?;
    piece.lines().next()
}

/// A definition of a schema, by its name.
pub(super) fn definition(schema: &Value, name: &str) -> Option<Value> {
    schema.get("definitions")?.get(name).cloned()
}
