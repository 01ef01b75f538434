use clap::CommandFactory;
use clap_complete::{Shell, generate};

use super::args::Args;
use super::terminal::data;
use crate::verdict::Exit;

/// Prints what a shell needs to complete commands, flags and their values; `plimsoll completions --help` says where it goes.
///
/// bash:       plimsoll completions bash > ~/.local/share/bash-completion/completions/plimsoll
///
/// zsh:        plimsoll completions zsh > "${fpath[1]}/_plimsoll"
///
/// fish:       plimsoll completions fish > ~/.config/fish/completions/plimsoll.fish
///
/// powershell: plimsoll completions powershell >> $PROFILE
///
/// The packages bring them along.
#[derive(Debug, clap::Args)]
pub(super) struct CompletionsArgs {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
}

pub(super) fn run(args: &CompletionsArgs) -> Exit {
    let mut script = Vec::new();
    generate(args.shell, &mut Args::command(), "plimsoll", &mut script);
    data(&String::from_utf8_lossy(&script)).err().unwrap_or(Exit::Passed)
}
