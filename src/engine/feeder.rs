use std::cell::RefCell;

use rand::RngExt;

use crate::compile::{AtEnd, Feed, RowOrder, RowPer};
use crate::expression::{ScopeRng, Value};
use crate::load::Part;
use crate::rows::{Permutation, Reader};
use crate::units::Seed;

/// One worker's rows of one feed. Those that have users of its kind take row_partition, so that no row is taken twice and none
/// is held by somebody who has no user for it.
pub(super) struct Feeder {
    feed: Feed,
    part: Part,
    seed: Seed,
    /// How many rows this worker has taken, and the file it takes them from.
    place: RefCell<(u64, Reader)>,
}

/// What there is for a user that wants a row.
pub(super) enum Fed {
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
        Ok(Self { feed: feed.clone(), part, seed, place: RefCell::new((0, reader)) })
    }

    pub(super) const fn feed(&self) -> &Feed {
        &self.feed
    }

    /// The next row for a user, the `rank`th of its kind.
    pub(super) fn take(&self, rank: u64, rng: &ScopeRng) -> Fed {
        let mut place = self.place.borrow_mut();
        let (taken, reader) = &mut *place;
        let rows = reader.rows();
        let position = match self.feed.per {
            RowPer::User => rank,
            RowPer::Iteration => {
                *taken += 1;
                self.part.number(*taken - 1)
            }
        };
        if rows == 0 || (position >= rows && self.feed.order != RowOrder::Random && self.feed.at_end != AtEnd::Repeat) {
            return Fed::End(self.feed.at_end);
        }
        let (round, position) = (position / rows, position % rows);
        let index = match self.feed.order {
            RowOrder::Sequential => position,
            RowOrder::Random => rng.draw(|rng| rng.random_range(0..rows)),
            RowOrder::Shuffle => Permutation::new(rows, self.seed.derive(round)).at(position),
        };
        match reader.row(index) {
            Ok(row) => Fed::Row(row),
            Err(error) => Fed::Broken(error.message),
        }
    }
}
