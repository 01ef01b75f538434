//! The run on disk: a header, and a checksummed frame a second. Reports, comparison, recovery of a killed run and
//! merging of a run made on several machines are functions of it.
//!
//! [`Writer`] adds to a journal, [`Reader`] streams one, [`merge`] makes one of several. `docs/journal.md` has the
//! format, byte by byte.

mod events;
mod header;
mod identity;
mod moment;
mod run_id;

mod dictionary;
mod extras;
mod frame;
mod histogram;
mod numbers;
mod samples;
mod second;

mod merge;
mod reader;
mod shards;
mod tail;
#[cfg(test)]
mod tests;
mod writer;

pub use events::{Annotation, Closing, End, Export, Level, Mark};
pub use header::{Environment, Header, MinimumLevel, PlanText, Stage, Threshold};
pub use identity::{LATEST, Label, Labels, RunName};
pub use merge::{NotMerged, merge};
pub(crate) use reader::memory_of_json;
pub use reader::{Entry, NotRead, Reader, Why};
pub use run_id::{Fingerprint, RunId};
pub use tail::Tail;
pub use writer::{NotWritten, Writer};

pub use crate::units::Shard;
