/// How many of a group of users are of one kind.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Share {
    /// Relative to the other weights.
    Weight(f64),
    /// So many; they come before any is given out by weight.
    Count(u32),
}

/// Which of several kinds each of `count` users is. Kinds with a fixed number of users come first; the others are
/// given by their relative weights, as near to them as whole users allow at every prefix: the first 50 users of weights
/// 40, 30, 20 and 10 are 20, 15, 10 and 5.
///
/// Each user is of the kind that is furthest behind its share. Fewer than `count` where no weight is above 0.
#[must_use]
pub fn assign(shares: &[Share], count: u32) -> Vec<u16> {
    let weight = |kind: usize| match shares[kind] {
        Share::Weight(weight) => weight,
        Share::Count(_) => 0.0,
    };
    let index = |kind: usize| u16::try_from(kind).unwrap_or(u16::MAX);
    let mut users: Vec<u16> = Vec::new();
    for (kind, share) in shares.iter().enumerate() {
        if let Share::Count(fixed) = share {
            let room = (count as usize).saturating_sub(users.len());
            users.extend(std::iter::repeat_n(index(kind), room.min(*fixed as usize)));
        }
    }
    let total: f64 = (0..shares.len()).map(weight).sum();
    if total.is_nan() || total <= 0.0 {
        return users;
    }
    let mut given = vec![0.0_f64; shares.len()];
    let rest = u32::try_from(users.len()).map_or(0, |fixed| count.saturating_sub(fixed));
    users.extend((1..=rest).map(|user| {
        let behind = |kind: usize| weight(kind) / total * f64::from(user) - given[kind];
        let kinds = (0..shares.len()).filter(|kind| weight(*kind) > 0.0);
        // of kinds equally far behind the first is taken, so that the order is the plan's
        let kind = kinds.fold(None, |best: Option<usize>, kind| match best {
            Some(best) if behind(best) + 1e-9 >= behind(kind) => Some(best),
            _ => Some(kind),
        });
        let kind = kind.unwrap_or(0);
        given[kind] += 1.0;
        index(kind)
    }));
    users
}

/// A choice among things by relative weights; one of weight 0 is never chosen.
#[derive(Debug, Clone)]
pub struct Choice {
    /// Each thing's weight added to those before it.
    sums: Vec<f64>,
}

impl Choice {
    /// The choice by these weights; `None` where none is above 0.
    #[must_use]
    pub fn new(weights: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut total = 0.0;
        let sums: Vec<f64> = weights
            .into_iter()
            .map(|weight| {
                total += if weight.is_finite() { weight.max(0.0) } else { 0.0 };
                total
            })
            .collect();
        (total > 0.0).then_some(Self { sums })
    }

    /// The thing at `share` of the whole weight; `share` is drawn evenly from 0 up to 1.
    #[must_use]
    pub fn pick(&self, share: f64) -> usize {
        let total = self.sums.last().copied().unwrap_or(0.0);
        let at = share.clamp(0.0, 1.0) * total;
        let index = self.sums.partition_point(|sum| *sum <= at);
        // a share of exactly 1 would fall off the end: it belongs to the last thing with a weight
        if index < self.sums.len() { index } else { self.sums.partition_point(|sum| *sum < total) }
    }
}
