use std::time::Duration;

use tokio::time::Instant;

use crate::units::Offset;

/// The run's clock: monotonic, from the run's start. All of the engine's time comes from here.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    start: Instant,
}

impl Clock {
    /// A clock whose zero is `wait` from now: workers get ready until then.
    #[must_use]
    pub fn starting_in(wait: Duration) -> Self {
        Self { start: Instant::now() + wait }
    }

    /// The time since the start; zero before it.
    #[must_use]
    pub fn now(&self) -> Offset {
        Offset::from(Instant::now().saturating_duration_since(self.start))
    }

    /// How long until the start; zero after it.
    #[must_use]
    pub fn until_start(&self) -> Duration {
        self.start.saturating_duration_since(Instant::now())
    }

    /// The offset of a moment the data plane gave.
    #[must_use]
    pub fn offset(&self, moment: std::time::Instant) -> Offset {
        Offset::from(moment.saturating_duration_since(self.start.into_std()))
    }

    /// Waits until a moment of the run; the runtime's timers keep whole milliseconds.
    pub async fn sleep_until(&self, at: Offset) {
        tokio::time::sleep_until(self.start + at.since(Offset::ZERO)).await;
    }
}
