use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;

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

/// Counters that every connection adds to, by the names of routes.
#[derive(Debug, Default)]
pub(super) struct Counters(Mutex<BTreeMap<&'static str, RouteCount>>);

impl Counters {
    pub(super) fn receive(&self, route: &'static str) {
        self.routes().entry(route).or_default().received += 1;
    }

    pub(super) fn answer(&self, route: &'static str, status: u16) {
        *self.routes().entry(route).or_default().status.entry(status).or_default() += 1;
    }

    pub(super) fn reset(&self) {
        self.routes().clear();
    }

    pub(super) fn read(&self) -> Counts {
        let routes = self.routes();
        Counts {
            total: routes.values().map(|route| route.received).sum(),
            routes: routes.iter().map(|(name, count)| ((*name).to_owned(), count.clone())).collect(),
        }
    }

    fn routes(&self) -> MutexGuard<'_, BTreeMap<&'static str, RouteCount>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
