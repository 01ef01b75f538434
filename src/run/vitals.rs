use std::fs;

use crate::metrics::Health;
use crate::units::{Offset, Size};

/// Watches the process itself, as the system accounts for it (Linux's `/proc/self`; elsewhere nothing is seen).
#[derive(Debug, Default)]
pub(super) struct Vitals {
    last: Option<(Offset, f64)>,
    cores: f64,
}

/// The shortest span CPU time is measured over, in seconds: it is counted in hundredths of a second, and over a moment
/// a few of those would look like many cores.
const SHORTEST: f64 = 0.5;

/// The clock ticks a second that `/proc` counts CPU time in; Linux fixes it at 100 for user space.
const TICKS: f64 = 100.0;
const PAGE: u64 = 4096;

impl Vitals {
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
