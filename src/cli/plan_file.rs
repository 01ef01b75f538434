use std::path::{Path, PathBuf};

use super::env_file::Variables;
use super::terminal::{secrets, talk, talk_style};
use crate::compile::{CompileOptions, Filter, Program, compile};
use crate::diagnostic::{Problems, Sources, render};
use crate::plan::{Node, Overrides, flag, read};
use crate::run::{Connections, Held, Ports, SeedFrom, foresee_files, foresee_ports};
use crate::units::{Scale, Seed, Shard};

/// Which tasks of a plan take part, as typed.
#[derive(Debug, Clone, Default)]
pub(super) struct FilterWords {
    pub(super) users: Vec<String>,
    pub(super) tags: Vec<String>,
    pub(super) exclude_tags: Vec<String>,
}

impl FilterWords {
    /// All of them, as flags.
    pub(super) fn words(&self) -> Vec<String> {
        let flags = |flag: &'static str, words: &[String]| {
            words.iter().map(move |word| format!("{flag} {word}")).collect::<Vec<_>>()
        };
        [flags("--user", &self.users), flags("--tag", &self.tags), flags("--exclude-tag", &self.exclude_tags)].concat()
    }
}

/// What is looked at before a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Foreseen {
    Ports,
    /// Also the limit on open files, which a run raises, or refuses to start.
    PortsAndFiles,
}

/// A plan's file read and compiled.
pub(super) struct PlanFile {
    /// The program; `None` where the plan has errors.
    pub(super) program: Option<Program>,
    /// The plan as a tree, with what it includes and what the command line says; `None` where it is no YAML.
    pub(super) tree: Option<Node>,
    /// Its profiles' names.
    pub(super) profiles: Vec<String>,
    /// Where its seed comes from.
    pub(super) seed: SeedFrom,
    pub(super) problems: Problems,
    pub(super) sources: Sources,
}

impl PlanFile {
    /// Reads, overrides and compiles.
    pub(super) fn open(path: &Path, overrides: &Overrides, words: &FilterWords, variables: &Variables) -> Self {
        let mut sources = Sources::default();
        let mut problems = Problems::with_unset(variables.unset, secrets().clone());
        let lookup = |name: &str| variables.value(name);
        let reading = read(path, overrides, &lookup, &mut sources, &mut problems);
        let (mut profiles, mut tree, mut seed_from) = (Vec::new(), None, SeedFrom::Person);
        let program = reading.and_then(|reading| {
            profiles = reading.profiles;
            tree = Some(reading.tree);
            let plan = reading.plan;
            let seed = plan.seed.unwrap_or_else(|| {
                seed_from = SeedFrom::Chance;
                draw()
            });
            let mut place = |name: &str, list: &[String]| {
                list.iter().map(|word| (word.clone(), flag(&mut sources, name, word))).collect::<Vec<_>>()
            };
            let filter = Filter {
                users: place("--user", &words.users),
                tags: place("--tag", &words.tags),
                exclude_tags: place("--exclude-tag", &words.exclude_tags),
            };
            let name = path.file_stem().map_or_else(|| "plan".into(), |stem| stem.to_string_lossy());
            let scale = overrides.scale.unwrap_or(Scale::WHOLE);
            let setting = CompileOptions { name: &name, seed, filter: &filter, scale, sources: &sources };
            compile(&plan, &setting, &mut problems)
        });
        Self { program, profiles, tree, seed: seed_from, problems, sources }
    }

    /// Warns of what this machine does not have enough of for a run of it: ports, and open files, where a run does not see to
    /// them itself.
    pub(super) fn foresee(&mut self, shard: Shard, files: Foreseen) {
        let Some(program) = &self.program else { return };
        let ports = Ports::of_this_machine().map(|ports| foresee_ports(program, shard, &ports));
        let connections = Connections::of(shard, program);
        // a run refuses what it needs for sure, and says nothing of what it may need
        let files = (files == Foreseen::PortsAndFiles || connections.held == Held::WhileAsked)
            .then(|| foresee_files(connections));
        for problem in ports.into_iter().flatten().chain(files.flatten()) {
            self.problems.push(problem);
        }
    }

    /// Prints every problem on stderr, with a count behind them.
    pub(super) fn print_problems(&self, path: &Path) {
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

/// A var and its value, as `--set` takes them.
pub(super) fn assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.to_owned())),
        _ => Err("write it as NAME=VALUE".to_owned()),
    }
}
