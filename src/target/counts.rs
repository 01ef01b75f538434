use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use super::route::ROUTES;

/// What a server has served, by route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// All requests whose head came in; those of the control routes are not counted.
    pub total: u64,
    /// By route: `POST /v1/recall`; what is no route is `other`.
    pub routes: BTreeMap<String, RouteCount>,
}

/// What one route has served.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RouteCount {
    /// Requests whose head came in.
    pub received: u64,
    /// Answers by status; a request cut off before its answer is in none.
    pub status: BTreeMap<u16, u64>,
}

/// Counters that every connection adds to.
#[derive(Debug, Default)]
pub(super) struct Counters {
    received: [AtomicU64; ROUTES.len()],
    answered: Mutex<BTreeMap<(usize, u16), u64>>,
}

impl Counters {
    pub(super) fn receive(&self, route: usize) {
        self.received[route].fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn answer(&self, route: usize, status: u16) {
        *self.answered().entry((route, status)).or_default() += 1;
    }

    pub(super) fn reset(&self) {
        self.received.iter().for_each(|count| count.store(0, Ordering::Relaxed));
        self.answered().clear();
    }

    pub(super) fn read(&self) -> Counts {
        let mut routes = BTreeMap::new();
        let mut total = 0;
        for (name, received) in ROUTES.iter().zip(&self.received) {
            let received = received.load(Ordering::Relaxed);
            total += received;
            if received > 0 {
                routes.insert((*name).to_owned(), RouteCount { received, status: BTreeMap::new() });
            }
        }
        for ((route, status), count) in self.answered().iter() {
            routes.entry(ROUTES[*route].to_owned()).or_default().status.insert(*status, *count);
        }
        Counts { total, routes }
    }

    fn answered(&self) -> std::sync::MutexGuard<'_, BTreeMap<(usize, u16), u64>> {
        self.answered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
