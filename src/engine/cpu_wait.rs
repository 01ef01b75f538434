use std::fs::File;
use std::os::unix::fs::FileExt;
use std::time::Duration;

use super::start::Platform;

/// How long the thread it is made on could have run and had no CPU, as the kernel's scheduler accounts for it (Linux:
/// `/proc/thread-self/schedstat`). A worker cannot see this by itself: while it waits it does not even know that
/// something is due.
pub(super) struct CpuWait {
    account: Option<File>,
    before: Option<Duration>,
}

/// Longer than any three numbers.
const LINE: usize = 128;

impl CpuWait {
    /// That of this thread, from now on; in a simulation nobody waits.
    pub(super) fn on(platform: &Platform) -> Self {
        let account = match platform {
            Platform::System => File::open("/proc/thread-self/schedstat").ok(),
            #[cfg(test)]
            Platform::Simulated(_) => None,
        };
        let mut wait = Self { account, before: None };
        wait.take();
        wait
    }

    /// What has come since the last take; `None` where the system does not say.
    pub(super) fn take(&mut self) -> Option<Duration> {
        let mut line = [0; LINE];
        let length = self.account.as_ref()?.read_at(&mut line, 0).ok()?;
        let now = waited(std::str::from_utf8(&line[..length]).ok()?)?;
        let before = self.before.replace(now);
        before.map(|before| now.saturating_sub(before))
    }
}

/// The second of three numbers: nanoseconds on a CPU, nanoseconds in the queue for one, and how often it got one. A
/// kernel that keeps no such account has three zeros.
fn waited(schedstat: &str) -> Option<Duration> {
    let mut numbers = schedstat.split_whitespace().map(str::parse::<u64>);
    let (ran, waited, turns) = (numbers.next()?.ok()?, numbers.next()?.ok()?, numbers.next()?.ok()?);
    (ran + waited + turns > 0).then(|| Duration::from_nanos(waited))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_account_is_read_and_what_is_none_is_not() {
        assert_eq!(waited("998211783 1758427 52\n"), Some(Duration::from_nanos(1_758_427)));
        for none in ["0 0 0\n", "", "1 2", "a b c", "-1 0 1"] {
            assert_eq!(waited(none), None, "{none}");
        }
    }
}
