use std::collections::HashMap;
use std::sync::Arc;

use crate::sample::{EndpointId, FailureKind};
use crate::units::Offset;

/// What failures are grouped by.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ErrorKey {
    /// The endpoint.
    pub endpoint: EndpointId,
    /// The name it went by.
    pub name: Arc<str>,
    /// Where it failed.
    pub kind: FailureKind,
    /// What was said.
    pub message: Arc<str>,
}

/// One group of failures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorCount {
    /// What they share.
    pub key: ErrorKey,
    /// How many.
    pub count: u64,
    /// When the first ended.
    pub first: Offset,
    /// When the last ended.
    pub last: Offset,
}

/// What stands for the messages of groups beyond the cap.
const BEYOND: &str = "other failures (too many different ones to tell apart)";
const LONGEST: usize = 300;

/// Groups of failures, capped: beyond the cap they fold into one group a kind.
#[derive(Debug, Clone)]
pub(super) struct ErrorGroups {
    groups: HashMap<ErrorKey, (u64, Offset, Offset)>,
    cap: usize,
}

impl ErrorGroups {
    pub(super) fn new(cap: usize) -> Self {
        Self { groups: HashMap::new(), cap }
    }

    pub(super) fn add(&mut self, endpoint: EndpointId, name: &Arc<str>, kind: FailureKind, message: &str, at: Offset) {
        let message = match message.char_indices().nth(LONGEST) {
            Some((cut, _)) => format!("{}…", &message[..cut]).into(),
            None => Arc::from(message),
        };
        self.merge(ErrorCount {
            key: ErrorKey { endpoint, name: name.clone(), kind, message },
            count: 1,
            first: at,
            last: at,
        });
    }

    pub(super) fn merge(&mut self, error: ErrorCount) {
        let ErrorCount { mut key, count, first, last } = error;
        if self.groups.len() >= self.cap && !self.groups.contains_key(&key) {
            key = ErrorKey { endpoint: EndpointId(u32::MAX), name: BEYOND.into(), message: BEYOND.into(), ..key };
        }
        let group = self.groups.entry(key).or_insert((0, first, last));
        *group = (group.0 + count, group.1.min(first), group.2.max(last));
    }

    pub(super) fn take(&mut self) -> Vec<ErrorCount> {
        let groups = std::mem::take(&mut self.groups);
        let mut list: Vec<_> =
            groups.into_iter().map(|(key, (count, first, last))| ErrorCount { key, count, first, last }).collect();
        list.sort_by(|a, b| a.key.cmp(&b.key));
        list
    }

    pub(super) fn list(&self) -> Vec<ErrorCount> {
        self.clone().take()
    }
}
