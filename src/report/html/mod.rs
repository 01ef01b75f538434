//! The report as a page: one file with everything in it, that opens without a network and under a strict policy of
//! content. What is written in it comes from the [report](crate::results::Report), and what its charts draw from the
//! run's seconds; the script `charts.js` draws, and counts nothing.

mod curves;
mod document;
mod live_page;
mod time_series;

pub(super) use document::{STYLE, write};
pub use document::{page_environment, source_hash, without_secrets};
pub use live_page::{Knob, LivePage, LiveRenderer, LiveSecond, LiveState, RunState};
