use std::cell::RefCell;
use std::sync::Arc;

use rand::RngExt;

use super::scenario::UserAssignment;
use crate::compile::{AtEnd, Feed, RowOrder, RowPer};
use crate::expression::{ScopeRng, Value};
use crate::load::Part;
use crate::rows::{Permutation, Reader};
use crate::sample::UserTypeId;
use crate::units::{Seed, Shard};

/// One worker's rows of one feed. Workers that have users of its type share the rows out, so that no row is taken twice
/// and none is held by a worker that has no user for it.
pub(super) struct Feeder {
    feed: Feed,
    part: Part,
    seed: Seed,
    /// How many rows this worker has taken, and the file it takes them from.
    taken: RefCell<(u64, Reader)>,
}

/// What there is for a user that wants a row.
pub(super) enum NextRow {
    /// A row.
    Row(Value),
    /// None any more: this happens then.
    End(AtEnd),
    /// The file is no longer what it was.
    Broken(String),
}

impl Feeder {
    /// A worker's feeder; `None` with the reason where the file cannot be opened again.
    pub(super) fn open(feed: &Feed, part: Part, seed: Seed) -> Result<Self, String> {
        let reader = feed.table.reader().map_err(|error| error.message)?;
        Ok(Self { feed: feed.clone(), part, seed, taken: RefCell::new((0, reader)) })
    }

    pub(super) const fn feed(&self) -> &Feed {
        &self.feed
    }

    /// The next row for a user, the `rank`th of its type.
    pub(super) fn take(&self, rank: u64, rng: &ScopeRng) -> NextRow {
        let mut taken = self.taken.borrow_mut();
        let (taken, reader) = &mut *taken;
        let rows = reader.rows();
        let position = match self.feed.per {
            RowPer::User => rank,
            RowPer::Iteration => {
                *taken += 1;
                self.part.number(*taken - 1)
            }
        };
        if rows == 0 || (position >= rows && self.feed.order != RowOrder::Random && self.feed.at_end != AtEnd::Repeat) {
            return NextRow::End(self.feed.at_end);
        }
        let (round, position) = (position / rows, position % rows);
        let index = match self.feed.order {
            RowOrder::Sequential => position,
            RowOrder::Random => rng.draw(|rng| rng.random_range(0..rows)),
            RowOrder::Shuffle => Permutation::new(rows, self.seed.derive(round)).at(position),
        };
        match reader.row(index) {
            Ok(row) => NextRow::Row(row),
            Err(error) => NextRow::Broken(error.message),
        }
    }
}

/// The part a worker has of a user type's rows. Only who has such users takes part: the rows are shared out first among
/// the shards, then among the workers of the shard, so that nobody holds rows that it has no user for.
pub(super) fn row_partition(user_type: UserTypeId, assignments: &[Arc<UserAssignment>], part: Part) -> Part {
    let (shard, workers) = (part.shard(), part.workers());
    let mut shards_with = vec![false; shard.count as usize];
    let mut workers_with = vec![false; workers as usize];
    for number in assignments.iter().flat_map(|assignment| assignment.numbers(user_type)) {
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::compile::{IterationCount, Iterations, Pool, Scenario, Shape, Until, WhenBusy};
    use crate::load::{Ramp, Share, Stage};
    use crate::sample::StageId;

    const KINDS: u16 = 3;

    fn assignments(shapes: &[(u8, u32, [u32; 3])]) -> Vec<Arc<UserAssignment>> {
        let scenario = |(form, users, weights): &(u8, u32, [u32; 3])| Scenario {
            name: "".into(),
            kinds: (0..KINDS)
                .zip(weights)
                .map(|(kind, weight)| (UserTypeId(kind), Share::Weight(f64::from(*weight))))
                .collect(),
            shape: match form {
                0 => Shape::Closed(
                    vec![Stage { users: *users, length: Duration::from_secs(1), ramp: Ramp::Immediate }],
                    Until::LastStage,
                ),
                1 => Shape::Iterations(Iterations {
                    users: *users,
                    count: IterationCount::Each(1),
                    within: Duration::from_secs(1),
                }),
                _ => Shape::Replay(Arc::from([0]), Pool { max_users: *users, when_busy: WhenBusy::Drop }),
            },
            start: Duration::ZERO,
            first_stage: StageId(0),
        };
        let scenarios: Vec<Scenario> = shapes.iter().map(scenario).collect();
        UserAssignment::of_all(&scenarios, usize::from(KINDS)).into_iter().map(Arc::new).collect()
    }

    proptest! {
        #[test]
        fn who_has_users_of_a_kind_has_its_rows_and_together_they_have_each_row_once(
            shapes in prop::collection::vec((0_u8..3, 1_u32..30, [0_u32..4, 0_u32..4, 1_u32..4]), 1..3),
            workers in prop::collection::vec(1_u32..5, 1..6),
        ) {
            let assignments = assignments(&shapes);
            let count = workers.len() as u32;
            for kind in (0..KINDS).map(UserTypeId) {
                let users: Vec<u64> = assignments.iter().flat_map(|assignment| assignment.numbers(kind)).map(u64::from).collect();
                let mut rows = [0; 100];
                for (index, workers) in (0..count).zip(&workers) {
                    for part in (0..*workers).map(|worker| Part::new(Shard { index, count }, worker, *workers)) {
                        // a worker without such users never asks for a row
                        if users.iter().any(|number| part.has(*number)) {
                            let rows_part = row_partition(kind, &assignments, part);
                            (0..rows_part.of(100)).for_each(|own| rows[rows_part.number(own) as usize] += 1);
                        }
                    }
                }
                prop_assert!(users.is_empty() || rows.iter().all(|takers| *takers == 1), "{:?}", rows);
            }
        }
    }
}
