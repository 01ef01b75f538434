use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use super::folder::RunsFolder;
use super::head::{RunHead, report_at};
use super::list::Filter;

/// A run that is to go.
#[derive(Debug, Clone, PartialEq)]
pub struct Pruned {
    /// What its files' names begin with.
    pub stem: String,
    /// Its files, in the order in which they go.
    pub files: Vec<PathBuf>,
}

/// A run whose journal was written to so lately may be under way.
const UNDER_WAY: Duration = Duration::from_secs(15 * 60);

/// The runs that are to go where of each plan and name the newest `keep` stay, the oldest first; and how many are left
/// because they may be under way.
#[must_use]
pub fn to_prune(folder: &RunsFolder, filter: &Filter, keep: usize, now: SystemTime) -> (Vec<Pruned>, usize) {
    // each shard of a run is a run here
    let mut seen: BTreeMap<_, usize> = BTreeMap::new();
    let (mut pruned, mut under_way) = (Vec::new(), 0);
    for run in folder.runs.iter().filter(|run| filter.takes(run)) {
        let shard = run.shard.map(|shard| (shard.number, shard.count));
        let newer = seen.entry((run.plan.as_str(), run.name.as_deref(), shard)).or_default();
        *newer += 1;
        if *newer <= keep {
            continue;
        }
        if may_be_under_way(run, now) {
            under_way += 1;
            continue;
        }
        pruned.push(Pruned { stem: run.stem.clone(), files: run.files() });
    }
    pruned.reverse();
    (pruned, under_way)
}

/// A run is over where its report says how it ended: one may be made of a run under way. Without such a report it is where
/// nothing was written to its journal for long.
fn may_be_under_way(run: &RunHead, now: SystemTime) -> bool {
    if run.report && report_at(&run.report_path()).is_ok_and(|report| !report.run.is_cut_off()) {
        return false;
    }
    let written = std::fs::symlink_metadata(run.journal_path()).and_then(|data| data.modified());
    // what the clock says of the future was written just now
    written.is_ok_and(|at| now.duration_since(at).map_or(true, |past| past < UNDER_WAY))
}
