use std::time::Duration;

use super::numbers::{Malformed, Pen, Scan};
use super::samples;
use crate::metrics::{Health, Interval, LONGEST_EXAMPLE, LastEnded, Scale, TaskCounts, TaskKey, UserChange, UserSteps};
use crate::sample::{StageId, TaskFailure, TaskId, UserTypeId};
use crate::units::Offset;

/// What a second has besides what the first journals had: each extra has a number and a length, so that a reader passes
/// over those it does not know. One that says nothing is left out, and a second without any ends before them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
enum Extra {
    /// Where tasks went.
    Tasks = 1,
    /// Of what ended, how many requests were redirected and followed.
    Redirected = 2,
    /// Of the samples of metrics, how many transactions failed.
    FailedTransactions = 3,
    /// CPU time that the generator wanted and did not get.
    Withheld = 4,
    /// How many users there were through it.
    Users = 5,
    /// When the last request ended, of whatever stage: in older journals.
    LastEnded = 6,
    /// When the last request ended, by the stage that it began in.
    LastEndedOfStages = 7,
    /// For how much of it the busiest worker was on a CPU.
    WorkerCpu = 8,
    /// What was answered to some of the failures.
    Examples = 10,
    /// How late each request was sent.
    Lateness = 11,
}

/// Writes the extras of a second.
pub(super) fn write(interval: &Interval, pen: &mut Pen) {
    let mut extras = Vec::new();
    let mut extra = |extra: Extra, content: Pen| extras.push((extra, content.bytes));
    if !interval.tasks.is_empty() {
        let mut content = Pen::default();
        content.count(interval.tasks.len());
        interval.tasks.iter().for_each(|(key, counts)| write_task(key, counts, &mut content));
        extra(Extra::Tasks, content);
    }
    let redirected = interval.series.iter().map(|count| count.counts.redirected);
    if let Some(content) = sparse(redirected) {
        extra(Extra::Redirected, content);
    }
    if let Some(content) = sparse(interval.metrics.iter().map(|count| count.failed)) {
        extra(Extra::FailedTransactions, content);
    }
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
    if let Some(last) = interval.last_ended.of_unknown_stage() {
        let mut content = Pen::default();
        content.number(last.as_nanos());
        extra(Extra::LastEnded, content);
    }
    let stages = interval.last_ended.stages();
    if stages.len() > 0 {
        let mut content = Pen::default();
        content.count(stages.len());
        for (stage, at) in stages {
            content.number(stage.0.into());
            content.number(at.as_nanos());
        }
        extra(Extra::LastEndedOfStages, content);
    }
    if interval.health.worker_cpu.is_some() {
        let mut content = Pen::default();
        write_time(interval.health.worker_cpu, &mut content);
        extra(Extra::WorkerCpu, content);
    }
    let examples: Vec<(usize, &str)> = interval
        .errors
        .iter()
        .enumerate()
        .filter_map(|(place, error)| Some((place, error.example.as_deref()?)))
        .collect();
    if !examples.is_empty() {
        let mut content = Pen::default();
        content.count(examples.len());
        for (place, example) in examples {
            content.count(place);
            content.text(example);
        }
        extra(Extra::Examples, content);
    }
    if !interval.lateness.buckets().is_empty() {
        // both streams of it, one behind the other: a reader that does not know it passes over them
        let (mut samples, mut content) = (Pen::default(), Pen::default());
        samples::write(&interval.lateness, &mut samples);
        content.count(samples.bytes.len());
        content.bytes.append(&mut samples.bytes);
        content.bytes.append(&mut samples.counts);
        extra(Extra::Lateness, content);
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
            _ if extra == Extra::Tasks as u64 => read_tasks(&mut content, interval)?,
            _ if extra == Extra::Redirected as u64 => {
                for_each(&mut content, |place, count| {
                    let counts = interval.series.get_mut(place).map(|series| &mut series.counts);
                    let counts = counts.filter(|counts| count <= counts.ok);
                    counts.map(|counts| counts.redirected = count)
                })?;
            }
            _ if extra == Extra::FailedTransactions as u64 => {
                for_each(&mut content, |place, count| {
                    interval.metrics.get_mut(place).map(|metric| metric.failed = count)
                })?;
            }
            _ if extra == Extra::Withheld as u64 => {
                let Health { cpu_wait, throttled, stolen, .. } = &mut interval.health;
                for time in [cpu_wait, throttled, stolen] {
                    *time = read_time(&mut content)?;
                }
            }
            _ if extra == Extra::Users as u64 => interval.user_steps = Some(read_users(&mut content)?),
            _ if extra == Extra::LastEnded as u64 => {
                interval.last_ended = LastEnded::in_unknown_stage(Offset::from_nanos(content.number()?));
            }
            _ if extra == Extra::LastEndedOfStages as u64 => {
                let ends = content.list(|scan| Ok((StageId(scan.small()?), Offset::from_nanos(scan.number()?))))?;
                ends.into_iter().for_each(|(stage, at)| interval.last_ended.add(stage, at));
            }
            _ if extra == Extra::Lateness as u64 => {
                let length = content.small::<usize>()?;
                let parts = content.rest().split_at_checked(length);
                let (numbers, counts) = parts.ok_or(Malformed("it ends within its numbers"))?;
                interval.lateness = samples::read(Scale::Time, &mut Scan::new(numbers, counts))?;
            }
            _ if extra == Extra::WorkerCpu as u64 => interval.health.worker_cpu = read_time(&mut content)?,
            _ if extra == Extra::Examples as u64 => {
                for _ in 0..content.number()? {
                    let place: usize = content.small()?;
                    let example = content.text()?;
                    // what is masked may be longer than it was
                    if example.len() > 4 * LONGEST_EXAMPLE {
                        return Err(Malformed("an example of a failure is too long"));
                    }
                    content.charge(example.len())?;
                    let error = interval.errors.get_mut(place).ok_or(Malformed("an example of no failure"))?;
                    error.example = Some(example.into());
                }
            }
            // of a later version
            _ => {}
        }
        scan.spent(&content)?;
    }
    Ok(())
}

fn write_task(key: &TaskKey, counts: &TaskCounts, pen: &mut Pen) {
    let ids = [key.user.0, key.task.0, key.stage.0];
    ids.into_iter().for_each(|id| pen.number(id.into()));
    [counts.started, counts.completed, counts.aborted].into_iter().for_each(|number| pen.number(number));
    pen.count(counts.failed.iter().filter(|count| **count > 0).count());
    for (kind, count) in counts.failed.iter().enumerate().filter(|(_, count)| **count > 0) {
        pen.count(kind);
        pen.number(*count);
    }
}

fn read_tasks(scan: &mut Scan, interval: &mut Interval) -> Result<(), Malformed> {
    for _ in 0..scan.number()? {
        scan.charge(size_of::<(TaskKey, TaskCounts)>())?;
        let key =
            TaskKey { user: UserTypeId(scan.small()?), task: TaskId(scan.small()?), stage: StageId(scan.small()?) };
        let mut counts = TaskCounts {
            started: scan.number()?,
            completed: scan.number()?,
            aborted: scan.number()?,
            failed: [0; TaskFailure::ALL.len()],
        };
        for _ in 0..scan.number()? {
            let place = counts.failed.get_mut(scan.small::<usize>()?);
            *place.ok_or(Malformed("an unknown kind of failure of a task"))? = scan.number()?;
        }
        if interval.tasks.insert(key, counts).is_some() {
            return Err(Malformed("a task stands twice"));
        }
    }
    Ok(())
}

/// Places in a list with the numbers that belong to them; none where all are 0.
fn sparse(numbers: impl Iterator<Item = u64>) -> Option<Pen> {
    let some: Vec<(usize, u64)> = numbers.enumerate().filter(|(_, number)| *number > 0).collect();
    let mut pen = Pen::default();
    pen.count(some.len());
    for (place, number) in &some {
        pen.count(*place);
        pen.number(*number);
    }
    (!some.is_empty()).then_some(pen)
}

fn for_each(scan: &mut Scan, mut set: impl FnMut(usize, u64) -> Option<()>) -> Result<(), Malformed> {
    for _ in 0..scan.number()? {
        let (place, number) = (scan.small()?, scan.number()?);
        set(place, number).ok_or(Malformed("a number belongs to nothing there is"))?;
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
