use std::time::Duration;

/// A desk with one clerk: whoever comes waits for all before it. What it can do is known, so a search for its limit can
/// be held against it.
#[derive(Debug, Default)]
pub(super) struct Desk {
    /// When the clerk is done with all who wait, from the server's start.
    free: Duration,
}

/// What one quote takes; so there are 100 a second.
const QUOTE: Duration = Duration::from_millis(10);
/// Who would wait longer is turned away.
const PATIENCE: Duration = Duration::from_secs(1);

impl Desk {
    /// How long somebody who comes now takes, waiting included; `None` where the queue is too long.
    pub(super) fn take(&mut self, now: Duration) -> Option<Duration> {
        let wait = self.free.saturating_sub(now);
        if wait > PATIENCE {
            return None;
        }
        self.free = now + wait + QUOTE;
        Some(wait + QUOTE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_comes_while_the_clerk_is_free_does_not_wait() {
        let mut desk = Desk::default();
        for second in 0..5 {
            assert_eq!(desk.take(Duration::from_secs(second)), Some(QUOTE));
        }
    }

    #[test]
    fn a_queue_grows_by_a_quote_each_until_patience_ends_and_then_shrinks_with_time() {
        let mut desk = Desk::default();
        let waits: Vec<Duration> = std::iter::from_fn(|| desk.take(Duration::ZERO)).collect();
        assert_eq!(waits.len(), 101);
        assert!(waits.windows(2).all(|pair| pair[1] - pair[0] == QUOTE));
        assert_eq!(desk.take(Duration::from_millis(5)), None);
        assert_eq!(desk.take(Duration::from_millis(510)), Some(Duration::from_millis(510)));
    }
}
