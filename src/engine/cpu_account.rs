use std::fs::File;
use std::os::unix::fs::FileExt;
use std::time::Duration;

use super::start::Platform;
use crate::units::Offset;

/// How long the thread it is made on was on a CPU, and how long it could have been and had none, as the kernel's scheduler
/// accounts for it (Linux: `/proc/thread-self/schedstat`). A worker cannot see this by itself: while it waits it does not
/// even know that something is due.
pub(super) struct CpuAccount {
    account: Option<File>,
    before: Option<(Offset, CpuTime)>,
}

/// What a thread had of CPUs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct CpuTime {
    ran: Duration,
    waited: Duration,
}

/// What a thread had of CPUs since the last look, as far as the system says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct CpuUse {
    /// On one, as time of a second; `None` also where too little has passed for a share of it to say anything.
    pub(super) ran: Option<Duration>,
    /// Ready for one, and without.
    pub(super) waited: Option<Duration>,
}

/// Longer than any three numbers.
const LINE: usize = 128;
/// The shortest span a share is measured over: in a moment any thread that does something is busy.
const SHORTEST: Duration = Duration::from_millis(500);

impl CpuAccount {
    /// That of this thread, from now on; in a simulation nobody has or wants a CPU.
    pub(super) fn on(platform: &Platform, now: Offset) -> Self {
        let account = match platform {
            Platform::System => File::open("/proc/thread-self/schedstat").ok(),
            #[cfg(test)]
            Platform::Simulated(_) => None,
        };
        let mut account = Self { account, before: None };
        account.take(now);
        account
    }

    /// What has come since the last take.
    pub(super) fn take(&mut self, now: Offset) -> CpuUse {
        let Some(time) = self.read() else { return CpuUse::default() };
        let Some((then, before)) = self.before.replace((now, time)) else { return CpuUse::default() };
        let span = now.since(then);
        let ran = time.ran.saturating_sub(before.ran);
        let a_second = (span >= SHORTEST).then(|| ran.div_f64(span.as_secs_f64()).min(Duration::from_secs(1)));
        CpuUse { ran: a_second, waited: Some(time.waited.saturating_sub(before.waited)) }
    }

    fn read(&self) -> Option<CpuTime> {
        let mut line = [0; LINE];
        let length = self.account.as_ref()?.read_at(&mut line, 0).ok()?;
        cpu_time(std::str::from_utf8(&line[..length]).ok()?)
    }
}

/// The first two of three numbers: nanoseconds on a CPU, nanoseconds in the queue for one, and how often it got one. A
/// kernel that keeps no such account has three zeros.
fn cpu_time(schedstat: &str) -> Option<CpuTime> {
    let mut numbers = schedstat.split_whitespace().map(str::parse::<u64>);
    let (ran, waited, turns) = (numbers.next()?.ok()?, numbers.next()?.ok()?, numbers.next()?.ok()?);
    let any = ran > 0 || waited > 0 || turns > 0;
    any.then(|| CpuTime { ran: Duration::from_nanos(ran), waited: Duration::from_nanos(waited) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_account_is_read_and_what_is_none_is_not() {
        let time = CpuTime { ran: Duration::from_nanos(998_211_783), waited: Duration::from_nanos(1_758_427) };
        assert_eq!(cpu_time("998211783 1758427 52\n"), Some(time));
        for none in ["0 0 0\n", "", "1 2", "a b c", "-1 0 1"] {
            assert_eq!(cpu_time(none), None, "{none}");
        }
    }

    #[test]
    fn a_thread_that_never_pauses_is_busy_and_one_that_sleeps_is_not() {
        // where the system keeps no account there is nothing to see
        let at = |ms: u64| Offset::from(Duration::from_millis(ms));
        let mut account = CpuAccount::on(&Platform::System, at(0));
        std::thread::sleep(Duration::from_millis(30));
        let idle = account.take(at(600));
        assert!(idle.ran.is_none_or(|ran| ran < Duration::from_millis(100)), "{idle:?}");
        assert_eq!(account.take(at(700)).ran, None, "a moment says nothing");
    }
}
