use std::collections::BTreeMap;

use crate::engine::WorkerMessage;
use crate::metrics::Interval;
use crate::units::Offset;

/// Puts the workers' seconds together: a second is whole once every worker is past it.
pub(super) struct Collector {
    /// The first second each worker has not reported yet; the end of time for one that is over.
    reported: Vec<u64>,
    pending: BTreeMap<u32, Interval>,
    /// When the last of those that are over had nothing left to do; none where one of them worked to the end of its time.
    done: Option<Offset>,
}

impl Collector {
    pub(super) fn new(workers: u32) -> Self {
        Self { reported: vec![0; workers as usize], pending: BTreeMap::new(), done: Some(Offset::ZERO) }
    }

    /// Takes a message; the seconds it made whole come back, in order.
    pub(super) fn take(&mut self, message: WorkerMessage) -> Vec<Interval> {
        match message {
            WorkerMessage::Second { worker, interval } => {
                let next = u64::from(interval.second) + 1;
                self.add(*interval, worker, next);
            }
            WorkerMessage::Over { worker, interval, done } => {
                self.done = self.done.zip(done).map(|(one, other)| one.max(other));
                self.add(*interval, worker, u64::MAX);
            }
            WorkerMessage::Line { .. } | WorkerMessage::Folded(_) | WorkerMessage::Stop { .. } => {}
        }
        let whole = self.reported.iter().copied().min().unwrap_or(u64::MAX);
        let mut done = Vec::new();
        while let Some(first) = self.pending.first_entry() {
            if u64::from(*first.key()) >= whole {
                break;
            }
            done.push(first.remove());
        }
        done
    }

    /// Adds what a worker counted; the next it reports is not before a second.
    fn add(&mut self, interval: Interval, worker: u32, next: u64) {
        if let Some(reported) = self.reported.get_mut(worker as usize) {
            *reported = next;
        }
        match self.pending.get_mut(&interval.second) {
            Some(known) => known.merge(interval),
            None => drop(self.pending.insert(interval.second, interval)),
        }
    }

    /// Whether every worker is over.
    pub(super) fn is_over(&self) -> bool {
        self.reported.iter().all(|reported| *reported == u64::MAX)
    }

    /// When everything was done, where that was before the load's time was over.
    pub(super) fn done(&self) -> Option<Offset> {
        self.done.filter(|_| self.is_over())
    }

    /// What no worker completed: a worker that broke down leaves its last second behind.
    pub(super) fn rest(&mut self) -> Vec<Interval> {
        std::mem::take(&mut self.pending).into_values().collect()
    }
}
