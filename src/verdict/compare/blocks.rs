use std::ops::Range;

use super::accumulator::{Row, Trace};
use super::bins::Cell;

/// The most blocks a run is cut into. More would tell little more about chance, and leave neighbours more alike.
const BLOCKS: usize = 32;
/// The fewest blocks that are drawn among themselves.
const STRATUM: usize = 8;

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
pub(super) struct Side {
    pub(super) blocks: Vec<Block>,
}

/// A block of one row.
#[derive(Debug, Default)]
pub(super) struct Block {
    pub(super) seconds: f64,
    pub(super) cell: Cell,
}

impl Blocks {
    pub(super) fn of(base: &Trace, new: &Trace) -> Self {
        let count = base.cells.min(new.cells).min(BLOCKS);
        let turns = if base.window.matches(&new.window) { base.window.turns() } else { Vec::new() };
        let turns = turns.into_iter().map(|turn| (turn * count as f64).round() as usize);
        let mut strata: Vec<Range<usize>> = Vec::new();
        let mut from = 0;
        for turn in turns.chain([count]) {
            if turn >= from + STRATUM && (count - turn >= STRATUM || turn == count) {
                strata.push(from..turn);
                from = turn;
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
    pub(super) fn cut(&self, row: &Row, trace: &Trace) -> Side {
        let mut blocks: Vec<Block> = std::iter::repeat_with(Block::default).take(self.count).collect();
        for (index, (cell, seconds)) in row.cells.iter().zip(&trace.lengths).enumerate() {
            if let Some(block) = blocks.get_mut(index * self.count / trace.cells) {
                block.seconds += seconds;
                block.cell.merge(cell);
            }
        }
        blocks.iter_mut().for_each(|block| {
            block.cell.times.settle();
        });
        Side { blocks }
    }
}

impl Side {
    /// How many blocks have answers.
    pub(super) fn filled(&self) -> usize {
        self.blocks.iter().filter(|block| block.cell.ended > 0).count()
    }
}
