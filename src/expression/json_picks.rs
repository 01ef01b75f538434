use std::fmt;

use minijinja::Value;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::json::{text_value, with_long_numbers_as_texts};
use super::json_path::{JsonPath, Step};

/// The places of a JSON text that one endpoint looks at, as a tree. They are picked in one pass that reads all of the text
/// and keeps nothing else of it: most checks want a number or two of an answer.
#[derive(Debug, Default)]
pub struct JsonPicks {
    root: Node,
    count: usize,
}

/// What was picked.
#[derive(Debug, Default)]
pub struct Picked(Vec<Pick>);

/// What is at a place.
#[derive(Debug, Clone, PartialEq)]
enum Pick {
    Nothing,
    Scalar(Value),
    /// A list or a map, which is not picked.
    More,
}

#[derive(Debug, Default)]
struct Node {
    steps: Vec<(Step, Node)>,
    pick: Option<usize>,
}

/// A longer text is read as a whole: what that takes is counted.
const LONGEST: usize = 64 << 10;

impl JsonPicks {
    /// The places that paths name which can name one alone; each path is told where it finds what is picked for it.
    pub fn of<'a>(paths: impl Iterator<Item = &'a mut JsonPath>) -> Self {
        let mut picks = Self::default();
        for path in paths {
            let Some(steps) = path.steps() else { continue };
            let mut node = &mut picks.root;
            for step in steps {
                let place = node.steps.iter().position(|(known, _)| known == step).unwrap_or_else(|| {
                    node.steps.push((step.clone(), Node::default()));
                    node.steps.len() - 1
                });
                node = &mut node.steps[place].1;
            }
            let pick = *node.pick.get_or_insert_with(|| {
                picks.count += 1;
                picks.count - 1
            });
            path.pick = Some(pick);
        }
        picks
    }

    /// Picks from a text, in the place of what was picked before. Nothing is picked of a text that is none of JSON, or too long:
    /// whoever reads it as a whole finds out.
    pub fn pick(&self, text: &[u8], picked: &mut Picked) {
        picked.0.clear();
        if self.count == 0 || text.len() > LONGEST {
            return;
        }
        picked.0.resize(self.count, Pick::Nothing);
        let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
        let text = with_long_numbers_as_texts(text);
        // looked at once, and not for each key and text by itself
        let Ok(text) = std::str::from_utf8(&text) else {
            picked.0.clear();
            return;
        };
        let mut reader = serde_json::Deserializer::from_str(text);
        let at = At { node: Some(&self.root), picked };
        let is_json = at.deserialize(&mut reader).is_ok() && reader.end().is_ok();
        if !is_json {
            picked.0.clear();
        }
    }
}

impl Picked {
    /// What a path finds: nothing, or a value that is no list and no map. `None` where that was not picked.
    #[must_use]
    pub fn found(&self, path: &JsonPath) -> Option<Option<&Value>> {
        match self.0.get(path.pick?)? {
            Pick::Nothing => Some(None),
            Pick::Scalar(value) => Some(Some(value)),
            Pick::More => None,
        }
    }

    fn put(&mut self, node: Option<&Node>, value: impl FnOnce() -> Pick) {
        if let Some(pick) = node.and_then(|node| node.pick)
            && let Some(place) = self.0.get_mut(pick)
        {
            *place = value();
        }
    }

    /// Forgets what was picked at a place and below it: a map has the key again, and the last one counts.
    fn forget(&mut self, node: &Node) {
        self.put(Some(node), || Pick::Nothing);
        node.steps.iter().for_each(|(_, below)| self.forget(below));
    }
}

/// A place of the text under way: one that something is picked at or below, or any other, which is read all the same.
struct At<'a> {
    node: Option<&'a Node>,
    picked: &'a mut Picked,
}

impl<'de> DeserializeSeed<'de> for At<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for At<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.scalar(|| Value::from(()))
    }

    fn visit_bool<E: Error>(self, truth: bool) -> Result<(), E> {
        self.scalar(|| Value::from(truth))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<(), E> {
        self.scalar(|| Value::from(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<(), E> {
        // as whole numbers are everywhere: with a sign where they have room for one
        self.scalar(|| i64::try_from(number).map_or_else(|_| Value::from(number), Value::from))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<(), E> {
        self.scalar(|| Value::from(number))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.scalar(|| text_value(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let Self { node, picked } = self;
        picked.put(node, || Pick::More);
        for index in 0.. {
            let below =
                node.and_then(|node| node.below(|step| matches!(step, Step::Index(wanted) if *wanted == index)));
            if items.next_element_seed(At { node: below, picked: &mut *picked })?.is_none() {
                break;
            }
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let Self { node, picked } = self;
        picked.put(node, || Pick::More);
        while let Some(below) = entries.next_key_seed(Key(node))? {
            below.into_iter().for_each(|below| picked.forget(below));
            entries.next_value_seed(At { node: below, picked: &mut *picked })?;
        }
        Ok(())
    }
}

impl At<'_> {
    fn scalar<E>(self, value: impl FnOnce() -> Value) -> Result<(), E> {
        self.picked.put(self.node, || Pick::Scalar(value()));
        Ok(())
    }
}

impl Node {
    fn below(&self, is_it: impl Fn(&Step) -> bool) -> Option<&Self> {
        self.steps.iter().find(|(step, _)| is_it(step)).map(|(_, node)| node)
    }
}

/// A key of a map at a place: gives the place below it, where something is picked there.
struct Key<'a>(Option<&'a Node>);

impl<'de, 'a> DeserializeSeed<'de> for Key<'a> {
    type Value = Option<&'a Node>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de, 'a> Visitor<'de> for Key<'a> {
    type Value = Option<&'a Node>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.0.and_then(|node| node.below(|step| matches!(step, Step::Key(wanted) if **wanted == *key))))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::expression::json::{read_json, scalar};

    const PATHS: [&str; 9] = ["$", "$.a", "$.b", "$.a.b", "$.a[0]", "$[0]", "$[1].a", "$.a.b.c", "$.c"];

    /// Holds what is picked of a text against what reading all of it finds.
    fn hold_against_tree(text: &[u8]) {
        let mut paths: Vec<JsonPath> = PATHS.iter().map(|path| JsonPath::parse(path).unwrap()).collect();
        let picks = JsonPicks::of(paths.iter_mut());
        let mut picked = Picked::default();
        picks.pick(text, &mut picked);
        let tree = read_json(text);
        assert_eq!(!picked.0.is_empty(), tree.is_ok(), "{:?}", String::from_utf8_lossy(text));
        let Ok(tree) = tree else { return };
        for path in &paths {
            let found = path.first(&tree);
            match picked.found(path) {
                Some(pick) => {
                    assert_eq!(pick.cloned(), found.and_then(scalar), "{path} in {:?}", String::from_utf8_lossy(text))
                }
                None => assert!(found.is_some_and(|found| scalar(found).is_none()), "{path}"),
            }
        }
    }

    #[test]
    fn what_is_picked_is_what_reading_all_of_it_finds() {
        for text in [
            r#"{"a": 1, "b": "x", "c": null}"#,
            r#"{"a": {"b": 1.5}, "b": true}"#,
            r#"{"a": {"b": {"c": "deep"}}}"#,
            r#"{"a": {"b": 1}, "a": {"c": 2}}"#,
            r#"{"a": 1, "a": {"b": 2}}"#,
            r#"{"a": {"b": 2}, "a": 1}"#,
            r#"{"a": [1, 2], "b": []}"#,
            r#"{"\u0061": 7, "b": "\ud83d\ude00"}"#,
            r#"{"a": 12345678901234567890123, "b": 18446744073709551615, "c": -0.0}"#,
            r#"{"a": 0.1000000000000000055511151231257827}"#,
            r#"[{"a": 1}, {"a": "second"}]"#,
            "\u{feff}{\"a\": 1}",
            "3",
            "\"text\"",
            "null",
            "",
            "{",
            r#"{"a": 1} x"#,
            r#"{"a": 01}"#,
            r#"{"a": 1e999}"#,
            r#"{"x": 1e999, "a": 1}"#,
            r#"{"x": "\ud800", "a": 1}"#,
            r#"{"x": "\q", "a": 1}"#,
            "{\"x\": \"a\nb\", \"a\": 1}",
            "<html>",
        ] {
            hold_against_tree(text.as_bytes());
        }
        hold_against_tree(b"{\"x\": \"\xff\", \"a\": 1}");
        for levels in [120, 127, 128, 129, 5_000] {
            hold_against_tree(format!("{{\"x\": {}1{}, \"a\": 1}}", "[".repeat(levels), "]".repeat(levels)).as_bytes());
        }
    }

    proptest! {
        #[test]
        fn nothing_is_picked_that_is_not_there(text in r#"([{}\[\]:,"abc01.e\- \\]|"a"|"b"|"a":|\{"a":|\[1,|null|true){0,24}"#) {
            hold_against_tree(text.as_bytes());
        }
    }
}
