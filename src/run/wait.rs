use std::time::{Duration, SystemTime};

use super::run_loop::Signals;
use crate::engine::{NotReady, Start};

/// So long before a moment workers begin to get ready for it.
const READY: Duration = Duration::from_secs(1);
/// The wall clock may be set while somebody waits for it: it is looked at this often.
const LOOK: Duration = Duration::from_secs(10);

/// Waits until workers have to get ready, where the run begins at a moment of the wall clock; `waiting` is told that
/// moment.
///
/// # Errors
/// Somebody ends it; a moment that is over.
pub(super) async fn wait(
    start: Start,
    signals: &mut Signals,
    waiting: impl FnOnce(SystemTime),
) -> Result<(), NotReady> {
    let Start::At(at) = start else { return Ok(()) };
    let left = || at.duration_since(SystemTime::now()).map_err(|late| NotReady::Late(late.duration()));
    if left()? > READY {
        waiting(at);
    }
    loop {
        let left = left()?.saturating_sub(READY);
        if left.is_zero() {
            return Ok(());
        }
        tokio::select! {
            () = signals.next() => return Err(NotReady::Interrupted),
            () = tokio::time::sleep(left.min(LOOK)) => {}
        }
    }
}
