use std::collections::BTreeMap;

use crate::engine::WorkerMessage;
use crate::metrics::{Interval, Totals};

/// Puts the workers' seconds together: a second is whole once every worker is past it.
pub(super) struct Collector {
    /// The first second each worker has not told yet; the end of time for one that is over.
    told: Vec<u64>,
    pending: BTreeMap<u32, Interval>,
    totals: Totals,
}

impl Collector {
    pub(super) fn new(workers: u32) -> Self {
        Self { told: vec![0; workers as usize], pending: BTreeMap::new(), totals: Totals::new() }
    }

    /// Takes a report; the seconds it made whole come back, in order.
    pub(super) fn take(&mut self, report: WorkerMessage) -> Vec<Interval> {
        match report {
            WorkerMessage::Second { worker, interval } => {
                if let Some(told) = self.told.get_mut(worker as usize) {
                    *told = u64::from(interval.second) + 1;
                }
                match self.pending.get_mut(&interval.second) {
                    Some(known) => known.merge(*interval),
                    None => drop(self.pending.insert(interval.second, *interval)),
                }
            }
            WorkerMessage::Over { worker } => {
                if let Some(told) = self.told.get_mut(worker as usize) {
                    *told = u64::MAX;
                }
            }
            WorkerMessage::Line { .. } | WorkerMessage::Stop { .. } => {}
        }
        let whole = self.told.iter().copied().min().unwrap_or(u64::MAX);
        let mut done = Vec::new();
        while let Some(first) = self.pending.first_entry() {
            if u64::from(*first.key()) >= whole {
                break;
            }
            done.push(first.remove());
        }
        done
    }

    /// Whether every worker is over.
    pub(super) fn is_over(&self) -> bool {
        self.told.iter().all(|told| *told == u64::MAX)
    }

    /// How many seconds wait to become whole.
    pub(super) fn backlog(&self) -> u64 {
        self.pending.len() as u64
    }

    pub(super) fn add(&mut self, interval: &Interval) {
        self.totals.add(interval);
    }

    pub(super) const fn totals(&self) -> &Totals {
        &self.totals
    }

    /// What no worker completed: a worker that broke down leaves its last second behind.
    pub(super) fn rest(&mut self) -> Vec<Interval> {
        std::mem::take(&mut self.pending).into_values().collect()
    }

    /// Everything.
    pub(super) fn close(self) -> Totals {
        self.totals
    }
}
