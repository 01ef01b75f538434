use std::io::Read;
use std::path::Path;

use super::decode::Decode;
use super::document::{self, LARGEST};
use super::environment::{Lookup, fill_in};
use super::root::Plan;
use crate::diagnostic::{Problem, Problems, Sources};

/// Reads a plan's file. What could be read comes back with everything that is wrong in it.
pub fn read(path: &Path, lookup: Lookup, sources: &mut Sources, problems: &mut Problems) -> Option<Plan> {
    match text_of(path) {
        Ok(text) => read_text(&path.display().to_string(), &text, lookup, sources, problems),
        Err(problem) => {
            problems.push(*problem);
            None
        }
    }
}

/// Reads a plan from a text with a name to show.
pub fn read_text(
    name: &str,
    text: &str,
    lookup: Lookup,
    sources: &mut Sources,
    problems: &mut Problems,
) -> Option<Plan> {
    let source = sources.add(name, text);
    if text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
        problems.push(
            Problem::new(format!("{name} is empty")).help("a plan needs at least `target`, `endpoints` and `shape`"),
        );
        return None;
    }
    match document::parse(text, source) {
        Ok(mut node) => {
            fill_in(&mut node, lookup, problems);
            Plan::decode(&node, problems)
        }
        Err(problem) => {
            problems.push(*problem);
            None
        }
    }
}

/// The text of a file that may hold a plan or its data: UTF-8, of bounded size.
pub(crate) fn text_of(path: &Path) -> Result<String, Box<Problem>> {
    let shown = path.display();
    let file = std::fs::File::open(path).map_err(|error| {
        let problem = Problem::new(format!("cannot read {shown}: {}", plain(&error)));
        Box::new(match error.kind() {
            std::io::ErrorKind::NotFound => problem.help("check the path; it is relative to where you stand"),
            _ => problem,
        })
    })?;
    let mut bytes = Vec::new();
    // one byte more than allowed tells a file that is too large from one that just fits
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
