use rand::RngExt;

use super::bins::floor;
use super::blocks::{Blocks, Side};
use super::quantity::Quantity;
use crate::units::Seed;

/// How often blocks are drawn.
pub const REPLICATES: usize = 500;

/// How much each block counts in each drawing.
#[derive(Debug)]
pub(super) struct Weights {
    blocks: usize,
    all: Vec<f64>,
}

/// What a row's quantities are under some weights; not a number where there is nothing to tell.
pub(super) type Figures = [f64; Quantity::ALL.len()];

impl Weights {
    /// Draws blocks with replacement, one less than there are in each stratum, and weighs them to make up for it, so
    /// that the spread has no bias.
    ///
    /// Source: Rao and Wu, Resampling inference with complex survey data, JASA 83 (1988).
    pub(super) fn draw(blocks: &Blocks, seed: Seed) -> Self {
        let mut dice = seed.generator();
        let mut all = vec![0.0; REPLICATES * blocks.count];
        for weights in all.chunks_mut(blocks.count.max(1)) {
            for stratum in &blocks.strata {
                let size = stratum.len();
                if size < 2 {
                    weights[stratum.clone()].fill(1.0);
                    continue;
                }
                let weight = size as f64 / (size - 1) as f64;
                for _ in 1..size {
                    weights[dice.random_range(stratum.clone())] += weight;
                }
            }
        }
        Self { blocks: blocks.count, all }
    }

    /// The weights of each drawing.
    pub(super) fn each(&self) -> impl Iterator<Item = &[f64]> {
        self.all.chunks(self.blocks.max(1))
    }
}

/// A row's counts laid out for weighing.
pub(super) struct Scale<'a> {
    side: &'a Side,
    low: usize,
    sum: Vec<f64>,
}

impl<'a> Scale<'a> {
    pub(super) fn new(side: &'a Side) -> Self {
        let buckets = || side.blocks.iter().flat_map(|block| block.cell.times.settled());
        let low = buckets().map(|(bucket, _)| usize::from(*bucket)).min().unwrap_or(0);
        let high = buckets().map(|(bucket, _)| usize::from(*bucket)).max().unwrap_or(0);
        Self { side, low, sum: vec![0.0; high - low + 1] }
    }

    pub(super) fn weigh(&mut self, weights: &[f64]) -> Figures {
        let (mut seconds, mut ended, mut failed) = (0.0, 0.0, 0.0);
        self.sum.fill(0.0);
        for (block, weight) in self.side.blocks.iter().zip(weights).filter(|(_, weight)| **weight > 0.0) {
            seconds += weight * block.seconds;
            ended += weight * block.cell.ended as f64;
            failed += weight * block.cell.failed as f64;
            for (bucket, count) in block.cell.times.settled() {
                self.sum[usize::from(*bucket) - self.low] += weight * f64::from(*count);
            }
        }
        let mut figures = [ended / seconds, failed / ended, f64::NAN, f64::NAN, f64::NAN, f64::NAN];
        let mut wanted = Quantity::ALL.iter().zip(&mut figures).filter_map(|(q, figure)| Some((q.share()?, figure)));
        let total: f64 = self.sum.iter().sum();
        let mut next = wanted.next();
        let mut below = 0.0;
        for (index, count) in self.sum.iter().enumerate().filter(|(_, count)| **count > 0.0) {
            while let Some((share, figure)) = &mut next {
                let rank = *share * total;
                if below + count < rank {
                    break;
                }
                let (from, to) = (floor(self.low + index), floor(self.low + index + 1));
                **figure = from + (to - from) * (rank - below) / count;
                next = wanted.next();
            }
            below += count;
        }
        figures
    }
}
