use std::collections::{HashMap, HashSet};
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
    /// The beginning of what was answered to one of them, without secrets; none where nothing was, or not kept.
    pub example: Option<Arc<str>>,
}

/// What stands for the messages of groups beyond the cap.
const BEYOND: &str = "other failures (too many different ones to tell apart)";
const LONGEST: usize = 300;
/// The longest example that is kept, in bytes.
pub const LONGEST_EXAMPLE: usize = 1 << 10;
/// So much of an answer an example is made from: more than is kept, so that what is cut is not the end of a secret.
pub const SEEN_FOR_EXAMPLE: usize = 4 * LONGEST_EXAMPLE;

/// Groups of failures, capped: beyond the cap they fold into one group a kind.
#[derive(Debug, Clone)]
pub(super) struct ErrorGroups {
    groups: HashMap<ErrorKey, Group>,
    cap: usize,
    /// Groups that had an example before: one of each is enough for a run.
    shown: HashSet<ErrorKey>,
}

#[derive(Debug, Clone)]
struct Group {
    count: u64,
    first: Offset,
    last: Offset,
    example: Option<Arc<str>>,
}

impl ErrorGroups {
    pub(super) fn new(cap: usize) -> Self {
        Self { groups: HashMap::new(), cap, shown: HashSet::new() }
    }

    /// Counts a failure. `example` is asked for what was answered where its group has none yet.
    pub(super) fn add(
        &mut self,
        (endpoint, name): (EndpointId, &Arc<str>),
        kind: FailureKind,
        message: &str,
        at: Offset,
        example: impl FnOnce() -> Option<Arc<str>>,
    ) {
        let message = match message.char_indices().nth(LONGEST) {
            Some((cut, _)) => format!("{}…", &message[..cut]).into(),
            None => Arc::from(message),
        };
        let key = ErrorKey { endpoint, name: name.clone(), kind, message };
        let wanted = self.shown.len() < self.cap && !self.shown.contains(&key);
        let example = if wanted { example() } else { None };
        if example.is_some() {
            self.shown.insert(key.clone());
        }
        self.merge(ErrorCount { key, count: 1, first: at, last: at, example });
    }

    pub(super) fn merge(&mut self, error: ErrorCount) {
        let ErrorCount { mut key, count, first, last, mut example } = error;
        if self.groups.len() >= self.cap && !self.groups.contains_key(&key) {
            key = ErrorKey { endpoint: EndpointId(u32::MAX), name: BEYOND.into(), message: BEYOND.into(), ..key };
            example = None;
        }
        match self.groups.get_mut(&key) {
            None => drop(self.groups.insert(key, Group { count, first, last, example })),
            Some(group) => {
                // of several workers and shards, the example of the first that failed
                let own = group.example.take();
                group.example = if first < group.first { example.or(own) } else { own.or(example) };
                group.count += count;
                group.first = group.first.min(first);
                group.last = group.last.max(last);
            }
        }
    }

    /// The group with the most failures, and how many; of several, the last in their order.
    pub(super) fn most_frequent(&self) -> Option<(&ErrorKey, u64)> {
        let groups = self.groups.iter().map(|(key, group)| (key, group.count));
        groups.max_by(|(a, ours), (b, theirs)| (ours, a).cmp(&(theirs, b)))
    }

    pub(super) fn take(&mut self) -> Vec<ErrorCount> {
        let groups = std::mem::take(&mut self.groups);
        let count = |(key, Group { count, first, last, example })| ErrorCount { key, count, first, last, example };
        let mut list: Vec<_> = groups.into_iter().map(count).collect();
        list.sort_by(|a, b| a.key.cmp(&b.key));
        list
    }

    pub(super) fn list(&self) -> Vec<ErrorCount> {
        self.clone().take()
    }
}
