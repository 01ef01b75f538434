use std::path::{Path, PathBuf};

use super::terminal::{talk, talk_style};
use crate::compile::{Filter, Program, Setting, compile};
use crate::diagnostic::{Problems, Sources, render};
use crate::plan::{Overrides, flag, read};
use crate::units::Seed;

/// Which tasks of a plan take part, as typed.
#[derive(Debug, Clone, Default)]
pub(super) struct FilterWords {
    pub(super) users: Vec<String>,
    pub(super) tags: Vec<String>,
    pub(super) exclude_tags: Vec<String>,
}

/// A plan's file read and compiled.
pub(super) struct PlanFile {
    /// The program; `None` where the plan has errors.
    pub(super) program: Option<Program>,
    /// Its profiles' names.
    pub(super) profiles: Vec<String>,
    pub(super) problems: Problems,
    pub(super) sources: Sources,
}

impl PlanFile {
    /// Reads, overrides and compiles.
    pub(super) fn open(path: &Path, overrides: &Overrides, words: &FilterWords) -> Self {
        let mut sources = Sources::default();
        let mut problems = Problems::default();
        let lookup = |name: &str| std::env::var(name).ok();
        let plan = read(path, &lookup, &mut sources, &mut problems);
        let profiles = plan.iter().flat_map(|plan| plan.profiles.iter()).flat_map(|profiles| profiles.names());
        let profiles = profiles.map(str::to_owned).collect();
        let program = plan.and_then(|plan| {
            let plan = overrides.apply(plan, &mut sources, &mut problems);
            let seed = plan.seed.unwrap_or_else(draw);
            let mut place = |name: &str, list: &[String]| {
                list.iter().map(|word| (word.clone(), flag(&mut sources, name, word))).collect::<Vec<_>>()
            };
            let filter = Filter {
                users: place("--user", &words.users),
                tags: place("--tag", &words.tags),
                exclude_tags: place("--exclude-tag", &words.exclude_tags),
            };
            let name = path.file_stem().map_or_else(|| "plan".into(), |stem| stem.to_string_lossy());
            let base = path.parent().unwrap_or_else(|| Path::new(""));
            let setting = Setting { base, name: &name, seed, filter: &filter, sources: &sources };
            compile(&plan, &setting, &mut problems)
        });
        Self { program, profiles, problems, sources }
    }

    /// Prints every problem on stderr, with a count behind them.
    pub(super) fn tell(&self, path: &Path) {
        let (errors, warnings) = (self.problems.errors(), self.problems.warnings());
        talk(&render(&self.problems, &self.sources, talk_style()));
        if errors > 0 {
            let and = if warnings > 0 { format!(" and {}", counted(warnings, "warning")) } else { String::new() };
            talk(&format!("{}: {}{and}\n", path.display(), counted(errors, "error")));
        }
    }
}

/// The path a plan is meant by: as typed, or `plans/NAME.yaml` where only its name was typed.
pub(super) fn find(typed: &Path) -> PathBuf {
    let bare = typed.extension().is_none() && typed.components().count() == 1 && !typed.exists();
    if bare {
        let named = Path::new("plans").join(typed).with_extension("yaml");
        if named.exists() {
            return named;
        }
    }
    typed.to_owned()
}

/// A seed nobody chose: short enough to type again.
fn draw() -> Seed {
    use std::hash::{BuildHasher, Hasher};
    // the standard library keys its hashers from the system's own chance
    let drawn = std::collections::hash_map::RandomState::new().build_hasher().finish();
    Seed::new(drawn % 1_000_000_000)
}

pub(super) fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
