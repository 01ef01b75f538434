use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use rand::RngExt;
use rand::rngs::Xoshiro256PlusPlus;
use tokio::sync::Semaphore;

use super::behaviour::Behaviour;
use super::counts::Counters;
use super::demo::Shop;
use super::memory::MemoryService;

/// How much the bodies that are coming in may take together, in KiB.
const BODIES: usize = 256 << 10;

/// What all connections share. Each lock is held for a moment and never while waiting.
#[derive(Debug)]
pub(super) struct State {
    pub(super) behaviour: Behaviour,
    pub(super) counters: Counters,
    pub(super) memory: MemoryService,
    /// Room for the bodies that are coming in, in KiB.
    pub(super) bodies: Semaphore,
    shop: Mutex<Shop>,
    start: Instant,
    rng: Mutex<Xoshiro256PlusPlus>,
    /// Until when something has frozen the server, in nanoseconds from the start.
    frozen_until: AtomicU64,
}

/// What befalls one request, drawn before it is answered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fate {
    pub(super) delay: Duration,
    pub(super) fails: bool,
}

impl State {
    pub(super) fn new(behaviour: Behaviour) -> Self {
        Self {
            counters: Counters::default(),
            memory: MemoryService::new(&behaviour),
            bodies: Semaphore::new(BODIES),
            shop: Mutex::default(),
            start: Instant::now(),
            rng: Mutex::new(behaviour.seed.generator()),
            frozen_until: AtomicU64::new(0),
            behaviour,
        }
    }

    pub(super) fn fate(&self) -> Fate {
        let mut rng = lock(&self.rng);
        let fails = self.behaviour.fail.is_some_and(|share| rng.random::<f64>() < share.as_f64());
        Fate { delay: self.behaviour.delay.draw(&mut *rng), fails }
    }

    /// A word nobody can guess, of this kind.
    pub(super) fn drawn(&self, kind: &str) -> String {
        format!("{kind}_{:032x}", lock(&self.rng).random::<u128>())
    }

    pub(super) fn shop(&self) -> MutexGuard<'_, Shop> {
        lock(&self.shop)
    }

    /// How long it has been there.
    pub(super) fn age(&self) -> Duration {
        self.start.elapsed()
    }

    /// Stops the whole server for so long from now on.
    pub(super) fn freeze_for(&self, length: Duration) {
        let until = (self.start.elapsed() + length).as_nanos();
        self.frozen_until.fetch_max(u64::try_from(until).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// How long the whole server goes on not answering.
    pub(super) fn frozen(&self) -> Duration {
        let since = self.start.elapsed();
        let planned = self.behaviour.freeze.map_or(Duration::ZERO, |freeze| freeze.left(since));
        let asked = Duration::from_nanos(self.frozen_until.load(Ordering::Relaxed)).saturating_sub(since);
        planned.max(asked)
    }
}

/// The time as the APIs write it.
pub(super) fn now() -> String {
    humantime::format_rfc3339_micros(SystemTime::now()).to_string()
}

/// A lock that cannot be lost: a panic while it is held leaves numbers that are still numbers.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
