//! The command line: one file a command.

mod args;
mod check;
mod exit;
mod plan_file;
mod run;
mod schema;
mod target;
mod terminal;

use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command};
pub use exit::Exit;

/// Runs the command the person typed; returns the process's exit code.
#[must_use]
pub fn main() -> ExitCode {
    let exit = match Args::parse().command {
        Command::Run(args) => run::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Target(args) => target::run(&args),
        Command::Schema(args) => schema::run(&args),
    };
    ExitCode::from(exit)
}
