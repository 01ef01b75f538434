use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};

use super::access::Access;
use super::concepts::Memories;
use super::federation::Federation;
use crate::target::behaviour::Behaviour;
use crate::target::state::{State, lock, now};

/// Where it stands.
pub(in crate::target) const PATH: &str = "/v1";

/// What it can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::target) enum Route {
    Health,
    Recall,
    Learn,
    Turn,
    Stats,
    Entities,
    Keys,
    Contribute,
    Sync,
    Peers,
    Heartbeat,
}

/// Its routes, by the names they are counted under.
pub(in crate::target) const ROUTES: [(&str, Route); 11] = [
    ("GET /v1/health", Route::Health),
    ("POST /v1/recall", Route::Recall),
    ("POST /v1/learn", Route::Learn),
    ("POST /v1/turn", Route::Turn),
    ("GET /v1/stats", Route::Stats),
    ("GET /v1/entities", Route::Entities),
    ("POST /v1/keys", Route::Keys),
    ("POST /v1/federation/contribute", Route::Contribute),
    ("POST /v1/federation/request", Route::Sync),
    ("GET /v1/federation/peers", Route::Peers),
    ("POST /v1/federation/heartbeat", Route::Heartbeat),
];

/// What it keeps. Each lock is held for a moment and never while waiting.
#[derive(Debug)]
pub(in crate::target) struct MemoryService {
    access: Mutex<Access>,
    memories: Mutex<Memories>,
    federation: Mutex<Federation>,
    /// How many learns are under way.
    learning: AtomicU64,
}

/// A learn under way.
pub(in crate::target) struct Learning<'a>(&'a MemoryService);

/// The tenant of those who name none.
pub(super) const DEFAULT_TENANT: &str = "load_test_tenant";

/// So many learns at once freeze the real server.
const FREEZING: u64 = 4;

impl MemoryService {
    pub(in crate::target) fn new(behaviour: &Behaviour) -> Self {
        let mut memories = Memories::default();
        if behaviour.seeded {
            let text = "Postgres Redis Kafka Kubernetes Grafana Terraform Rust Go Berlin Lisbon";
            memories.learn(DEFAULT_TENANT, text, &now());
        }
        Self {
            access: Mutex::new(Access::new(&behaviour.keys)),
            memories: Mutex::new(memories),
            federation: Mutex::default(),
            learning: AtomicU64::new(0),
        }
    }

    pub(super) fn access(&self) -> MutexGuard<'_, Access> {
        lock(&self.access)
    }

    pub(super) fn memories(&self) -> MutexGuard<'_, Memories> {
        lock(&self.memories)
    }

    pub(super) fn federation(&self) -> MutexGuard<'_, Federation> {
        lock(&self.federation)
    }
}

impl Route {
    /// Counts a learn under way, where this is one; the one too many freezes the server.
    pub(in crate::target) fn begin(self, state: &State) -> Option<Learning<'_>> {
        if !matches!(self, Self::Learn | Self::Turn) {
            return None;
        }
        let under_way = state.memory.learning.fetch_add(1, Ordering::Relaxed) + 1;
        if let (true, Some(length)) = (under_way >= FREEZING, state.behaviour.learn_freeze) {
            state.freeze_for(length);
        }
        Some(Learning(&state.memory))
    }

    pub(super) const fn is_of_nodes(self) -> bool {
        matches!(self, Self::Contribute | Self::Sync | Self::Peers | Self::Heartbeat)
    }
}

impl Drop for Learning<'_> {
    fn drop(&mut self) {
        self.0.learning.fetch_sub(1, Ordering::Relaxed);
    }
}
