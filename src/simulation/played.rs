use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::task::spawn_local;
use tokio::time::{Instant, sleep};

use super::drawn_plan::DrawnPlan;
use super::service::Service;
use super::trouble::Trouble;
use crate::compile::Program;
use crate::engine::tests::{Simulated, VirtualRun, WallClock, in_virtual_time};
use crate::engine::{Options, Platform, Start};
use crate::journal::{Entry, Reader, RunId, Tail};
use crate::memory::MemoryBudget;
use crate::report::{Format, HistoryRows, Place, Seconds, keep};
use crate::results::{Report, Results, replay};
use crate::run::{Event, Interrupts, Job, JournalRecorder, PlanSource, conduct, header, probe};
use crate::verdict::Exit;

/// A seed's run, over, with all that it said and left.
pub(super) struct Played {
    pub(super) plan: String,
    pub(super) program: Arc<Program>,
    pub(super) trouble: Trouble,
    /// Since the start of all: when the load's zero was, when its end was told, and when everything was over.
    pub(super) zero: Option<Duration>,
    pub(super) load_over: Option<Duration>,
    pub(super) over: Duration,
    /// When the setup and the probe were over, and the run said so.
    pub(super) began: Option<Duration>,
    pub(super) ended: Ended,
    /// All entries, each with when it was told.
    pub(super) entries: Vec<(Duration, Entry)>,
    /// What the journal gave when the run was over; none where it cannot be read.
    pub(super) shown: Option<Shown>,
    /// What could not be written.
    pub(super) lost: Vec<String>,
    /// The files there were in the end, by name.
    pub(super) files: BTreeMap<String, Vec<u8>>,
    pub(super) looks: Vec<Look>,
    /// Requests that arrived at the service, by method and path.
    pub(super) requests: BTreeMap<String, u64>,
    /// What the service did to its clients.
    pub(super) did: BTreeMap<&'static str, u64>,
}

/// How a run ended.
pub(super) enum Ended {
    /// It began and has a report.
    Reported(Box<Report>, Exit),
    /// It did not begin.
    NotStarted(String),
}

/// What a journal gives when it is read again.
pub(super) struct Shown {
    pub(super) report: Report,
    pub(super) entries: Vec<Entry>,
    pub(super) tail: Tail,
}

/// What a kill at a moment would have left.
#[derive(Debug)]
pub(super) struct Look {
    pub(super) at: Duration,
    /// The last second of the journal; an error where it cannot be read.
    pub(super) last: Result<Option<u32>, String>,
}

const FORMATS: [Format; 5] = [Format::Json, Format::Csv, Format::Junit, Format::Html, Format::Markdown];
/// By then the service has read everything that was sent to it.
const AFTERWARDS: Duration = Duration::from_secs(20_000);

impl Played {
    /// Plays the run of a seed.
    pub(super) fn of(seed: u64) -> Self {
        let folder = folder();
        std::fs::create_dir_all(&folder).unwrap();
        let played = in_virtual_time(play(seed, &folder));
        std::fs::remove_dir_all(&folder).unwrap();
        played
    }

    /// All that there is of it: two of the same seed are equal.
    pub(super) fn digest(&self) -> String {
        let report = match &self.ended {
            Ended::Reported(report, exit) => format!("{report:?} {exit:?}"),
            Ended::NotStarted(why) => why.clone(),
        };
        let journal = self.files.get("run.journal").map(Vec::len);
        format!("{}\n{report}\n{:?}\n{:?}\n{journal:?}\n{:?}", self.plan, self.entries, self.requests, self.over)
    }
}

fn folder() -> PathBuf {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    std::env::temp_dir().join(format!("plimsoll-simulation-{}-{number}", std::process::id()))
}

/// What a listener of the run keeps.
#[derive(Default)]
struct Heard {
    entries: Vec<(Duration, Entry)>,
    began: Option<Duration>,
    zero: Option<Duration>,
    load_over: Option<Duration>,
    unwritten: Vec<String>,
}

async fn play(seed: u64, folder: &Path) -> Played {
    let began = Instant::now();
    let plan = DrawnPlan::of(seed).text;
    let program = VirtualRun::of(&plan).program;
    let trouble = Trouble::of(seed, program.length());
    let service = Service::start(seed);
    let wall_clock = WallClock::new(trouble.jumps.clone());
    let start = match trouble.start_at {
        None => Start::In(Duration::ZERO),
        Some(after) => Start::At(wall_clock.now() + after),
    };
    let platform = Platform::Simulated(Simulated {
        network: service.network.clone(),
        wall_clock: wall_clock.clone(),
        lost_worker: trouble.lost_worker,
    });
    let memory = MemoryBudget::new(trouble.memory);
    let options = Options { workers: trouble.workers, start, shard: trouble.shard, platform, memory };
    let shard = Some(trouble.shard).filter(|shard| shard.is_part());
    let source = PlanSource { shard, ..PlanSource::of_text(&plan) };
    let mut header = header(&program, &source, &options);
    header.run = RunId::parse("00112233445566778899aabbccddeeff").unwrap();
    let (sender, mut interrupts) = Interrupts::channel();
    for at in trouble.interrupts.clone() {
        let sender = sender.clone();
        spawn_local(async move {
            sleep(at).await;
            // the run may be over by then
            sender.send(()).ok();
        });
    }
    let disk = trouble.disk.disk();
    let place = Place::on(&disk, folder, "run", &program.secrets);
    let journal = place.path(".journal");
    let looks = Rc::<RefCell<Vec<Look>>>::default();
    for at in trouble.looks.clone() {
        let (looks, journal) = (looks.clone(), journal.clone());
        spawn_local(async move {
            sleep(at).await;
            looks.borrow_mut().extend(Look::at(at, &journal));
        });
    }
    let mut heard = Heard::default();
    let mut recorder = JournalRecorder::new(disk, journal.clone());
    let job = Job { program: program.clone(), options, header };
    let results = async {
        tokio::select! {
            biased;
            () = interrupts.next() => return Err("interrupted before the load began".to_owned()),
            ready = probe(&job.program, &job.options.platform, |_| {}) => ready.map_err(|error| error.to_string())?,
        }
        let results = conduct(job, &mut interrupts, |event| {
            recorder.hear(&event);
            match event {
                Event::Began(header) => {
                    let wait = header.began.duration_since(wall_clock.now()).unwrap_or_default();
                    heard.began = Some(began.elapsed());
                    heard.zero = Some(began.elapsed() + wait);
                }
                Event::Entry(entry, results) => {
                    heard.entries.push((began.elapsed(), entry.clone()));
                    if matches!(entry, Entry::End(_)) {
                        heard.load_over.get_or_insert(began.elapsed());
                        heard.unwritten = write_files(&place, &journal, &results.report());
                    }
                }
                _ => {}
            }
        });
        results.await.map_err(|error| error.to_string())
    };
    let results = results.await;
    let over = began.elapsed();
    let mut lost: Vec<String> = recorder.close().iter().map(ToString::to_string).collect();
    lost.append(&mut heard.unwritten);
    sleep(AFTERWARDS).await;
    let ended = match results {
        Ok(results) => {
            let exit = Exit::of(&results.verdict(), results.integrity());
            Ended::Reported(Box::new(results.report()), exit)
        }
        Err(why) => Ended::NotStarted(why),
    };
    Played {
        plan,
        program,
        trouble,
        zero: heard.zero,
        load_over: heard.load_over,
        over,
        began: heard.began,
        ended,
        entries: heard.entries,
        shown: Shown::of(&journal),
        lost,
        files: files(folder),
        looks: looks.take(),
        requests: service.requests(),
        did: service.did(),
    }
}

/// Writes what the command writes beside the journal; what could not be written.
fn write_files(place: &Place, journal: &Path, report: &Report) -> Vec<String> {
    let seconds =
        Seconds { journal, through: None, rows: HistoryRows::EachName, secrets: place.secrets(), baseline: None };
    // of a budget as small as the simulation's nothing could be read; a command's is at least 16 MiB
    let (_, unwritten) = with_memory_of_its_own(|| keep(place, &FORMATS, report, &seconds));
    unwritten.iter().map(ToString::to_string).collect()
}

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    entries.map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap())).collect()
}

/// What whoever reads a journal has: a process of its own, and so memory of its own. In the simulation the run's worker had
/// this thread, and left its budget.
fn with_memory_of_its_own<T>(read: impl FnOnce() -> T) -> T {
    let of_run = MemoryBudget::of_thread_or(u64::MAX);
    MemoryBudget::new(u64::MAX).of_this_thread();
    let read = read();
    of_run.of_this_thread();
    read
}

impl Shown {
    fn of(journal: &Path) -> Option<Self> {
        with_memory_of_its_own(|| Self::read(journal))
    }

    fn read(journal: &Path) -> Option<Self> {
        let mut reader = Reader::open(journal).ok()?;
        let mut results = Results::new(reader.header().clone()).ok()?;
        let mut entries = Vec::new();
        replay(&mut reader, &mut results, |entry, _| entries.push(entry.clone())).unwrap();
        Some(Self { report: results.report(), entries, tail: reader.tail().clone() })
    }
}

impl Look {
    /// None where there is no journal.
    fn at(at: Duration, journal: &Path) -> Option<Self> {
        with_memory_of_its_own(|| Self::read(at, journal))
    }

    fn read(at: Duration, journal: &Path) -> Option<Self> {
        let bytes = std::fs::read(journal).ok()?;
        let last = Reader::of(Cursor::new(bytes)).map_err(|why| why.to_string()).and_then(|mut reader| {
            let mut last = None;
            for entry in reader.by_ref() {
                if let Entry::Second(interval) = entry {
                    last = Some(interval.second);
                }
            }
            match reader.tail() {
                Tail::Corrupt { .. } | Tail::CutOff { rest: 1.., .. } => Err(reader.tail().to_string()),
                Tail::Whole | Tail::CutOff { .. } => Ok(last),
            }
        });
        Some(Self { at, last })
    }
}
