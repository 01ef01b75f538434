use clap::{Parser, Subcommand};

use super::analyze::AnalyzeArgs;
use super::check::CheckArgs;
use super::compare::CompareArgs;
use super::completions::CompletionsArgs;
use super::man::ManArgs;
use super::merge::MergeArgs;
use super::new::NewArgs;
use super::run::RunArgs;
use super::runs::RunsArgs;
use super::schema::SchemaArgs;
use super::selftest::SelftestArgs;
use super::show::ShowArgs;
use super::target::TargetArgs;
use super::try_out::TryArgs;
use super::version::LONG_VERSION;

/// Runs load tests that are written as YAML plans, and says whether the service held.
#[derive(Debug, Parser)]
#[command(name = "plimsoll", version, long_version = LONG_VERSION, arg_required_else_help = true)]
pub(super) struct Args {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Run(Box<RunArgs>),
    Check(CheckArgs),
    Try(TryArgs),
    Runs(Box<RunsArgs>),
    Show(ShowArgs),
    Merge(MergeArgs),
    Analyze(AnalyzeArgs),
    Compare(CompareArgs),
    New(NewArgs),
    Target(Box<TargetArgs>),
    Schema(SchemaArgs),
    Completions(CompletionsArgs),
    Man(ManArgs),
    Selftest(SelftestArgs),
}
