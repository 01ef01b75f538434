use super::decode::{Decode, duplicate, expected, key_text, unquoted};
use super::document::{Data, Node};
use super::foreign;
use super::target::Http;
use crate::diagnostic::{Problem, Problems, Span, did_you_mean, nearest};
use std::collections::HashMap;

/// Keys that a message shows; the page of the language has all.
const SHOWN_KEYS: usize = 6;

/// What the top of a plan is called in messages; its `x-` keys are free.
pub(super) const PLAN: &str = "a plan";
/// The same of a suite.
pub(super) const SUITE: &str = "a suite";

/// What an endpoint is called in messages, and what a target.
const ENDPOINT: &str = "an endpoint";
const TARGET: &str = "a target";
/// The fields of a map whose keys the language fixes.
pub(super) struct Fields<'a> {
    node: &'a Node,
    what: &'static str,
    /// Known keys that a misspelt one was probably meant to be: they are not reported as missing as well.
    meant: Vec<&'static str>,
}

impl<'a> Fields<'a> {
    /// Opens a map, and reports every key that is unknown or comes twice.
    pub(super) fn open(
        node: &'a Node,
        what: &'static str,
        known: &[&'static str],
        problems: &mut Problems,
    ) -> Option<Self> {
        let Data::Map(entries) = &node.value else {
            problems.push(expected(what, node).help(keys_of(known)));
            return None;
        };
        let mut meant = Vec::new();
        let mut places = HashMap::new();
        for (key, _) in entries {
            let Some(name) = key_text(key) else {
                problems.push(unquoted(key));
                continue;
            };
            let is_free = [PLAN, SUITE].contains(&what) && name.starts_with("x-");
            if let Some(first) = places.get(&name) {
                problems.push(duplicate(&name, key.span, *first));
                continue;
            }
            places.insert(name.clone(), key.span);
            if !known.contains(&name.as_str()) && !is_free {
                problems.push(unknown_key(&name, key.span, what, known));
                meant.extend(nearest(&name, known.iter().copied()).and_then(|near| known.iter().find(|k| **k == near)));
                meant.extend(foreign::our_key(&name, known));
            }
        }
        Some(Self { node, what, meant })
    }

    /// The value under a key, read; `None` where the key is missing or its value was a problem.
    pub(super) fn optional<T: Decode>(&self, key: &str, problems: &mut Problems) -> Option<T> {
        let node = self.node.entry(key)?;
        if matches!(node.value, Data::Null) {
            let problem = Problem::at(self.key_span(key), format!("`{key}` has no value"));
            problems.push(problem.help("give it one, or remove the line"));
            return None;
        }
        T::decode(node, problems)
    }

    /// The value under a key that must be there.
    pub(super) fn required<T: Decode>(&self, key: &str, problems: &mut Problems) -> Option<T> {
        if self.node.entry(key).is_none() && !self.meant.contains(&key) {
            let start = self.node.span.part(0..1);
            let problem = Problem::at(start, format!("{} needs `{key}`", self.what));
            problems.push(problem.help(format!("write it here: `{key}: …`")));
        }
        self.optional(key, problems)
    }

    /// The value under a key that must be there once what is extended has been taken over.
    pub(super) fn inherited<T: Decode>(&self, key: &str, problems: &mut Problems) -> Option<T> {
        self.required(key, problems)
    }

    fn key_span(&self, key: &str) -> Span {
        match &self.node.value {
            Data::Map(entries) => entries.iter().find(|(known, _)| known.text() == Some(key)).map(|(key, _)| key.span),
            _ => None,
        }
        .unwrap_or(self.node.span)
    }
}

/// The map that a shorter way of writing stands for: `expect: 201` is `expect: {status: 201}`. `short` says which key
/// a node of which kind stands for.
pub(super) fn written_out(node: &Node, short: &[(&str, &'static str)]) -> Option<Node> {
    let kind = match &node.value {
        Data::Number(_) => "number",
        Data::Text(_) => "text",
        Data::List(_) => "list",
        Data::Null | Data::Bool(_) | Data::Map(_) => return None,
    };
    let (_, key) = short.iter().find(|(of, _)| *of == kind)?;
    let key = Node { value: Data::Text((*key).to_owned()), ..node.clone() };
    Some(Node { value: Data::Map(vec![(key, node.clone())]), ..node.clone() })
}

/// The map that a kind's name alone stands for, of those kinds that need say nothing more.
pub(super) fn kind_alone(node: &Node, kinds: &[&str]) -> Option<Node> {
    let kind = node.text().filter(|text| kinds.contains(text))?;
    let key = Node { value: Data::Text(kind.to_owned()), ..node.clone() };
    Some(Node { value: Data::Map(vec![(key, Node { value: Data::Null, ..node.clone() })]), ..node.clone() })
}

/// The one choice of a `kind: {fields}` map: the kind's place and name, and its fields.
pub(super) fn choose<'a>(
    node: &'a Node,
    what: &'static str,
    kinds: &[&'static str],
    problems: &mut Problems,
) -> Option<(&'a str, &'a Node)> {
    let listed = || kinds.iter().map(|kind| format!("`{kind}`")).collect::<Vec<_>>().join(", ");
    let Data::Map(entries) = &node.value else {
        problems.push(expected(what, node).help(format!("write one of {} as `kind: {{…}}`", listed())));
        return None;
    };
    let mut chosen = None;
    for (index, (key, value)) in entries.iter().enumerate() {
        let Some(name) = key.text() else {
            problems.push(unquoted(key));
            continue;
        };
        if !kinds.contains(&name) {
            problems.push(unknown_key(name, key.span, what, kinds));
        } else if let Some((first, _)) = entries[..index].iter().find(|(known, _)| known.text() == Some(name)) {
            problems.push(duplicate(name, key.span, first.span));
        } else if chosen.is_some() {
            let problem = Problem::at(key.span, format!("{what} is one kind, not also `{name}`"));
            problems.push(problem.help(format!("keep one of {}", listed())));
        } else {
            chosen = Some((name, value));
        }
    }
    if entries.is_empty() {
        problems.push(Problem::at(node.span, format!("{what} is empty")).help(format!("write one of {}", listed())));
    }
    chosen
}

fn unknown_key(name: &str, span: Span, what: &str, known: &[&'static str]) -> Problem {
    let problem = Problem::at(span, format!("unknown key `{name}` in {what}"));
    match (nearest(name, known.iter().copied()), foreign::our_word(name, known)) {
        _ if Http::KEYS.contains(&name) && what == ENDPOINT => {
            problem.help(format!("it is said of all requests to a target: `target: {{url: …, http: {{{name}: …}}}}`"))
        }
        _ if Http::KEYS.contains(&name) && what == TARGET => {
            problem.help(format!("write it within `http`: `http: {{{name}: …}}`"))
        }
        _ if name == "http" && [ENDPOINT, PLAN].contains(&what) => {
            problem.help("it is said of all requests to a target: `target: {url: …, http: {…}}`")
        }
        (None, Some(ours)) => problem.help(ours),
        // a whole word of another tool says more than letters that are alike
        (Some(near), Some(ours)) if !foreign::is_same_word(near, &ours) => problem.help(ours),
        _ => problem.help_if(did_you_mean(name, known.iter().copied())),
    }
}

/// What a map has, for whoever wrote none.
fn keys_of(known: &[&str]) -> String {
    let listed: Vec<String> = known.iter().take(SHOWN_KEYS).map(|key| format!("`{key}`")).collect();
    let more = if known.len() > SHOWN_KEYS { ", …" } else { "" };
    format!("write a map; its keys are {}{more}", listed.join(", "))
}

#[cfg(test)]
mod tests {
    use schemars::SchemaGenerator;

    use super::*;

    #[test]
    fn every_key_of_http_is_known_where_it_is_misplaced() {
        let schema = <Http as schemars::JsonSchema>::json_schema(&mut SchemaGenerator::default()).to_value();
        let mut keys: Vec<&str> = schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
        let mut known = Http::KEYS.to_vec();
        keys.sort_unstable();
        known.sort_unstable();
        assert_eq!(known, keys);
    }
}
