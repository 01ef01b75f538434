use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

use crate::cli::plan_file::{counted, find};
use crate::cli::runtime::block_on;
use crate::cli::terminal::{complain, refuse, talk};
use crate::disk::{Noted, note};
use crate::report::visible;
use crate::verdict::Exit;

/// How often files are looked at.
const LOOK: Duration = Duration::from_millis(200);
/// How long files must be left alone before they are read: an editor may write several, or one in pieces.
const CALM: Duration = Duration::from_millis(50);
/// What is written without a pause is read all the same, after so many looks.
const MOST_UNCALM: usize = 40;

/// Checks, and again whenever a file that the check looked at has changed, until a signal ends it.
pub(super) fn watch(plans: &[PathBuf], check: impl FnMut() -> Exit) -> Exit {
    if let Some(stream) = plans.iter().find(|plan| is_stream(&find(plan))) {
        let why = format!("{} cannot be watched: it is no file that is saved", stream.display());
        return refuse(why, "check it without `--watch`, or write it to a file");
    }
    block_on(async {
        let of = |kind| signal(kind);
        let (mut interrupt, mut terminate) = (of(SignalKind::interrupt())?, of(SignalKind::terminate())?);
        let ended = async {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        };
        Ok(tokio::select! {
            exit = check_again(plans, check) => exit,
            () = ended => Exit::Passed,
        })
    })
    .flatten()
    .unwrap_or_else(|error: std::io::Error| {
        complain(format!("nothing can be watched: {error}"), "check without `--watch`");
        Exit::NotStarted
    })
}

/// Whether a path gives what can be read only once.
fn is_stream(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir())
}

/// Goes on for as long as what it says can be written.
async fn check_again(plans: &[PathBuf], mut check: impl FnMut() -> Exit) -> Exit {
    loop {
        let (exit, noted) = Noted::during(|| {
            plans.iter().for_each(|plan| note(&find(plan)));
            check()
        });
        if exit == Exit::Lost {
            return exit;
        }
        talk(&format!("\nwatching {}; Ctrl-C ends it\n", counted(noted.files(), "file")));
        let changed = loop {
            tokio::time::sleep(LOOK).await;
            if let Some(changed) = noted.changed() {
                break changed;
            }
        };
        let mut last = noted.now();
        for _ in 0..MOST_UNCALM {
            tokio::time::sleep(CALM).await;
            if last.changed().is_none() {
                break;
            }
            last = last.now();
        }
        talk(&visible(&format!("\n{} has changed\n", changed.display())));
    }
}
