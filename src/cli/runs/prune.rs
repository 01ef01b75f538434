use std::fs::symlink_metadata;
use std::io;
use std::path::Path;
use std::time::SystemTime;

use clap::Args;

use super::command::{WhichRuns, tell_skipped};
use crate::cli::memory::MemoryArgs;
use crate::cli::plan_file::counted;
use crate::cli::terminal::{complain, data};
use crate::disk::Disk;
use crate::report::visible;
use crate::runs::to_prune;
use crate::verdict::Exit;

/// Removes the files of old runs: of each plan and name the newest stay. It asks nothing, and says what it removes.
///
/// Only files of runs go: a journal or a report that says it is one, whatever it is called, and those that Plimsoll writes
/// beside it. Links stay, and so does what they lead to; a run that may be under way stays too.
#[derive(Debug, Args)]
pub(super) struct PruneArgs {
    #[command(flatten)]
    which: WhichRuns,

    /// How many of the newest runs of each plan and name stay.
    #[arg(long, value_name = "N")]
    keep: usize,

    /// Says what would go, and removes nothing.
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    memory: MemoryArgs,
}

pub(super) fn prune(args: &PruneArgs) -> Result<Exit, Exit> {
    args.memory.budget().of_this_thread();
    let (folder, filter) = args.which.read()?;
    let (runs, under_way) = to_prune(&folder, &filter, args.keep, SystemTime::now());
    let word = if args.dry_run { "would remove" } else { "removed" };
    let mut lost = false;
    for run in &runs {
        let mut gone = 0;
        for file in &run.files {
            match if args.dry_run { Ok(()) } else { remove(file) } {
                Ok(()) => gone += 1,
                Err(error) => {
                    lost = true;
                    complain(format_args!("{} was not removed: {error}", file.display()), "see who owns the folder");
                    // what tells that it is a run goes last, or stays
                    break;
                }
            }
        }
        if gone > 0 {
            data(&visible(&format!("{word} {} ({})\n", run.stem, counted(gone, "file"))))?;
        }
    }
    if runs.is_empty() {
        data("nothing to remove\n")?;
    }
    if under_way > 0 {
        data(&format!("left {under_way} that may be under way\n"))?;
    }
    tell_skipped(&folder);
    Ok(if lost { Exit::Lost } else { Exit::Passed })
}

/// Removes a file that is none but a file. A name that became a link since goes itself, and not what it leads to.
fn remove(file: &Path) -> io::Result<()> {
    match symlink_metadata(file) {
        Ok(data) if data.is_file() => Disk::System.remove(file),
        Ok(_) => Err(io::Error::other("it is no file any more")),
        // somebody else was quicker
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}
