use serde_json::Value as Json;

/// A reference that leads to another is followed no farther than this.
const LONGEST_CHAIN: usize = 16;

/// A document, and what its references point to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Document<'a>(pub(super) &'a Json);

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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

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
