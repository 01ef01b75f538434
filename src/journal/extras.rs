use std::time::Duration;

use super::numbers::{Malformed, Pen, Scan};
use crate::metrics::{Health, Interval, UserChange, UserSteps};
use crate::units::Offset;

/// What a second has besides what the first journals had: each extra has a number and a length, so that a reader passes
/// over those it does not know. One that says nothing is left out, and a second without any ends before them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
enum Extra {
    /// CPU time that the generator wanted and did not get.
    Withheld = 4,
    /// How many users there were through it.
    Users = 5,
    /// When the last request ended.
    LastEnded = 6,
}

/// Writes the extras of a second.
pub(super) fn write(interval: &Interval, pen: &mut Pen) {
    let mut extras = Vec::new();
    let mut extra = |extra: Extra, content: Pen| extras.push((extra, content.bytes));
    let Health { cpu_wait, throttled, stolen, .. } = interval.health;
    let withheld = [cpu_wait, throttled, stolen];
    if withheld.iter().any(Option::is_some) {
        let mut content = Pen::default();
        withheld.into_iter().for_each(|time| write_time(time, &mut content));
        extra(Extra::Withheld, content);
    }
    if let Some(steps) = &interval.user_steps {
        let mut content = Pen::default();
        write_users(steps, &mut content);
        extra(Extra::Users, content);
    }
    if let Some(last) = interval.last_ended {
        let mut content = Pen::default();
        content.number(last.as_nanos());
        extra(Extra::LastEnded, content);
    }
    if extras.is_empty() {
        return;
    }
    pen.count(extras.len());
    for (extra, content) in extras {
        pen.number(extra as u64);
        pen.count(content.len());
        pen.bytes.extend(content);
    }
}

/// Reads the extras of a second into it.
pub(super) fn read(scan: &mut Scan, interval: &mut Interval) -> Result<(), Malformed> {
    if scan.is_over() {
        return Ok(());
    }
    let mut last = 0;
    for _ in 0..scan.number()? {
        let extra = scan.number()?;
        if extra <= last {
            return Err(Malformed("what a second has besides is out of order"));
        }
        last = extra;
        let mut content = scan.part()?;
        match extra {
            _ if extra == Extra::Withheld as u64 => {
                let Health { cpu_wait, throttled, stolen, .. } = &mut interval.health;
                for time in [cpu_wait, throttled, stolen] {
                    *time = read_time(&mut content)?;
                }
            }
            _ if extra == Extra::Users as u64 => interval.user_steps = Some(read_users(&mut content)?),
            _ if extra == Extra::LastEnded as u64 => {
                interval.last_ended = Some(Offset::from_nanos(content.number()?));
            }
            // of a later version
            _ => {}
        }
        scan.spent(&content)?;
    }
    Ok(())
}

/// A time in nanoseconds plus 1; 0 for none.
fn write_time(time: Option<Duration>, pen: &mut Pen) {
    pen.number(time.map_or(0, |time| nanos(time).saturating_add(1)));
}

fn read_time(scan: &mut Scan) -> Result<Option<Duration>, Malformed> {
    Ok(scan.number()?.checked_sub(1).map(Duration::from_nanos))
}

/// How many there were when the second began, and each change: how long after the one before, and by how many.
fn write_users(steps: &UserSteps, pen: &mut Pen) {
    pen.number(steps.at_start());
    pen.count(steps.changes().len());
    let mut before = Duration::ZERO;
    for change in steps.changes() {
        pen.number(nanos(change.at.saturating_sub(before)));
        pen.number(((change.by << 1) ^ (change.by >> 63)) as u64);
        before = change.at;
    }
}

fn read_users(scan: &mut Scan) -> Result<UserSteps, Malformed> {
    let at_start = scan.number()?;
    let mut at = Duration::ZERO;
    let changes = scan.list(|scan| {
        at = at.saturating_add(Duration::from_nanos(scan.number()?));
        if at >= Duration::from_secs(1) {
            return Err(Malformed("users come or go behind the end of their second"));
        }
        let bits = scan.number()?;
        Ok(UserChange { at, by: (bits >> 1) as i64 ^ -((bits & 1) as i64) })
    })?;
    let steps = UserSteps::new(at_start, changes.clone());
    // what is written is in order, of different moments, and no more than is kept
    if steps.changes() == changes { Ok(steps) } else { Err(Malformed("users come or go twice at one moment")) }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
