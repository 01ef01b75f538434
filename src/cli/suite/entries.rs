use std::path::PathBuf;

use crate::cli::plan_flags::PlanFlags;
use crate::journal::{Label, RunName};
use crate::plan::{Aim, At, Named, OneOrMany, SuiteEntry};
use crate::units::Ratio;

/// A plan of a suite, and what its flags would be.
#[derive(Debug, Clone, Default)]
pub(in crate::cli) struct SuitePlan {
    /// Its file.
    pub(in crate::cli) file: PathBuf,
    /// Where the suite's file has it: `suite.yaml:3:5`.
    pub(in crate::cli) place: Option<String>,
    /// What its run is called, where the suite says.
    pub(in crate::cli) name: Option<RunName>,
    pub(in crate::cli) flags: PlanFlags,
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
        let flags = PlanFlags {
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
        };
        Self {
            file,
            place: None,
            name: None,
            flags,
            labels: Vec::new(),
            baseline: text(&entry.baseline).map(PathBuf::from),
            tolerance: entry.tolerance.as_ref().map(|tolerance| tolerance.value),
        }
    }

    /// Its file and flags, in a line.
    pub(in crate::cli) fn shown(&self) -> String {
        [vec![self.file.display().to_string()], self.words()].concat().join(" ")
    }

    /// The same behind its place, for what is wrong with it.
    pub(in crate::cli) fn placed(&self) -> String {
        self.place.iter().map(|place| format!("{place}: ")).chain([self.shown()]).collect()
    }

    /// Its flags, as they would be typed.
    pub(super) fn words(&self) -> Vec<String> {
        let baseline = self.baseline.iter().flat_map(|run| ["--baseline".to_owned(), run.display().to_string()]);
        self.flags.words().into_iter().chain(baseline).collect()
    }
}

/// Where an entry aims its plan.
fn targets(entry: &SuiteEntry) -> Vec<Aim> {
    let written = entry.target.iter().flat_map(|targets| &targets.0);
    written.filter_map(|target| target.value.parse().ok()).collect()
}
