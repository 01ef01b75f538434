use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::figures::Item;

/// What waits for one exporter, within bounds, and what became of the rest.
#[derive(Debug, Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    filled: Notify,
    closing: Notify,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Item>,
    bytes: usize,
    delivered: u64,
    lost: u64,
    /// Whether one is on its way.
    under_way: bool,
    /// The last thing that went wrong.
    why: Option<String>,
    closing: bool,
}

/// What became of everything that was to be delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Balance {
    pub(super) delivered: u64,
    pub(super) lost: u64,
    pub(super) why: Option<String>,
}

/// So many may wait …
const MOST: usize = 600;
/// … and so many bytes of them.
const MOST_BYTES: usize = 16 << 20;

impl Queue {
    /// Adds one. Where there is no room the oldest are lost: what comes later knows more.
    pub(super) fn push(&self, item: Item) {
        let mut state = self.lock();
        if state.closing {
            return;
        }
        let bytes = item.bytes();
        while !state.waiting.is_empty() && (state.waiting.len() >= MOST || state.bytes + bytes > MOST_BYTES) {
            if let Some(oldest) = state.waiting.pop_front() {
                state.bytes = state.bytes.saturating_sub(oldest.bytes());
                state.lost += 1;
            }
        }
        state.bytes += bytes;
        state.waiting.push_back(item);
        drop(state);
        self.filled.notify_one();
    }

    /// Waits for the next; `None` where nothing more comes.
    pub(super) async fn next(&self) -> Option<Item> {
        loop {
            {
                let mut state = self.lock();
                if let Some(item) = state.waiting.pop_front() {
                    state.bytes = state.bytes.saturating_sub(item.bytes());
                    state.under_way = true;
                    return Some(item);
                }
                if state.closing {
                    return None;
                }
            }
            self.filled.notified().await;
        }
    }

    /// The one under way arrived.
    pub(super) fn delivered(&self) {
        let mut state = self.lock();
        state.under_way = false;
        state.delivered += 1;
    }

    /// The one under way will not arrive.
    pub(super) fn lost(&self, why: String) {
        let mut state = self.lock();
        state.under_way = false;
        state.lost += 1;
        state.why = Some(why);
    }

    /// The one under way did not arrive yet.
    pub(super) fn delayed(&self, why: String) {
        self.lock().why = Some(why);
    }

    /// Says that nothing more comes.
    pub(super) fn close(&self) {
        self.lock().closing = true;
        self.filled.notify_one();
        self.closing.notify_one();
    }

    /// Waits until it is said that nothing more comes.
    pub(super) async fn closed(&self) {
        if !self.lock().closing {
            self.closing.notified().await;
        }
    }

    pub(super) fn is_closing(&self) -> bool {
        self.lock().closing
    }

    /// What became of all; what waits still is lost.
    pub(super) fn balance(&self) -> Balance {
        let state = self.lock();
        let left = state.waiting.len() as u64 + u64::from(state.under_way);
        let lost = state.lost + left;
        let why = state.why.clone().unwrap_or_else(|| "it did not keep up".to_owned());
        Balance { delivered: state.delivered, lost, why: (lost > 0).then_some(why) }
    }

    /// What one thread leaves is as good as what it found.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
