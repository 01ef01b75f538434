use std::path::PathBuf;
use std::time::Duration;

use crate::cli::plan_file::FilterWords;
use crate::journal::{Label, RunName};
use crate::plan::{Aim, At, Named, OneOrMany, Overrides, SuiteEntry};
use crate::units::{Rate, Ratio, Scale, Seed, show_duration};

/// A plan of a suite, and what its flags would be.
#[derive(Debug, Clone, Default)]
pub(in crate::cli) struct SuitePlan {
    /// Its file.
    pub(in crate::cli) file: PathBuf,
    /// What its run is called, where the suite says.
    pub(in crate::cli) name: Option<RunName>,
    pub(in crate::cli) profile: Option<String>,
    pub(in crate::cli) target: Vec<Aim>,
    pub(in crate::cli) users: Option<u64>,
    pub(in crate::cli) time: Option<Duration>,
    pub(in crate::cli) spawn_rate: Option<Rate>,
    pub(in crate::cli) rate: Option<Rate>,
    pub(in crate::cli) scale: Option<Scale>,
    pub(in crate::cli) set: Vec<(String, String)>,
    pub(in crate::cli) seed: Option<Seed>,
    pub(in crate::cli) user: Vec<String>,
    pub(in crate::cli) tag: Vec<String>,
    pub(in crate::cli) exclude_tag: Vec<String>,
    pub(in crate::cli) labels: Vec<Label>,
    pub(in crate::cli) baseline: Option<PathBuf>,
    pub(in crate::cli) tolerance: Option<Ratio>,
}

impl SuitePlan {
    /// A plan without flags.
    pub(super) fn of_file(file: PathBuf) -> Self {
        Self { file, ..Self::default() }
    }

    /// A plan as a suite's file has it; its name and labels are another's to read.
    pub(super) fn of_entry(file: PathBuf, entry: &SuiteEntry) -> Self {
        let text = |text: &Option<At<String>>| text.as_ref().map(|text| text.value.clone());
        let texts = |texts: &Option<OneOrMany<At<String>>>| {
            texts.iter().flat_map(|texts| &texts.0).map(|text| text.value.clone()).collect()
        };
        let set = entry.set.iter().flat_map(Named::iter);
        Self {
            file,
            name: None,
            profile: text(&entry.profile),
            target: targets(entry),
            users: entry.users.as_ref().map(|users| users.value.0),
            time: entry.time.as_ref().map(|time| time.value.0),
            spawn_rate: entry.spawn_rate.as_ref().map(|rate| rate.value),
            rate: entry.rate.as_ref().map(|rate| rate.value),
            scale: entry.scale.as_ref().map(|scale| scale.value),
            set: set.map(|(name, value)| (name.value.clone(), value.value.0.clone())).collect(),
            seed: entry.seed,
            user: texts(&entry.user),
            tag: texts(&entry.tag),
            exclude_tag: texts(&entry.exclude_tag),
            labels: Vec::new(),
            baseline: text(&entry.baseline).map(PathBuf::from),
            tolerance: entry.tolerance.as_ref().map(|tolerance| tolerance.value),
        }
    }

    /// What it says over the plan.
    pub(in crate::cli) fn overrides(&self) -> Overrides {
        Overrides {
            profile: self.profile.clone(),
            targets: self.target.clone(),
            users: self.users,
            time: self.time,
            spawn_rate: self.spawn_rate,
            rate: self.rate,
            set: self.set.clone(),
            seed: self.seed,
            scale: self.scale,
        }
    }

    pub(in crate::cli) fn filter(&self) -> FilterWords {
        FilterWords { users: self.user.clone(), tags: self.tag.clone(), exclude_tags: self.exclude_tag.clone() }
    }

    /// Its file and flags, in a line.
    pub(in crate::cli) fn shown(&self) -> String {
        [vec![self.file.display().to_string()], self.flags()].concat().join(" ")
    }

    /// Its flags, as they would be typed.
    pub(super) fn flags(&self) -> Vec<String> {
        let mut flags = Vec::new();
        let mut add = |flag: &str, value: Option<String>| {
            flags.extend(value.into_iter().flat_map(|value| [flag.to_owned(), value]));
        };
        add("--profile", self.profile.clone());
        self.target.iter().for_each(|aim| add("--target", Some(aim.to_string())));
        add("--users", self.users.map(|users| users.to_string()));
        add("--time", self.time.map(show_duration));
        add("--spawn-rate", self.spawn_rate.map(|rate| rate.to_string()));
        add("--rate", self.rate.map(|rate| rate.to_string()));
        add("--scale", self.scale.map(|scale| scale.to_string()));
        add("--seed", self.seed.map(|seed| seed.to_string()));
        self.set.iter().for_each(|(name, _)| add("--set", Some(format!("{name}=…"))));
        for (flag, words) in [("--user", &self.user), ("--tag", &self.tag), ("--exclude-tag", &self.exclude_tag)] {
            words.iter().for_each(|word| add(flag, Some(word.clone())));
        }
        add("--baseline", self.baseline.as_ref().map(|run| run.display().to_string()));
        flags
    }
}

/// Where an entry aims its plan.
fn targets(entry: &SuiteEntry) -> Vec<Aim> {
    let written = entry.target.iter().flat_map(|targets| &targets.0);
    written.filter_map(|target| target.value.parse().ok()).collect()
}
