use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use rand::RngExt;
use rand::rngs::Xoshiro256PlusPlus;

use super::behaviour::Behaviour;
use super::counts::Counters;
use super::demo::Shop;
use super::federation::Federation;
use super::limit::{Allowance, Buckets};
use super::memory::Memories;

/// What all connections share. Each lock is held for a moment and never while waiting.
#[derive(Debug)]
pub(super) struct State {
    pub(super) behaviour: Behaviour,
    pub(super) counters: Counters,
    start: Instant,
    chance: Mutex<Xoshiro256PlusPlus>,
    keys: Mutex<HashSet<String>>,
    memories: Mutex<Memories>,
    buckets: Mutex<Buckets>,
    shop: Mutex<Shop>,
    federation: Mutex<Federation>,
    learning: AtomicU64,
    /// Until when learning has frozen the server, in nanoseconds from the start.
    frozen_until: AtomicU64,
}

/// What befalls one request, drawn before it is answered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fate {
    pub(super) delay: Duration,
    pub(super) fails: bool,
}

const MOST_KEYS: usize = 100_000;
/// So many learns at once freeze the real server.
const CROWD: u64 = 4;

impl State {
    pub(super) fn new(behaviour: Behaviour) -> Self {
        let mut memories = Memories::default();
        if behaviour.seeded {
            let text = "Postgres Redis Kafka Kubernetes Grafana Terraform Rust Go Berlin Lisbon";
            memories.of(DEFAULT_TENANT).learn(text, &now());
        }
        Self {
            counters: Counters::default(),
            start: Instant::now(),
            chance: Mutex::new(behaviour.seed.generator()),
            keys: Mutex::new(behaviour.keys.iter().cloned().collect()),
            memories: Mutex::new(memories),
            buckets: Mutex::default(),
            shop: Mutex::default(),
            federation: Mutex::default(),
            learning: AtomicU64::new(0),
            frozen_until: AtomicU64::new(0),
            behaviour,
        }
    }

    pub(super) fn fate(&self) -> Fate {
        let mut chance = lock(&self.chance);
        let fails = self.behaviour.fail.is_some_and(|share| chance.random::<f64>() < share.as_f64());
        Fate { delay: self.behaviour.delay.draw(&mut *chance), fails }
    }

    pub(super) fn accepts(&self, key: &str) -> bool {
        lock(&self.keys).contains(key)
    }

    /// Makes a key.
    pub(super) fn make_key(&self) -> String {
        let key = self.drawn("cm");
        let mut keys = lock(&self.keys);
        if keys.len() < MOST_KEYS {
            keys.insert(key.clone());
        }
        key
    }

    /// A word nobody can guess, of this kind.
    pub(super) fn drawn(&self, kind: &str) -> String {
        format!("{kind}_{:032x}", lock(&self.chance).random::<u128>())
    }

    pub(super) fn allowance(&self, bucket: &str) -> Option<Allowance> {
        let rate = self.behaviour.limit?;
        Some(lock(&self.buckets).take(rate, bucket, self.start.elapsed()))
    }

    pub(super) fn memories(&self) -> MutexGuard<'_, Memories> {
        lock(&self.memories)
    }

    pub(super) fn shop(&self) -> MutexGuard<'_, Shop> {
        lock(&self.shop)
    }

    pub(super) fn federation(&self) -> MutexGuard<'_, Federation> {
        lock(&self.federation)
    }

    /// How long it has been there.
    pub(super) fn age(&self) -> Duration {
        self.start.elapsed()
    }

    /// How long the whole server goes on not answering.
    pub(super) fn frozen(&self) -> Duration {
        let since = self.start.elapsed();
        let planned = self.behaviour.freeze.map_or(Duration::ZERO, |freeze| freeze.left(since));
        let learned = Duration::from_nanos(self.frozen_until.load(Ordering::Relaxed)).saturating_sub(since);
        planned.max(learned)
    }

    /// Counts a learn under way; the one too many freezes the server.
    pub(super) fn learning(&self) -> Learning<'_> {
        let under_way = self.learning.fetch_add(1, Ordering::Relaxed) + 1;
        if let (true, Some(length)) = (under_way >= CROWD, self.behaviour.learn_freeze) {
            let until = (self.start.elapsed() + length).as_nanos();
            self.frozen_until.fetch_max(u64::try_from(until).unwrap_or(u64::MAX), Ordering::Relaxed);
        }
        Learning(self)
    }
}

/// A learn under way.
pub(super) struct Learning<'a>(&'a State);

impl Drop for Learning<'_> {
    fn drop(&mut self) {
        self.0.learning.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The tenant of those who name none.
pub(super) const DEFAULT_TENANT: &str = "load_test_tenant";

/// The time as the API writes it.
pub(super) fn now() -> String {
    humantime::format_rfc3339_micros(SystemTime::now()).to_string()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
