use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use clap::Parser;

use super::args::RunArgs;
use super::command::conducted;
use super::write_results::{Lost, told};
use crate::disk::{Disk, DiskFault, DiskOperation, FaultyDisk};
use crate::engine::tests::{Received, Reply, VirtualRun, in_virtual_time, ms};
use crate::journal::{Entry, Reader, RunId};
use crate::live::Exporters;
use crate::report::{NewRun, ResultFiles};
use crate::run::{Interrupts, Job, PlanSource, header};
use crate::verdict::Exit;

const PLAN: &str = "
endpoints: {look: {get: /}, order: {post: /order, json: {}}}
users: {u: {pacing: 250ms, tasks: {t: {steps: [{call: look}, {log: looked}, {call: {endpoint: order, on_failure: continue}}]}}}}
teardown: [{log: closing}, {call: order}]
shape: {constant: {users: 2, for: 2s}}
thresholds: [error_rate <= 100%]
";

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    args: RunArgs,
}

/// What a run left.
struct Left {
    exit: Exit,
    /// What was said of its results.
    told: Result<String, String>,
    files: BTreeMap<String, Vec<u8>>,
    /// What the journal has, where it can be read.
    journal: Option<Vec<Entry>>,
}

/// Makes the run on a disk, from the opening of its files to what is said of them.
fn run(disk: &FaultyDisk, folder: &Path) -> Result<Left, std::io::Error> {
    let args = Line::parse_from(["run", "plan.yaml", "--quiet"]).args;
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let run_files = NewRun { folder, name: None, now };
    let files = ResultFiles::open(&Disk::Faulty(disk.clone()), &run_files, crate::cli::terminal::secrets())?;
    let order = |got: &Received| if got.line == "POST /order" { Reply::status(500) } else { Reply::after(ms(5)) };
    let made = in_virtual_time(async {
        let run = VirtualRun::of(PLAN).answering(order);
        let service = run.service();
        let options = run.options(&service);
        let source = PlanSource::of_text(PLAN);
        let mut header = header(&run.program, &source, &options);
        header.run = RunId::parse("00112233445566778899aabbccddeeff").unwrap();
        let (_sender, interrupts) = Interrupts::channel();
        let job = Job { program: run.program.clone(), options, header };
        conducted(&args, job, &files, (interrupts, Exporters::none())).await.unwrap()
    });
    let place = files.place().clone();
    let lost = Lost { journal: made.journal, log: files.close().err().map(|error| error.to_string()) };
    let told = told(&place, &made.written, lost, None);
    let journal = Reader::open(&place.path(".journal")).ok().map(Iterator::collect);
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let read =
        |entry: std::fs::DirEntry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap());
    let exit = Exit::of(&made.results.verdict(), made.results.integrity());
    Ok(Left { exit, told, files: entries.map(read).collect(), journal })
}

/// A folder that is empty, and gone when the test is over.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("plimsoll-run-torture-{}", std::process::id()));
        let folder = Self(folder);
        folder.clear();
        folder
    }

    /// Makes it anew, with nothing in it.
    fn clear(&self) {
        drop(std::fs::remove_dir_all(&self.0));
        std::fs::create_dir_all(&self.0).unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// Which files a run writes, with how many operations on each. The log's are as many as its thread makes of them.
fn operations(asked: &[(DiskOperation, PathBuf)]) -> BTreeMap<PathBuf, u64> {
    let mut operations = BTreeMap::new();
    for (_, path) in asked {
        *operations.entry(path.clone()).or_default() += 1;
    }
    operations
}

#[test]
fn whichever_operation_on_its_files_fails_a_run_says_what_is_lost_and_keeps_the_rest_whole() {
    let folder = Folder::new();
    let disk = FaultyDisk::new(|_, _, _| None);
    let whole = run(&disk, &folder.0).unwrap();
    assert!(whole.told.is_ok(), "{:?}", whole.told);
    assert_eq!(whole.exit, Exit::Passed);
    assert!(whole.files.len() >= 9, "{:?}", whole.files.keys());
    let entries = whole.journal.unwrap();
    let mut cases = 0;
    for (file, operations) in operations(&disk.asked()) {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        // files that are written whole or not at all have a test of their own, with every fault
        let grows = name.ends_with(".journal") || name.ends_with(".log");
        for fault in
            DiskFault::ALL.into_iter().filter(|fault| grows || [DiskFault::Full, DiskFault::Torn].contains(fault))
        {
            for (first, length) in (0..operations).flat_map(|first| [(first, 1), (first, 50)]) {
                if !grows && length > 1 {
                    continue;
                }
                folder.clear();
                let what = format!("{name}: {fault:?} from operation {first}, {length} times");
                let failing = file.clone();
                let disk = FaultyDisk::failing(move |path| path == failing, fault, first..first + length);
                cases += 1;
                let Ok(left) = run(&disk, &folder.0) else {
                    assert!(name.ends_with(".log") || file == folder.0, "{what}: the run did not begin");
                    continue;
                };
                // nothing that befalls its files changes what a run came to
                assert_eq!(left.exit, Exit::Passed, "{what}");
                if fault == DiskFault::Short {
                    assert!(left.told.is_ok(), "{what}: {:?}", left.told);
                }
                check(&what, &left, &whole.files, &entries);
            }
        }
    }
    assert!(cases > 200, "{cases}");
}

fn check(what: &str, left: &Left, whole: &BTreeMap<String, Vec<u8>>, entries: &[Entry]) {
    let journal_is_whole = left.journal.as_deref() == Some(entries);
    match &left.told {
        Ok(_) => {
            assert!(journal_is_whole, "{what}: the journal is not whole, and nothing is said");
            assert_eq!(left.files.len(), whole.len(), "{what}: {:?}", left.files.keys());
        }
        Err(text) => assert!(text.contains("error: results were lost") && text.contains("help: "), "{what}: {text}"),
    }
    // what the journal has is what was told, in its order
    let mut rest = entries.iter();
    for entry in left.journal.iter().flatten() {
        assert!(rest.any(|known| known == entry), "{what}: an entry of the journal was not told");
    }
    for (name, bytes) in &left.files {
        if let Some(target) = name.strip_suffix(".part") {
            assert!(left.told.is_err(), "{what}: {target} is left in part, and nothing is said");
            continue;
        }
        let from_journal = name.ends_with("_stats_history.csv") || name.ends_with(".html");
        let follows_journal = from_journal && !journal_is_whole;
        if name.ends_with(".log") || name.ends_with(".journal") || follows_journal {
            continue;
        }
        // what was written before the teardown stays where it cannot be written again, and that is said
        let is_said = left.told.as_ref().is_err_and(|text| text.contains(name.as_str()));
        assert!(is_said || Some(bytes) == whole.get(name), "{what}: {name} is not what it is on a good disk");
        assert!(!is_said || matches!(bytes.last(), Some(b'\n' | b'>')), "{what}: {name} is cut off");
    }
}
