/// Where fewer samples than this lie beyond a quantile, chance alone may move it.
pub const FEW_BEYOND: f64 = 5.0;

/// Whether so few samples stand behind the quantile `p` that another run may well have another.
#[must_use]
pub fn has_few_samples(samples: u64, p: f64) -> bool {
    samples > 0 && samples as f64 * (1.0 - p) < FEW_BEYOND
}

#[cfg(test)]
mod tests {
    use super::has_few_samples;

    #[test]
    fn the_further_out_a_quantile_is_the_more_samples_it_takes() {
        let few = |samples| [0.5, 0.95, 0.99].map(|p| has_few_samples(samples, p));
        assert_eq!(few(9), [true, true, true]);
        assert_eq!(few(40), [false, true, true]);
        assert_eq!(few(100), [false, false, true]);
        assert_eq!(few(500), [false, false, false]);
        // no data says so itself
        assert_eq!(few(0), [false, false, false]);
    }
}
