use crate::metrics::Counts;
use crate::results::RequestEntry;

/// Bytes of a row's answers, without their heads.
pub(super) const fn content(row: &RequestEntry) -> u64 {
    row.content_bytes
}

/// Bytes of the answers counted, without their heads.
pub(super) const fn content_of(counts: &Counts) -> u64 {
    counts.content
}

/// Bytes an answer had on average.
pub(super) fn average(content: u64, requests: u64) -> f64 {
    if requests > 0 { content as f64 / requests as f64 } else { 0.0 }
}
