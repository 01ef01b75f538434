use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use super::memory::{MORE_MEMORY, MemoryArgs};
use super::results_folder::{ResultsArgs, Wanted};
use super::terminal::{self, complain, page, talk};
use crate::journal::{Entry, Header, NotMerged, Reader, merge};
use crate::metrics::Accounting;
use crate::report::{run_page, visible};
use crate::results::{Results, replay};
use crate::units::show_duration;
use crate::verdict::{Exit, Integrity};

/// Merges the journals of all shards of one run into one, and says whether the service held under the whole.
#[derive(Debug, Args)]
pub(super) struct MergeArgs {
    /// Each shard: its journal, its name, or the beginning of its files' names.
    #[arg(value_name = "RUN", required = true)]
    shards: Vec<PathBuf>,

    #[command(flatten)]
    results: ResultsArgs,

    /// Where the whole run's journal goes, a file that does not exist yet; `.journal` is added where it has no ending.
    #[arg(long, short, value_name = "FILE")]
    out: PathBuf,

    #[command(flatten)]
    memory: MemoryArgs,
}

/// Shards that begin further apart than this did not make their load together.
const TOGETHER: Duration = Duration::from_secs(1);

pub(super) fn run(args: &MergeArgs) -> Exit {
    merged(args).unwrap_or_else(|exit| exit)
}

fn merged(args: &MergeArgs) -> Result<Exit, Exit> {
    args.memory.budget().of_this_thread();
    let into = if args.out.extension().is_some() { args.out.clone() } else { args.out.with_extension("journal") };
    vacant(&into)?;
    let journals = args.shards.iter().map(|run| args.results.run_file(run, Wanted::Journal));
    let journals = journals.collect::<Result<Vec<PathBuf>, Exit>>()?;
    if let [one] = journals.as_slice()
        && Reader::open(one).is_ok_and(|reader| !reader.header().shard.is_part())
    {
        warn(&format!("`{}` is a whole run: what comes of merging it is the same run", one.display()));
    }
    if let Some(why) = unsound(&journals) {
        return Err(terminal::refuse(why, "merge the journals as their runs wrote them"));
    }
    let merged = merge(&journals, &into).map_err(|error| refuse(&error))?;
    for (path, tail) in &merged.cut {
        warn(&format!("`{}` is {tail}; what it has is merged", path.display()));
    }
    let lost = |why: &str| {
        complain(why, "merge again");
        Exit::Lost
    };
    let mut reader = Reader::open(&into).map_err(|error| lost(&error.to_string()))?;
    if let Some(apart) = apart(reader.header()) {
        warn(&format!(
            "the shards began up to {} apart, and seconds are counted from each one's own beginning; `--start-at` lets \
             them begin together",
            show_duration(apart)
        ));
    }
    let mut results = Results::new(reader.header().clone()).map_err(|error| {
        // what cannot be reported is of no use to anybody
        drop(std::fs::remove_file(&into));
        complain(error, "merge the shards with the version that wrote them");
        Exit::Usage
    })?;
    replay(&mut reader, &mut results, |_, _| {}).map_err(|error| {
        // what cannot be reported is of no use to anybody
        drop(std::fs::remove_file(&into));
        complain(error, MORE_MEMORY);
        Exit::Usage
    })?;
    page(&run_page(&results.report()))?;
    talk(&visible(&format!("merged into {}\n", into.display())));
    Ok(match results.integrity() {
        // a worker of a shard broke down: what it would have counted is not there
        Integrity::Broken => Exit::Invalid,
        sound => Exit::of(&results.verdict(), sound),
    })
}

/// What is wrong with the first shard that says it is over and whose requests do not add up: no run writes that, but one
/// that lost a worker.
fn unsound(journals: &[PathBuf]) -> Option<String> {
    journals.iter().find_map(|path| {
        let mut accounting = Accounting::default();
        let mut end = None;
        for entry in Reader::open(path).ok()? {
            match entry {
                Entry::Second(interval) => accounting.merge(&interval.accounting),
                Entry::Annotation(_) => {}
                Entry::End(found) => end = Some(found),
            }
        }
        let imbalance = end.filter(|end| end.broken_workers == 0).and_then(|_| accounting.balance().err())?;
        Some(format!("`{}` was changed: its requests do not add up: {imbalance}", path.display()))
    })
}

/// How far apart the shards began, where that is too far.
fn apart(header: &Header) -> Option<Duration> {
    let began = || header.parts.iter().map(|part| part.began);
    let apart = began().max()?.duration_since(began().min()?).ok()?;
    (apart > TOGETHER).then_some(apart)
}

/// Refuses a file that is there, for a merge writes over nothing, and a place that is not.
fn vacant(into: &Path) -> Result<(), Exit> {
    let folder = into.parent().filter(|folder| !folder.as_os_str().is_empty());
    let why = match folder {
        _ if into.exists() => format!("`{}` is there already", into.display()),
        Some(folder) if !folder.is_dir() => format!("there is no folder `{}`", folder.display()),
        _ => return Ok(()),
    };
    Err(terminal::refuse(why, "name another file with `-o FILE`"))
}

fn warn(what: &str) {
    talk(&visible(&format!("warning: {what}\n")));
}

/// Says why nothing was merged, and what to do.
fn refuse(error: &NotMerged) -> Exit {
    let (exit, help) = match error {
        NotMerged::NotWritten(_) => (Exit::Lost, "make room, or name another place with `-o FILE`"),
        NotMerged::Missing { .. } => {
            (Exit::Usage, "name the journal of every shard; a shard that was cut off counts too")
        }
        NotMerged::Twice { .. } => (Exit::Usage, "name the journal of each shard once"),
        NotMerged::Foreign { .. } => {
            (Exit::Usage, "run every shard with the same plan, flags, `--seed` and `--start-at`")
        }
        NotMerged::NoRoom(_) => (Exit::Usage, MORE_MEMORY),
        NotMerged::Nothing | NotMerged::NotRead(_) | NotMerged::NoShard { .. } | NotMerged::TooLarge(_) => {
            (Exit::Usage, "name journals that `plimsoll run --shard` wrote; they end in `.journal`")
        }
    };
    complain(error, help);
    exit
}
