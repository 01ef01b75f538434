use std::borrow::Cow;
use std::ops::RangeInclusive;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::answer::StatusText;
use super::decode::{At, Decode, OneOrMany};
use super::document::{Data, Node};
use super::pause::Pause;
use super::record::{record, words};
use super::scalars::{Count, Factor, Time};
use crate::diagnostic::Problems;

record! {
    /// A call that is made again where it ends in one of these ways. Each try is a request of its own, in all counts; the
    /// call ends as its last try does.
    pub struct Retry("`retry`") {
        /// How many more tries there are at most. 0 is none.
        required times: At<Count> = "times";
        /// What is tried again: statuses (`429`, `5xx`), expected ones too, and kinds of failure (`connect`, `timeout`,
        /// `reset`, …).
        required on: OneOrMany<At<RetryCause>> = "on";
        /// The pause before the next try: a time, a range or a distribution. Default 1s.
        optional wait: At<Pause> = "wait";
        /// How many times longer each pause is than the one before it: `2` doubles it. Default 1.
        optional backoff: At<Factor> = "backoff";
        /// The longest pause, also where `backoff` or the answer asks for more. Default 1m.
        optional max_wait: At<Time> = "max_wait";
        /// Whether the pause is at least as long as the answer's `Retry-After` says. Default false.
        optional honor_retry_after: At<bool> = "honor_retry_after";
    }
}

words! {
    /// Where a request failed.
    pub enum FailureWord {
        /// No connection.
        Connect = "connect",
        /// No whole answer in time.
        Timeout = "timeout",
        /// The connection was closed or reset.
        Reset = "reset",
        /// The host's name did not resolve.
        Dns = "dns",
        /// The TLS handshake failed.
        Tls = "tls",
        /// What came back is not HTTP.
        Protocol = "protocol",
        /// The body could not be read as the plan needs it.
        Body = "body",
        /// The answer is not as expected.
        Check = "check",
    }
}

/// What a call is made again for.
#[derive(Debug, Clone)]
pub enum RetryCause {
    /// Statuses.
    Status(Vec<RangeInclusive<u16>>),
    /// A kind of failure.
    Failure(FailureWord),
}

impl Decode for RetryCause {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        match &node.value {
            Data::Text(text) if !text.starts_with(|first: char| first.is_ascii_digit()) => {
                FailureWord::decode(node, problems).map(Self::Failure)
            }
            _ => StatusText::decode(node, problems).map(|statuses| Self::Status(statuses.0)),
        }
    }
}

impl JsonSchema for RetryCause {
    fn schema_name() -> Cow<'static, str> {
        "RetryCause".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let status = generator.subschema_for::<StatusText>();
        let failure = generator.subschema_for::<FailureWord>();
        json_schema!({"anyOf": [status, failure]})
    }
}
