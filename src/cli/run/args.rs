use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use clap::Args;

use super::export_args::ExportArgs;
use crate::cli::compare::TOLERANCE;
use crate::cli::memory::MemoryArgs;
use crate::cli::plan_flags::PlanFlags;
use crate::cli::results_folder::{Wanted, results_folder, run_file};
use crate::cli::suite::SuitePlan;
use crate::journal::{Label, RunName};
use crate::live::WebAddress;
use crate::report::HistoryRows;
use crate::units::{Ratio, Shard, parse_duration, parse_moment};
use crate::verdict::Exit;

/// Runs a plan and says whether the service held; several, or a suite of them, one after another.
#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct RunArgs {
    /// The plan's file, or the name of a plan in `plans/`; several, or a suite's file, are run one after another.
    #[arg(value_name = "PLAN", required = true)]
    pub(in crate::cli) plans: Vec<PathBuf>,

    /// Starts the reference service in the process and aims the plan at it; its path stays where it is /v1 or /demo.
    #[arg(long, conflicts_with = "target")]
    pub(in crate::cli) embedded: bool,

    #[command(flatten)]
    pub(in crate::cli) flags: PlanFlags,

    /// A file of NAME=VALUE lines, for variables that the environment does not set.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) env_file: Option<PathBuf>,

    /// The pause between two of several plans, in which the service comes to rest; without this 10s, or what the suite says.
    #[arg(long, value_name = "TIME", value_parser = |text: &str| parse_duration(text))]
    pub(in crate::cli) rest: Option<Duration>,

    /// Makes only this part of the run, on one of several machines: 2/8 is the second of eight; `plimsoll merge` puts
    /// them together.
    #[arg(long, value_name = "PART", value_parser = Shard::parse)]
    pub(in crate::cli) shard: Option<Shard>,

    /// Begins the load at this moment, on every machine the same: 2026-11-24T15:00:00Z, or Unix seconds.
    #[arg(long, value_name = "MOMENT", value_parser = |text: &str| parse_moment(text))]
    pub(in crate::cli) start_at: Option<SystemTime>,

    #[command(flatten)]
    pub(super) memory: MemoryArgs,

    /// Says what the run would do, and does not do it.
    #[arg(long)]
    pub(in crate::cli) dry_run: bool,

    #[command(flatten)]
    pub(in crate::cli) export: ExportArgs,

    /// What the run is called: its files are `NAME_…` instead of `load_test_…`, and `show NAME` finds it.
    #[arg(long, value_name = "NAME", value_parser = RunName::parse)]
    pub(in crate::cli) name: Option<RunName>,

    /// A note on the run, kept in its journal and reports: commit=41fc740; may be given again.
    #[arg(long, value_name = "KEY=VALUE", value_parser = Label::parse)]
    pub(super) label: Vec<Label>,

    /// The folder that results are written to, and an earlier run is looked for in: without this `PLIMSOLL_RESULTS`, and
    /// without that `results`.
    #[arg(long, value_name = "DIR", visible_alias = "out")]
    results: Option<PathBuf>,

    /// An earlier run to compare this one with: its journal, `latest`, its name, or the beginning of its files' names.
    #[arg(long, value_name = "RUN")]
    pub(in crate::cli) baseline: Option<PathBuf>,

    /// How much of the baseline's values may change without mattering.
    #[arg(long, value_name = "SHARE", default_value_t = TOLERANCE, value_parser = Ratio::parse, requires = "baseline")]
    pub(super) tolerance: Ratio,

    /// Writes the history with a row per method and name, too, in each second in which one of its requests ended.
    #[arg(long)]
    full_history: bool,

    /// Shows the run in browsers while it is under way, and lets a person stop it, pause it, change its load and note what
    /// happens: on this machine alone and a port that is free, or at an address, `--web=127.0.0.1:8089`.
    #[arg(
        long,
        value_name = "ADDR",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = WebAddress::USUAL,
        value_parser = WebAddress::parse
    )]
    pub(super) web: Option<WebAddress>,

    /// Lets `--web` listen where other machines can reach it. What it says is not encrypted.
    #[arg(long, requires = "web")]
    pub(super) web_allow_remote: bool,

    /// Says nothing while the run is under way; the summary still comes.
    #[arg(long, short)]
    pub(in crate::cli) quiet: bool,
}

impl RunArgs {
    /// The first plan, which is the only one of a run.
    pub(super) fn plan(&self) -> &Path {
        self.plans.first().map_or(Path::new(""), PathBuf::as_path)
    }

    /// The same for one plan of a suite: what is typed goes before what the suite says.
    pub(in crate::cli) fn of_plan(&self, plan: &SuitePlan, name: &RunName, suite: Label) -> Self {
        let labels = [&self.label, &plan.labels, &vec![suite]];
        let mut label: Vec<Label> = Vec::new();
        for one in labels.into_iter().flatten() {
            // the first that says something of a key says it all
            let has_room = label.len() < Label::MOST && !label.iter().any(|known| known.key == one.key);
            if has_room || self.label.contains(one) {
                label.push(one.clone());
            }
        }
        Self {
            plans: vec![plan.file.clone()],
            flags: self.flags.or(&plan.flags),
            name: Some(name.clone()),
            label,
            baseline: plan.baseline.clone(),
            tolerance: plan.tolerance.unwrap_or(self.tolerance),
            rest: None,
            ..self.clone()
        }
    }

    /// Its flags, as they could be typed: those that say what is run. Values that are set are left out, as they may be secret.
    pub(in crate::cli) fn words(&self) -> Vec<String> {
        let mut words: Vec<String> = if self.embedded { vec!["--embedded".to_owned()] } else { Vec::new() };
        words.extend(self.flags.words());
        let mut add = |flag: &str, value: Option<String>| {
            words.extend(value.into_iter().flat_map(|value| [flag.to_owned(), value]));
        };
        let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
        add("--env-file", path(&self.env_file));
        add("--name", self.name.as_ref().map(ToString::to_string));
        self.label.iter().for_each(|label| add("--label", Some(format!("{}={}", label.key, label.value))));
        add("--baseline", path(&self.baseline));
        words
    }

    pub(super) const fn history(&self) -> HistoryRows {
        if self.full_history { HistoryRows::EachName } else { HistoryRows::Aggregated }
    }

    /// The folder that results are written to.
    pub(in crate::cli) fn folder(&self) -> PathBuf {
        results_folder(self.results.as_deref())
    }

    /// The same, with the baseline as a path to its journal, before the run's own files lie beside it.
    ///
    /// # Errors
    /// [`Exit::Usage`], reported on stderr, for a word that means no run, or several.
    pub(super) fn with_baseline_found(&self) -> Result<Self, Exit> {
        let baseline = self.baseline.as_ref().map(|run| run_file(&self.folder(), run, Wanted::Journal)).transpose()?;
        Ok(Self { baseline, ..self.clone() })
    }
}
