//! Two runs cut into blocks of consecutive seconds, and how much each block counts in each drawing.

use std::ops::Range;

use rand::RngExt;

use super::accumulator::{Row, Trace};
use super::bins::{Bin, floor};
use super::comparison::Quantity;
use crate::units::Seed;

/// How two runs are cut into the same number of blocks of consecutive seconds: block *k* of one has the place of
/// block *k* of the other.
#[derive(Debug)]
pub(super) struct Blocks {
    pub(super) count: usize,
    /// How long a block is, on average: of the run with the shorter ones.
    pub(super) seconds: f64,
    /// Blocks that may stand for each other: those of one stage, or of short stages that follow each other.
    pub(super) strata: Vec<Range<usize>>,
}

/// A row of one run, block by block.
#[derive(Debug)]
pub(super) struct RowBlocks {
    pub(super) blocks: Vec<Block>,
}

/// A block of one row.
#[derive(Debug, Default)]
pub(super) struct Block {
    pub(super) seconds: f64,
    pub(super) bin: Bin,
}

/// The most blocks a run is cut into. More would tell little more about chance, and leave neighbours more alike.
const BLOCKS: usize = 32;
/// The fewest blocks that are drawn among themselves.
const STRATUM: usize = 8;

impl Blocks {
    pub(super) fn of(base: &Trace, new: &Trace) -> Self {
        let count = base.bins.min(new.bins).min(BLOCKS);
        let boundaries = if base.window.matches(&new.window) { base.window.boundaries() } else { Vec::new() };
        let boundaries = boundaries.into_iter().map(|boundary| (boundary * count as f64).round() as usize);
        let mut strata: Vec<Range<usize>> = Vec::new();
        let mut from = 0;
        for boundary in boundaries.chain([count]) {
            if boundary >= from + STRATUM && (count - boundary >= STRATUM || boundary == count) {
                strata.push(from..boundary);
                from = boundary;
            }
        }
        match strata.last_mut() {
            Some(last) if from < count => last.end = count,
            None => strata.push(0..count),
            Some(_) => {}
        }
        let seconds = base.seconds().min(new.seconds()) / count.max(1) as f64;
        Self { count, seconds, strata }
    }

    /// A row of one of the two runs, cut so.
    pub(super) fn cut(&self, row: &Row, trace: &Trace) -> RowBlocks {
        let mut blocks: Vec<Block> = std::iter::repeat_with(Block::default).take(self.count).collect();
        for (index, (bin, seconds)) in row.bins.iter().zip(&trace.lengths).enumerate() {
            if let Some(block) = blocks.get_mut(index * self.count / trace.bins) {
                block.seconds += seconds;
                block.bin.merge(bin);
            }
        }
        blocks.iter_mut().for_each(|block| {
            block.bin.times.settle();
        });
        RowBlocks { blocks }
    }
}

impl RowBlocks {
    /// How many blocks have answers.
    pub(super) fn filled(&self) -> usize {
        self.blocks.iter().filter(|block| block.bin.ended > 0).count()
    }
}

/// How often blocks are drawn.
pub const REPLICATES: usize = 500;

/// How much each block counts in each drawing.
#[derive(Debug)]
pub(super) struct Weights {
    blocks: usize,
    all: Vec<f64>,
}

/// What a row's quantities are under some weights; not a number where there are no samples.
pub(super) type Quantities = [f64; Quantity::ALL.len()];

impl Weights {
    /// Draws blocks with replacement, one less than there are in each stratum, and weighs them to make up for it, so
    /// that the spread has no bias.
    ///
    /// Source: Rao and Wu, Resampling inference with complex survey data, JASA 83 (1988).
    pub(super) fn draw(blocks: &Blocks, seed: Seed) -> Self {
        let mut generator = seed.generator();
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
                    weights[generator.random_range(stratum.clone())] += weight;
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
pub(super) struct WeightedRow<'a> {
    row: &'a RowBlocks,
    low: usize,
    sum: Vec<f64>,
}

impl<'a> WeightedRow<'a> {
    pub(super) fn new(row: &'a RowBlocks) -> Self {
        let buckets = || row.blocks.iter().flat_map(|block| block.bin.times.settled());
        let low = buckets().map(|(bucket, _)| usize::from(*bucket)).min().unwrap_or(0);
        let high = buckets().map(|(bucket, _)| usize::from(*bucket)).max().unwrap_or(0);
        Self { row, low, sum: vec![0.0; high - low + 1] }
    }

    pub(super) fn weigh(&mut self, weights: &[f64]) -> Quantities {
        let (mut seconds, mut ended, mut failed) = (0.0, 0.0, 0.0);
        self.sum.fill(0.0);
        for (block, weight) in self.row.blocks.iter().zip(weights).filter(|(_, weight)| **weight > 0.0) {
            seconds += weight * block.seconds;
            ended += weight * block.bin.ended as f64;
            failed += weight * block.bin.failed as f64;
            for (bucket, count) in block.bin.times.settled() {
                self.sum[usize::from(*bucket) - self.low] += weight * f64::from(*count);
            }
        }
        let mut values = [ended / seconds, failed / ended, f64::NAN, f64::NAN, f64::NAN, f64::NAN];
        let mut wanted =
            Quantity::ALL.iter().zip(&mut values).filter_map(|(quantity, value)| Some((quantity.share()?, value)));
        let total: f64 = self.sum.iter().sum();
        let mut next = wanted.next();
        let mut below = 0.0;
        for (index, count) in self.sum.iter().enumerate().filter(|(_, count)| **count > 0.0) {
            while let Some((share, value)) = &mut next {
                let rank = *share * total;
                if below + count < rank {
                    break;
                }
                let (from, to) = (floor(self.low + index), floor(self.low + index + 1));
                **value = from + (to - from) * (rank - below) / count;
                next = wanted.next();
            }
            below += count;
        }
        values
    }
}
