use std::time::Instant;

use crate::timer::ExactTimer;

/// Waits to a moment exactly: a programmed delay is what measurements are held against.
pub(super) async fn wait_until(moment: Instant) {
    let left = moment.saturating_duration_since(Instant::now());
    if !left.is_zero() {
        let timer = ExactTimer::new();
        timer.set(left);
        timer.expired().await;
    }
}
