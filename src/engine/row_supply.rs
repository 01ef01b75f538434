use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::feeder::rows_of_shard;
use super::scenario::UserAssignment;
use crate::compile::{AtEnd, Feed, Program, RowOrder, RowPer};
use crate::load::Part;
use crate::units::Shard;

/// The rows of one feed that come to an end, as all workers of this machine take them: each row once, whoever is free for
/// it, so that none is left when the last is taken. Feeds that never end need none of this: there each worker has rows of
/// its own.
#[derive(Debug)]
pub(super) struct RowSupply {
    per: RowPer,
    shard: Shard,
    /// How many rows this shard has.
    rows: u64,
    taken: AtomicU64,
    /// The users that have one, where each user has its own.
    users: Mutex<HashSet<u64>>,
    /// Rows that users still work with.
    held: AtomicU64,
    /// Whether somebody found no row.
    ran_out: AtomicBool,
}

/// A row that a user works with, until this is dropped.
#[derive(Debug)]
pub(super) struct RowLease(Arc<RowSupply>);

/// The supplies of a run, by user type and feed; `None` for a feed that never ends.
pub(super) type RowSupplies = Arc<[Vec<Option<Arc<RowSupply>>>]>;

impl RowSupply {
    /// The supplies of all feeds.
    pub(super) fn of_all(program: &Program, assignments: &[Arc<UserAssignment>], shard: Shard) -> RowSupplies {
        let of_type = |user_type: &crate::compile::UserType| {
            let own = rows_of_shard(user_type.id, assignments, shard);
            user_type.feeds.iter().map(|feed| Self::new(feed, own).map(Arc::new)).collect()
        };
        program.users.iter().map(of_type).collect()
    }

    fn new(feed: &Feed, shard: Shard) -> Option<Self> {
        if feed.at_end == AtEnd::Repeat || feed.order == RowOrder::Random {
            return None;
        }
        Some(Self {
            per: feed.per,
            shard,
            rows: Part::new(shard, 0, 1).of(feed.table.rows()),
            taken: AtomicU64::new(0),
            users: Mutex::default(),
            held: AtomicU64::new(0),
            ran_out: AtomicBool::new(false),
        })
    }

    /// Takes the next row for the `rank`th user of a type: its place in the whole run's order; `None` after the last.
    pub(super) fn take(self: &Arc<Self>, rank: u64, rows: u64) -> Option<(u64, RowLease)> {
        // before it is taken, so that nobody sees a row that is neither there nor held
        self.held.fetch_add(1, Ordering::SeqCst);
        let lease = RowLease(self.clone());
        let place = match self.per {
            RowPer::User => rank,
            RowPer::Iteration | RowPer::Task => {
                Part::new(self.shard, 0, 1).number(self.taken.fetch_add(1, Ordering::SeqCst))
            }
        };
        if place >= rows {
            self.ran_out.store(true, Ordering::SeqCst);
            return None;
        }
        // a user that comes again, because a person changed the load, has the row it had
        if self.per == RowPer::User && self.users.lock().unwrap_or_else(PoisonError::into_inner).insert(rank) {
            self.taken.fetch_add(1, Ordering::SeqCst);
        }
        Some((place, lease))
    }

    /// Whether every row was taken and nobody works with one any more.
    pub(super) fn is_done(&self) -> bool {
        let all_taken = self.taken.load(Ordering::SeqCst) >= self.rows;
        // which rows belong to the users of a shard is not counted: there it is over when one found none
        let over = self.per == RowPer::User && self.shard.count > 1 && self.ran_out.load(Ordering::SeqCst);
        (all_taken || over) && self.held.load(Ordering::SeqCst) == 0
    }
}

impl Drop for RowLease {
    fn drop(&mut self) {
        self.0.held.fetch_sub(1, Ordering::SeqCst);
    }
}
