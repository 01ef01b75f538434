/// Which of several kinds each of `count` users is, by the kinds' relative weights, as near to them as whole users
/// allow at every prefix: the first 50 users of weights 40, 30, 20 and 10 are 20, 15, 10 and 5.
///
/// Each user is of the kind that is furthest behind its share. Empty where no weight is above 0.
#[must_use]
pub fn assign(weights: &[f64], count: u32) -> Vec<u16> {
    let total: f64 = weights.iter().sum();
    if total.is_nan() || total <= 0.0 {
        return Vec::new();
    }
    let mut given = vec![0.0_f64; weights.len()];
    let users = (1..=count).map(|user| {
        let behind = |kind: usize| weights[kind] / total * f64::from(user) - given[kind];
        let kinds = (0..weights.len()).filter(|kind| weights[*kind] > 0.0);
        // of kinds equally far behind the first is taken, so that the order is the plan's
        let kind = kinds.fold(None, |best: Option<usize>, kind| match best {
            Some(best) if behind(best) + 1e-9 >= behind(kind) => Some(best),
            _ => Some(kind),
        });
        let kind = kind.unwrap_or(0);
        given[kind] += 1.0;
        u16::try_from(kind).unwrap_or(u16::MAX)
    });
    users.collect()
}
