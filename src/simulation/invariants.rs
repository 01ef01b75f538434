use std::path::Path;
use std::time::Duration;

use super::played::{Ended, Played};
use crate::engine::CUT_GRACE;
use crate::engine::tests::Loss;
use crate::journal::{Closing, End, Entry, Tail};
use crate::report::{Format, HistoryRows, Seconds};
use crate::results::{Report, RequestEntry};
use crate::secrets::Secrets;
use crate::verdict::Exit;

/// What of the run is not as it is of every run; empty where all is well.
pub(super) fn broken(played: &Played) -> Vec<String> {
    let mut wrong = Vec::new();
    it_ends(played, &mut wrong);
    the_journal_keeps_up(played, &mut wrong);
    what_is_written_is_whole(played, &mut wrong);
    if let Ended::Reported(report, exit) = &played.ended {
        requests_add_up(played, report, &mut wrong);
        tasks_add_up(report, &mut wrong);
        times_are_in_order(report, &mut wrong);
        the_verdict_is_earned(played, report, *exit, &mut wrong);
        it_stays_small(played, report, &mut wrong);
    }
    wrong
}

/// Notes what is wrong, where it is.
macro_rules! hold {
    ($wrong:expr, $holds:expr, $($text:tt)+) => {
        if !$holds {
            $wrong.push(format!($($text)+));
        }
    };
}

/// What the last of its workers may take to see that the run is over, and what the last look may take.
const MOMENT: Duration = Duration::from_millis(100);
/// What a run waits for a worker that does not come back: its last messages, and its end.
const LOST: Duration = Duration::from_secs(5 + 2);
/// What a setup or a teardown may take: three steps, each of at most three seconds or of a call's time, with redirects.
const STEPS: Duration = Duration::from_secs(30);

fn it_ends(played: &Played, wrong: &mut Vec<String>) {
    let hangs = played.trouble.lost_worker.is_some_and(|lost| lost.how == Loss::Hangs);
    let lost = if hangs { LOST + CUT_GRACE } else { Duration::ZERO };
    let has_teardown = !played.program.teardown.is_empty();
    let Some(began) = played.began else {
        // an interrupt before the load ends it at once, but for a teardown of what the setup made
        let first = played.trouble.interrupts.first().filter(|at| **at + MOMENT < played.over);
        let teardown = if has_teardown { STEPS } else { Duration::ZERO };
        if let Some(first) = first {
            hold!(
                wrong,
                played.over <= *first + MOMENT + teardown,
                "interrupted at {first:?} before the load, and over at {:?}",
                played.over
            );
        }
        return;
    };
    let zero = played.zero.unwrap_or(began);
    let grace = played.program.endpoints.iter().map(|endpoint| endpoint.timeout).max().unwrap_or_default();
    let planned = zero + played.program.length() + grace.min(Duration::from_secs(30)) + lost + MOMENT;
    let load_over = played.load_over.unwrap_or(played.over);
    hold!(wrong, load_over <= planned, "the load was to be over by {planned:?}, and was at {load_over:?}");
    hold!(
        wrong,
        played.over <= planned + STEPS,
        "all was to be over by {planned:?} and a teardown, and was at {:?}",
        played.over
    );
    let after: Vec<Duration> = played.trouble.interrupts.iter().copied().filter(|at| *at >= began).collect();
    if let Some(second) = after.get(1) {
        let by = *second + lost + MOMENT;
        hold!(wrong, load_over <= by, "a second interrupt at {second:?}, and the load was over at {load_over:?}");
    }
    if let Some(third) = after.get(2) {
        hold!(
            wrong,
            played.over <= *third + lost + MOMENT,
            "a third interrupt at {third:?}, and all was over at {:?}",
            played.over
        );
    }
}

fn the_journal_keeps_up(played: &Played, wrong: &mut Vec<String>) {
    let Some(zero) = played.zero else { return };
    if played.trouble.lost_worker.is_some() {
        return;
    }
    for (at, entry) in &played.entries {
        if let Entry::Second(interval) = entry {
            let due = zero + Duration::from_secs(u64::from(interval.second) + 1);
            hold!(
                wrong,
                *at <= due + Duration::from_secs(1),
                "second {} was told at {at:?}, {:?} late",
                interval.second,
                at.saturating_sub(due)
            );
        }
    }
    if !played.trouble.disk.is_harmless() {
        return;
    }
    for look in &played.looks {
        match &look.last {
            Err(why) => wrong.push(format!("a kill at {:?} would leave a journal that cannot be read: {why}", look.at)),
            Ok(last) => {
                let told = played.entries.iter().rev().find(|(_, entry)| matches!(entry, Entry::Second(_)));
                let over = told.map_or(played.over, |(at, _)| *at).min(look.at);
                let whole = over.saturating_sub(zero).as_secs();
                let has = last.map_or(0, |last| u64::from(last) + 1);
                hold!(wrong, has + 1 >= whole, "a kill at {:?} would leave {has} seconds of {whole}", look.at);
            }
        }
    }
}

fn what_is_written_is_whole(played: &Played, wrong: &mut Vec<String>) {
    let told: Vec<&Entry> = played.entries.iter().map(|(_, entry)| entry).collect();
    let part = played.files.keys().find(|name| name.ends_with(".part"));
    hold!(wrong, part.is_none() || !played.trouble.disk.is_harmless(), "a part is left: {part:?}");
    let Some(shown) = &played.shown else {
        hold!(
            wrong,
            played.began.is_none() || !played.lost.is_empty(),
            "there is no journal, and nothing is said to be lost"
        );
        return;
    };
    if let Ended::Reported(report, _) = &played.ended
        && played.lost.is_empty()
    {
        hold!(
            wrong,
            shown.entries.iter().eq(told.iter().copied()),
            "nothing is lost, and the journal has other entries than the run told: {} and {}",
            shown.entries.len(),
            told.len()
        );
        hold!(wrong, shown.tail == Tail::Whole, "nothing is lost, and the journal is {}", shown.tail);
        hold!(wrong, shown.report == **report, "what is shown is not what was reported");
        for (format, name) in
            [(Format::Json, "run.json"), (Format::Junit, "run_junit.xml"), (Format::Markdown, "run.md")]
        {
            let mut text = Vec::new();
            // what is written from the report alone does not read the journal
            let secrets = Secrets::default();
            let seconds = Seconds {
                journal: Path::new(""),
                through: None,
                rows: HistoryRows::Aggregated,
                secrets: &secrets,
                baseline: None,
            };
            format.write(&shown.report, &seconds, &mut text).unwrap();
            hold!(wrong, played.files.get(name) == Some(&text), "{name} is not what is shown");
        }
        for (name, bytes) in &played.files {
            hold!(wrong, !bytes.is_empty(), "{name} is empty");
        }
        hold!(wrong, played.files.len() == 9, "{} files: {:?}", played.files.len(), played.files.keys());
    }
    // where something is lost, the rest is there in its order
    let mut rest = told.iter();
    let in_order = shown.entries.iter().all(|entry| rest.any(|known| *known == entry));
    hold!(wrong, in_order, "the journal has entries that were not told, or in another order");
    if let Some(json) = played.files.get("run.json") {
        hold!(wrong, serde_json::from_slice::<Report>(json).is_ok(), "run.json cannot be read");
    }
}

fn requests_add_up(played: &Played, report: &Report, wrong: &mut Vec<String>) {
    let books = &report.books;
    if played.trouble.lost_worker.is_none() {
        hold!(wrong, books.balanced, "requests do not add up: {books:?}");
        hold!(wrong, books.under_way == 0, "requests are under way after the end: {books:?}");
        hold!(wrong, books.scheduled == books.started + books.dropped, "scheduled: {books:?}");
        hold!(wrong, books.started == books.ok + books.failed + books.aborted, "started: {books:?}");
        let arrived: u64 = played
            .requests
            .iter()
            .filter(|(line, _)| !line.contains(" /setup") && !line.contains(" /ready"))
            .map(|(_, count)| count)
            .sum();
        hold!(
            wrong,
            arrived == books.started - books.never_sent,
            "the service got {arrived} requests, and {} were sent",
            books.started - books.never_sent
        );
    }
    let total = &report.total;
    hold!(
        wrong,
        total.requests == books.ok + books.failed,
        "total {} is not ok {} + failed {}",
        total.requests,
        books.ok,
        books.failed
    );
    type Column = fn(&RequestEntry) -> u64;
    let columns: [(&str, Column); 3] =
        [("requests", |row| row.requests), ("failures", |row| row.failed), ("aborted", |row| row.aborted)];
    for (what, of) in columns {
        let (rows, all) = (report.requests.iter().map(of).sum::<u64>(), of(total));
        hold!(wrong, rows == all, "the rows have {rows} {what}, all have {all}");
    }
    let users: u64 = report.users.iter().map(|user| user.requests).sum();
    hold!(wrong, users == total.requests, "the users made {users} requests of {}", total.requests);
    let (mut started, mut ok, mut failed) = (0, 0, 0);
    for second in &report.history {
        started += second.started;
        ok += second.ok;
        failed += second.failed;
    }
    hold!(
        wrong,
        (started, ok, failed) == (books.started, books.ok, books.failed),
        "the seconds have {started} {ok} {failed}, the books {books:?}"
    );
    let kinds: u64 = books.failed_by_kind.values().sum();
    hold!(wrong, kinds == books.failed, "{kinds} failures by kind, {} in all", books.failed);
}

fn tasks_add_up(report: &Report, wrong: &mut Vec<String>) {
    let Some(tasks) = &report.tasks else { return };
    let broken = report.verdict.exit_code == Exit::Bug.code();
    let ended = tasks.completed + tasks.failed + tasks.aborted;
    hold!(wrong, broken || tasks.started == ended, "tasks do not add up: {tasks:?}");
    hold!(wrong, tasks.users_not_started <= tasks.users, "more users did not start than began: {tasks:?}");
    for task in &tasks.by_task {
        let ended = task.completed + task.failed + task.aborted;
        hold!(wrong, broken || task.started == ended, "a task does not add up: {task:?}");
    }
}

fn times_are_in_order(report: &Report, wrong: &mut Vec<String>) {
    for row in report.requests.iter().chain([&report.total]) {
        let (Some(response), Some(service)) = (&row.response_time, &row.service_time) else { continue };
        let pairs = [
            (response.min, service.min),
            (response.mean, service.mean),
            (response.p50, service.p50),
            (response.p99, service.p99),
            (response.max, service.max),
        ];
        // a quantile is of a bucket: three digits
        let below = pairs.iter().find(|(response, service)| *response < *service * 0.998 - 1e-6);
        hold!(wrong, below.is_none(), "{}: response {:?} below service {:?}", row.name, response, service);
        hold!(
            wrong,
            response.count == row.requests,
            "{}: {} response times of {} requests",
            row.name,
            response.count,
            row.requests
        );
    }
}

fn the_verdict_is_earned(played: &Played, report: &Report, exit: Exit, wrong: &mut Vec<String>) {
    let end = played.entries.iter().rev().find_map(|(_, entry)| match entry {
        Entry::End(end) => Some(end),
        _ => None,
    });
    let Some(End { closing, broken_workers, .. }) = end else { return wrong.push("a run without an end".to_owned()) };
    if exit == Exit::Passed {
        hold!(wrong, report.verdict.passed, "exit 0 without a pass");
        hold!(wrong, report.books.ok > 0, "a pass without a success: {:?}", report.books);
        let tasks = report.tasks.as_ref().unwrap();
        hold!(wrong, tasks.completed > 0 || tasks.failed == 0, "a pass without a task that was completed: {tasks:?}");
    }
    hold!(
        wrong,
        *broken_workers <= usize::from(played.trouble.lost_worker.is_some()),
        "{broken_workers} workers broke down"
    );
    hold!(wrong, (exit == Exit::Bug) == (*broken_workers > 0), "exit {exit:?} with {broken_workers} broken workers");
    let asked = *closing == Closing::Asked;
    hold!(
        wrong,
        exit == Exit::Bug || (exit == Exit::Interrupted) == asked,
        "exit {exit:?} of a run that ended as {closing:?}"
    );
    hold!(wrong, !asked || !played.trouble.interrupts.is_empty(), "nobody asked for the end");
    hold!(
        wrong,
        report.verdict.exit_code == exit.code() || exit == Exit::Bug,
        "the report says {}, the exit is {exit:?}",
        report.verdict.exit_code
    );
    // in virtual time nothing holds the generator up
    hold!(
        wrong,
        report.generator.suspect_seconds == 0 || played.trouble.lost_worker.is_some(),
        "seconds are suspect: {:?}",
        report.generator
    );
}

fn it_stays_small(played: &Played, report: &Report, wrong: &mut Vec<String>) {
    // nine endpoints, of which one is named by whoever calls it
    hold!(wrong, report.requests.len() < 60, "{} rows", report.requests.len());
    hold!(wrong, report.failures.len() + report.exceptions.len() < 400, "{} kinds of failures", report.failures.len());
    let lines = played.entries.iter().filter(|(_, entry)| matches!(entry, Entry::Annotation(_))).count();
    let seconds = played.entries.len() - lines;
    let most = played.over.as_secs() as usize + 4;
    hold!(wrong, seconds <= most, "{seconds} seconds in {:?}", played.over);
    hold!(wrong, lines <= (most + 2) * 100 * played.trouble.workers as usize + 20, "{lines} lines");
}
