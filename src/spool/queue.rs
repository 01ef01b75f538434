use std::collections::VecDeque;
use std::io;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What became of the texts that were to be written.
#[derive(Debug)]
pub enum Taken {
    /// All were taken.
    All,
    /// Nothing was taken for a while: what was left then is lost.
    Stalled,
    /// They are gone, and some could not be written since somebody last asked; the first reason.
    Failed(io::Error),
}

/// Texts that wait to be written, by the bytes they take.
pub(super) struct Queue {
    state: Mutex<State>,
    /// Something came, or nothing more will.
    filled: Condvar,
    /// Something was taken.
    emptied: Condvar,
    /// How many bytes may wait.
    most: usize,
    /// The words for so many texts that were left out.
    left_out: fn(u64) -> String,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<String>,
    /// The bytes of those that wait and of the one that is being written.
    bytes: usize,
    /// Texts that were left out since the last that was told.
    dropped: u64,
    /// How often something was taken.
    steps: u64,
    /// The step at which somebody gave up waiting.
    stalled_at: Option<u64>,
    failed: Option<io::Error>,
    closing: bool,
    closed: bool,
}

impl Queue {
    pub(super) fn new(most: usize, left_out: fn(u64) -> String) -> Self {
        Self { state: Mutex::default(), filled: Condvar::new(), emptied: Condvar::new(), most, left_out }
    }

    /// Adds a text; where there is no room for it, it is left out, and that is told as soon as there is room.
    pub(super) fn push(&self, text: &str) {
        let mut state = self.lock();
        if text.is_empty() || state.closing {
            return;
        }
        // one that is larger than all room has room where nothing waits
        if state.bytes > 0 && state.bytes.saturating_add(text.len()) > self.most {
            state.dropped = state.dropped.saturating_add(1);
            return;
        }
        state.tell_dropped(self.left_out);
        state.add(text.to_owned());
        self.filled.notify_one();
    }

    /// How many bytes wait, or are being written.
    pub(super) fn waiting(&self) -> usize {
        self.lock().bytes
    }

    /// Says that nothing more comes.
    pub(super) fn close(&self) {
        self.lock().closing = true;
        self.filled.notify_one();
    }

    /// Waits for the next text to be written; `None` where nothing more comes.
    pub(super) fn next(&self) -> Option<String> {
        let mut state = self.lock();
        loop {
            if let Some(text) = state.waiting.pop_front() {
                return Some(text);
            }
            if state.dropped > 0 {
                state.tell_dropped(self.left_out);
            } else if state.closing {
                return None;
            } else {
                state = self.filled.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }

    /// Some of the text under way was taken; a step for those who wait.
    pub(super) fn step(&self, bytes: usize) {
        let mut state = self.lock();
        state.bytes = state.bytes.saturating_sub(bytes);
        state.steps += 1;
        self.emptied.notify_all();
    }

    /// So many bytes could not be written. What comes next is tried all the same: there may be room again.
    pub(super) fn fail(&self, bytes: usize, error: io::Error) {
        self.lock().failed.get_or_insert(error);
        self.step(bytes);
    }

    /// The writer is gone.
    pub(super) fn finish(&self) {
        self.lock().closed = true;
        self.emptied.notify_all();
    }

    /// Waits until everything so far was taken, for as long as anything is within `patience`.
    pub(super) fn drained(&self, patience: Duration) -> Taken {
        self.wait(patience, |state| state.bytes == 0 && state.dropped == 0)
    }

    /// Waits until the writer is gone, in the same way.
    pub(super) fn closed(&self, patience: Duration) -> Taken {
        self.wait(patience, |state| state.closed)
    }

    fn wait(&self, patience: Duration, over: impl Fn(&State) -> bool) -> Taken {
        let mut state = self.lock();
        loop {
            if over(&state) {
                return state.failed.take().map_or(Taken::All, Taken::Failed);
            }
            let steps = state.steps;
            // who gave up once does not wait again for the same
            if state.stalled_at == Some(steps) {
                return Taken::Stalled;
            }
            let same = |state: &mut State| state.steps == steps && !over(state);
            let waited = self.emptied.wait_timeout_while(state, patience, same);
            let (now, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            state = now;
            if timeout.timed_out() {
                state.stalled_at = Some(steps);
            }
        }
    }

    /// What one thread leaves is as good as what it found: no text is half added.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn add(&mut self, text: String) {
        self.bytes += text.len();
        self.waiting.push_back(text);
    }

    fn tell_dropped(&mut self, words: fn(u64) -> String) {
        if self.dropped > 0 {
            let dropped = std::mem::take(&mut self.dropped);
            self.add(words(dropped));
        }
    }
}
