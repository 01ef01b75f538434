use std::time::Instant;

use crate::timer::ExactTimer;

/// Waits to a moment exactly: a programmed delay is what measurements are held against.
pub(super) async fn wait_until(moment: Instant) {
    let left = moment.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return;
    }
    let waited = match ExactTimer::new() {
        Some(timer) => timer.set(left) && timer.gone_off().await,
        None => false,
    };
    if !waited {
        tokio::time::sleep(left).await;
    }
}
