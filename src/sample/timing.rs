use std::time::Duration;

use crate::units::Offset;

/// When one request was due, sent and over, as offsets into the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// When the plan wanted it to start. Waiting for the generator or for a free user counts from here.
    pub scheduled: Offset,
    /// When it could begin: it was due, and its user had nothing else under way.
    pub ready: Offset,
    /// When it began: the connection is made, if need be, after this moment.
    pub sent: Offset,
    /// The last byte of the body, or the moment of the failure.
    pub ended: Offset,
}

impl Timing {
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
