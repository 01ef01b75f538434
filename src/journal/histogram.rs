//! The counts of a histogram as HdrHistogram's V2 encoding has them: each count from bucket 0 up to the last one
//! touched as a zig-zag LEB128 number of at most nine bytes, and a run of empty buckets as its negative length.
//!
//! Source: HdrHistogram's `AbstractHistogram.fillBufferFromCountsArray` and `ZigZagEncoding`.

use super::numbers::{Malformed, Scan};

/// Writes the counts of touched buckets, which are in order.
pub(super) fn write(buckets: &[(u32, u64)], into: &mut Vec<u8>) {
    let mut next = 0;
    for (bucket, count) in buckets {
        match bucket - next {
            0 => {}
            // an empty bucket alone is a count of 0
            1 => zig_zag(0, into),
            empty => zig_zag(-i64::from(empty), into),
        }
        zig_zag(i64::try_from(*count).unwrap_or(i64::MAX), into);
        next = bucket + 1;
    }
}

/// Reads what [`write`] wrote; `scan` is charged with what it takes.
pub(super) fn read(bytes: &[u8], scan: &mut Scan) -> Result<Vec<(u32, u64)>, Malformed> {
    let mut buckets = Vec::new();
    let mut next = 0_u32;
    let mut rest = bytes;
    while !rest.is_empty() {
        let number = zag_zig(&mut rest)?;
        let buckets_taken = if number < 0 { number.unsigned_abs() } else { 1 };
        if number > 0 {
            scan.charge(size_of::<(u32, u64)>())?;
            buckets.push((next, number.unsigned_abs()));
        }
        let taken = u32::try_from(buckets_taken).ok();
        next = taken.and_then(|taken| next.checked_add(taken)).ok_or(Malformed("a bucket is out of the layout"))?;
    }
    Ok(buckets)
}

fn zig_zag(number: i64, into: &mut Vec<u8>) {
    let mut bits = ((number << 1) ^ (number >> 63)) as u64;
    for _ in 0..8 {
        if bits < 0x80 {
            into.push(bits as u8);
            return;
        }
        into.push(bits as u8 | 0x80);
        bits >>= 7;
    }
    // the ninth byte carries eight bits
    into.push(bits as u8);
}

fn zag_zig(bytes: &mut &[u8]) -> Result<i64, Malformed> {
    let mut bits = 0;
    for index in 0..9 {
        let (byte, rest) = bytes.split_first().ok_or(Malformed("a histogram ends within a number"))?;
        *bytes = rest;
        if index == 8 {
            bits |= u64::from(*byte) << 56;
            break;
        }
        bits |= u64::from(byte & 0x7f) << (7 * index);
        if *byte < 0x80 {
            break;
        }
    }
    Ok((bits >> 1) as i64 ^ -((bits & 1) as i64))
}
