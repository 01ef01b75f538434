use std::time::Duration;

use super::numbers::{Malformed, Pen, Scan};
use crate::metrics::{Health, Interval};

/// What has come to a second since the first version of its form: each addition under a number of its own, with its
/// length, behind all the rest. A second without any is one of the first form, and a reader passes over those it does
/// not know.
mod kind {
    /// CPU time the generator wanted and did not get.
    pub(super) const CPU: u64 = 1;
}

/// Writes those that say anything.
pub(super) fn write(interval: &Interval, pen: &mut Pen) {
    let Health { cpu_wait, throttled, stolen, .. } = interval.health;
    let withheld = [cpu_wait, throttled, stolen];
    if withheld.iter().any(Option::is_some) {
        add(kind::CPU, pen, |pen| withheld.into_iter().for_each(|time| write_time(time, pen)));
    }
}

/// Reads all there are into a second.
pub(super) fn read(scan: &mut Scan, interval: &mut Interval) -> Result<(), Malformed> {
    let mut last = 0;
    while !scan.rest().is_empty() {
        let (kind, length) = (scan.number()?, scan.small()?);
        let mut addition = Scan::new(scan.bytes(length)?, &[]);
        if kind <= last {
            return Err(Malformed("additions are out of order"));
        }
        last = kind;
        match kind {
            kind::CPU => {
                let health = &mut interval.health;
                for time in [&mut health.cpu_wait, &mut health.throttled, &mut health.stolen] {
                    *time = read_time(&mut addition)?;
                }
            }
            _ => continue,
        }
        if !addition.is_over() {
            return Err(Malformed("something stands behind an addition"));
        }
    }
    Ok(())
}

fn add(kind: u64, pen: &mut Pen, write: impl FnOnce(&mut Pen)) {
    let mut addition = Pen::default();
    write(&mut addition);
    pen.number(kind);
    pen.count(addition.bytes.len());
    pen.bytes.extend(addition.bytes);
}

/// A time in nanoseconds plus 1; 0 for none.
fn write_time(time: Option<Duration>, pen: &mut Pen) {
    pen.number(time.map_or(0, |time| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX).saturating_add(1)));
}

fn read_time(scan: &mut Scan) -> Result<Option<Duration>, Malformed> {
    Ok(scan.number()?.checked_sub(1).map(Duration::from_nanos))
}
