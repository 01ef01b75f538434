use super::histogram;
use super::numbers::{Malformed, Pen, Scan, whole};
use crate::metrics::{Moments, Scale, SparseHistogram};

/// How the smallest, largest and last sample, the mean and the spread are written. Each way is exact; the others
/// are shorter.
mod form {
    /// As they are.
    pub(super) const PLAIN: u64 = 0;
    /// All samples are one value.
    pub(super) const ONE: u64 = 1;
    /// They are whole numbers: written as how far they lie from what the histogram says, and by their sum.
    pub(super) const WHOLE: u64 = 2;
}

/// The farthest, in steps of a double, that a mean may lie from the quotient of sum and count to be written by it.
const NEAR: u64 = 1 << 13;

/// Writes samples: the histogram's counts, and beside it what a histogram cannot give exactly.
pub(super) fn write(samples: &SparseHistogram, pen: &mut Pen) {
    let moments = samples.moments();
    let before = pen.counts.len();
    histogram::write(samples.buckets(), &mut pen.counts);
    pen.number(moments.refused);
    pen.count(pen.counts.len() - before);
    if samples.buckets().is_empty() {
        return;
    }
    pen.number(moments.clipped);
    let Moments { min, max, last, mean, squares, .. } = *moments;
    if [max, last, mean].iter().all(|one| one.to_bits() == min.to_bits()) && squares.to_bits() == 0 {
        pen.number(form::ONE);
        pen.figure(min);
    } else if let Some(numbers) = wholes(samples) {
        pen.number(form::WHOLE);
        numbers.into_iter().for_each(|number| pen.number(number));
        pen.double(squares);
    } else {
        pen.number(form::PLAIN);
        [min, max, last, mean, squares].into_iter().for_each(|figure| pen.figure(figure));
    }
}

/// Smallest and largest as distances from the floors of their buckets, the last, the sum, and how many steps of a
/// double the mean lies from sum / count; where each gives back its origin to the bit.
fn wholes(samples: &SparseHistogram) -> Option<[u64; 5]> {
    let (floors, moments) = (floors(samples.scale(), samples.buckets())?, samples.moments());
    let above = |sample: f64, floor: f64| {
        let distance = whole(sample - floor)?;
        ((floor + distance as f64).to_bits() == sample.to_bits()).then_some(distance)
    };
    let sum = whole(moments.sum().round())?;
    let steps = moments.mean.to_bits().wrapping_sub((sum as f64 / moments.count as f64).to_bits()) as i64;
    let steps = ((steps << 1) ^ (steps >> 63)) as u64;
    if steps > NEAR {
        return None;
    }
    Some([above(moments.min, floors.0)?, above(moments.max, floors.1)?, whole(moments.last)?, sum, steps])
}

/// The smallest samples that the first and the last bucket hold.
fn floors(scale: Scale, buckets: &[(u32, u64)]) -> Option<(f64, f64)> {
    let ((first, _), (last, _)) = (buckets.first()?, buckets.last()?);
    Some((scale.floor(*first)?, scale.floor(*last)?))
}

/// Reads samples of a scale.
pub(super) fn read(scale: Scale, scan: &mut Scan) -> Result<SparseHistogram, Malformed> {
    let refused = scan.number()?;
    let length = scan.small()?;
    let counts = scan.counts(length)?;
    if counts.is_empty() {
        return plausible(scale, Vec::new(), Moments { refused, ..Moments::NONE });
    }
    let buckets = histogram::read(counts, scan)?;
    let count = buckets.iter().try_fold(0_u64, |sum, (_, count)| sum.checked_add(*count));
    let count = count.ok_or(Malformed("a histogram's counts do not fit 64 bits"))?;
    let of = Moments { count, refused, clipped: scan.number()?, ..Moments::NONE };
    let moments = match scan.number()? {
        form::PLAIN => Moments {
            min: scan.figure()?,
            max: scan.figure()?,
            last: scan.figure()?,
            mean: scan.figure()?,
            squares: scan.figure()?,
            ..of
        },
        form::ONE => {
            let value = scan.figure()?;
            Moments { min: value, max: value, last: value, mean: value, ..of }
        }
        form::WHOLE => {
            let (low, high) = floors(scale, &buckets).ok_or(Malformed("a bucket is out of the layout"))?;
            let (min, max) = (low + scan.number()? as f64, high + scan.number()? as f64);
            let (last, sum, steps) = (scan.number()? as f64, scan.number()? as f64, scan.number()?);
            let steps = (steps >> 1) as i64 ^ -((steps & 1) as i64);
            let mean = f64::from_bits((sum / count as f64).to_bits().wrapping_add_signed(steps));
            Moments { min, max, last, mean, squares: scan.double()?, ..of }
        }
        _ => return Err(Malformed("samples are written in an unknown form")),
    };
    plausible(scale, buckets, moments)
}

fn plausible(scale: Scale, buckets: Vec<(u32, u64)>, moments: Moments) -> Result<SparseHistogram, Malformed> {
    SparseHistogram::from_parts(scale, buckets, moments).map_err(|implausible| Malformed(implausible.why()))
}
