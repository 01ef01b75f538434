use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{LocalSet, spawn_local};
use tokio::time::{Instant, sleep};

use super::service::{Accept, Accepts, Answers, Received, Reply, Service};
use super::simulated::Simulated;
use crate::compile::{CompileOptions, Filter, Program, compile};
use crate::diagnostic::{Problems, Sources};
use crate::engine::{Options, Phase, Platform, Run, Start, Stop, WorkerMessage};
use crate::memory::MemoryBudget;
use crate::metrics::{Distribution, Interval, Measure, Scale, Totals};
use crate::plan::read_text;
use crate::units::{self, Seed, Shard};

/// A plan that is run in virtual time, against a service in memory.
pub(crate) struct VirtualRun {
    pub(crate) program: Arc<Program>,
    workers: u32,
    shard: Shard,
    answers: Answers,
    accepts: Accepts,
    /// When the run is to go on to which phase of its end.
    stops: Vec<(Duration, Phase)>,
    /// How long its messages wait until somebody reads them.
    read_after: Duration,
    /// How long before its zero it is started.
    lead: Duration,
    /// How many bytes it may hold.
    memory: u64,
}

/// What a run came to.
pub(crate) struct Played {
    /// What the service got.
    pub(crate) received: Vec<Received>,
    /// Every second of the run, all workers together.
    pub(crate) seconds: Vec<Interval>,
    /// Which worker has sent which second when.
    pub(crate) sent: Vec<(u32, u32, Duration)>,
    pub(crate) totals: Totals,
    /// Why the plan wanted the run to end.
    pub(crate) stops: Vec<String>,
    /// What it wrote to the log.
    pub(crate) lines: Vec<(Duration, String)>,
    /// When the last worker was over.
    pub(crate) ended: Duration,
    pub(crate) broken_workers: usize,
}

const TARGET: &str = "target: http://service.test\n";

/// The program of a plan, given as its text; files it names lie beside this one.
pub(crate) fn program(plan: &str) -> Arc<Program> {
    let (mut sources, mut problems) = (Sources::default(), Problems::default());
    let name = concat!(env!("CARGO_MANIFEST_DIR"), "/src/engine/tests/plan.yaml");
    let plan = read_text(name, plan, &|_| None, &mut sources, &mut problems);
    let plan = plan.unwrap_or_else(|| panic!("{:#?}", problems.sorted()));
    let filter = Filter::default();
    let options = CompileOptions {
        name: "plan",
        seed: Seed::new(1),
        filter: &filter,
        scale: units::Scale::WHOLE,
        sources: &sources,
    };
    Arc::new(compile(&plan, &options, &mut problems).unwrap_or_else(|| panic!("{:#?}", problems.sorted())))
}

/// Plays a future to its end in virtual time: time moves as soon as nothing is left to do, in whole milliseconds.
pub(crate) fn in_virtual_time<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    LocalSet::new().block_on(&runtime, future)
}

/// So many milliseconds.
pub(crate) const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// So many seconds.
pub(crate) const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// The first whole millisecond at or after a moment: virtual time knows no other.
pub(crate) fn tick(at: Duration) -> Duration {
    ms(u64::try_from(at.as_nanos().div_ceil(1_000_000)).unwrap())
}

impl VirtualRun {
    /// A run of a plan by one worker; the service answers everything at once. The plan need not name its target.
    pub(crate) fn of(plan: &str) -> Self {
        Self {
            program: if plan.contains("target: ") || plan.contains("targets: ") {
                program(plan)
            } else {
                program(&format!("{TARGET}{plan}"))
            },
            workers: 1,
            shard: Shard::WHOLE,
            answers: Rc::new(|_| Reply::ok()),
            accepts: Rc::new(|_, _| Accept::After(Duration::ZERO)),
            stops: Vec::new(),
            read_after: Duration::ZERO,
            lead: Duration::ZERO,
            memory: 1 << 30,
        }
    }

    pub(crate) fn with_memory(self, memory: u64) -> Self {
        Self { memory, ..self }
    }

    pub(crate) fn workers(self, workers: u32) -> Self {
        Self { workers, ..self }
    }

    pub(crate) fn shard(self, shard: Shard) -> Self {
        Self { shard, ..self }
    }

    pub(crate) fn answering(self, answers: impl Fn(&Received) -> Reply + 'static) -> Self {
        Self { answers: Rc::new(answers), ..self }
    }

    pub(crate) fn accepting(self, accepts: impl Fn(usize, Duration) -> Accept + 'static) -> Self {
        Self { accepts: Rc::new(accepts), ..self }
    }

    /// Somebody brings it to a phase of its end at a moment.
    pub(crate) fn stopped(mut self, at: Duration, phase: Phase) -> Self {
        self.stops.push((at, phase));
        self
    }

    /// Its zero is so long from its start.
    pub(crate) fn beginning_in(self, lead: Duration) -> Self {
        Self { lead, ..self }
    }

    /// Nobody reads the workers' messages for a while.
    pub(crate) fn read_after(self, read_after: Duration) -> Self {
        Self { read_after, ..self }
    }

    /// The service, started; within virtual time.
    pub(crate) fn service(&self) -> Service {
        Service::start(self.answers.clone(), self.accepts.clone())
    }

    /// How the run is made.
    pub(crate) fn options(&self, service: &Service) -> Options {
        Options {
            workers: self.workers,
            start: Start::In(self.lead),
            shard: self.shard,
            platform: Platform::Simulated(Simulated::on(service.network.clone())),
            memory: MemoryBudget::new(self.memory),
        }
    }

    /// Runs it to its end.
    pub(crate) fn play(self) -> Played {
        in_virtual_time(self.run())
    }

    async fn run(self) -> Played {
        let service = self.service();
        let options = self.options(&service);
        let (stop, began) = (Stop::new(), Instant::now());
        options.memory.of_this_thread();
        let globals = self.program.globals_of_run(self.shard);
        let mut run = Run::start(&self.program, &globals, &options, &stop).unwrap();
        for (at, phase) in self.stops {
            let stop = stop.clone();
            spawn_local(async move {
                sleep(at).await;
                stop.advance(phase);
            });
        }
        let mut played = Played {
            received: Vec::new(),
            seconds: Vec::new(),
            sent: Vec::new(),
            totals: Totals::new(),
            stops: Vec::new(),
            lines: Vec::new(),
            ended: Duration::ZERO,
            broken_workers: 0,
        };
        sleep(self.read_after).await;
        while let Some(message) = run.messages.recv().await {
            match message {
                WorkerMessage::Second { worker, interval } | WorkerMessage::Over { worker, interval, .. } => {
                    played.ended = began.elapsed();
                    played.sent.push((worker, interval.second, began.elapsed()));
                    match played.seconds.iter_mut().find(|known| known.second == interval.second) {
                        Some(known) => known.merge(*interval),
                        None => played.seconds.push(*interval),
                    }
                }
                WorkerMessage::Line { at, text } => played.lines.push((at.since(crate::units::Offset::ZERO), text)),
                WorkerMessage::Folded(_) => {}
                WorkerMessage::Stop { why } => {
                    played.stops.push(why);
                    stop.advance(Phase::Draining);
                }
            }
        }
        played.broken_workers = run.join().await;
        played.seconds.sort_by_key(|interval| interval.second);
        played.seconds.iter().for_each(|interval| played.totals.add(interval));
        played.received = service.received();
        played
    }
}

impl Played {
    /// When each request was at the service.
    pub(crate) fn times(&self) -> Vec<Duration> {
        self.received.iter().map(|received| received.at).collect()
    }

    /// When each request to a path was at the service.
    pub(crate) fn times_of(&self, line: &str) -> Vec<Duration> {
        self.received.iter().filter(|received| received.line == line).map(|received| received.at).collect()
    }

    /// How many users there were at the end of each second.
    pub(crate) fn users(&self) -> Vec<u64> {
        self.seconds.iter().map(|second| second.users).collect()
    }

    /// All times of a measure, of the requests that a name of the plan groups; of all where it is empty.
    pub(crate) fn measured(&self, measure: Measure, name: &str) -> Distribution {
        let mut all = Distribution::new(Scale::Time);
        for second in &self.seconds {
            for series in second.series.iter().filter(|series| name.is_empty() || *series.key.name == *name) {
                series.times.iter().filter(|(known, _)| *known == measure).for_each(|(_, times)| all.add(times));
            }
        }
        all
    }
}
