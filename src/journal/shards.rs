use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::events::{Annotation, Closing, End};
use super::header::{Header, Part, Threshold};
use super::merge::NotMerged;
use super::reader::{Entry, Reader};
use super::tail::Tail;
use crate::metrics::Interval;
use crate::units::Shard;

/// The shards of one run, each once, in their order.
pub(super) struct Shards(Vec<Open>);

/// One shard, read up to its next second.
struct Open {
    path: PathBuf,
    reader: Reader,
    next: Option<Box<Interval>>,
    end: Option<End>,
    /// Whether it has nothing more; one that still grows is taken as it was.
    over: bool,
}

/// How many missing shards a message names.
const NAMED: usize = 10;

impl Shards {
    /// Opens journals, which must be all shards of one run.
    pub(super) fn open(paths: &[PathBuf]) -> Result<Self, NotMerged> {
        let mut shards: BTreeMap<u32, Open> = BTreeMap::new();
        let mut first: Option<(PathBuf, Header)> = None;
        for path in paths {
            let reader = Reader::open(path)?;
            let header = reader.header();
            let (known, count) = match &first {
                None => {
                    first = Some((path.clone(), header.clone()));
                    (None, header.shard.count)
                }
                Some((known, one)) => (difference(one, header).map(|what| (known, what)), one.shard.count),
            };
            if let Some((known, what)) = known {
                return Err(NotMerged::Foreign { path: path.clone(), other: known.clone(), what });
            }
            let Shard { index, .. } = header.shard;
            if index >= count {
                return Err(NotMerged::NoShard { path: path.clone(), index, count });
            }
            if let Some(twin) = shards.get(&index) {
                return Err(NotMerged::Twice { index, count, first: twin.path.clone(), second: path.clone() });
            }
            shards.insert(index, Open { path: path.clone(), reader, next: None, end: None, over: false });
        }
        let count = first.ok_or(NotMerged::Nothing)?.1.shard.count;
        let missing = count as usize - shards.len();
        if missing > 0 {
            let missing_ones = (0..count).filter(|index| !shards.contains_key(index)).take(NAMED).collect();
            return Err(NotMerged::Missing { indices: missing_ones, missing, count });
        }
        Ok(Self(shards.into_values().collect()))
    }

    /// The header of all together.
    pub(super) fn header(&self) -> Result<Header, NotMerged> {
        let headers = || self.0.iter().map(|shard| shard.reader.header());
        let mut header = headers().next().cloned().ok_or(NotMerged::Nothing)?;
        header.format = Header::FORMAT;
        env!("CARGO_PKG_VERSION").clone_into(&mut header.plimsoll);
        header.shard = Shard::WHOLE;
        header.workers = headers().fold(0, |sum, header| sum.saturating_add(header.workers));
        header.began = headers().map(|header| header.began).min().unwrap_or(header.began);
        if header.parts.is_empty() {
            header.parts = headers().map(part).collect();
        }
        // what was noted of one machine is not true of all
        header.name = header.name.filter(|name| headers().all(|header| header.name.as_ref() == Some(name)));
        header.labels.retain(|key, value| headers().all(|header| header.labels.get(key) == Some(value)));
        Ok(header)
    }

    /// Reads each shard up to its next second; what happened until then goes to `annotated`.
    pub(super) fn advance(
        &mut self,
        mut annotated: impl FnMut(Annotation) -> Result<(), NotMerged>,
    ) -> Result<(), NotMerged> {
        for shard in &mut self.0 {
            while shard.next.is_none() && !shard.over {
                match shard.reader.next() {
                    Some(Entry::Second(interval)) => shard.next = Some(interval),
                    Some(Entry::Annotation(annotation)) => annotated(annotation)?,
                    Some(Entry::End(end)) => shard.end = Some(end),
                    None if shard.reader.is_out_of_memory() => return Err(NotMerged::NoRoom(shard.path.clone())),
                    None => shard.over = true,
                }
            }
        }
        Ok(())
    }

    /// Takes the earliest second that any shard stands at, from every shard that stands there, in their order.
    pub(super) fn take(&mut self) -> Vec<Interval> {
        let earliest = self.0.iter().filter_map(|shard| shard.next.as_ref()).map(|interval| interval.second).min();
        let at = self.0.iter_mut().filter(|shard| shard.next.as_ref().map(|interval| interval.second) == earliest);
        at.filter_map(|shard| shard.next.take()).map(|interval| *interval).collect()
    }

    /// The end of all together; `None` where a shard has none.
    pub(super) fn end(&self) -> Option<End> {
        let mut all = End {
            closing: Closing::Complete,
            elapsed: Duration::ZERO,
            broken_workers: 0,
            teardown: Vec::new(),
            levels: Vec::new(),
            exports: Vec::new(),
        };
        for (index, shard) in self.0.iter().enumerate() {
            let end = shard.end.as_ref()?;
            if rank(end.closing) > rank(all.closing) {
                all.closing = end.closing;
            }
            all.elapsed = all.elapsed.max(end.elapsed);
            all.broken_workers = all.broken_workers.saturating_add(end.broken_workers);
            all.teardown.extend(end.teardown.iter().map(|what| match self.0.len() {
                1 => what.clone(),
                _ => format!("shard {}: {what}", index + 1),
            }));
            all.exports.extend(end.exports.iter().cloned());
            if all.levels.is_empty() {
                all.levels.clone_from(&end.levels);
            }
        }
        Some(all)
    }

    /// The shards that are not whole, and how they end.
    pub(super) fn cut(&self) -> Vec<(PathBuf, Tail)> {
        let cut = self.0.iter().filter(|shard| !shard.reader.tail().is_whole());
        cut.map(|shard| (shard.path.clone(), shard.reader.tail().clone())).collect()
    }

    /// The first shard's path.
    pub(super) fn first(&self) -> &Path {
        self.0.first().map_or(Path::new(""), |shard| &shard.path)
    }
}

fn part(header: &Header) -> Part {
    Part { shard: header.shard, began: header.began, workers: header.workers, environment: header.environment.clone() }
}

/// The more of the run somebody else decided, the higher.
const fn rank(closing: Closing) -> u8 {
    match closing {
        Closing::Complete => 0,
        Closing::Plan => 1,
        Closing::Threshold(_) => 2,
        Closing::Asked => 3,
    }
}

/// The first thing in which two journals differ and may not, if they are shards of one run.
fn difference(one: &Header, other: &Header) -> Option<&'static str> {
    let same = [
        (one.plan.sha256 == other.plan.sha256, "the plan is not the same"),
        (one.plan.effective == other.plan.effective, "the plan was overridden in another way"),
        (one.plan.profile == other.plan.profile, "the profile is not the same"),
        (one.plan.target == other.plan.target, "the target is not the same"),
        (one.seed == other.seed, "the seed is not the same"),
        (one.shard.count == other.shard.count, "the run was split into another number of shards"),
        (one.run == other.run, "the run's id is not the same: another `--start-at`, other tasks, or another run"),
        (one.catalog == other.catalog, "the plan's names are not the same"),
        (alike(&one.thresholds, &other.thresholds), "the thresholds are not the same"),
        (one.stages == other.stages, "the stages are not the same"),
    ];
    same.into_iter().find(|(same, _)| !same).map(|(_, what)| what)
}

/// Whether thresholds are the same, wherever each machine keeps the plan's file.
fn alike(one: &[Threshold], other: &[Threshold]) -> bool {
    let placeless = |threshold: &Threshold| Threshold { place: String::new(), ..threshold.clone() };
    one.iter().map(placeless).eq(other.iter().map(placeless))
}
