/// Which of several kinds each of `count` users is. Kinds with a fixed number of users come first; the others are
/// given by their relative weights, as near to them as whole users allow at every prefix: the first 50 users of weights
/// 40, 30, 20 and 10 are 20, 15, 10 and 5.
///
/// Each user is of the kind that is furthest behind its share. Fewer than `count` where no weight is above 0.
#[must_use]
pub fn assign(shares: &[Portion], count: u32) -> Vec<u16> {
    let weight = |kind: usize| match shares[kind] {
        Portion::Weight(weight) => weight,
        Portion::Count(_) => 0.0,
    };
    let index = |kind: usize| u16::try_from(kind).unwrap_or(u16::MAX);
    let mut users: Vec<u16> = Vec::new();
    for (kind, share) in shares.iter().enumerate() {
        if let Portion::Count(fixed) = share {
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

/// How many users are of one kind.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Portion {
    /// Relative to the other weights.
    Weight(f64),
    /// So many.
    Count(u32),
}
