use std::fs;

use rustix::process::{Resource, getrlimit};

use crate::engine::Platform;
use crate::metrics::Health;
use crate::units::{Offset, Size};
use crate::verdict::Limits;

/// Watches the process itself, as the system accounts for it (Linux's `/proc/self`; elsewhere nothing is seen).
#[derive(Debug, Default)]
pub(super) struct ProcessStats {
    last: Option<(Offset, f64)>,
    cores: f64,
}

/// What this process may use, as far as the system says: cores by its own count, which knows of quotas; the limit on
/// open files; memory of its control group, or the machine's.
#[must_use]
pub fn limits(workers: u32) -> Limits {
    let cores = std::thread::available_parallelism().map_or(1.0, |cores| cores.get() as f64);
    let group = fs::read_to_string("/sys/fs/cgroup/memory.max").ok().and_then(|text| text.trim().parse().ok());
    let machine = fs::read_to_string("/proc/meminfo").ok().and_then(|text| {
        let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
        line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
    });
    let memory = [group, machine].into_iter().flatten().min();
    Limits { cores, workers, open_files: getrlimit(Resource::Nofile).current, memory: memory.map(Size::from_bytes) }
}

/// The shortest span CPU time is measured over, in seconds: it is counted in hundredths of a second, and over a moment
/// a few of those would look like many cores.
const SHORTEST: f64 = 0.5;

/// The clock ticks a second that `/proc` counts CPU time in; Linux fixes it at 100 for user space.
const TICKS: f64 = 100.0;
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
        let cpu = cpu_seconds();
        if let (Some((before, was)), Some(is)) = (self.last, cpu) {
            let span = now.as_secs_f64() - before.as_secs_f64();
            if span >= SHORTEST {
                self.cores = (is - was) / span;
                self.last = Some((now, is));
            }
        } else {
            self.last = cpu.map(|cpu| (now, cpu));
        }
        Health { cpu_cores: self.cores, open_files: open_files(), memory: memory(), ..Health::default() }
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
