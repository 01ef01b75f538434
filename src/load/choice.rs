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
