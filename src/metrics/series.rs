use std::sync::Arc;

use crate::sample::{EndpointId, FailureKind, Outcome, Sample, StageId, TaskId, Transmission, UserTypeId};

/// What statistics group by: requests that share all of these are one series.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeriesKey {
    /// The endpoint.
    pub endpoint: EndpointId,
    /// The name it goes by, filled in.
    pub name: Arc<str>,
    /// The user type.
    pub user: UserTypeId,
    /// The task.
    pub task: TaskId,
    /// The stage of the shape it was due in.
    pub stage: StageId,
    /// The answer's status; `None` where there was no answer.
    pub status: Option<u16>,
}

/// A time that is kept as a distribution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Measure {
    /// From when it was due, of requests that were ok.
    ResponseOk,
    /// From when it was due, of failed ones.
    ResponseFailed,
    /// From when it was sent, of requests that were ok.
    ServiceOk,
    /// From when it was sent, of failed ones.
    ServiceFailed,
    /// From the request's first byte to the answer's, of requests that were ok.
    FirstByte,
    /// From the answer's first byte to its last.
    Receive,
    /// Looking the name up.
    Dns,
    /// Making the connection.
    Connect,
    /// The TLS handshake.
    Tls,
    /// From the request's first byte to the answer's, of failed requests.
    FirstByteFailed,
}

impl Measure {
    /// Response times, however their requests ended.
    pub const RESPONSE: [Self; 2] = [Self::ResponseOk, Self::ResponseFailed];
    /// Service times, however their requests ended.
    pub const SERVICE: [Self; 2] = [Self::ServiceOk, Self::ServiceFailed];
    /// Every measure.
    pub const ALL: [Self; 10] = [
        Self::ResponseOk,
        Self::ResponseFailed,
        Self::ServiceOk,
        Self::ServiceFailed,
        Self::FirstByte,
        Self::Receive,
        Self::Dns,
        Self::Connect,
        Self::Tls,
        Self::FirstByteFailed,
    ];
}

/// How many requests of a series ended how, and the bytes they moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Answered as expected.
    pub ok: u64,
    /// Of the ok, answered with a redirect that was followed: they are not their call's last request.
    pub redirected: u64,
    /// Failed, by kind in the order of [`FailureKind::ALL`].
    pub failed: [u64; FailureKind::ALL.len()],
    /// Cut off by the end of the run.
    pub aborted: u64,
    /// Begun, but no byte was sent.
    pub never_sent: u64,
    /// Bytes written.
    pub bytes_out: u64,
    /// Bytes read.
    pub bytes_in: u64,
    /// Of those, bytes of the answers' bodies.
    pub content: u64,
}

impl Counts {
    /// All failures, of any kind.
    #[must_use]
    pub fn failures(&self) -> u64 {
        self.failed.iter().sum()
    }

    /// Requests with an outcome: ok or failed. The aborted have none.
    #[must_use]
    pub fn ended(&self) -> u64 {
        self.ok + self.failures()
    }

    /// Calls with an outcome: redirects that were followed are requests, and no calls of their own.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.ended().saturating_sub(self.redirected)
    }

    /// Calls that came out as expected.
    #[must_use]
    pub const fn calls_ok(&self) -> u64 {
        self.ok.saturating_sub(self.redirected)
    }

    /// Whether nothing was counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ended() + self.aborted == 0
    }

    pub(super) fn add(&mut self, sample: &Sample) {
        match sample.outcome {
            Outcome::Ok => self.ok += 1,
            Outcome::Redirected => {
                self.ok += 1;
                self.redirected += 1;
            }
            Outcome::Failed(kind) => self.failed[kind as usize] += 1,
            Outcome::Aborted => self.aborted += 1,
        }
        self.never_sent += u64::from(sample.transmission == Transmission::NeverSent);
        self.bytes_out += sample.bytes_out;
        self.bytes_in += sample.bytes_in;
        self.content += sample.content;
    }

    /// Adds another's counts.
    pub fn merge(&mut self, other: &Self) {
        self.ok += other.ok;
        self.redirected += other.redirected;
        self.aborted += other.aborted;
        self.never_sent += other.never_sent;
        self.bytes_out += other.bytes_out;
        self.bytes_in += other.bytes_in;
        self.content += other.content;
        for (mine, theirs) in self.failed.iter_mut().zip(other.failed) {
            *mine += theirs;
        }
    }
}
