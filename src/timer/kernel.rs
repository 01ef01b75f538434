use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
};
use tokio::io::unix::AsyncFd;

/// One timer of the kernel's (`timerfd`).
#[derive(Debug)]
pub(super) struct KernelTimer(AsyncFd<OwnedFd>);

impl KernelTimer {
    /// A timer of the runtime this is called in; `None` where the system gives none.
    pub(super) fn new() -> Option<Self> {
        let timer = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC).ok()?;
        // `new` gave way to an unsafe twin because a type may lie about its descriptor; an `OwnedFd` does not
        #[allow(deprecated)]
        let timer = AsyncFd::new(timer).ok()?;
        Some(Self(timer))
    }

    pub(super) fn set(&self, wait: Duration) {
        // zero would disarm it
        let wait = wait.max(Duration::from_nanos(1));
        let tv_sec = wait.as_secs().try_into().unwrap_or(i64::MAX);
        let it_value = Timespec { tv_sec, tv_nsec: wait.subsec_nanos().into() };
        let once = Itimerspec { it_interval: Timespec { tv_sec: 0, tv_nsec: 0 }, it_value };
        // it fails for a bad descriptor or a bad time alone, and gets neither
        let _ = timerfd_settime(self.0.get_ref(), TimerfdTimerFlags::empty(), &once);
    }

    pub(super) async fn expired(&self) {
        // this fails where its runtime is shutting down, and then nobody waits any more
        let Ok(mut ready) = self.0.readable().await else { return std::future::pending().await };
        // reading takes the expiry away; one that was taken already is no error
        let _ = rustix::io::read(self.0.get_ref(), &mut [0; 8]);
        ready.clear_ready();
    }
}
