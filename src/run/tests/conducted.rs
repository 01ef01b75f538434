use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::task::spawn_local;
use tokio::time::{Instant, sleep};

use crate::disk::{Disk, FaultyDisk};
use crate::engine::tests::{Received, VirtualRun, in_virtual_time};
use crate::journal::{Annotation, End, Entry, Header, Mark, Reader};
use crate::results::{Report, Results, replay};
use crate::run::{Event, Interrupts, Job, JournalRecorder, NotStarted, PlanSource, Steer, conduct, header};
use crate::units::Offset;

/// A run that is over, with all that it said of itself.
pub(super) struct Conducted {
    /// What its journal says before its seconds.
    pub(super) header: Header,
    pub(super) entries: Vec<Entry>,
    pub(super) end: End,
    /// Why it was brought to its end before its time, and when it said so.
    pub(super) stopping: Vec<(Duration, String)>,
    /// The report that was made while it was under way.
    pub(super) report: Report,
    /// What the service got.
    pub(super) received: Vec<Received>,
    /// When it was over, teardown included.
    pub(super) over: Duration,
}

impl Conducted {
    /// The marks of a kind: when, and in which words.
    pub(super) fn marks(&self, mark: Mark) -> Vec<(Duration, &str)> {
        let annotations = self.entries.iter().filter_map(|entry| match entry {
            Entry::Annotation(annotation) if annotation.mark == mark => Some(annotation),
            _ => None,
        });
        annotations.map(|Annotation { at, text, .. }| (at.since(Offset::ZERO), text.as_str())).collect()
    }

    /// When each request to a path was at the service.
    pub(super) fn times_of(&self, line: &str) -> Vec<Duration> {
        self.received.iter().filter(|received| received.line == line).map(|received| received.at).collect()
    }

    /// Started, ok, failed and aborted; they balance.
    pub(super) fn books(&self) -> [u64; 4] {
        let books = &self.report.books;
        assert!(books.balanced, "{books:?}");
        [books.started, books.ok, books.failed, books.aborted]
    }
}

/// Conducts a run in virtual time, with interrupts at these moments. The report made from its journal is held against
/// the one made while it was under way.
pub(super) fn conduct_virtually(run: VirtualRun, interrupts: &[Duration]) -> Result<Conducted, NotStarted> {
    conduct_steered(run, interrupts, &[])
}

/// The same, and a person steers the load at these moments.
pub(super) fn conduct_steered(
    run: VirtualRun,
    interrupts: &[Duration],
    steers: &[(Duration, Steer)],
) -> Result<Conducted, NotStarted> {
    let journal = journal();
    let conducted = in_virtual_time(async {
        let began = Instant::now();
        let service = run.service();
        let options = run.options(&service);
        let source = PlanSource::of_text("");
        let header = header(&run.program, &source, &options);
        let (sender, received) = Interrupts::channel();
        let (steering, mut received) = received.with_steers();
        for (at, steer) in steers.iter().cloned() {
            let steering = steering.clone();
            spawn_local(async move {
                sleep(at).await;
                let _ = steering.send(steer.into());
            });
        }
        for at in interrupts.iter().copied() {
            let sender = sender.clone();
            spawn_local(async move {
                sleep(at).await;
                sender.send(()).unwrap();
            });
        }
        // the disk is not waited for: that took most of the time
        let disk = Disk::Faulty(FaultyDisk::new(|_, _, _| None));
        let mut recorder = JournalRecorder::new(disk, journal.clone());
        let (mut entries, mut stopping) = (Vec::new(), Vec::new());
        let job = Job { program: run.program.clone(), options, header };
        let results = conduct(job, &mut received, |event| {
            recorder.hear(&event);
            match event {
                Event::Entry(entry, _) => entries.push(entry.clone()),
                Event::Stopping(_, why) => stopping.push((began.elapsed(), why.to_owned())),
                Event::Waiting(_) | Event::Began(_) | Event::Steered(_) | Event::TearingDown | Event::TakingBack => {}
            }
        });
        let results = results.await?;
        assert!(recorder.close().is_none());
        Ok(Conducted {
            entries,
            header: results.header().clone(),
            end: results.end().unwrap().clone(),
            stopping,
            report: results.report(),
            received: service.received(),
            over: began.elapsed(),
        })
    });
    if let Ok(conducted) = &conducted {
        let mut reader = Reader::open(&journal).unwrap();
        let mut results = Results::new(reader.header().clone()).unwrap();
        let mut entries = conducted.entries.iter();
        replay(&mut reader, &mut results, |entry, _| assert_eq!(Some(entry), entries.next())).unwrap();
        assert_eq!(entries.next(), None);
        assert_eq!(results.report(), conducted.report, "what is shown later is what was reported at once");
        std::fs::remove_file(&journal).unwrap();
    }
    conducted
}

/// A file for a journal of its own.
fn journal() -> std::path::PathBuf {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    std::env::temp_dir().join(format!("plimsoll-virtual-{}-{number}.journal", std::process::id()))
}
