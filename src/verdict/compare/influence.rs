//! How far chance carries a change: the spread of the drawings, and how much neighbouring blocks are alike.

use std::time::Duration;

use super::blocks::Blocks;

/// The spread of a change over the drawings.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spread {
    /// Its standard error, widened for what neighbouring blocks have in common.
    pub(super) error: f64,
    /// How many blocks there are for each that tells something of its own; 1 where they have nothing in common.
    pub(super) widening: f64,
    /// How many drawings gave no number.
    pub(super) missing: usize,
}

/// How long the wandering of a service's level is taken to last.
const PERSISTENCE: Duration = Duration::from_secs(10);
/// The least and the most that is left of it in the next block.
const FADING: (f64, f64) = (0.5, 0.8);
/// How many autocorrelations are looked at; in a short run, a quarter of its blocks.
const LAGS: usize = 5;
/// By what factor at most the rest is scaled up for what hides in the mean.
const MOST_HIDDEN: f64 = 2.0;

/// The spread of the changes that the drawings gave.
pub(super) fn spread(changes: &[f64], weights: &super::replicate::Weights, blocks: &Blocks) -> Spread {
    let there = changes.iter().filter(|change| change.is_finite());
    let count = there.clone().count();
    let missing = changes.len() - count;
    if count < 2 {
        return Spread { error: f64::NAN, widening: 1.0, missing };
    }
    let mean = there.clone().sum::<f64>() / count as f64;
    let variance = there.map(|change| (change - mean).powi(2)).sum::<f64>() / (count - 1) as f64;
    let widening = widening(&influences(changes, mean, weights, blocks), blocks);
    Spread { error: (variance * widening).sqrt(), widening, missing }
}

/// What each block adds to the change: how the change goes with the block's weight over the drawings.
///
/// Source: the infinitesimal jackknife in Efron, Estimation and accuracy after model selection, JASA 109 (2014).
fn influences(changes: &[f64], mean: f64, weights: &super::replicate::Weights, blocks: &Blocks) -> Vec<f64> {
    let mut influences = vec![0.0; blocks.count];
    for (change, weights) in changes.iter().zip(weights.each()).filter(|(change, _)| change.is_finite()) {
        for (influence, weight) in influences.iter_mut().zip(weights) {
            *influence += (weight - 1.0) * (change - mean);
        }
    }
    influences
}

/// How much more the sum of the blocks varies than that of blocks that have nothing in common.
///
/// What blocks have in common is taken to fade by the factor φ a block, φ being that of [`PERSISTENCE`] within
/// [`FADING`]; how much it is at first, a, comes from the first autocorrelations: r(j) = a φʲ. The variance then is
/// 1 + 2 a φ / (1 − φ) times that of independent blocks. Each r(j) of n blocks is about 1 / n too small.
///
/// Source: batch means corrected for their correlation, as in Steiger et al., ASAP3, ACM TOMACS 15 (2005); the bias in
/// Marriott and Pope, Biometrika 41 (1954).
fn widening(influences: &[f64], blocks: &Blocks) -> f64 {
    let (least, most) = FADING;
    let fading = (-blocks.seconds / PERSISTENCE.as_secs_f64()).exp().clamp(least, most);
    let centred = blocks.strata.iter().map(|stratum| {
        let part = &influences[stratum.clone()];
        let mean = part.iter().sum::<f64>() / part.len() as f64;
        part.iter().map(|influence| influence - mean).collect::<Vec<f64>>()
    });
    let centred: Vec<Vec<f64>> = centred.collect();
    let all: f64 = centred.iter().flatten().map(|influence| influence * influence).sum();
    if all <= 0.0 {
        return 1.0;
    }
    let (mut found, mut faded, mut scale) = (0.0, 0.0, 0.0);
    let mut fade = 1.0;
    for lag in 1..=LAGS.min(influences.len() / 4).max(1) {
        fade *= fading;
        let products = centred.iter().flat_map(|part| part.iter().zip(part.iter().skip(lag)));
        let together: f64 = products.map(|(one, other)| one * other).sum();
        found += fade * (together / all + 1.0 / influences.len() as f64);
        faded += fade;
        scale += fade * fade;
    }
    // what they have in common also hides in the mean, which is taken away from all: that makes each r(j) smaller yet
    let reach = 2.0 * fading / (1.0 - fading);
    let hidden = faded * reach / influences.len() as f64;
    let common = (found / (scale - hidden).max(scale / MOST_HIDDEN)).clamp(0.0, 1.0);
    1.0 + common * reach
}
