use std::sync::Arc;

use super::cast::Cast;
use crate::sample::UserTypeId;
use crate::schedule::Part;
use crate::units::Shard;

/// The part a worker has of a user type's rows. Only who has such users takes part: first the shards take turns, then
/// the workers of the shard, so that nobody holds rows that it has no user for.
pub(super) fn turns(kind: UserTypeId, casts: &[Arc<Cast>], part: Part) -> Part {
    let (shard, workers) = (part.shard(), part.workers());
    let mut shards_with = vec![false; shard.count as usize];
    let mut workers_with = vec![false; workers as usize];
    for number in casts.iter().flat_map(|cast| cast.numbers(kind)) {
        let (holder, within) = (number % shard.count, number / shard.count);
        shards_with[holder as usize] = true;
        if holder == shard.index {
            workers_with[(within % workers) as usize] = true;
        }
    }
    let shard = Shard { index: before(&shards_with, shard.index), count: all(&shards_with) };
    Part::new(shard, before(&workers_with, part.worker()), all(&workers_with))
}

/// How many before one take part.
fn before(with: &[bool], index: u32) -> u32 {
    count(&with[..with.len().min(index as usize)])
}

/// How many take part; where nobody does, nobody asks.
fn all(with: &[bool]) -> u32 {
    count(with).max(1)
}

fn count(with: &[bool]) -> u32 {
    u32::try_from(with.iter().filter(|with| **with).count()).unwrap_or(u32::MAX)
}
