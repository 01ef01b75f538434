//! What the tests of the journal share: headers, seconds made of chance, and a folder of their own.

mod damage;
mod encoding;
mod hostile;
mod merging;
mod round_trip;
mod torture;

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use rand::{Rng, RngExt};

use super::frame::FORMAT;
use super::reader::Why;
use super::*;
use crate::metrics::{Health, Interval, SeriesKey, Tally, TaskKey, UserChange, UserSteps};
use crate::sample::{
    Catalog, CatalogEndpoint, CatalogMetric, CatalogStage, CatalogTask, CatalogUserType, EndpointId, FailureKind,
    MetricId, MetricKind, Outcome, Phases, Sample, StageId, StagePurpose, TaskFailure, TaskId, TaskOutcome, TaskRole,
    Timing, Transmission, UserTypeId,
};
use crate::threshold::{Amount, NoData, OnBreak};
use crate::units::{Offset, Ratio, Seed, Size};

/// A folder that is gone when the test is over.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("plimsoll-journal-{}-{number}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

pub(super) fn header() -> Header {
    let text = "target: http://127.0.0.1\nendpoints: {search: {get: /search}}\n";
    Header {
        format: FORMAT,
        plimsoll: "0.1.0".to_owned(),
        run: RunId::parse("00112233445566778899aabbccddeeff").unwrap(),
        began: SystemTime::UNIX_EPOCH + Duration::from_nanos(1_800_000_000_123_456_789),
        seed: Seed::new(u64::MAX),
        shard: Shard::WHOLE,
        workers: 2,
        plan: PlanText {
            name: "search".to_owned(),
            description: "Größe — 大きさ".to_owned(),
            file: "plans/search.yaml".to_owned(),
            profile: Some("quick".to_owned()),
            target: "http://127.0.0.1".to_owned(),
            text: text.to_owned(),
            sha256: Fingerprint::of(text),
            effective: text.to_owned(),
        },
        environment: Environment::here(vec!["run".to_owned(), "search".to_owned()]),
        catalog: catalog(),
        left_out: Vec::new(),
        scale: None,
        thresholds: vec![Threshold {
            require: "p95 < 100ms".to_owned(),
            unscaled: None,
            name: Some("fast".to_owned()),
            on_break: OnBreak::Abort,
            after: Duration::from_millis(1500),
            no_data: NoData::Passes,
            place: "search.yaml:3:3".to_owned(),
            baseline: Some(Amount::Time(Duration::from_millis(200))),
        }],
        stages: vec![Stage {
            name: "steady".to_owned(),
            scenario: String::new(),
            start: Offset::ZERO,
            end: Offset::from_nanos(30_000_000_000),
            users: None,
            rate: Some(12.5),
            purpose: StagePurpose::Measured,
        }],
        at_least: None,
        planned: None,
        pace: Default::default(),
        parts: Vec::new(),
        name: Some("nightly".to_owned()),
        labels: [("commit", "41fc740"), ("branch", "größe")].map(|(key, value)| (key.into(), value.into())).into(),
    }
}

fn catalog() -> Catalog {
    Catalog {
        endpoints: vec![CatalogEndpoint {
            name: "search".into(),
            method: "GET".into(),
            service: None,
            tags: vec!["read".into()],
            timeout: None,
        }],
        users: vec![CatalogUserType { name: "reader".into(), tags: Vec::new() }],
        tasks: vec![CatalogTask { name: "search".into(), user: UserTypeId(0), tags: Vec::new(), role: TaskRole::Work }],
        stages: vec![CatalogStage { name: "steady".into(), scenario: "".into(), purpose: StagePurpose::WarmUp }],
        metrics: vec![CatalogMetric { name: "found".into(), kind: MetricKind::Trend, unit: Some("rows".into()) }],
    }
}

pub(super) fn end() -> End {
    End {
        closing: Closing::Threshold(0),
        elapsed: Duration::from_nanos(29_999_999_999),
        broken_workers: 1,
        teardown: vec!["`log_out`: refused".to_owned()],
        levels: vec![Level {
            stage: StageId(0),
            level: "50/s".to_owned(),
            height: 50.0,
            broken: Vec::new(),
            dropped: 3,
            measured: vec![Some(Amount::Ratio(Ratio::new(0.5))), None],
        }],
        exports: vec![Export {
            by: "stream".to_owned(),
            to: "out.jsonl".to_owned(),
            delivered: 7,
            lost: 1,
            why: Some("no room".to_owned()),
        }],
    }
}

pub(super) fn annotation(at: u64, text: &str) -> Annotation {
    Annotation { at: Offset::from_nanos(at), mark: Mark::Line, text: text.to_owned() }
}

/// One request that chance made, and the series it belongs to.
#[derive(Clone)]
pub(super) struct Call {
    key: SeriesKey,
    sample: Sample,
    found: f64,
}

/// Calls of one second, of every kind there is.
pub(super) fn calls(dice: &mut impl Rng, count: usize) -> Vec<Call> {
    (0..count).map(|_| call(dice)).collect()
}

fn call(dice: &mut impl Rng) -> Call {
    let nanos = |dice: &mut _, most: u32| Duration::from_nanos(exponential(dice, most));
    let kinds = FailureKind::ALL.len();
    let (outcome, status) = match dice.random_range(0..20_usize) {
        0 => (Outcome::Aborted, None),
        11 => (Outcome::Redirected, Some(302)),
        one if one <= kinds => (Outcome::Failed(FailureKind::ALL[one - 1]), Some(500)),
        _ => (Outcome::Ok, Some(200)),
    };
    let scheduled = Offset::from_nanos(dice.random_range(0..1_000_000_000));
    let sent = scheduled + nanos(dice, 30);
    let maybe = |dice: &mut _| (exponential(dice, 2) == 0).then(|| nanos(dice, 34));
    let phases = Phases {
        dns: maybe(dice),
        connect: maybe(dice),
        tls: maybe(dice),
        first_byte: maybe(dice),
        receive: maybe(dice),
    };
    let names = ["search", "", "Größe/大きさ", "/item/7"];
    let found = match dice.random_range(0..8) {
        0 => f64::NAN,
        1 => -0.0,
        2 => -1e300,
        3 => 1e300,
        4 => dice.random(),
        _ => f64::from(dice.random_range(0..100)),
    };
    Call {
        key: SeriesKey {
            endpoint: EndpointId(dice.random_range(0..3)),
            name: names[dice.random_range(0..names.len())].into(),
            user: UserTypeId(dice.random_range(0..2)),
            task: TaskId(0),
            stage: StageId(dice.random_range(0..2)),
            status,
        },
        sample: Sample {
            timing: Timing::new(scheduled, scheduled, sent, sent + nanos(dice, 43)),
            phases,
            outcome,
            transmission: if dice.random() { Transmission::Sent } else { Transmission::NeverSent },
            bytes_out: exponential(dice, 20),
            bytes_in: exponential(dice, 30),
            content: exponential(dice, 30),
        },
        found,
    }
}

/// A number of any size below 2^`most`, each size as likely as the next.
fn exponential(dice: &mut impl Rng, most: u32) -> u64 {
    let bits = dice.random_range(0..most);
    dice.random_range(0..=1 << bits)
}

/// Counts calls as a worker does.
pub(super) fn count(tally: &mut Tally, calls: &[Call]) {
    for call in calls {
        let series = tally.series(&call.key);
        tally.start();
        tally.record(series, &call.sample);
        tally.metric(MetricId(u16::from(call.found > 50.0)), series, call.found);
        if let Outcome::Failed(kind) = call.sample.outcome {
            let example = || Some(format!("{{\"error\": \"{kind}\"}}").into());
            tally.error(series, kind, &format!("{kind} — 失敗"), call.sample.timing.ended(), example);
        }
    }
    for (index, outcome) in calls.iter().map(|call| call.sample.outcome).enumerate() {
        let key = TaskKey { user: UserTypeId(0), task: TaskId(index as u16 % 3), stage: StageId(0) };
        tally.start_task(key);
        match outcome {
            Outcome::Ok => tally.end_task(key, TaskOutcome::Completed),
            Outcome::Failed(_) => tally.end_task(key, TaskOutcome::Failed(TaskFailure::ALL[index % 3])),
            Outcome::Aborted => tally.end_task(key, TaskOutcome::Aborted),
            // one that is under way when the second is over
            Outcome::Redirected => {}
        }
    }
    if let Some(call) = calls.first() {
        let series = tally.series(&call.key);
        tally.transaction_failed(MetricId(2), series);
    }
    tally.drop_due();
}

fn maybe(dice: &mut impl Rng) -> Option<Duration> {
    let time = Duration::from_nanos(exponential(dice, 30));
    dice.random::<bool>().then_some(time)
}

pub(super) fn health(dice: &mut impl Rng) -> Health {
    Health {
        worker_lag: Duration::from_nanos(exponential(dice, 34)),
        stalled: Duration::from_nanos(exponential(dice, 30)),
        late: exponential(dice, 9),
        lateness: Duration::ZERO,
        cpu_cores: dice.random(),
        open_files: exponential(dice, 12),
        memory: Size::from_bytes(exponential(dice, 34)),
        backlog: exponential(dice, 3),
        worker_cpu: maybe(dice),
        cpu_wait: maybe(dice),
        throttled: maybe(dice),
        stolen: maybe(dice),
    }
}

fn users(dice: &mut impl Rng) -> Option<UserSteps> {
    let at_start = exponential(dice, 20);
    let change = |_| UserChange {
        at: Duration::from_nanos(dice.random_range(0..1_000_000_000)),
        by: dice.random_range(-3..9_i64) * dice.random_range(1..500_i64),
    };
    let changes = (0..7).map(change).collect();
    dice.random::<bool>().then(|| UserSteps::new(at_start, changes))
}

/// The seconds of a run that chance made.
pub(super) fn run(seed: u64, seconds: u32, calls_each: usize) -> Vec<Interval> {
    let mut dice = Seed::new(seed).generator();
    let mut tally = Tally::new();
    (0..seconds)
        .map(|second| {
            count(&mut tally, &calls(&mut dice, calls_each));
            let interval = tally.take(second * 3, u64::from(second) * 10, health(&mut dice));
            Interval { user_steps: users(&mut dice), ..interval }
        })
        .collect()
}

/// Writes a run that ends; gives the journal's bytes.
pub(super) fn journal(path: &Path, header: &Header, run: &[Interval]) -> Vec<u8> {
    let mut writer = Writer::create(path, header).unwrap();
    for interval in run {
        writer.annotate(&annotation(u64::from(interval.second) * 1_000_000_000, "begins")).unwrap();
        writer.second(interval).unwrap();
    }
    writer.end(&end()).unwrap();
    fs::read(path).unwrap()
}

/// Everything behind the header, and how it ends.
pub(super) fn read(bytes: &[u8]) -> Result<(Vec<Entry>, Tail), Why> {
    let mut reader = Reader::of(Cursor::new(bytes))?;
    let entries = reader.by_ref().collect();
    Ok((entries, reader.tail().clone()))
}

pub(super) fn seconds(entries: &[Entry]) -> Vec<Interval> {
    let seconds = entries.iter().filter_map(|entry| match entry {
        Entry::Second(interval) => Some((**interval).clone()),
        _ => None,
    });
    seconds.collect()
}

/// Where each frame begins, and at last where the journal ends: the first is the header's.
pub(super) fn frames(bytes: &[u8]) -> Vec<usize> {
    let mut source = Cursor::new(bytes);
    source.set_position(frame::first_line().len() as u64);
    let mut starts = vec![source.position() as usize];
    while let frame::Found::Frame(..) = frame::open(&mut source, &mut Vec::new()).unwrap() {
        starts.push(source.position() as usize);
    }
    starts
}
