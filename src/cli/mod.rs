//! The command line: one file a command.

mod analyze;
mod args;
mod check;
mod compare;
mod completions;
mod embedded;
mod env_file;
mod fetch;
mod man;
mod memory;
mod merge;
mod new;
mod plan_file;
mod plan_flags;
mod plan_names;
mod reference;
mod results_folder;
mod run;
mod runs;
mod runtime;
mod schema;
mod selftest;
mod show;
mod suite;
mod target;
mod terminal;
mod try_out;
mod version;

use std::backtrace::{Backtrace, BacktraceStatus};
use std::process::ExitCode;

use clap::Parser;

use crate::diagnostic::Style;
use crate::live::restore_terminal;
use crate::secrets::Told;
use crate::verdict::Exit;
use args::{Args, Command};

/// Runs the command the person typed; returns the process's exit code.
#[must_use]
pub fn main() -> ExitCode {
    report_breakdowns();
    let command = match parsed() {
        Ok(command) => command,
        Err(exit) => return exit,
    };
    // the shell must not take what broke down for a verdict
    let exit = std::panic::catch_unwind(|| perform(command)).unwrap_or(Exit::Bug);
    let exit = match terminal::settle() {
        Err(lost) if exit != Exit::Bug => lost,
        _ => exit,
    };
    ExitCode::from(exit)
}

/// What was typed; where it is no command, the parser's own words, without the values that were to be set.
fn parsed() -> Result<Command, ExitCode> {
    let words: Vec<String> = std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
    for (index, word) in words.iter().enumerate() {
        let set = word.strip_prefix("--set=").or_else(|| {
            let flag = index.checked_sub(1).and_then(|before| words.get(before));
            flag.is_some_and(|flag| flag == "--set").then_some(word)
        });
        // what is well formed is learned with the plan, which may say that it is no secret
        if let Some(set) = set.filter(|set| !set.contains('=') || set.starts_with('=')) {
            terminal::secrets().learn(set.trim_start_matches('='), Told::Declared);
        }
    }
    Args::try_parse().map(|args| args.command).map_err(|error| {
        let coloured = terminal::talk_style() == Style::Coloured;
        let text = if coloured { error.render().ansi().to_string() } else { error.render().to_string() };
        match error.use_stderr() {
            true => terminal::talk(&text),
            false => drop(terminal::data(&text)),
        }
        ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
    })
}

/// Has what breaks down reported like everything else: on stderr, without secrets.
fn report_breakdowns() {
    std::panic::set_hook(Box::new(|info| {
        // what shows a run may stand there, and the keys may be its own
        restore_terminal();
        let thread = std::thread::current();
        let name = thread.name().unwrap_or("unnamed").to_owned();
        let backtrace = Backtrace::capture();
        let backtrace =
            if backtrace.status() == BacktraceStatus::Captured { format!("{backtrace}\n") } else { String::new() };
        terminal::talk(&format!("thread '{name}' broke down: {info}\n{backtrace}"));
    }));
}

fn perform(command: Command) -> Exit {
    match command {
        Command::Run(args) => run::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Try(args) => try_out::run(&args),
        Command::Runs(args) => runs::run(&args),
        Command::Show(args) => show::run(&args),
        Command::Merge(args) => merge::run(&args),
        Command::Analyze(args) => analyze::run(&args),
        Command::Compare(args) => compare::run(&args),
        Command::New(args) => new::run(&args),
        Command::Target(args) => target::run(&args),
        Command::Schema(args) => schema::run(&args),
        Command::Completions(args) => completions::run(&args),
        Command::Man(args) => man::run(&args),
        Command::Selftest(args) => selftest::run(&args),
    }
}
