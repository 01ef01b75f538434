use std::io::Write;

use csv::{Terminator, Writer, WriterBuilder};

use crate::metrics::Distribution;
use crate::report::sanitize::printable;
use crate::results::TimeEntry;

/// The columns of the percentiles, in both files that have them.
pub(super) const PERCENTILES: [&str; 11] =
    ["50%", "66%", "75%", "80%", "90%", "95%", "98%", "99%", "99.9%", "99.99%", "100%"];
const SHARES: [f64; 10] = [0.5, 0.66, 0.75, 0.8, 0.9, 0.95, 0.98, 0.99, 0.999, 0.9999];

/// What stands in the columns of percentiles where nothing was measured.
const NOTHING: &str = "N/A";

/// Rows of text as Python's `csv` writes them: commas, CRLF, quotes where they are needed.
#[must_use]
pub fn rows<W: Write>(out: W) -> Writer<W> {
    WriterBuilder::new().terminator(Terminator::CRLF).from_writer(out)
}

/// A text from outside: a name, a message. Control characters but line ends are replaced: some readers stop at a NUL.
/// What a spreadsheet would take for a formula gets an apostrophe before it, so that a server cannot have one computed
/// on the reader's machine; no method, and hardly a name or a message, begins so by itself.
///
/// Source: OWASP, "CSV Injection".
#[must_use]
pub fn text(text: &str) -> String {
    let text = printable(text);
    if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text }
}

/// A number as the report's JSON has it: the shortest that reads as the same.
pub(super) fn number(number: f64) -> String {
    if number.is_finite() { number.to_string() } else { NOTHING.to_owned() }
}

/// A percentile in whole milliseconds: those of Locust are, and what reads them (`int(row["95%"])`) asks for it.
fn whole(ms: f64) -> String {
    if ms.is_finite() { (ms.max(0.0).round() as u64).to_string() } else { NOTHING.to_owned() }
}

/// The columns of the percentiles.
pub(super) fn percentiles(times: Option<&TimeEntry>) -> [String; 11] {
    let Some(t) = times else { return PERCENTILES.map(|_| NOTHING.to_owned()) };
    [t.p50, t.p66, t.p75, t.p80, t.p90, t.p95, t.p98, t.p99, t.p999, t.p9999, t.max].map(whole)
}

/// The columns of the percentiles, of nanoseconds.
pub(super) fn percentiles_of(times: &Distribution) -> Vec<String> {
    let quantiles = SHARES.iter().map(|share| times.quantile(*share)).chain([times.max()]);
    quantiles.map(|nanos| nanos.map_or_else(|| NOTHING.to_owned(), |nanos| whole(nanos / 1e6))).collect()
}

/// Bytes an answer had on average.
pub(super) fn average(content: u64, requests: u64) -> f64 {
    if requests > 0 { content as f64 / requests as f64 } else { 0.0 }
}
