use clap::{Args, Subcommand};

use super::install::{InstallArgs, install};
use super::kind::Kind;
use crate::cli::reference::reference;
use crate::cli::terminal::data;
use crate::verdict::Exit;

/// Prints a JSON schema: of plans and suites, for editors, of reports, analyses, comparisons or lists of runs; or the reference of the language.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
pub(in crate::cli) struct SchemaArgs {
    #[command(subcommand)]
    does: Option<Does>,

    /// Which schema.
    #[arg(value_enum, default_value = "plan")]
    of: Kind,
}

#[derive(Debug, Subcommand)]
enum Does {
    Install(InstallArgs),
}

pub(in crate::cli) fn run(args: &SchemaArgs) -> Exit {
    if let Some(Does::Install(args)) = &args.does {
        return install(args);
    }
    data(&args.of.text().unwrap_or_else(reference)).err().unwrap_or(Exit::Passed)
}
