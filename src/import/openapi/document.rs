use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value as Json};
use serde_saphyr::DuplicateKeyPolicy;

use crate::diagnostic::Problem;
use crate::units::Size;

/// A document, and what its references point to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Document<'a>(pub(super) &'a Json);

/// A text larger than this is no document to draft from; the largest of those that are published have 45 MiB.
pub const LARGEST_DOCUMENT: Size = Size::from_bytes(64 << 20);
/// A reference that leads to another is followed no farther than this.
const LONGEST_CHAIN: usize = 16;

/// Reads a document from JSON or YAML, within bounds.
pub(super) fn parse(text: &str) -> Result<Json, Box<Problem>> {
    if text.len() as u64 > LARGEST_DOCUMENT.as_bytes() {
        let problem = Problem::new(format!("the document is larger than {LARGEST_DOCUMENT}"));
        return Err(Box::new(problem.help("is it an OpenAPI document?")));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim_start().starts_with('{')
        && let Ok(json) = serde_json::from_str(text)
    {
        return Ok(json);
    }
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: 128,
            max_nodes: 4_000_000,
            max_events: 12_000_000,
            max_aliases: 10_000,
            max_documents: 1,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: 1_000_000,
            max_replay_stack_depth: 32,
        },
        duplicate_keys: DuplicateKeyPolicy::LastWins,
        strict_booleans: true,
        with_snippet: false,
    };
    serde_saphyr::from_str_with_options::<Raw>(text, options).map(|raw| raw.0).map_err(|error| {
        let problem = Problem::new(format!("the document is neither JSON nor YAML: {}", error.without_snippet()));
        Box::new(problem.help("give the OpenAPI document itself, not the page that shows it"))
    })
}

impl<'a> Document<'a> {
    /// The thing itself, where a reference may stand for it; `None` for one that leads nowhere in this document.
    pub(super) fn resolve(self, node: &'a Json) -> Option<&'a Json> {
        let mut node = node;
        for _ in 0..LONGEST_CHAIN {
            match reference(node) {
                Some(reference) => node = self.at(reference)?,
                None => return Some(node),
            }
        }
        None
    }

    /// What a reference points to: `#/components/schemas/Pet`.
    pub(super) fn at(self, reference: &str) -> Option<&'a Json> {
        let pointer = reference.strip_prefix('#')?;
        let pointer = percent_encoding::percent_decode_str(pointer).decode_utf8().ok()?;
        self.0.pointer(&pointer)
    }
}

/// The reference a node is, where it is one.
pub(super) fn reference(node: &Json) -> Option<&str> {
    node.get("$ref")?.as_str()
}

/// JSON read from YAML: keys of any kind become texts.
struct Raw(Json);

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw(Json::Null))
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw(Json::Null))
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Raw, E> {
        Ok(Raw(truth.into()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Raw, E> {
        Ok(Raw(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Raw, E> {
        Ok(Raw(number.into()))
    }

    fn visit_i128<E>(self, number: i128) -> Result<Raw, E> {
        Ok(Raw(number.to_string().into()))
    }

    fn visit_u128<E>(self, number: u128) -> Result<Raw, E> {
        Ok(Raw(number.to_string().into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Raw, E> {
        Ok(Raw(number.into()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Raw, E> {
        Ok(Raw(text.into()))
    }

    fn visit_string<E>(self, text: String) -> Result<Raw, E> {
        Ok(Raw(text.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Raw, A::Error> {
        let mut items = Vec::new();
        while let Some(Raw(item)) = list.next_element()? {
            items.push(item);
        }
        Ok(Raw(Json::Array(items)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        let mut entries = Map::new();
        while let Some(Raw(key)) = map.next_key()? {
            let key = match key {
                Json::String(text) => text,
                other => other.to_string(),
            };
            entries.insert(key, map.next_value::<Raw>()?.0);
        }
        Ok(Raw(Json::Object(entries)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn json_and_yaml_are_read_alike() {
        let read = json!({"responses": {"200": {"a": [1, null, "x"]}}});
        assert_eq!(parse(&read.to_string()).unwrap(), read);
        assert_eq!(parse("responses:\n  200:\n    a: [1, ~, x]\n").unwrap(), read);
        // too large for a whole number of JSON, and still read
        assert!(parse("a: 99999999999999999999999").unwrap()["a"].as_f64().is_some_and(|number| number > 9e22));
    }

    #[test]
    fn what_is_no_document_is_refused() {
        for text in ["<html><body>: a: b", "a: [", &"[".repeat(100_000), &"{\"a\":".repeat(100_000)] {
            assert!(parse(text).is_err());
        }
        assert!(parse(&" ".repeat((64 << 20) + 1)).is_err());
    }

    #[test]
    fn references_are_followed_but_not_for_ever() {
        let whole = json!({
            "a~/b": {"x": 1}, "one": {"$ref": "#/a~0~1b"}, "loop": {"$ref": "#/loop"},
            "far": {"$ref": "other.yaml#/x"},
        });
        let document = Document(&whole);
        assert_eq!(document.resolve(&whole["one"]).unwrap()["x"], 1);
        assert!(document.resolve(&whole["loop"]).is_none());
        assert!(document.resolve(&whole["far"]).is_none());
        assert_eq!(document.at("#/a~0%2F").map(|_| ()), None);
    }
}
