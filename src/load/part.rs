use crate::units::Shard;

/// One worker's part of a run: of everything that has a number – users, arrivals, rows – those that are its own.
///
/// A shard of *S* has the numbers that leave its own when divided by *S*, and its workers share those out among
/// themselves in the same way. So a shard has the same numbers however many workers it has, and shards need not have
/// equally many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    shard: Shard,
    worker: u32,
    workers: u32,
}

impl Part {
    /// All of a run.
    pub const WHOLE: Self = Self { shard: Shard::WHOLE, worker: 0, workers: 1 };

    /// The part of a shard's worker, from 0, of so many.
    #[must_use]
    pub const fn new(shard: Shard, worker: u32, workers: u32) -> Self {
        let shard = Shard { index: shard.index, count: at_least_one(shard.count) };
        Self { shard, worker, workers: at_least_one(workers) }
    }

    /// Which worker of its shard it is, from 0.
    #[must_use]
    pub const fn worker(self) -> u32 {
        self.worker
    }

    /// How many workers the shard has.
    #[must_use]
    pub const fn workers(self) -> u32 {
        self.workers
    }

    /// Which shard it is of.
    #[must_use]
    pub const fn shard(self) -> Shard {
        self.shard
    }

    /// The part where work is shared out among those alone that have one of `users` users: the numbers of the others are
    /// theirs.
    #[must_use]
    pub const fn among(self, users: u32) -> Self {
        let count = at_least_one(if users < self.shard.count { users } else { self.shard.count });
        let shard = Shard { index: self.shard.index, count };
        let users = shard.of(users);
        Self {
            shard,
            worker: self.worker,
            workers: at_least_one(if users < self.workers { users } else { self.workers }),
        }
    }

    /// Whether a number is its own.
    #[must_use]
    pub const fn has(self, number: u64) -> bool {
        // where it has none, its index is beyond every remainder
        number % self.count() == self.index()
    }

    /// How many of `total` are its own.
    #[must_use]
    pub const fn of(self, total: u64) -> u64 {
        let (index, count) = (self.index(), self.count());
        if total <= index || index >= count { 0 } else { (total - index).div_ceil(count) }
    }

    /// The number in the whole run of its own number `own`.
    #[must_use]
    pub const fn number(self, own: u64) -> u64 {
        self.index().saturating_add(own.saturating_mul(self.count()))
    }

    const fn index(self) -> u64 {
        self.shard.index as u64 + self.worker as u64 * self.shard.count as u64
    }

    const fn count(self) -> u64 {
        self.shard.count as u64 * self.workers as u64
    }
}

const fn at_least_one(count: u32) -> u32 {
    if count == 0 { 1 } else { count }
}
