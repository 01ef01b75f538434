use std::sync::Arc;

use super::user_assignment::UserAssignment;
use crate::load::Part;
use crate::sample::UserTypeId;
use crate::units::Shard;

/// The part a worker has of a user type's rows. Only who has such users takes part: first the shards take row_partition, then
/// the workers of the shard, so that nobody holds rows that it has no user for.
pub(super) fn row_partition(kind: UserTypeId, casts: &[Arc<UserAssignment>], part: Part) -> Part {
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::compile::{IterationCount, Iterations, Pool, Scenario, Shape, Until, WhenBusy};
    use crate::load::{Ramp, Share, Stage};
    use crate::sample::StageId;

    const KINDS: u16 = 3;

    fn casts(shapes: &[(u8, u32, [u32; 3])]) -> Vec<Arc<UserAssignment>> {
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
            let casts = casts(&shapes);
            let count = workers.len() as u32;
            for kind in (0..KINDS).map(UserTypeId) {
                let users: Vec<u64> = casts.iter().flat_map(|cast| cast.numbers(kind)).map(u64::from).collect();
                let mut rows = [0; 100];
                for (index, workers) in (0..count).zip(&workers) {
                    for part in (0..*workers).map(|worker| Part::new(Shard { index, count }, worker, *workers)) {
                        // a worker without such users never asks for a row
                        if users.iter().any(|number| part.has(*number)) {
                            let row_partition = row_partition(kind, &casts, part);
                            (0..row_partition.of(100)).for_each(|own| rows[row_partition.number(own) as usize] += 1);
                        }
                    }
                }
                prop_assert!(users.is_empty() || rows.iter().all(|takers| *takers == 1), "{:?}", rows);
            }
        }
    }
}
