//! How far chance carries a change: the standard error of the drawings, how much neighbouring blocks are alike, and how
//! many standard errors wide an interval is.

use std::time::Duration;

use super::resampling::{Blocks, Weights};

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
pub(super) fn spread(changes: &[f64], weights: &Weights, blocks: &Blocks) -> Spread {
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
fn influences(changes: &[f64], mean: f64, weights: &Weights, blocks: &Blocks) -> Vec<f64> {
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

/// The value that a t-distributed quantity of `freedom` ≥ 1 degrees exceeds in size with probability `both` in (0, 1).
///
/// Source: G. W. Hill, Algorithm 396, Communications of the ACM 13 (1970); right to five digits and more.
pub(super) fn student(both: f64, freedom: f64) -> f64 {
    use std::f64::consts::FRAC_PI_2;
    let (p, n) = (both.clamp(1e-300, 1.0), freedom.max(1.0));
    if (n - 1.0).abs() < 1e-9 {
        return 1.0 / (p * FRAC_PI_2).tan();
    }
    if (n - 2.0).abs() < 1e-9 {
        return (2.0 / (p * (2.0 - p)) - 2.0).max(0.0).sqrt();
    }
    let a = 1.0 / (n - 0.5);
    let b = 48.0 / (a * a);
    let mut c = ((20700.0 * a / b - 98.0) * a - 16.0) * a + 96.36;
    let d = ((94.5 / (b + c) - 3.0) / b + 1.0) * (a * FRAC_PI_2).sqrt() * n;
    let mut x = d * p;
    let mut y = x.powf(2.0 / n);
    if y > 0.05 + a {
        x = normal(p / 2.0);
        y = x * x;
        if n < 5.0 {
            c += 0.3 * (n - 4.5) * (x + 0.6);
        }
        c += (((0.05 * d * x - 5.0) * x - 7.0) * x - 2.0) * x + b;
        y = (((((0.4 * y + 6.3) * y + 36.0) * y + 94.5) / c - y - 3.0) / b + 1.0) * x;
        y = (a * y * y).exp_m1();
    } else {
        y = ((1.0 / (((n + 6.0) / (n * y) - 0.089 * d - 0.822) * (n + 2.0) * 3.0) + 0.5 / (n + 4.0)) * y - 1.0)
            * (n + 1.0)
            / (n + 2.0)
            + 1.0 / y;
    }
    (n * y).sqrt()
}

/// The value below which a standard normal quantity lies with probability `p`.
///
/// Source: P. J. Acklam's rational approximation (2003); relative error below 1.2e-9.
pub(super) fn normal(p: f64) -> f64 {
    const A: [f64; 6] = [
        -3.969_683_028_665_376e1,
        2.209_460_984_245_205e2,
        -2.759_285_104_469_687e2,
        1.383_577_518_672_69e2,
        -3.066_479_806_614_716e1,
        2.506_628_277_459_239,
    ];
    const B: [f64; 6] = [
        -5.447_609_879_822_406e1,
        1.615_858_368_580_409e2,
        -1.556_989_798_598_866e2,
        6.680_131_188_771_972e1,
        -1.328_068_155_288_572e1,
        1.0,
    ];
    const C: [f64; 6] = [
        -7.784_894_002_430_293e-3,
        -3.223_964_580_411_365e-1,
        -2.400_758_277_161_838,
        -2.549_732_539_343_734,
        4.374_664_141_464_968,
        2.938_163_982_698_783,
    ];
    const D: [f64; 5] =
        [7.784_695_709_041_462e-3, 3.224_671_290_700_398e-1, 2.445_134_137_142_996, 3.754_408_661_907_416, 1.0];
    const TAIL: f64 = 0.02425;
    let polynomial = |factors: &[f64], x: f64| factors.iter().fold(0.0, |sum, factor| sum * x + factor);
    if p > 0.5 {
        return -normal(1.0 - p);
    }
    if p < TAIL {
        let q = (-2.0 * p.max(1e-300).ln()).sqrt();
        return polynomial(&C, q) / polynomial(&D, q);
    }
    let q = p - 0.5;
    q * polynomial(&A, q * q) / polynomial(&B, q * q)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_of_the_textbooks_come_out() {
        // both tails, degrees of freedom, the value of the tables
        let table = [
            (0.05, 1.0, 12.7062),
            (0.05, 2.0, 4.30265),
            (0.05, 4.0, 2.776445),
            (0.05, 10.0, 2.228139),
            (0.01, 7.0, 3.499483),
            (0.001, 20.0, 3.849516),
            (0.5, 6.0, 0.717558),
            (0.05, 1000.0, 1.962339),
        ];
        for (both, freedom, value) in table {
            let ours = student(both, freedom);
            assert!((ours / value - 1.0).abs() < 2e-4, "{both} {freedom}: {ours} is not {value}");
        }
    }

    #[test]
    fn the_normal_distribution_is_symmetric_and_right() {
        for (p, value) in [(0.5, 0.0), (0.975, 1.959_963_985), (0.001, -3.090_232_306), (0.9, 1.281_551_566)] {
            assert!((normal(p) - value).abs() < 1e-8, "{p}: {}", normal(p));
        }
    }
}
