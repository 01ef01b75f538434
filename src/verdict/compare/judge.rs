use std::sync::Arc;

use super::accumulator::{Row, Trace};
use super::comparison::{Change, Compared, Comparison, Demand, Quantity, Word};
use super::resampling::{Blocks, Quantities, REPLICATES, RowBlocks, WeightedRow, Weights};
use super::standard_error::{spread, student};
use crate::units::{Ratio, Seed};

/// How often one of all intervals may be wrong: less than the five in a hundred that a word may be wrong, because the
/// intervals of a run whose level wanders come out a little narrow.
pub const LEVEL: f64 = 0.03;
/// An interval that reaches this far (as the logarithm of new / base) says nothing: a doubling would not be seen.
const WIDEST: f64 = std::f64::consts::LN_2;
/// The same for a difference of error rates.
const WIDEST_ERRORS: f64 = 0.05;
/// Fewer blocks with answers do not show how much they vary.
const FEWEST_BLOCKS: usize = 5;
/// Blocks that have much in common count for no fewer degrees of freedom than this; the standard error has it already.
const FEWEST_FREEDOM: f64 = 5.0;
/// Fewer samples beyond a quantile do not show how much it varies.
const FEWEST_BEYOND: f64 = 10.0;
/// How well the histograms tell values apart, as a standard error.
const RESOLUTION: f64 = 0.0005;

/// Compares a run with a base. The same runs and seed give the same words.
#[must_use]
pub fn compare(base: &Trace, new: &Trace, demand: &Demand, seed: Seed) -> Comparison {
    let blocks = Blocks::of(base, new);
    let weights = Weights::draw(&blocks, seed);
    let shared = base.rows.iter().filter_map(|(name, row)| Some((name, row, new.rows.get(name)?)));
    let quantities = Quantity::ALL.len();
    let rows = shared.clone().count();
    // half of the chance of a false word is for the row of all: it keeps its power however many endpoints there are
    let level_of_all = LEVEL / 2.0 / quantities as f64;
    let level = level_of_all / rows.max(1) as f64;
    let comparer = |level| RowComparer { base, new, demand, blocks: &blocks, weights: &weights, level };
    let all = comparer(level_of_all).compare((&"".into(), &"".into()), &base.all, &new.all);
    let rows: Vec<Compared> =
        shared.map(|((method, name), row, other)| comparer(level).compare((method, name), row, other)).collect();
    let missing =
        |of: &Trace, from: &Trace| of.rows.keys().filter(|name| !from.rows.contains_key(*name)).cloned().collect();
    let known = all.word_of(Quantity::P50) != Word::NotEnoughData;
    let found = Word::of(std::iter::once(all.word).chain(rows.iter().map(|row| row.word)));
    Comparison {
        // that some row is the same says little where the run as a whole is too short to judge
        word: if known || found > Word::Same { found } else { Word::NotEnoughData },
        changes: quantities * (rows.len() + 1),
        blocks: blocks.count,
        only_base: missing(base, new),
        only_new: missing(new, base),
        all,
        rows,
    }
}

struct RowComparer<'a> {
    base: &'a Trace,
    new: &'a Trace,
    demand: &'a Demand,
    blocks: &'a Blocks,
    weights: &'a Weights,
    /// How often the interval of one quantity may be wrong.
    level: f64,
}

impl RowComparer<'_> {
    fn compare(&self, (method, name): (&Arc<str>, &Arc<str>), base: &Row, new: &Row) -> Compared {
        let sides = [self.blocks.cut(base, self.base), self.blocks.cut(new, self.new)];
        let drawn = self.draw(&sides);
        let filled = sides.iter().map(RowBlocks::filled).min().unwrap_or(0);
        let changes: Vec<Change> = Quantity::ALL
            .iter()
            .enumerate()
            .map(|(index, quantity)| {
                let drawn: Vec<f64> = drawn.iter().map(|change| change[index]).collect();
                self.judge(*quantity, (base, new), &drawn, filled)
            })
            .collect();
        Compared {
            name: (method.clone(), name.clone()),
            ended: (base.ended, new.ended),
            failed: (base.failed, new.failed),
            word: Word::of(changes.iter().map(|change| change.word)),
            changes,
        }
    }

    /// The change of each quantity in each drawing: of error rates a difference, else the logarithm of a ratio.
    fn draw(&self, [base, new]: &[RowBlocks; 2]) -> Vec<Quantities> {
        let (mut base, mut new) = (WeightedRow::new(base), WeightedRow::new(new));
        let draw = |weights| {
            let (base, new) = (base.weigh(weights), new.weigh(weights));
            std::array::from_fn(|index| match Quantity::ALL[index] {
                Quantity::ErrorRate => new[index] - base[index],
                _ => (new[index] / base[index]).ln(),
            })
        };
        self.weights.each().map(draw).collect()
    }

    fn judge(&self, quantity: Quantity, (base, new): (&Row, &Row), drawn: &[f64], filled: usize) -> Change {
        let (from, to) = (self.base_value(quantity, base), self.new_value(quantity, new));
        let mut change =
            Change { quantity, base: from, new: to, change: None, interval: None, word: Word::NotEnoughData };
        let (Some(from), Some(to)) = (from, to) else { return change };
        let errors = quantity == Quantity::ErrorRate;
        if !errors && (from <= 0.0 || to <= 0.0) {
            return change;
        }
        let moved = if errors { to - from } else { to / from - 1.0 };
        change.change = Some(moved);
        let spread = spread(drawn, self.weights, self.blocks);
        let fewest = base.ended.min(new.ended);
        if filled < FEWEST_BLOCKS || self.too_few(quantity, fewest) || spread.missing > REPLICATES / 10 {
            return change;
        }
        // blocks that have much in common are worth fewer
        let freedom = (filled - self.blocks.strata.len().min(filled - 1)) as f64;
        let freedom = (freedom / spread.widening).max(freedom.min(FEWEST_FREEDOM));
        let error = if errors { spread.error.max(agresti_caffo(base, new)) } else { spread.error.hypot(RESOLUTION) };
        let reach = student(self.level, freedom) * error;
        if !reach.is_finite() {
            return change;
        }
        let bounds = if errors {
            (moved - reach, moved + reach)
        } else {
            let ratio = to / from;
            (ratio * (-reach).exp() - 1.0, ratio * reach.exp() - 1.0)
        };
        change.interval = Some(bounds);
        let matters = (to - from).abs() > self.allowance(quantity, from);
        let sure = bounds.0 > 0.0 || bounds.1 < 0.0;
        let wide = reach > if errors { WIDEST_ERRORS } else { WIDEST };
        let worse = (moved > 0.0) != (quantity == Quantity::Throughput);
        change.word = match (sure && matters, worse, wide) {
            (true, true, _) => Word::Regressed,
            (true, false, _) => Word::Improved,
            (false, _, true) => Word::NotEnoughData,
            (false, _, false) => Word::Same,
        };
        change
    }

    fn base_value(&self, quantity: Quantity, row: &Row) -> Option<f64> {
        value(quantity, row, self.base.seconds())
    }

    fn new_value(&self, quantity: Quantity, row: &Row) -> Option<f64> {
        value(quantity, row, self.new.seconds())
    }

    /// How much the quantity may change without mattering, in its own unit.
    fn allowance(&self, quantity: Quantity, base: f64) -> f64 {
        let part = self.demand.tolerance.as_f64() * base;
        match quantity {
            Quantity::Throughput => part,
            Quantity::ErrorRate => part.max(self.demand.error_floor.as_f64()),
            _ => part.max(self.demand.floor.as_nanos() as f64),
        }
    }

    /// Whether so many samples do not bound the quantile from above: the largest of n lies beyond the p-quantile with
    /// probability 1 − pⁿ.
    ///
    /// Source: distribution-free bounds of a quantile: Wilks, Annals of Mathematical Statistics 12 (1941).
    fn too_few(&self, quantity: Quantity, samples: u64) -> bool {
        let Some(share) = quantity.share() else { return samples == 0 };
        let bounded = (self.level / 2.0).ln() / share.ln();
        (samples as f64) < bounded.max(FEWEST_BEYOND / (1.0 - share) - 0.5)
    }
}

fn value(quantity: Quantity, row: &Row, seconds: f64) -> Option<f64> {
    match quantity {
        Quantity::Throughput => (seconds > 0.0).then(|| row.ended as f64 / seconds),
        Quantity::ErrorRate => Ratio::of(row.failed, row.ended).map(Ratio::as_f64),
        _ => row.times.quantile(quantity.share()?),
    }
}

/// The standard error of a difference of two shares, which is not nothing where nothing failed.
///
/// Source: Agresti and Caffo, The American Statistician 54 (2000): a success and a failure are added to each.
fn agresti_caffo(base: &Row, new: &Row) -> f64 {
    let variance = |row: &Row| {
        let n = row.ended as f64 + 2.0;
        let p = (row.failed as f64 + 1.0) / n;
        p * (1.0 - p) / n
    };
    (variance(base) + variance(new)).sqrt()
}
