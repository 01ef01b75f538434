use std::io::{Read, Write};
use std::time::Duration;

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;

use super::dictionary::{Named, Numbered};
use super::extras;
use super::frame::LARGEST;
use super::numbers::{MEMORY, Malformed, Pen, Scan};
use super::samples;
use crate::metrics::{
    Accounting, Counts, ErrorCount, ErrorKey, Health, Interval, LastEnded, Measure, MetricCount, Scale, SeriesCount,
    SparseHistogram, TaskCounts, TaskGroups, TaskKey,
};
use crate::sample::{EndpointId, FailureKind, MetricId};
use crate::units::{Offset, Size};

/// The last second a journal may have: 68 years, so that adding to one never overflows.
pub(super) const LAST: u32 = i32::MAX as u32;

/// Everything a run's numbers add up to. As long as that fits 63 bits, no sum of any of them overflows, and each fits a
/// histogram's zig-zag number: a file may say what it likes, and the sums of what it says are still right.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct OverflowGuard(u64);

/// A second as a payload. The new series stay fresh in `series` until the frame is in the file.
pub(super) fn write(interval: &Interval, series: &mut Numbered) -> Result<Vec<u8>, Malformed> {
    if memory(interval) > MEMORY {
        return Err(TOO_LARGE);
    }
    let mut body = Pen::default();
    body.count(interval.series.len());
    for count in &interval.series {
        body.number(series.number(&count.key).into());
        write_counts(&count.counts, &mut body);
        body.count(count.times.len());
        for (measure, times) in &count.times {
            body.number(*measure as u64);
            samples::write(times, &mut body);
        }
    }
    body.count(interval.metrics.len());
    for count in &interval.metrics {
        body.number(count.metric.0.into());
        body.number(series.number(&count.key).into());
        samples::write(&count.samples, &mut body);
    }
    body.count(interval.errors.len());
    interval.errors.iter().for_each(|error| write_error(error, &mut body));
    extras::write(interval, &mut body);

    let mut pen = Pen::default();
    pen.number(interval.second.into());
    pen.number(interval.users);
    write_accounting(&interval.accounting, &mut pen);
    write_health(&interval.health, &mut pen);
    series.write(&mut pen)?;
    pen.bytes.append(&mut body.bytes);
    pen.counts = body.counts;
    pack(&pen)
}

/// A second from a payload.
pub(super) fn read(payload: &[u8], series: &mut Named) -> Result<Interval, Malformed> {
    let (numbers, counts) = unpack(payload)?;
    let mut scan = Scan::new(&numbers, &counts);
    let second = scan.small()?;
    if second > LAST {
        return Err(Malformed("a second is later than a run can be long"));
    }
    let users = scan.number()?;
    let accounting = read_accounting(&mut scan)?;
    let health = read_health(&mut scan)?;
    series.read(&mut scan)?;
    let mut interval = Interval {
        second,
        series: scan.list(|scan| {
            Ok(SeriesCount {
                key: series.key(scan.small()?)?.clone(),
                counts: read_counts(scan)?,
                times: scan.list(|scan| {
                    let measure = Measure::ALL.get(scan.small::<usize>()?).ok_or(Malformed("an unknown measure"))?;
                    Ok((*measure, samples::read(Scale::Time, scan)?))
                })?,
            })
        })?,
        metrics: scan.list(|scan| {
            Ok(MetricCount {
                metric: MetricId(scan.small()?),
                key: series.key(scan.small()?)?.clone(),
                samples: samples::read(Scale::Number, scan)?,
                failed: 0,
            })
        })?,
        errors: scan.list(read_error)?,
        accounting,
        tasks: TaskGroups::new(),
        users,
        user_steps: None,
        last_ended: LastEnded::default(),
        health,
        lateness: SparseHistogram::empty(Scale::Time),
    };
    extras::read(&mut scan, &mut interval)?;
    if scan.is_over() { Ok(interval) } else { Err(Malformed("something stands behind the last number")) }
}

fn write_counts(counts: &Counts, pen: &mut Pen) {
    let Counts { ok, failed, aborted, never_sent, bytes_out, bytes_in, content, redirected: _ } = counts;
    [ok, aborted, never_sent, bytes_out, bytes_in, content].into_iter().for_each(|number| pen.number(*number));
    write_kinds(failed, pen);
}

fn read_counts(scan: &mut Scan) -> Result<Counts, Malformed> {
    Ok(Counts {
        ok: scan.number()?,
        aborted: scan.number()?,
        never_sent: scan.number()?,
        bytes_out: scan.number()?,
        bytes_in: scan.number()?,
        content: scan.number()?,
        failed: read_kinds(scan)?,
        redirected: 0,
    })
}

fn write_accounting(accounting: &Accounting, pen: &mut Pen) {
    let Accounting { scheduled, dropped, started, ok, failed, aborted, never_sent } = accounting;
    [scheduled, dropped, started, ok, aborted, never_sent].into_iter().for_each(|number| pen.number(*number));
    write_kinds(failed, pen);
}

fn read_accounting(scan: &mut Scan) -> Result<Accounting, Malformed> {
    Ok(Accounting {
        scheduled: scan.number()?,
        dropped: scan.number()?,
        started: scan.number()?,
        ok: scan.number()?,
        aborted: scan.number()?,
        never_sent: scan.number()?,
        failed: read_kinds(scan)?,
    })
}

/// The kinds there were, each with its number: most of the time there is none.
fn write_kinds(failed: &[u64; FailureKind::ALL.len()], pen: &mut Pen) {
    pen.count(failed.iter().filter(|count| **count > 0).count());
    for (kind, count) in failed.iter().enumerate().filter(|(_, count)| **count > 0) {
        pen.count(kind);
        pen.number(*count);
    }
}

fn read_kinds(scan: &mut Scan) -> Result<[u64; FailureKind::ALL.len()], Malformed> {
    let mut failed = [0; FailureKind::ALL.len()];
    for _ in 0..scan.number()? {
        let kind = scan.small::<usize>()?;
        let count = scan.number()?;
        match failed.get_mut(kind) {
            Some(place) if *place == 0 => *place = count,
            Some(_) => return Err(Malformed("a kind of failure stands twice")),
            None => return Err(Malformed("an unknown kind of failure")),
        }
    }
    Ok(failed)
}

fn write_health(health: &Health, pen: &mut Pen) {
    let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    pen.number(nanos(health.worker_lag));
    pen.number(nanos(health.stalled));
    pen.number(nanos(health.lateness));
    pen.number(health.late);
    pen.figure(health.cpu_cores);
    pen.number(health.open_files);
    pen.number(health.memory.as_bytes());
    pen.number(health.backlog);
}

fn read_health(scan: &mut Scan) -> Result<Health, Malformed> {
    Ok(Health {
        worker_lag: Duration::from_nanos(scan.number()?),
        stalled: Duration::from_nanos(scan.number()?),
        lateness: Duration::from_nanos(scan.number()?),
        late: scan.number()?,
        cpu_cores: scan.figure()?,
        open_files: scan.number()?,
        memory: Size::from_bytes(scan.number()?),
        backlog: scan.number()?,
        ..Health::default()
    })
}

fn write_error(error: &ErrorCount, pen: &mut Pen) {
    pen.number(error.key.endpoint.0.into());
    pen.text(&error.key.name);
    pen.number(error.key.kind as u64);
    pen.text(&error.key.message);
    pen.number(error.count);
    pen.number(error.first.as_nanos());
    pen.number(error.last.as_nanos());
}

fn read_error(scan: &mut Scan) -> Result<ErrorCount, Malformed> {
    let key = ErrorKey {
        endpoint: EndpointId(scan.small()?),
        name: scan.text()?.into(),
        kind: *FailureKind::ALL.get(scan.small::<usize>()?).ok_or(Malformed("an unknown kind of failure"))?,
        message: scan.text()?.into(),
    };
    scan.charge(key.name.len() + key.message.len())?;
    Ok(ErrorCount {
        key,
        count: scan.number()?,
        first: Offset::from_nanos(scan.number()?),
        last: Offset::from_nanos(scan.number()?),
        example: None,
    })
}

/// What a reader is charged for a second.
fn memory(interval: &Interval) -> usize {
    let buckets = |samples: &SparseHistogram| size_of_val(samples.buckets());
    let series = interval.series.iter().map(|count| {
        size_of_val(count.times.as_slice()) + count.times.iter().map(|(_, samples)| buckets(samples)).sum::<usize>()
    });
    let metrics = interval.metrics.iter().map(|count| buckets(&count.samples));
    let errors = interval.errors.iter().map(|error| error.key.name.len() + error.key.message.len());
    size_of_val(interval.series.as_slice())
        + size_of_val(interval.metrics.as_slice())
        + size_of_val(interval.errors.as_slice())
        + buckets(&interval.lateness)
        + interval.user_steps.as_ref().map_or(0, |steps| size_of_val(steps.changes()))
        + interval.tasks.len() * size_of::<(TaskKey, TaskCounts)>()
        + series.chain(metrics).chain(errors).sum::<usize>()
}

const TOO_LARGE: Malformed = Malformed("the second is larger than a frame may be");

/// The payload: how long the packed numbers are, those, and the packed counts of histograms.
fn pack(pen: &Pen) -> Result<Vec<u8>, Malformed> {
    let numbers = deflate(&pen.bytes)?;
    let counts = deflate(&pen.counts)?;
    let mut payload = Pen::default();
    payload.count(numbers.len());
    payload.bytes.extend(numbers);
    payload.bytes.extend(counts);
    if payload.bytes.len() > LARGEST { Err(TOO_LARGE) } else { Ok(payload.bytes) }
}

/// The numbers and the counts of histograms.
pub(super) fn unpack(payload: &[u8]) -> Result<(Vec<u8>, Vec<u8>), Malformed> {
    let mut scan = Scan::new(payload, &[]);
    let length = scan.small::<usize>()?;
    let (numbers, counts) = scan.rest().split_at_checked(length).ok_or(Malformed("it ends within its numbers"))?;
    Ok((inflate(numbers)?, inflate(counts)?))
}

fn deflate(bytes: &[u8]) -> Result<Vec<u8>, Malformed> {
    if bytes.len() > LARGEST {
        return Err(TOO_LARGE);
    }
    let mut packer = ZlibEncoder::new(Vec::with_capacity(bytes.len()), Compression::new(6));
    // writing to memory cannot fail
    packer.write_all(bytes).and_then(|()| packer.finish()).map_err(|_| TOO_LARGE)
}

fn inflate(packed: &[u8]) -> Result<Vec<u8>, Malformed> {
    let mut unpacker = ZlibDecoder::new(packed);
    let mut bytes = Vec::new();
    let read = (&mut unpacker).take(LARGEST as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|_| Malformed("it does not unpack"))?;
    if bytes.len() > LARGEST {
        return Err(Malformed("it unpacks to more than a frame may hold"));
    }
    if unpacker.total_in() != packed.len() as u64 {
        return Err(Malformed("something stands behind what is packed"));
    }
    Ok(bytes)
}

impl OverflowGuard {
    /// Adds a second; `None` where its numbers do not fit any more.
    pub(super) fn add(&mut self, interval: &Interval) -> Option<()> {
        let mut sum = Sum(Some(self.0));
        let accounting = &interval.accounting;
        sum.add([interval.users, accounting.scheduled, accounting.dropped, accounting.started, accounting.ok]);
        sum.add([accounting.aborted, accounting.never_sent, interval.health.late]);
        if let Some(steps) = &interval.user_steps {
            sum.add([steps.at_start()]);
            steps.changes().iter().for_each(|change| sum.add([change.by.unsigned_abs()]));
        }
        sum.add(accounting.failed);
        for series in &interval.series {
            let counts = &series.counts;
            sum.add([counts.ok, counts.aborted, counts.never_sent, counts.bytes_out, counts.bytes_in, counts.content]);
            sum.add(counts.failed);
            series.times.iter().for_each(|(_, samples)| sum.add([samples.moments().count, samples.moments().refused]));
        }
        interval
            .metrics
            .iter()
            .for_each(|count| sum.add([count.samples.moments().count, count.samples.moments().refused, count.failed]));
        for counts in interval.tasks.values() {
            sum.add([counts.started, counts.completed, counts.aborted]);
            sum.add(counts.failed);
        }
        interval.errors.iter().for_each(|error| sum.add([error.count]));
        self.0 = sum.0.filter(|sum| *sum <= i64::MAX as u64)?;
        Some(())
    }
}

struct Sum(Option<u64>);

impl Sum {
    fn add<const N: usize>(&mut self, numbers: [u64; N]) {
        self.0 = numbers.iter().try_fold(self.0, |sum, number| Some(sum?.checked_add(*number))).flatten();
    }
}
