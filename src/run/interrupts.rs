use std::time::{Duration, SystemTime};

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::engine::{NotReady, Start};

/// Requests to end a run: Ctrl-C and the system's signal to terminate, or what a test sends. Where a signal cannot be
/// listened to, the run goes on to its time.
#[derive(Debug)]
pub struct Interrupts(UnboundedReceiver<()>);

impl Interrupts {
    /// Those that the sender sends.
    #[must_use]
    pub fn channel() -> (UnboundedSender<()>, Self) {
        let (sender, receiver) = unbounded_channel();
        (sender, Self(receiver))
    }

    /// Those of this process. To be called inside a runtime.
    #[must_use]
    pub fn of_process() -> Self {
        let (sender, interrupts) = Self::channel();
        for kind in [SignalKind::interrupt(), SignalKind::terminate()] {
            let Ok(mut signals) = signal(kind) else { continue };
            let sender = sender.clone();
            tokio::spawn(async move { while signals.recv().await.is_some() && sender.send(()).is_ok() {} });
        }
        interrupts
    }

    /// Waits for the next one.
    pub(super) async fn next(&mut self) {
        if self.0.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
    }
}

/// So long before a moment workers begin to get ready for it.
const READY: Duration = Duration::from_secs(1);
/// The wall clock may be set while somebody waits for it: it is looked at this often.
const LOOK: Duration = Duration::from_secs(10);

/// Waits until workers have to get ready, where the run begins at a moment of the wall clock; `waiting` hears that
/// moment.
///
/// # Errors
/// An interrupt; a moment that is over.
pub(super) async fn wait(
    start: Start,
    interrupts: &mut Interrupts,
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
            () = interrupts.next() => return Err(NotReady::Interrupted),
            () = tokio::time::sleep(left.min(LOOK)) => {}
        }
    }
}
