//! Sample sets that are hard on a histogram, held against the samples themselves and against golden figures.

use std::fmt::Write;

use plimsoll::test_api::metrics::{Distribution, Recorder, Scale};
use plimsoll::test_api::units::Seed;
use rand::RngExt;

use crate::support::goldens::assert_golden;

const SHARES: [f64; 9] = [0.0, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999, 1.0];

/// Each set with its name; times in nanoseconds.
fn sets() -> Vec<(&'static str, Scale, Vec<f64>)> {
    let mut dice = Seed::new(20_261_124).generator();
    let mut unit = || dice.random::<f64>();
    let pareto: Vec<f64> = (0..100_000).map(|_| 1e6 * (1.0 - unit()).powf(-1.0 / 1.1)).collect();
    let steps: Vec<f64> = (0..1000).map(|index| if index % 100 == 99 { 5e9 } else { 1e6 }).collect();
    vec![
        ("one sample", Scale::Time, vec![123_456_789.0]),
        ("all equal", Scale::Time, vec![7_777_777.0; 10_000]),
        ("two far points", Scale::Time, vec![1_000.0, 3_600_000_000_000.0]),
        ("two far points, one of them rare", Scale::Time, steps),
        ("heavy tail", Scale::Time, pareto),
        ("neighbours", Scale::Time, (0..1000).map(|index| 1e9 + f64::from(index)).collect()),
        ("a ramp", Scale::Time, (1..=10_000).map(|index| f64::from(index) * 1e5).collect()),
        ("below a microsecond", Scale::Time, vec![0.0, 1.0, 10.0, 100.0, 999.0]),
        ("beyond an hour", Scale::Time, vec![1e9, 4e12, 9e12]),
        ("whole numbers", Scale::Number, (0..=1000).map(f64::from).collect()),
        ("numbers below nothing", Scale::Number, vec![-5.0, 0.0, 5.0]),
        ("tiny and huge numbers", Scale::Number, vec![1e-6, 1.0, 1e12]),
    ]
}

/// The smallest sample with at least the share of all at or below it.
fn exact(sorted: &[f64], share: f64) -> f64 {
    let rank = (share * sorted.len() as f64 - 1e-9).ceil().max(1.0) as usize;
    sorted[rank.min(sorted.len()) - 1]
}

fn distribution(scale: Scale, samples: &[f64]) -> Distribution {
    let mut all = Distribution::new(scale);
    // in seconds of uneven length, as a run has them
    for second in samples.chunks(997) {
        let mut recorder = Recorder::new(scale);
        second.iter().for_each(|sample| recorder.record(*sample));
        all.add(&recorder.take());
    }
    all
}

#[test]
fn quantiles_are_those_of_the_samples_to_a_thousandth() {
    for (name, scale, samples) in sets() {
        let all = distribution(scale, &samples);
        let mut sorted = samples.clone();
        sorted.sort_by(f64::total_cmp);
        let (least, most) = (sorted[0], sorted[sorted.len() - 1]);
        assert_eq!((all.min(), all.max(), all.count()), (Some(least), Some(most), samples.len() as u64), "{name}");
        for share in SHARES {
            let (told, is) = (all.quantile(share).unwrap(), exact(&sorted, share));
            // what lies outside the bounds counts as the nearest bound, and is counted; a bucket is 512 ns wide at least
            let (low, high, step) = match scale {
                Scale::Time => (0.0, 3.6e12, 512.0),
                Scale::Number => (0.0, f64::MAX, 1e-6),
            };
            let within = is.clamp(low, high).clamp(least.max(low), most.max(low));
            assert!(
                (told - within).abs() <= (within * 1e-3).max(step) || told == is,
                "{name}, {share}: {told}, not {is}"
            );
            assert!((least..=most).contains(&told), "{name}, {share}: {told} is no sample's");
        }
    }
}

#[test]
fn the_figures_of_hard_sets_stay_what_they_are() {
    let mut shown = String::new();
    for (name, scale, samples) in sets() {
        let all = distribution(scale, &samples);
        writeln!(shown, "{name}: {} samples, {} out of bounds", all.count(), all.moments().clipped).unwrap();
        writeln!(shown, "  mean {:.6e}  deviation {:.6e}", all.mean().unwrap(), all.deviation().unwrap()).unwrap();
        let quantiles = SHARES.map(|share| format!("{}", all.quantile(share).unwrap()));
        writeln!(shown, "  {}", quantiles.join("  ")).unwrap();
    }
    assert_golden("tests/distributions/hard_sets.txt", &shown);
}
