//! What a journal costs: bytes and CPU, and that memory does not grow with the run.
//!
//! ```text
//! cargo bench --bench journal -- [SECONDS] [ENDPOINTS] [RATE]
//! ```
//!
//! A run of SECONDS (a day) is made up: each of ENDPOINTS (30) is asked RATE (50) times a second over connections that
//! stay open. Service times are log-normal with medians from 10 to 30 ms; one request in a hundred fails. It is written,
//! read again into totals, and the figures are printed. Afterwards one second of 1,000 series is timed.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use plimsoll::test_api::journal::{
    Closing, End, Entry, Environment, Fingerprint, Header, PlanText, Reader, RunId, Shard, Writer,
};
use plimsoll::test_api::metrics::{Health, Interval, SeriesKey, SeriesRef, Tally, Totals};
use plimsoll::test_api::sample::{
    Catalog, EndpointId, FailureKind, Outcome, Phases, Sample, StageId, TaskId, Timing, Transmission, UserTypeId,
};
use plimsoll::test_api::units::{Offset, Seed};
use rand::rngs::Xoshiro256PlusPlus;
use rand::{Rng, RngExt};
use rustix::time::{ClockId, clock_gettime};

type Anything = Box<dyn Error>;

fn main() -> Result<(), Anything> {
    let mut numbers = std::env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    let mut number = |or: u32| numbers.next().map_or(Ok(or), |text| text.parse::<u32>());
    let (seconds, endpoints, rate) = (number(86_400)?, number(30)?, number(50)?);
    let path = std::env::temp_dir().join(format!("plimsoll-bench-{}.journal", std::process::id()));
    let measured = whole_run(&path, seconds, endpoints, rate);
    drop(fs::remove_file(&path));
    measured?;
    let measured = one_second(&path);
    drop(fs::remove_file(&path));
    measured
}

fn whole_run(path: &Path, seconds: u32, endpoints: u32, rate: u32) -> Result<(), Anything> {
    let mut load = Load::new(endpoints);
    let mut writer = Writer::create(path, &header())?;
    let (mut written, mut requests) = (Duration::ZERO, 0);
    let mut half = 0;
    for second in 0..seconds {
        let interval = load.second(second, rate);
        requests += interval.accounting.started;
        let from = cpu();
        writer.second(&interval)?;
        written += cpu() - from;
        if second == seconds / 2 {
            half = peak_memory();
        }
    }
    writer.end(&end(seconds))?;
    let writing = [half, peak_memory()];
    let bytes = fs::metadata(path)?.len();
    let series = f64::from(endpoints) * f64::from(seconds);
    println!("{seconds} s, {endpoints} endpoints, {rate} requests a second each: {requests} requests");
    println!("journal          {:>10.1} MB", bytes as f64 / 1e6);
    println!("a day of that    {:>10.1} MB", bytes as f64 / f64::from(seconds) * 86_400.0 / 1e6);
    println!("endpoint-second  {:>10.1} B", bytes as f64 / series);
    println!("endpoint-hour    {:>10.2} MB", bytes as f64 / series * 3600.0 / 1e6);
    println!("CPU to write     {:>10.3} ms a second of the run", written.as_secs_f64() * 1e3 / f64::from(seconds));

    let from = cpu();
    let mut reader = Reader::open(path)?;
    let mut totals = Totals::new();
    for entry in &mut reader {
        if let Entry::Second(interval) = entry {
            if interval.second == seconds / 2 {
                half = peak_memory();
            }
            totals.add(&interval);
        }
    }
    if !reader.tail().is_whole() || totals.accounting().started != requests {
        return Err(
            format!("{}; {} of {requests} requests were read", reader.tail(), totals.accounting().started).into()
        );
    }
    println!(
        "CPU to read      {:>10.3} ms a second of the run",
        (cpu() - from).as_secs_f64() * 1e3 / f64::from(seconds)
    );
    for (what, [half, end]) in [("writing", writing), ("reading", [half, peak_memory()])] {
        println!(
            "peak memory      {:>10.1} MB half way through {what}, {:.1} MB at its end",
            megabytes(half),
            megabytes(end)
        );
    }
    Ok(())
}

/// What one frame of many series costs.
fn one_second(path: &Path) -> Result<(), Anything> {
    const ROUNDS: u32 = 20;
    let mut load = Load::new(715);
    let mut writer = Writer::create(path, &header())?;
    let (mut written, mut series) = (Duration::ZERO, 0);
    for second in 0..ROUNDS {
        let interval = load.second(second, 50);
        series += interval.series.len();
        let from = cpu();
        writer.second(&interval)?;
        written += cpu() - from;
    }
    let frames = f64::from(ROUNDS);
    println!("a frame of {} series takes {:.1} ms", series as f64 / frames, written.as_secs_f64() * 1e3 / frames);
    Ok(())
}

/// Requests of chance.
struct Load {
    dice: Xoshiro256PlusPlus,
    tally: Tally,
    endpoints: Vec<(SeriesRef, SeriesRef)>,
}

impl Load {
    fn new(endpoints: u32) -> Self {
        let mut tally = Tally::new();
        let series = |number: u32| {
            let mut of = |status| {
                tally.series(&SeriesKey {
                    endpoint: EndpointId(number),
                    name: format!("/endpoint/{number}").into(),
                    user: UserTypeId(0),
                    task: TaskId(0),
                    stage: StageId(0),
                    status: Some(status),
                })
            };
            (of(200), of(500))
        };
        let endpoints = (0..endpoints).map(series).collect();
        Self { dice: Seed::new(1).generator(), tally, endpoints }
    }

    fn second(&mut self, second: u32, rate: u32) -> Interval {
        for (index, (good, bad)) in self.endpoints.iter().enumerate() {
            let median = 10e6 + 20e6 * index as f64 / self.endpoints.len() as f64;
            // arrivals of chance: the number in a second spreads as its root
            let arrivals = (0..rate * 2).filter(|_| self.dice.random()).count();
            for _ in 0..arrivals {
                let fails = self.dice.random_range(0..100) == 0;
                self.tally.start();
                let sample = sample(&mut self.dice, second, median, fails);
                self.tally.record(if fails { *bad } else { *good }, &sample);
                if fails {
                    self.tally.error(
                        *bad,
                        FailureKind::Check,
                        "the status is 500 and not 200",
                        sample.timing.ended(),
                        || Some("{\"error\": \"out of memory\"}".into()),
                    );
                }
            }
        }
        self.tally.take(second, 1000, Health { cpu_cores: self.dice.random(), ..Health::default() })
    }
}

fn sample(dice: &mut impl Rng, second: u32, median: f64, fails: bool) -> Sample {
    let scheduled =
        Offset::from(Duration::from_secs(second.into())) + Duration::from_nanos(dice.random_range(0..1_000_000_000));
    let service = Duration::from_nanos((median * (0.5 * normal(dice)).exp()) as u64);
    let late = Duration::from_nanos((-20e3 * dice.random::<f64>().max(1e-9).ln()) as u64);
    let receive = Duration::from_nanos((40e3 * (0.5 * normal(dice)).exp()) as u64).min(service / 2);
    let sent = scheduled + late;
    Sample {
        timing: Timing::new(scheduled, scheduled, sent, sent + service),
        phases: Phases { first_byte: Some(service - receive), receive: Some(receive), ..Phases::default() },
        outcome: if fails { Outcome::Failed(FailureKind::Check) } else { Outcome::Ok },
        transmission: Transmission::Sent,
        bytes_out: 180,
        bytes_in: dice.random_range(300..900),
        content: dice.random_range(100..700),
    }
}

/// Box and Muller 1958.
fn normal(dice: &mut impl Rng) -> f64 {
    let radius = (-2.0 * dice.random::<f64>().max(1e-12).ln()).sqrt();
    radius * (std::f64::consts::TAU * dice.random::<f64>()).cos()
}

fn header() -> Header {
    Header {
        format: Header::FORMAT,
        plimsoll: env!("CARGO_PKG_VERSION").to_owned(),
        run: RunId::random(),
        began: SystemTime::now(),
        seed: Seed::new(1),
        shard: Shard::WHOLE,
        workers: 2,
        plan: PlanText {
            name: "bench".to_owned(),
            description: String::new(),
            file: String::new(),
            profile: None,
            target: String::new(),
            text: String::new(),
            sha256: Fingerprint::of(""),
            effective: String::new(),
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

fn end(seconds: u32) -> End {
    End {
        closing: Closing::Complete,
        elapsed: Duration::from_secs(seconds.into()),
        broken_workers: 0,
        teardown: Vec::new(),
        levels: Vec::new(),
        exports: Vec::new(),
    }
}

/// CPU time of this process so far.
fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// The most memory this process has held, in kilobytes, as Linux tells it.
fn peak_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

fn megabytes(kilobytes: u64) -> f64 {
    kilobytes as f64 / 1e3
}
