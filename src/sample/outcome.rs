use std::fmt;

use serde::{Deserialize, Serialize};

/// How one started request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// An answer came and held every expectation.
    Ok,
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
