use std::io;
use std::time::{Duration, Instant};

use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
};
use tokio::io::unix::AsyncFd;

/// Waits to a moment, more exactly than the runtime's timer can, which keeps whole milliseconds and is up to two late:
/// a programmed delay is what measurements are held against.
pub(super) async fn wait_until(moment: Instant) {
    let left = moment.saturating_duration_since(Instant::now());
    if !left.is_zero() && exactly(left).await.is_err() {
        tokio::time::sleep(left).await;
    }
}

async fn exactly(time: Duration) -> io::Result<()> {
    let timer = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
    let tv_sec = time.as_secs().try_into().unwrap_or(i64::MAX);
    let value = Timespec { tv_sec, tv_nsec: time.subsec_nanos().into() };
    let once = Itimerspec { it_interval: Timespec { tv_sec: 0, tv_nsec: 0 }, it_value: value };
    timerfd_settime(&timer, TimerfdTimerFlags::empty(), &once)?;
    // `new` gave way to an unsafe twin because a type may lie about its descriptor; an `OwnedFd` does not
    #[allow(deprecated)]
    let timer = AsyncFd::new(timer)?;
    drop(timer.readable().await?);
    Ok(())
}
