//! A journal from outside: a stranger reads it by its document, a killed process leaves it whole, a disk that takes no
//! more is told.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use plimsoll::test_api::journal::{
    Annotation, Closing, End, Entry, Environment, Fingerprint, Header, Mark, PlanText, Reader, RunId, Shard, Tail,
    Writer,
};
use plimsoll::test_api::metrics::{Health, Interval, Measure, SeriesKey, SparseHistogram, Tally, TaskCounts, TaskKey};
use plimsoll::test_api::sample::{
    Catalog, EndpointId, FailureKind, MetricId, Outcome, Phases, Sample, StageId, TaskFailure, TaskId, TaskOutcome,
    Timing, Transmission, UserTypeId,
};
use plimsoll::test_api::units::{Offset, Seed};
use rand::RngExt;
use rand::rngs::Xoshiro256PlusPlus;
use serde_json::Value;

use crate::support::folder::Folder;
use crate::support::repository::root;

fn header() -> Header {
    let plan = "target: http://127.0.0.1\n";
    Header {
        format: Header::FORMAT,
        plimsoll: env!("CARGO_PKG_VERSION").to_owned(),
        run: RunId::random(),
        began: SystemTime::now(),
        seed: Seed::new(42),
        shard: Shard::WHOLE,
        workers: 1,
        plan: PlanText {
            name: "Größe".to_owned(),
            description: String::new(),
            file: "plan.yaml".to_owned(),
            profile: None,
            target: "http://127.0.0.1".to_owned(),
            text: plan.to_owned(),
            sha256: Fingerprint::of(plan),
            effective: plan.to_owned(),
        },
        environment: Environment::here(Vec::new()),
        catalog: Catalog::default(),
        left_out: Vec::new(),
        scale: None,
        thresholds: Vec::new(),
        stages: Vec::new(),
        at_least: None,
        planned: None,
        pace: Default::default(),
        parts: Vec::new(),
        name: None,
        labels: Default::default(),
    }
}

/// One second of requests that chance made.
fn second(tally: &mut Tally, dice: &mut Xoshiro256PlusPlus, second: u32) -> Interval {
    for _ in 0..100 {
        let outcome = match dice.random_range(0..12) {
            0 => Outcome::Aborted,
            one @ 1..=3 => Outcome::Failed(FailureKind::ALL[one * 2]),
            4 => Outcome::Redirected,
            _ => Outcome::Ok,
        };
        let series = tally.series(&SeriesKey {
            endpoint: EndpointId(dice.random_range(0..3)),
            name: ["/a", "/größe"][dice.random_range(0..2)].into(),
            user: UserTypeId(0),
            task: TaskId(0),
            stage: StageId(0),
            status: (outcome == Outcome::Ok).then_some(200),
        });
        let nanos = |dice: &mut Xoshiro256PlusPlus, bits: u32| {
            let bits = dice.random_range(0..bits);
            Duration::from_nanos(dice.random_range(0..=1_u64 << bits))
        };
        let scheduled = Offset::from(Duration::from_secs(second.into()));
        let sent = scheduled + nanos(dice, 20);
        let ended = sent + nanos(dice, 43);
        let phases = Phases { dns: dice.random::<bool>().then(|| nanos(dice, 30)), ..Phases::default() };
        let timing = Timing::new(scheduled, scheduled, sent, ended);
        tally.start();
        tally.record(
            series,
            &Sample {
                timing,
                phases,
                outcome,
                transmission: Transmission::Sent,
                bytes_out: 100,
                bytes_in: 1 << 33,
                content: 1 << 32,
            },
        );
        let task = TaskKey { user: UserTypeId(0), task: TaskId(dice.random_range(0..2)), stage: StageId(0) };
        tally.start_task(task);
        match outcome {
            Outcome::Ok => tally.end_task(task, TaskOutcome::Completed),
            Outcome::Failed(_) => tally.end_task(task, TaskOutcome::Failed(TaskFailure::Step)),
            Outcome::Aborted => tally.end_task(task, TaskOutcome::Aborted),
            Outcome::Redirected => tally.transaction_failed(MetricId(0), series),
        }
        if let Outcome::Failed(kind) = outcome {
            tally.error(series, kind, "it broke", ended, || None);
        }
        let value = [f64::NAN, -0.25, 7.0, 1e200][dice.random_range(0..4)];
        tally.metric(MetricId(0), series, value);
    }
    tally.take(second, u64::from(second) + 3, Health::default())
}

fn key(series: &SeriesKey) -> String {
    format!("{}/{}/{}", series.endpoint.0, series.name, series.status.map_or(0, |status| status + 1))
}

/// What the stranger should find.
#[derive(Default)]
struct Sums {
    count: u64,
    refused: u64,
    sum: f64,
    min: Option<f64>,
    max: Option<f64>,
    buckets: BTreeMap<String, u64>,
}

impl Sums {
    fn add(&mut self, samples: &SparseHistogram) {
        let moments = samples.moments();
        self.refused += moments.refused;
        if moments.count > 0 {
            self.count += moments.count;
            self.sum += moments.mean * moments.count as f64;
            self.min = Some(self.min.map_or(moments.min, |min| min.min(moments.min)));
            self.max = Some(self.max.map_or(moments.max, |max| max.max(moments.max)));
        }
        for (bucket, count) in samples.buckets() {
            *self.buckets.entry(bucket.to_string()).or_default() += count;
        }
    }
}

const MEASURES: [&str; Measure::ALL.len()] = [
    "response_ok",
    "response_failed",
    "service_ok",
    "service_failed",
    "first_byte",
    "receive",
    "dns",
    "connect",
    "tls",
    "first_byte_failed",
];

#[test]
fn a_reader_made_from_the_document_alone_finds_the_same_numbers() {
    let folder = Folder::new();
    let path = folder.join("run.journal");
    let (mut dice, mut tally) = (Seed::new(5).generator(), Tally::new());
    let mut writer = Writer::create(&path, &header()).unwrap();
    let mut run = Vec::new();
    for number in 0..20 {
        let text = format!("line {number}");
        writer.annotate(&Annotation { at: Offset::ZERO, mark: Mark::Line, text }).unwrap();
        run.push(second(&mut tally, &mut dice, number));
        writer.second(&run[run.len() - 1]).unwrap();
    }
    let elapsed = Duration::from_secs(20);
    let end = End {
        closing: Closing::Complete,
        elapsed,
        broken_workers: 0,
        teardown: Vec::new(),
        levels: Vec::new(),
        exports: Vec::new(),
    };
    writer.end(&end).unwrap();

    let output = Command::new("python3").arg(root().join("tests/journal/read.py")).arg(&path).output();
    let output = output.unwrap_or_else(|error| panic!("python3 is needed to prove docs/journal.md: {error}"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();

    assert_eq!(found["header"]["plan"]["name"], "Größe");
    assert_eq!(found["end"]["elapsed_ns"], 20_000_000_000_u64);
    assert_eq!(found["annotations"].as_array().unwrap().len(), 20);
    assert_eq!(found["seconds"], serde_json::json!((0..20).collect::<Vec<u32>>()));
    assert_eq!(found["users"], 22);
    let sum = |of: fn(&Interval) -> u64| run.iter().map(of).sum::<u64>();
    assert_eq!(found["books"]["started"], 2000);
    assert_eq!(found["books"]["ok"], sum(|interval| interval.accounting.ok));
    assert_eq!(found["books"]["dns"], sum(|interval| interval.accounting.failed[FailureKind::Dns as usize]));
    assert_eq!(found["errors"], sum(|interval| interval.accounting.failures()));

    let failed = |interval: &Interval| interval.metrics.iter().map(|count| count.failed).sum();
    assert_eq!(found["failed_transactions"], sum(failed));
    for task in 0..2 {
        let of_task = |of: fn(&TaskCounts) -> u64| {
            let tasks = run.iter().flat_map(|interval| &interval.tasks).filter(|(key, _)| key.task.0 == task);
            tasks.map(|(_, counts)| of(counts)).sum::<u64>()
        };
        let theirs = &found["tasks"][format!("0/{task}/0")];
        assert_eq!(theirs["started"], of_task(|counts| counts.started));
        assert_eq!(theirs["completed"], of_task(|counts| counts.completed));
        assert_eq!(theirs["aborted"], of_task(|counts| counts.aborted));
        assert_eq!(theirs["step"], of_task(TaskCounts::failures));
    }

    let (mut counts, mut samples) = (BTreeMap::<String, [u64; 4]>::new(), BTreeMap::<String, Sums>::new());
    for interval in &run {
        for series in &interval.series {
            let sums = counts.entry(key(&series.key)).or_default();
            let more = [series.counts.ok, series.counts.aborted, series.counts.bytes_in, series.counts.redirected];
            sums.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
            for (measure, times) in &series.times {
                let key = format!("{}/{}", MEASURES[*measure as usize], key(&series.key));
                samples.entry(key).or_default().add(times);
            }
        }
        for count in &interval.metrics {
            samples.entry(format!("metric 0/{}", key(&count.key))).or_default().add(&count.samples);
        }
    }
    let theirs = found["series"].as_object().unwrap();
    assert_eq!(theirs.len(), counts.len());
    for (key, ours) in &counts {
        let names = ["ok", "aborted", "bytes_in", "redirected"];
        assert_eq!(names.map(|name| theirs[key][name].as_u64().unwrap_or(0)), *ours, "{key}");
    }
    let theirs = found["samples"].as_object().unwrap();
    assert_eq!(theirs.len(), samples.len());
    for (key, ours) in &samples {
        let theirs = &theirs[key];
        assert_eq!(
            (theirs["count"].as_u64(), theirs["refused"].as_u64()),
            (Some(ours.count), Some(ours.refused)),
            "{key}"
        );
        assert_eq!((theirs["min"].as_f64(), theirs["max"].as_f64()), (ours.min, ours.max), "{key}");
        assert_eq!(theirs["sum"].as_f64(), Some(ours.sum), "{key}");
        assert_eq!(theirs["buckets"], serde_json::json!(ours.buckets), "{key}");
    }
}

/// This test file as a process of its own that writes a journal until it is stopped.
fn child(journal: &Path, limit: Option<&str>) -> Command {
    let this = std::env::current_exe().unwrap();
    let mut command = match limit {
        // a file may then grow to the limit and no further, and the system says so in place of ending the process
        Some(limit) => {
            let mut shell = Command::new("sh");
            shell.args(["-c", &format!("trap '' XFSZ; ulimit -f {limit}; exec \"$0\" \"$@\"")]).arg(this);
            shell
        }
        None => Command::new(this),
    };
    command.args(["--exact", "journal::a_process_that_writes_on", "--ignored", "--nocapture"]);
    command.env("JOURNAL", journal).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

#[test]
#[ignore = "the others start it as a process of its own"]
fn a_process_that_writes_on() {
    let journal = PathBuf::from(std::env::var_os("JOURNAL").unwrap());
    let (mut dice, mut tally) = (Seed::new(6).generator(), Tally::new());
    let mut writer = Writer::create(&journal, &header()).unwrap();
    for number in 0..100_000 {
        match writer.second(&second(&mut tally, &mut dice, number)) {
            Ok(()) => eprintln!("wrote {number}"),
            Err(error) => {
                eprintln!("{error}");
                return;
            }
        }
    }
}

/// The seconds of a journal, which must be without gaps from 0, and how it ends.
fn read(journal: &Path) -> (u32, Tail) {
    let mut reader = Reader::open(journal).unwrap();
    let mut next = 0;
    for entry in &mut reader {
        let Entry::Second(interval) = entry else { continue };
        assert_eq!((interval.second, interval.accounting.started), (next, 100));
        next += 1;
    }
    (next, reader.tail().clone())
}

#[test]
fn a_killed_process_loses_nothing_it_was_told_is_written() {
    for wait_for in [0, 1, 7, 60] {
        let folder = Folder::new();
        let journal = folder.join("run.journal");
        let mut child = child(&journal, None).spawn().unwrap();
        let mut told = BufReader::new(child.stderr.take().unwrap()).lines();
        let last = format!("wrote {wait_for}");
        assert!(told.any(|line| line.unwrap() == last));
        // SIGKILL
        child.kill().unwrap();
        child.wait().unwrap();
        let written = told.map_while(Result::ok).filter_map(|line| line.strip_prefix("wrote ")?.parse::<u32>().ok());
        let written = written.last().unwrap_or(wait_for) + 1;
        let (found, tail) = read(&journal);
        // one more may be in the file, whose writer had no time to say so
        assert!((written..=written + 1).contains(&found), "{written} were written, {found} were read");
        assert!(matches!(tail, Tail::CutOff { after: Some(after), .. } if after + 1 == found), "{tail}");
    }
}

#[test]
fn a_disk_that_takes_no_more_is_told_and_every_frame_before_is_whole() {
    let folder = Folder::new();
    let journal = folder.join("run.journal");
    // in blocks of 512 or 1024 bytes, as the shell likes
    let output = child(&journal, Some("100")).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    let lines: Vec<&str> = told.lines().collect();
    let written = lines.iter().filter(|line| line.starts_with("wrote ")).count();
    let error = format!("cannot write the journal `{}`: ", journal.display());
    assert!(lines.iter().any(|line| line.starts_with(&error)), "{told}");
    let (found, tail) = read(&journal);
    let at = fs::metadata(&journal).unwrap().len();
    // the part of a frame that did fit is taken away
    assert_eq!(tail, Tail::CutOff { at, after: Some(found - 1), rest: 0 });
    assert!(found > 3 && found as usize == written, "{found} of {written}");
}
