//! The command line: one file a command.

mod analyze;
mod args;
mod check;
mod compare;
mod env_file;
mod fetch;
mod memory;
mod merge;
mod new;
mod plan_file;
mod plan_names;
mod reference;
mod run;
mod schema;
mod show;
mod target;
mod terminal;
mod try_out;

use std::process::ExitCode;

use clap::Parser;

use crate::verdict::Exit;
use args::{Args, Command};

/// Runs the command the person typed; returns the process's exit code.
#[must_use]
pub fn main() -> ExitCode {
    let command = Args::parse().command;
    // whatever breaks down is reported by the standard library; the shell must not take it for a verdict
    let exit = std::panic::catch_unwind(|| perform(command)).unwrap_or(Exit::Bug);
    let exit = match terminal::settle() {
        Err(lost) if exit != Exit::Bug => lost,
        _ => exit,
    };
    ExitCode::from(exit)
}

fn perform(command: Command) -> Exit {
    match command {
        Command::Run(args) => run::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Try(args) => try_out::run(&args),
        Command::Show(args) => show::run(&args),
        Command::Merge(args) => merge::run(&args),
        Command::Analyze(args) => analyze::run(&args),
        Command::Compare(args) => compare::run(&args),
        Command::New(args) => new::run(&args),
        Command::Target(args) => target::run(&args),
        Command::Schema(args) => schema::run(&args),
    }
}
