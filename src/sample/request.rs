use super::outcome::Outcome;
use super::timing::{Phases, Timing};

/// What happened to one started request: the whole story.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// When it was due, sent and over.
    pub timing: Timing,
    /// The parts of its time.
    pub phases: Phases,
    /// How it ended.
    pub outcome: Outcome,
    /// How far it came.
    pub reach: Reach,
    /// Bytes written for it, heads included.
    pub bytes_out: u64,
    /// Bytes read for it, heads included.
    pub bytes_in: u64,
    /// Of those, bytes of a whole answer's body, as it came.
    pub content: u64,
}

/// How far a request came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// No byte of it was written: the target cannot have counted it.
    Never,
    /// Bytes of it were written.
    Wire,
}
