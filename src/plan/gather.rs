use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::decode::{expected, key_text};
use super::document::{self, Data, Node, text_of};
use super::environment::{Lookup, fill_in};
use super::near_file::instead_of_file;
use super::suite::no_plan;
use crate::diagnostic::{Problem, Problems, Sources};

/// Sections whose entries add up over all files; a name defined twice is a problem.
const ADDED: [&str; 9] =
    ["targets", "vars", "data", "shared", "metrics", "endpoints", "users", "scenarios", "profiles"];
/// Sections that one file alone may give.
const SINGLE: [&str; 6] = ["target", "shape", "setup", "teardown", "thresholds", "seed"];
/// Includes deeper than this are a loop, or an error.
const DEEPEST: usize = 16;
/// More files than this are an error.
const MOST: usize = 256;

/// Brings what a plan includes into its own tree.
pub(super) struct Gatherer<'a> {
    pub(super) lookup: Lookup<'a>,
    pub(super) sources: &'a mut Sources,
    pub(super) problems: &'a mut Problems,
    /// The files from the plan to the one being read, each included by the one before it.
    pub(super) way: Vec<PathBuf>,
    /// All files read so far: what two files include comes once.
    pub(super) seen: Vec<PathBuf>,
}

impl Gatherer<'_> {
    /// Adds what `root` includes to it.
    pub(super) fn gather(&mut self, root: &mut Node) {
        let Some(listed) = root.entry("include").cloned() else { return };
        let items = match listed.value {
            Data::List(items) => items,
            _ => vec![listed],
        };
        for item in &items {
            match item.text() {
                Some(path) => self.add(root, item, path),
                None => self.problems.push(expected("a path", item)),
            }
        }
    }

    fn add(&mut self, root: &mut Node, item: &Node, written: &str) {
        let path = self.sources.folder(item.span).join(written);
        let known = path.canonicalize().unwrap_or_else(|_| path.clone());
        if self.way.contains(&known) {
            let problem = Problem::at(item.span, format!("{} includes itself", path.display()));
            self.problems.push(problem.help("remove this `include`"));
            return;
        }
        if self.seen.contains(&known) {
            return;
        }
        if self.way.len() >= DEEPEST || self.seen.len() >= MOST {
            let problem = Problem::at(item.span, format!("more than {DEEPEST} levels or {MOST} files are included"));
            self.problems.push(problem.help("include less"));
            return;
        }
        self.seen.push(known.clone());
        let Some(mut included) = self.tree(item, (&path, written)) else { return };
        self.way.push(known);
        self.gather(&mut included);
        self.way.pop();
        self.merge(root, included);
    }

    fn tree(&mut self, item: &Node, (path, written): (&Path, &str)) -> Option<Node> {
        let text = text_of(path).map_err(|problem| {
            let help = instead_of_file(&self.sources.folder(item.span), written);
            self.problems.push(Problem { span: Some(item.span), help: vec![help], ..*problem });
        });
        let text = text.ok()?;
        let source = self.sources.add(path.display().to_string(), &text);
        if text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
            self.problems.push(Problem::at(item.span, format!("{} is empty", path.display())));
            return None;
        }
        match document::parse(&text, source, self.problems) {
            Ok(mut node) if matches!(node.value, Data::Map(_)) => {
                if let Some(problem) = no_plan(&node) {
                    self.problems.push(problem.related(item.span, "included here"));
                    return None;
                }
                fill_in(&mut node, self.lookup, self.problems);
                Some(node)
            }
            Ok(node) => {
                self.problems.push(expected("a map of sections", &node));
                None
            }
            Err(problem) => {
                self.problems.secrets().learn_from_broken_plan(&text);
                self.problems.push(*problem);
                None
            }
        }
    }

    fn merge(&mut self, root: &mut Node, included: Node) {
        let Data::Map(theirs) = included.value else { return };
        for (key, value) in theirs {
            let name = key_text(&key).unwrap_or_default();
            if name.starts_with("x-") || matches!(name.as_str(), "include" | "name" | "description") {
                continue;
            }
            let Data::Map(mine) = &mut root.value else { return };
            let Some((my_key, my_value)) = mine.iter_mut().find(|(key, _)| key.text() == Some(&name)) else {
                mine.push((key, value));
                continue;
            };
            match (&mut my_value.value, value.value) {
                (Data::Map(mine), Data::Map(theirs)) if ADDED.contains(&name.as_str()) => {
                    add_names(mine, theirs, self.problems);
                }
                (Data::List(mine), Data::List(theirs)) if matches!(name.as_str(), "secrets" | "public") => {
                    mine.extend(theirs)
                }
                _ if SINGLE.contains(&name.as_str()) => {
                    let problem = Problem::at(my_key.span, format!("`{name}` is given in two files"));
                    self.problems.push(problem.label("given here").related(key.span, "and here"));
                }
                // of the wrong kind, which its reading reports, or no section at all
                (_, theirs) => mine.push((key, Node { value: theirs, ..value })),
            }
        }
    }
}

/// Puts included names before the file's own, so that a var may use those of the files included.
fn add_names(mine: &mut Vec<(Node, Node)>, theirs: Vec<(Node, Node)>, problems: &mut Problems) {
    let own = std::mem::take(mine);
    let mut places = HashMap::new();
    for (key, _) in &own {
        if let Some(name) = key.text() {
            places.entry(name.to_owned()).or_insert(key.span);
        }
    }
    for (key, value) in theirs {
        if let Some(known) = key.text().and_then(|name| places.get(name)) {
            let name = key.text().unwrap_or_default();
            let problem = Problem::at(*known, format!("`{name}` is defined in two files"));
            let problem = problem.label("defined here").related(key.span, "and here");
            problems.push(problem.help("give one of them another name, or make it `extends` the other"));
        } else {
            mine.push((key, value));
        }
    }
    mine.extend(own);
}
