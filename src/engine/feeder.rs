use std::cell::RefCell;
use std::sync::Arc;

use rand::RngExt;

use super::row_supply::{RowLease, RowSupply};
use super::scenario::UserAssignment;
use crate::compile::{AtEnd, Feed, RowOrder, RowPer};
use crate::expression::{ScopeRng, Value};
use crate::load::Part;
use crate::rows::{Permutation, Reader};
use crate::sample::UserTypeId;
use crate::units::{Seed, Shard};

/// One worker's rows of one feed. Rows that come again and again are shared out among the workers that have users of its
/// type; rows that end come from a supply that all workers take from, so that each is taken once and none is left.
pub(super) struct Feeder {
    feed: Feed,
    part: Part,
    seed: Seed,
    supply: Option<Arc<RowSupply>>,
    /// How many rows this worker has taken, and the file it takes them from.
    taken: RefCell<(u64, Reader)>,
}

/// What there is for a user that wants a row.
pub(super) enum NextRow {
    /// A row; where rows end, it is in use for as long as the lease is kept.
    Row(Value, Option<RowLease>),
    /// None any more.
    End,
    /// The file is no longer what it was.
    Broken(String),
}

impl Feeder {
    /// A worker's feeder; `None` with the reason where the file cannot be opened again.
    pub(super) fn open(feed: &Feed, part: Part, seed: Seed, supply: Option<Arc<RowSupply>>) -> Result<Self, String> {
        let reader = feed.table.reader().map_err(|error| error.message)?;
        Ok(Self { feed: feed.clone(), part, seed, supply, taken: RefCell::new((0, reader)) })
    }

    pub(super) const fn feed(&self) -> &Feed {
        &self.feed
    }

    /// Whether the run is to end now, since every row of the feed is done.
    pub(super) fn ends_run(&self) -> bool {
        self.feed.at_end == AtEnd::StopRun && self.supply.as_ref().is_some_and(|supply| supply.is_done())
    }

    /// The next row for a user, the `rank`th of its type.
    pub(super) fn take(&self, rank: u64, rng: &ScopeRng) -> NextRow {
        let mut taken = self.taken.borrow_mut();
        let (taken, reader) = &mut *taken;
        let rows = reader.rows();
        let (position, lease) = match (&self.supply, self.feed.per) {
            (Some(supply), _) => match supply.take(rank, rows) {
                Some((position, lease)) => (position, Some(lease)),
                None => return NextRow::End,
            },
            (None, RowPer::User) => (rank, None),
            (None, RowPer::Iteration | RowPer::Task) => {
                *taken += 1;
                (self.part.number(*taken - 1), None)
            }
        };
        if rows == 0 {
            return NextRow::End;
        }
        let (round, position) = (position / rows, position % rows);
        let index = match self.feed.order {
            RowOrder::Sequential => position,
            RowOrder::Random => rng.draw(|rng| rng.random_range(0..rows)),
            RowOrder::Shuffle => Permutation::new(rows, self.seed.derive(round)).at(position),
        };
        match reader.row(index) {
            Ok(row) => NextRow::Row(row, lease),
            Err(error) => NextRow::Broken(error.message),
        }
    }
}

/// The part a worker has of a user type's rows. Only who has such users takes part: the rows are shared out first among
/// the shards, then among the workers of the shard, so that nobody holds rows that it has no user for.
pub(super) fn row_partition(user_type: UserTypeId, assignments: &[Arc<UserAssignment>], part: Part) -> Part {
    let (shard, workers) = (part.shard(), part.workers());
    let mut workers_with = vec![false; workers as usize];
    for number in numbers(user_type, assignments).filter(|number| number % shard.count == shard.index) {
        workers_with[(number / shard.count % workers) as usize] = true;
    }
    let shard = rows_of_shard(user_type, assignments, shard);
    Part::new(shard, before(&workers_with, part.worker()), all(&workers_with))
}

/// The part a shard has of a user type's rows: one among those shards that have such users.
pub(super) fn rows_of_shard(user_type: UserTypeId, assignments: &[Arc<UserAssignment>], shard: Shard) -> Shard {
    let mut shards_with = vec![false; shard.count as usize];
    numbers(user_type, assignments).for_each(|number| shards_with[(number % shard.count) as usize] = true);
    Shard { index: before(&shards_with, shard.index), count: all(&shards_with) }
}

fn numbers(user_type: UserTypeId, assignments: &[Arc<UserAssignment>]) -> impl Iterator<Item = u32> {
    assignments.iter().flat_map(move |assignment| assignment.numbers(user_type))
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
    use crate::compile::{IterationCount, Iterations, Pool, Scenario, Shape, Until, Visitor, WhenBusy};
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
                _ => Shape::Replay(
                    Arc::from([0]),
                    Pool { max_users: *users, when_busy: WhenBusy::Drop, visitor: Visitor::Returning },
                ),
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
