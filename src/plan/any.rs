use serde_json::Value as Json;

use super::decode::Decode;
use super::document::{Data, Node};
use super::fields::{duplicate, key_text, unquoted};
use crate::diagnostic::Problems;

/// The node as it is: any value, with templates at its leaves.
#[derive(Debug, Clone)]
pub struct Any(pub Node);

impl Decode for Any {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        whole(node, problems).then(|| Self(node.clone()))
    }
}

/// Whether no map inside has a key that is no text, or comes twice.
fn whole(node: &Node, problems: &mut Problems) -> bool {
    match &node.value {
        Data::Map(entries) => {
            let mut fine = true;
            for (index, (key, value)) in entries.iter().enumerate() {
                let Some(name) = key_text(key) else {
                    problems.push(unquoted(key));
                    return false;
                };
                let first =
                    entries[..index].iter().find(|(known, _)| key_text(known).as_deref() == Some(name.as_ref()));
                if let Some((first, _)) = first {
                    problems.push(duplicate(&name, key.span, first.span));
                    fine = false;
                }
                fine &= whole(value, problems);
            }
            fine
        }
        Data::List(items) => {
            let mut fine = true;
            for item in items {
                fine &= whole(item, problems);
            }
            fine
        }
        _ => true,
    }
}

/// The JSON a node stands for, texts as written.
#[must_use]
pub fn node_to_json(node: &Node) -> Json {
    match &node.value {
        Data::Null => Json::Null,
        Data::Bool(truth) => Json::Bool(*truth),
        Data::Number(number) => Json::Number(number.clone()),
        Data::Text(text) => Json::String(text.clone()),
        Data::List(items) => Json::Array(items.iter().map(node_to_json).collect()),
        Data::Map(entries) => Json::Object(
            entries.iter().filter_map(|(key, value)| Some((key_text(key)?, node_to_json(value)))).collect(),
        ),
    }
}
