use std::io::Read;
use std::path::Path;

use super::decode::{Decode, Named};
use super::document::{self, LARGEST, Node};
use super::environment::{Lookup, fill_in};
use super::gather::Gatherer;
use super::inherit::inherit;
use super::overrides::Overrides;
use super::root::Plan;
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
    let mut tree = document::parse(text, source).map_err(|problem| problems.push(*problem)).ok()?;
    fill_in(&mut tree, lookup, problems);
    let own = Path::new(name).canonicalize().unwrap_or_else(|_| name.into());
    Gatherer { lookup, sources, problems, way: vec![own], seen: Vec::new() }.gather(&mut tree);
    let mut whole = tree.clone();
    overrides.apply(&mut whole, sources, problems);
    inherit(&mut whole, problems);
    if overrides.profile.is_some() {
        // what a profile replaces is still part of the plan: its errors are reported too
        inherit(&mut tree, problems);
        Plan::decode(&tree, problems);
    }
    let plan = Plan::decode(&whole, problems)?;
    let profiles = plan.profiles.iter().flat_map(Named::names).map(str::to_owned).collect();
    Some(Reading { plan, tree: whole, profiles })
}

/// The text of a file that may hold a plan or its data: UTF-8, of bounded size.
pub(crate) fn text_of(path: &Path) -> Result<String, Box<Problem>> {
    let shown = path.display();
    let file = std::fs::File::open(path).map_err(|error| {
        let problem = Problem::new(format!("cannot read {shown}: {}", plain(&error)));
        Box::new(match error.kind() {
            std::io::ErrorKind::NotFound if path.extension().is_none() && path.components().count() == 1 => {
                problem.help(format!("there is no `plans/{shown}.yaml` either; `ls plans` lists the plans"))
            }
            std::io::ErrorKind::NotFound => problem.help("check the path; it is relative to the current folder"),
            _ => problem,
        })
    })?;
    let mut bytes = Vec::new();
    // one byte more than allowed distinguishes a file that is too large from one that just fits
    let read = file.take(LARGEST + 1).read_to_end(&mut bytes);
    read.map_err(|error| Box::new(Problem::new(format!("cannot read {shown}: {}", plain(&error)))))?;
    if bytes.len() as u64 > LARGEST {
        return Err(Box::new(Problem::new(format!("{shown} is larger than 16 MiB")).help("is it a plan?")));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let problem = Problem::new(format!("{shown} is not UTF-8 text: byte {at} is no character"));
        Box::new(problem.help("save it as UTF-8"))
    })
}

fn plain(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".into(),
        std::io::ErrorKind::PermissionDenied => "permission denied".into(),
        std::io::ErrorKind::IsADirectory => "it is a folder".into(),
        _ => error.to_string(),
    }
}
