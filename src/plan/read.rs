use std::path::Path;

use super::body_file::read_texts;
use super::decode::{Decode, Named, node_as_written, node_to_json};
use super::document::{self, Node, text_of};
use super::environment::{Lookup, fill_in};
use super::filled_secrets::learn_filled;
use super::gather::Gatherer;
use super::inherit::inherit;
use super::overrides::Overrides;
use super::root::Plan;
use super::suite::no_plan;
use crate::diagnostic::{Problem, Problems, Sources};

/// A plan that was read.
#[derive(Debug, Clone)]
pub struct Reading {
    /// The plan, with everything it includes and what the command line says over it.
    pub plan: Plan,
    /// The same as a tree, as it could be written.
    pub tree: Node,
    /// The names of its profiles.
    pub profiles: Vec<String>,
}

/// Reads a plan's file. What could be read comes back with everything that is wrong in it.
pub fn read(
    path: &Path,
    overrides: &Overrides,
    lookup: Lookup,
    sources: &mut Sources,
    problems: &mut Problems,
) -> Option<Reading> {
    match text_of(path) {
        Ok(text) => read_over(&path.display().to_string(), &text, overrides, lookup, sources, problems),
        Err(problem) => {
            problems.push(*problem);
            None
        }
    }
}

/// Reads a plan from a text with a name to show; what it names is looked for relative to that.
pub fn read_text(
    name: &str,
    text: &str,
    lookup: Lookup,
    sources: &mut Sources,
    problems: &mut Problems,
) -> Option<Plan> {
    read_over(name, text, &Overrides::default(), lookup, sources, problems).map(|reading| reading.plan)
}

/// The same, with what the command line says over it.
#[cfg(test)]
pub(crate) fn read_text_over(
    name: &str,
    text: &str,
    overrides: &Overrides,
    lookup: Lookup,
    sources: &mut Sources,
    problems: &mut Problems,
) -> Option<Plan> {
    read_over(name, text, overrides, lookup, sources, problems).map(|reading| reading.plan)
}

fn read_over(
    name: &str,
    text: &str,
    overrides: &Overrides,
    lookup: Lookup,
    sources: &mut Sources,
    problems: &mut Problems,
) -> Option<Reading> {
    let source = sources.add(name, text);
    if text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
        problems.push(
            Problem::new(format!("{name} is empty")).help("a plan needs at least `target`, `endpoints` and `shape`"),
        );
        return None;
    }
    let parsed = document::parse(text, source, problems);
    let parsed = parsed.map_err(|problem| {
        problems.secrets().learn_from_broken_plan(text);
        problems.push(*problem);
    });
    let mut tree = parsed.ok()?;
    if let Some(problem) = no_plan(&tree) {
        problems.push(problem);
        return None;
    }
    fill_in(&mut tree, lookup, problems);
    let own = Path::new(name).canonicalize().unwrap_or_else(|_| name.into());
    Gatherer { lookup, sources, problems, way: vec![own], seen: Vec::new() }.gather(&mut tree);
    // with all it includes; what is filled in is still to be seen as it was written
    let written = node_as_written(&tree, problems.secrets());
    let mut whole = tree.clone();
    overrides.apply(&mut whole, sources, problems);
    inherit(&mut whole, problems);
    // before anything of the plan is shown, with what a flag or the environment takes the place of
    problems.secrets().learn_plan(&[&written, &node_to_json(&tree), &node_to_json(&whole)]);
    learn_filled(&whole, &[], problems.secrets());
    if overrides.profile.is_some() {
        // what a profile replaces is still part of the plan: its errors are reported too
        inherit(&mut tree, problems);
        Plan::decode(&tree, problems);
    }
    let mut plan = Plan::decode(&whole, problems)?;
    read_texts(&mut plan, sources, problems);
    let profiles = plan.profiles.iter().flat_map(Named::names).map(str::to_owned).collect();
    Some(Reading { plan, tree: whole, profiles })
}
