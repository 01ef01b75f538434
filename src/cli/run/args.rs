use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use clap::Args;

use crate::cli::compare::TOLERANCE;
use crate::cli::memory::MemoryArgs;
use crate::cli::plan_file::{FilterWords, assignment};
use crate::cli::results_folder::{Wanted, results_folder, run_file};
use crate::journal::{Label, RunName};
use crate::plan::{Aim, Overrides};
use crate::report::HistoryRows;
use crate::units::{Rate, Ratio, Seed, Shard, parse_duration, parse_moment};
use crate::verdict::Exit;

/// Runs a plan and says whether the service held.
#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct RunArgs {
    /// The plan's file, or the name of a plan in `plans/`.
    #[arg(value_name = "PLAN")]
    pub(super) plan: PathBuf,

    /// Starts the reference service in the process and aims the plan at it; its path stays where it is /v1 or /demo.
    #[arg(long, conflicts_with = "target")]
    pub(super) embedded: bool,

    /// The service to aim at, with the path before every endpoint's: http://127.0.0.1:8000/v1. Of a plan with several
    /// targets NAME=URL, and may be given again
    #[arg(long, value_name = "URL")]
    target: Vec<Aim>,

    /// The plan's profile whose sections stand in for the plan's own.
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,

    /// How many users a constant shape, arrivals or iterations have.
    #[arg(long, value_name = "N")]
    users: Option<u64>,

    /// How long a constant shape or arrivals last: 30s, 10m
    #[arg(long, value_name = "TIME", value_parser = |text: &str| parse_duration(text))]
    time: Option<Duration>,

    /// How many users a constant shape starts a second: 5/s
    #[arg(long, value_name = "RATE", value_parser = Rate::parse)]
    spawn_rate: Option<Rate>,

    /// How many arrivals a second an arrivals shape has: 50/s
    #[arg(long, value_name = "RATE", value_parser = Rate::parse)]
    rate: Option<Rate>,

    /// Sets a var of the plan; may be given again.
    #[arg(long, value_name = "NAME=VALUE", value_parser = assignment)]
    set: Vec<(String, String)>,

    /// A file of NAME=VALUE lines, for variables that the environment does not set.
    #[arg(long, value_name = "FILE")]
    pub(super) env_file: Option<PathBuf>,

    /// The number all chance derives from; the same seed gives the same run.
    #[arg(long, value_name = "N", value_parser = Seed::parse)]
    seed: Option<Seed>,

    /// Runs only this user type; may be given again.
    #[arg(long, value_name = "NAME")]
    user: Vec<String>,

    /// Runs only tasks with this tag; may be given again.
    #[arg(long, value_name = "TAG")]
    tag: Vec<String>,

    /// Leaves tasks with this tag out; may be given again.
    #[arg(long, value_name = "TAG")]
    exclude_tag: Vec<String>,

    /// Makes only this part of the run, on one of several machines: 2/8 is the second of eight; `plimsoll merge` puts
    /// them together.
    #[arg(long, value_name = "PART", value_parser = Shard::parse)]
    pub(super) shard: Option<Shard>,

    /// Begins the load at this moment, on every machine the same: 2026-11-24T15:00:00Z, or Unix seconds.
    #[arg(long, value_name = "MOMENT", value_parser = |text: &str| parse_moment(text))]
    pub(super) start_at: Option<SystemTime>,

    #[command(flatten)]
    pub(super) memory: MemoryArgs,

    /// Says what the run would do, and does not do it.
    #[arg(long)]
    pub(super) dry_run: bool,

    /// What the run is called: its files are `NAME_…` instead of `load_test_…`, and `show NAME` finds it.
    #[arg(long, value_name = "NAME", value_parser = RunName::parse)]
    pub(super) name: Option<RunName>,

    /// A note on the run, kept in its journal and reports: commit=41fc740; may be given again.
    #[arg(long, value_name = "KEY=VALUE", value_parser = Label::parse)]
    pub(super) label: Vec<Label>,

    /// The folder that results are written to, and an earlier run is looked for in: without this `PLIMSOLL_RESULTS`, and
    /// without that `results`.
    #[arg(long, value_name = "DIR", visible_alias = "out")]
    results: Option<PathBuf>,

    /// An earlier run to compare this one with: its journal, `latest`, its name, or the beginning of its files' names.
    #[arg(long, value_name = "RUN")]
    pub(super) baseline: Option<PathBuf>,

    /// How much of the baseline's values may change without mattering.
    #[arg(long, value_name = "SHARE", default_value_t = TOLERANCE, value_parser = Ratio::parse, requires = "baseline")]
    pub(super) tolerance: Ratio,

    /// Writes the history with a row per method and name, too, in each second in which one of its requests ended.
    #[arg(long)]
    full_history: bool,

    /// Says nothing while the run is under way; the summary still comes.
    #[arg(long, short)]
    pub(super) quiet: bool,
}

impl RunArgs {
    /// What the flags say over the plan; an embedded service goes before `--target`.
    pub(super) fn overrides(&self, embedded: Option<Aim>) -> Overrides {
        Overrides {
            profile: self.profile.clone(),
            targets: embedded.map_or_else(|| self.target.clone(), |aim| vec![aim]),
            users: self.users,
            time: self.time,
            spawn_rate: self.spawn_rate,
            rate: self.rate,
            set: self.set.clone(),
            seed: self.seed,
        }
    }

    pub(super) fn filter(&self) -> FilterWords {
        FilterWords { users: self.user.clone(), tags: self.tag.clone(), exclude_tags: self.exclude_tag.clone() }
    }

    pub(super) const fn history(&self) -> HistoryRows {
        if self.full_history { HistoryRows::EachName } else { HistoryRows::Aggregated }
    }

    /// The folder that results are written to.
    pub(super) fn folder(&self) -> PathBuf {
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

    pub(super) const fn profile(&self) -> Option<&String> {
        self.profile.as_ref()
    }
}
