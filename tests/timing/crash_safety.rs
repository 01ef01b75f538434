//! A run that is killed with SIGKILL, a hundred times at random instants: it loses no more than its last second.

use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant, SystemTime};

use plimsoll::test_api::journal::{Entry, Reader, Tail};
use plimsoll::test_api::target::Target;
use plimsoll::test_api::units::Seed;
use rand::RngExt;
use serde_json::Value;

use crate::support::command_line::{self, finish};
use crate::support::plan_folder::PlanFolder;
use crate::support::report::accounting;
use crate::support::target;

/// How many runs are killed, and how many of them are under way at once.
const KILLS: usize = 100;
const AT_ONCE: usize = 10;
/// A second is over on the clock a little before the system has it: the worker that counts it has to be given the
/// processor, then the collector, and ten runs share a machine that may be small and busy. Whoever wrote only every other
/// second would be late by more than this.
const ALLOWANCE: Duration = Duration::from_millis(700);

/// A run under way, and how long after its beginning it is to be killed.
struct Killable {
    plan: PlanFolder,
    target: Target,
    child: Child,
    after: Duration,
}

fn killable(after: Duration) -> Killable {
    let target = target::ready();
    let plan = PlanFolder::of("timing/killed").aimed_at(&target);
    let mut command = plan.command(&["--quiet"]);
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    Killable { plan, target, child, after }
}

/// When a run began by its journal.
fn began(journal: &Path) -> SystemTime {
    let tried = Instant::now();
    loop {
        match Reader::open(journal) {
            Ok(reader) => return reader.header().began,
            // the header may be on its way
            Err(error) => assert!(tried.elapsed() < Duration::from_secs(30), "{error}"),
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// The seconds of a journal and the requests they ended.
fn read(journal: &Path) -> (Vec<u32>, u64, Tail) {
    let mut reader = Reader::open(journal).unwrap();
    let (mut seconds, mut requests) = (Vec::new(), 0);
    for entry in &mut reader {
        if let Entry::Second(interval) = entry {
            seconds.push(interval.second);
            requests += interval.accounting.ok + interval.accounting.failures();
        }
    }
    (seconds, requests, reader.tail().clone())
}

/// How many seconds the log tells of; the journal has each before the log has.
fn logged(plan: &PlanFolder) -> usize {
    plan.file_text("log").lines().filter(|line| line.contains("/s  p95 ")).count()
}

/// Kills a run in its moment and looks at what is left; gives how many seconds the log tells of.
fn kill(killable: Killable) -> usize {
    let Killable { plan, target, mut child, after } = killable;
    let journal = plan.awaited_journal();
    let began = began(&journal);
    let wait = (began + after).duration_since(SystemTime::now()).unwrap_or_default();
    std::thread::sleep(wait);
    // SIGKILL; what was over by now had to be written, less the allowance
    let lived = SystemTime::now().duration_since(began).unwrap_or_default();
    child.kill().unwrap();
    child.wait().unwrap();
    let served = target.stop().total;

    let (seconds, requests, tail) = read(&journal);
    let due = u32::try_from(lived.saturating_sub(ALLOWANCE).as_secs()).unwrap();
    let has = seconds.last().map_or(0, |last| last + 1);
    assert!(has >= due, "killed {lived:?} after it began, the journal ends after {has} seconds");
    let logged = logged(&plan);
    assert!(has as usize >= logged, "the log tells of {logged} seconds, the journal of {has}");
    assert!(u64::from(has) <= lived.as_secs() + 1, "{has} seconds in {lived:?}");
    assert!(requests <= served, "{requests} requests ended, and the target counted {served}");
    assert!(matches!(tail, Tail::CutOff { .. }), "{tail}");

    let (code, told, stderr) = finish(command_line::command().arg("show").arg(&journal).arg("--json"));
    assert_eq!(code, 0, "{stderr}");
    assert!(stderr.contains("has no end") || stderr.contains("breaks off"), "{stderr}");
    let report: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(report["verdict"]["exit_code"], 5);
    assert!(report["verdict"]["text"].as_str().unwrap().starts_with("no end"));
    let n = |entry| accounting(&report, entry);
    assert_eq!(n("scheduled"), n("started") + n("dropped"));
    // at most one request of each user is under way when a second is over
    let open = n("started") - (n("ok") + n("failed") + n("aborted"));
    assert_eq!((n("under_way"), report["books"]["balanced"].as_bool()), (open, Some(true)));
    assert!(open <= 4, "{:#}", report["books"]);
    assert_eq!(n("ok") + n("failed"), requests);
    assert_eq!(report["total"]["requests"].as_u64(), Some(requests));
    logged
}

#[test]
fn a_run_killed_at_any_instant_loses_no_more_than_its_last_second() {
    let _alone = crate::alone();
    let mut dice = Seed::new(20_261_124).generator();
    let instants: Vec<Duration> = (0..KILLS).map(|_| Duration::from_millis(dice.random_range(30..3600))).collect();
    let lanes: Vec<_> = (0..AT_ONCE)
        .map(|lane| {
            let instants: Vec<Duration> = instants.iter().skip(lane).step_by(AT_ONCE).copied().collect();
            std::thread::spawn(move || instants.into_iter().map(|after| kill(killable(after))).sum::<usize>())
        })
        .collect();
    let logged: usize = lanes.into_iter().map(|lane| lane.join().unwrap()).sum();
    assert!(logged > KILLS, "a hundred runs of almost two seconds each told of {logged} seconds");
}
