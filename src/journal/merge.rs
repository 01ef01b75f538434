use std::fmt;
use std::fs::remove_file;
use std::path::{Path, PathBuf};

use super::events::{Annotation, Mark};
use super::reader::NotRead;
use super::second::OverflowGuard;
use super::shards::Shards;
use super::tail::Tail;
use super::writer::{NotWritten, Writer};
use crate::memory::MemoryBudget;
use crate::metrics::{covered_by_load, recompute_run_gauges};
use crate::sample::Catalog;
use crate::units::Shard;

/// The result of a merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// How many seconds the run has.
    pub seconds: u32,
    /// Shards that were cut off or damaged, and how; what came before is in. Where one of them has no end, the merged
    /// journal has none either.
    pub cut: Vec<(PathBuf, Tail)>,
}

/// Journals that cannot be merged.
#[derive(Debug, thiserror::Error)]
pub enum NotMerged {
    /// No journals were named.
    #[error("there are no journals to merge")]
    Nothing,
    /// One cannot be read.
    #[error(transparent)]
    NotRead(#[from] NotRead),
    /// The merged one cannot be written.
    #[error(transparent)]
    NotWritten(#[from] NotWritten),
    /// Two are not of one run.
    #[error("`{}` and `{}` are not of one run: {what}", other.display(), path.display())]
    Foreign {
        /// The one that differs.
        path: PathBuf,
        /// The first one.
        other: PathBuf,
        /// In what.
        what: &'static str,
    },
    /// One says to be a shard that its own run does not have.
    #[error("`{}` says to be shard {} of {count}", path.display(), u64::from(*index) + 1)]
    NoShard {
        /// The journal.
        path: PathBuf,
        /// The shard it says to be, from 0.
        index: u32,
        /// How many there are.
        count: u32,
    },
    /// Two are the same shard.
    #[error("`{}` and `{}` are both shard {}", first.display(), second.display(), Shard { index: *index, count: *count })]
    Twice {
        /// The shard, from 0.
        index: u32,
        /// Of how many.
        count: u32,
        /// The first journal.
        first: PathBuf,
        /// The second.
        second: PathBuf,
    },
    /// Shards are not there.
    #[error("{}", Lack(indices, *missing, *count))]
    Missing {
        /// The first of those that are not there, from 0.
        indices: Vec<u32>,
        /// How many are not.
        missing: usize,
        /// How many there should be.
        count: u32,
    },
    /// There is no memory for one.
    #[error("`{}` holds more than there is memory for", .0.display())]
    NoRoom(PathBuf),
    /// The numbers do not fit together.
    #[error("the numbers of `{}` and the other shards are larger than a run's can be", .0.display())]
    TooLarge(PathBuf),
}

/// How many things that happened are kept to be put in order, between two seconds.
const GATHERED: usize = 10_000;

/// Merges all shards of one run into one journal, second by second, in memory that does not grow with them.
///
/// Counts, histograms, smallest and largest are exact. Means and spreads are exact up to the rounding of doubles, and the
/// same whatever order the journals are named in. The last value of a metric is that of the highest shard that has one in
/// the last second there is; what a run measures of itself is
/// measured again on the whole. A generator's health is the worst of the shards, figure by figure; users are added up.
///
/// # Errors
/// Journals that are not all shards of one run, each once; what cannot be read or written. Nothing is left behind then.
pub fn merge(journals: &[PathBuf], into: &Path) -> Result<Merged, NotMerged> {
    // each of them is read beside the others
    let budget = MemoryBudget::of_thread_or(u64::MAX);
    MemoryBudget::new(budget.limit() / journals.len().max(1) as u64).of_this_thread();
    let merged = merge_all(journals, into);
    budget.of_this_thread();
    merged
}

fn merge_all(journals: &[PathBuf], into: &Path) -> Result<Merged, NotMerged> {
    let mut shards = Shards::open(journals)?;
    let header = shards.header()?;
    let writer = Writer::create(into, &header)?;
    let merged = merge_into(&mut shards, &header.catalog, writer);
    if merged.is_err() {
        drop(remove_file(into));
    }
    merged
}

fn merge_into(shards: &mut Shards, catalog: &Catalog, mut writer: Writer) -> Result<Merged, NotMerged> {
    let mut guard = OverflowGuard::default();
    let mut seconds = 0;
    loop {
        let mut gathered = Vec::new();
        shards.advance(|annotation| {
            if gathered.len() >= GATHERED {
                write(&mut gathered, &mut writer)?;
            }
            gathered.push(annotation);
            Ok(())
        })?;
        write(&mut gathered, &mut writer)?;
        let mut intervals = shards.take().into_iter();
        let Some(mut all) = intervals.next() else { break };
        let mut fits = guard.add(&all);
        // added up, the gauges of two parts say twice of it
        let mut covered = covered_by_load(&all, catalog);
        for interval in intervals {
            covered = covered.max(covered_by_load(&interval, catalog));
            fits = fits.and(guard.add(&interval));
            if fits.is_none() {
                break;
            }
            all.merge(interval);
        }
        fits.ok_or_else(|| NotMerged::TooLarge(shards.first().to_owned()))?;
        // what each measured of its part is measured again on the whole
        recompute_run_gauges(&mut all, catalog, covered);
        seconds = all.second + 1;
        writer.second(&all)?;
    }
    if let Some(end) = shards.end() {
        writer.end(&end)?;
    }
    Ok(Merged { seconds, cut: shards.cut() })
}

/// Writes what happened between two seconds in its order; that a stage began is reported once.
fn write(gathered: &mut Vec<Annotation>, writer: &mut Writer) -> Result<(), NotMerged> {
    gathered.sort_by_key(|annotation| annotation.at);
    let mut begun: Vec<String> = Vec::new();
    for annotation in gathered.drain(..) {
        if annotation.mark == Mark::StageBegan {
            if begun.contains(&annotation.text) {
                continue;
            }
            begun.push(annotation.text.clone());
        }
        writer.annotate(&annotation)?;
    }
    Ok(())
}

/// The words for shards that are not there.
struct Lack<'a>(&'a [u32], usize, u32);

impl fmt::Display for Lack<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(indices, missing, count) = self;
        let named: Vec<String> = indices.iter().map(|index| (u64::from(*index) + 1).to_string()).collect();
        let more = if *missing > indices.len() { ", …" } else { "" };
        let (s, are) = if *missing == 1 { ("", "is") } else { ("s", "are") };
        write!(f, "shard{s} {}{more} of {count} {are} missing", named.join(", "))
    }
}
