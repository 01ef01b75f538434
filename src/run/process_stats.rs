use std::fs;
use std::time::Duration;

use rustix::process::{Resource, getrlimit};

use super::withheld_time::{TICKS, WithheldTime};
use crate::engine::Platform;
use crate::memory::memory_limit;
use crate::metrics::Health;
use crate::units::{Offset, Size};
use crate::verdict::Limits;

/// Watches the process itself, as the system accounts for it (Linux's `/proc/self`; elsewhere nothing is seen).
#[derive(Debug, Default)]
pub(super) struct ProcessStats {
    cpu_time: Pace,
    throttled: Pace,
    stolen: Pace,
    withheld: WithheldTime,
}

/// How fast an account grows, as seconds a second.
#[derive(Debug, Default)]
struct Pace {
    last: Option<(Offset, f64)>,
    pace: Option<f64>,
}

/// What this process may use, as far as the system says: cores by its own count, which knows of quotas; the limit on
/// open files; memory of its control group, or the machine's.
#[must_use]
pub fn limits() -> Limits {
    let cores = std::thread::available_parallelism().map_or(1.0, |cores| cores.get() as f64);
    Limits { cores, open_files: getrlimit(Resource::Nofile).current, memory: memory_limit().map(Size::from_bytes) }
}

/// The shortest span CPU time is measured over, in seconds: it is counted in hundredths of a second, and over a moment
/// a few of those would look like many cores.
const SHORTEST: f64 = 0.5;

/// No account grows by more seconds a second, however many CPUs it is of.
const MOST: f64 = 1e6;
const PAGE: u64 = 4096;

impl ProcessStats {
    /// Those of this process; none in a simulation, whose time is not the process's.
    pub(super) fn on(platform: &Platform) -> Option<Self> {
        match platform {
            Platform::System => Some(Self::default()),
            #[cfg(test)]
            Platform::Simulated(_) => None,
        }
    }

    /// What the process is at now; CPU is the mean since the last look that is not too near.
    pub(super) fn look(&mut self, now: Offset) -> Health {
        let a_second = |pace: Option<f64>| pace.map(|pace| Duration::from_secs_f64(pace.clamp(0.0, MOST)));
        Health {
            cpu_cores: self.cpu_time.at(now, cpu_seconds()).unwrap_or_default(),
            open_files: open_files(),
            memory: memory(),
            throttled: a_second(self.throttled.at(now, self.withheld.throttled())),
            stolen: a_second(self.stolen.at(now, self.withheld.stolen())),
            ..Health::default()
        }
    }
}

impl Pace {
    /// How fast it has grown since the last look that is not too near; `None` before the second one.
    fn at(&mut self, now: Offset, seconds: Option<f64>) -> Option<f64> {
        let is = seconds?;
        let Some((before, was)) = self.last else {
            self.last = Some((now, is));
            return None;
        };
        let span = now.as_secs_f64() - before.as_secs_f64();
        if span >= SHORTEST {
            self.pace = Some((is - was) / span);
            self.last = Some((now, is));
        }
        self.pace
    }
}

fn cpu_seconds() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // the second field is the command in brackets, and may itself hold blanks and brackets
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |index: usize| fields.get(index)?.parse::<f64>().ok();
    Some((ticks(11)? + ticks(12)?) / TICKS)
}

fn open_files() -> u64 {
    fs::read_dir("/proc/self/fd").map_or(0, |entries| entries.count() as u64)
}

fn memory() -> Size {
    let statm = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = statm.split_whitespace().nth(1).and_then(|pages| pages.parse::<u64>().ok());
    Size::from_bytes(pages.unwrap_or(0) * PAGE)
}
