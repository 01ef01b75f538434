//! The command line, started as a person starts it.

use std::process::{Child, Command, Output, Stdio};

use super::repository::root;

/// Exit code, stdout and stderr of a process that has ended.
pub type Ended = (i32, String, String);

/// Plimsoll at the repository's root, without colour.
pub fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    make_plain(&mut command);
    command
}

/// The same by way of a shell, in which `"$0" "$@"` is the command line.
pub fn through_shell(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script, env!("CARGO_BIN_EXE_plimsoll")]);
    make_plain(&mut command);
    command
}

fn make_plain(command: &mut Command) {
    command.current_dir(root()).env("NO_COLOR", "1").stdin(Stdio::null());
    // a summary with all of its columns, and no line of it broken
    command.env("COLUMNS", "1000");
    // where the tests themselves run in a job of GitHub's
    command.env_remove("GITHUB_ACTIONS").env_remove("GITHUB_STEP_SUMMARY");
    // where the person who runs them has a service
    command
        .env_remove("CONTINUUM_URL")
        .env_remove("CONTINUUM_API_KEY")
        .env_remove("TARGET_URL")
        .env_remove("PLIMSOLL_RESULTS");
}

/// Runs Plimsoll at the repository's root to its end.
pub fn run(arguments: &[&str]) -> Ended {
    finish(command().args(arguments))
}

pub fn finish(command: &mut Command) -> Ended {
    ended(command.output().unwrap())
}

/// Waits for a process under way.
pub fn wait(child: Child) -> Ended {
    ended(child.wait_with_output().unwrap())
}

fn ended(output: Output) -> Ended {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}

/// Sends a signal to a process, if it is still there: `-INT`.
pub fn send(signal: &str, child: &Child) {
    drop(Command::new("kill").args([signal, &child.id().to_string()]).stderr(Stdio::null()).status());
}
