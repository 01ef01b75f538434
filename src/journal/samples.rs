use super::histogram;
use super::numbers::{Malformed, Pen, Scan};
use crate::metrics::{Moments, Scale, Sparse};

/// Writes samples: the histogram's counts, and beside it what a histogram cannot give exactly.
pub(super) fn write(samples: &Sparse, pen: &mut Pen) {
    let moments = samples.moments();
    let mut counts = Vec::with_capacity(samples.buckets().len() * 3);
    histogram::write(samples.buckets(), &mut counts);
    pen.number(moments.refused);
    pen.count(counts.len());
    if counts.is_empty() {
        return;
    }
    pen.bytes.append(&mut counts);
    pen.number(moments.clipped);
    for figure in [moments.min, moments.max, moments.last, moments.mean, moments.squares] {
        pen.figure(figure);
    }
}

/// Reads samples of a scale.
pub(super) fn read(scale: Scale, scan: &mut Scan) -> Result<Sparse, Malformed> {
    let refused = scan.number()?;
    let counts = scan.bytes()?;
    if counts.is_empty() {
        return plausible(scale, Vec::new(), Moments { refused, ..Moments::NONE });
    }
    let buckets = histogram::read(counts, scan)?;
    let count = buckets.iter().try_fold(0_u64, |sum, (_, count)| sum.checked_add(*count));
    let moments = Moments {
        count: count.ok_or(Malformed("a histogram's counts do not fit 64 bits"))?,
        refused,
        clipped: scan.number()?,
        min: scan.figure()?,
        max: scan.figure()?,
        last: scan.figure()?,
        mean: scan.figure()?,
        squares: scan.figure()?,
    };
    plausible(scale, buckets, moments)
}

fn plausible(scale: Scale, buckets: Vec<(u32, u64)>, moments: Moments) -> Result<Sparse, Malformed> {
    Sparse::from_parts(scale, buckets, moments).map_err(|implausible| Malformed(implausible.why()))
}
