use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::units::Offset;

/// What happened to one started request: the whole story.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// When it was due, sent and over.
    pub timing: Timing,
    /// The parts of its time.
    pub phases: Phases,
    /// How it ended.
    pub outcome: Outcome,
    /// Whether bytes of it went out.
    pub transmission: Transmission,
    /// Bytes written for it, heads included.
    pub bytes_out: u64,
    /// Bytes read for it, heads included.
    pub bytes_in: u64,
    /// Of those, bytes of a whole answer's body, as it came.
    pub content: u64,
}

/// Whether bytes of a request went out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transmission {
    /// No byte of it was written: the target cannot have counted it.
    NeverSent,
    /// Bytes of it were written.
    Sent,
}

/// How one started request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// An answer came and held every expectation.
    Ok,
    /// An answer came that redirects, and the call went on elsewhere: the request is ok, and not its call's last.
    Redirected,
    /// It failed; the kind says where.
    Failed(FailureKind),
    /// The run was cut off while it was under way.
    Aborted,
}

/// Where a request failed. Failure is data: none of these ends a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// An answer came and broke an expectation of the plan.
    Check,
    /// No whole answer within the endpoint's timeout.
    Timeout,
    /// The host's name did not resolve.
    Dns,
    /// No connection: refused, unreachable, or no port left.
    Connect,
    /// The TLS handshake failed.
    Tls,
    /// The peer closed or reset the connection before the answer was whole.
    Reset,
    /// What came back is not HTTP.
    Protocol,
    /// The answer's body could not be read as the plan needs it (too large, not JSON, an extraction without a match).
    Body,
    /// The request could not be made from the plan (an undefined name, a failed expression); nothing was sent.
    Template,
}

/// When one request was due, sent and over, as offsets into the run: always in this order, so that no response time is
/// below its service time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    scheduled: Offset,
    ready: Offset,
    sent: Offset,
    ended: Offset,
}

/// The parts of one exchange's time; a part that did not happen is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Phases {
    /// Looking the host's name up.
    pub dns: Option<Duration>,
    /// Making the TCP connection.
    pub connect: Option<Duration>,
    /// The TLS handshake.
    pub tls: Option<Duration>,
    /// From the request's first byte out to the answer's first byte in.
    pub first_byte: Option<Duration>,
    /// From the answer's first byte to its last.
    pub receive: Option<Duration>,
}

impl Timing {
    /// The times of a request that the plan wanted to start at `scheduled`, of a user that had nothing else under way
    /// since `free_since`. It was `sent` when it began: the connection is made, if need be, after this moment. It `ended`
    /// with the last byte of the body, or with its failure.
    ///
    /// Nothing is sent before it is due; whatever would say so is a bug, and counts as due when it was sent.
    #[must_use]
    pub fn new(scheduled: Offset, free_since: Offset, sent: Offset, ended: Offset) -> Self {
        debug_assert!(scheduled <= sent && sent <= ended, "due {scheduled:?}, sent {sent:?}, ended {ended:?}");
        let (scheduled, ended) = (scheduled.min(sent), ended.max(sent));
        Self { scheduled, ready: scheduled.max(free_since), sent, ended }
    }

    /// The same exchange as the last of a call that was due earlier: redirects came before it.
    #[must_use]
    pub fn of_call_due(self, call_due: Offset) -> Self {
        Self { scheduled: self.scheduled.min(call_due), ..self }
    }

    /// The last byte of the body, or the moment of the failure.
    #[must_use]
    pub const fn ended(&self) -> Offset {
        self.ended
    }

    /// From when it was due to its end: what a user of the service feels, free of coordinated omission.
    #[must_use]
    pub const fn response_time(&self) -> Duration {
        self.ended.since(self.scheduled)
    }

    /// From when it could begin to when it was sent: what the generator itself added.
    #[must_use]
    pub const fn lateness(&self) -> Duration {
        self.sent.since(self.ready)
    }

    /// From when it was sent to its end: what the service took.
    #[must_use]
    pub const fn service_time(&self) -> Duration {
        self.ended.since(self.sent)
    }
}

impl FailureKind {
    /// Every kind, in the order reports list them.
    pub const ALL: [Self; 9] = [
        Self::Check,
        Self::Timeout,
        Self::Dns,
        Self::Connect,
        Self::Tls,
        Self::Reset,
        Self::Protocol,
        Self::Body,
        Self::Template,
    ];

    /// The kind's name in reports: `check`, `timeout`, …
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Timeout => "timeout",
            Self::Dns => "dns",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Reset => "reset",
            Self::Protocol => "protocol",
            Self::Body => "body",
            Self::Template => "template",
        }
    }
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
