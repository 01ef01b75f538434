//! How a run ends, whatever is under way and whoever does not listen.

use std::io::{PipeReader, PipeWriter, Write, pipe};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::support::command_line::{finish, send, wait};
use crate::support::plan_folder::{PlanFolder, RESULT_FILES};
use crate::support::report::assert_adds_up;
use crate::support::target;

/// A run in its teardown, which would take an hour.
fn tearing_down(plan: &PlanFolder) -> Child {
    let child = plan.spawn(&[]);
    plan.awaited_journal();
    let began = || plan.file_text("log").contains("closing");
    let waited = (0..1000).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        began()
    });
    assert!(waited, "the teardown never began: {}", plan.file_text("log"));
    child
}

#[test]
fn a_process_that_is_killed_in_its_teardown_leaves_all_results() {
    let target = target::ready();
    let plan = PlanFolder::of("ends/teardown").aimed_at(&target);
    let child = tearing_down(&plan);
    send("-KILL", &child);
    assert_eq!(wait(child).0, -1);
    assert_eq!(plan.endings(), RESULT_FILES);
    let report = plan.report();
    assert_adds_up(&report);
    assert_eq!((&report["verdict"]["passed"], &report["run"]["ended"]), (&true.into(), &"complete".into()));
    assert_eq!(report["teardown"], serde_json::json!(["it was not over yet when this was written"]));
    for text in [plan.file_text("log"), plan.file_text("md")] {
        assert!(text.contains("passed") && text.contains("not over yet"), "{text}");
    }
    // and what `show` makes of the journal is the same
    let (code, stdout, stderr) =
        finish(crate::support::command_line::command().args(["show", "--json"]).arg(plan.file("journal")));
    assert_eq!((code, stderr.as_str()), (0, ""));
    assert_eq!(serde_json::from_str::<serde_json::Value>(&stdout).unwrap(), report);
}

#[test]
fn somebody_who_ends_a_teardown_gets_results_that_say_so() {
    let target = target::ready();
    for signal in ["-INT", "-TERM", "-HUP"] {
        let plan = PlanFolder::of("ends/teardown").aimed_at(&target);
        let child = tearing_down(&plan);
        let began = Instant::now();
        send(signal, &child);
        let (code, stdout, stderr) = wait(child);
        assert!(began.elapsed() < Duration::from_secs(10), "{signal}: {:?}", began.elapsed());
        assert_eq!(code, 0, "{stderr}");
        assert!(stderr.contains("teardown: the load is over, its results are in"), "{stderr}");
        assert_eq!(plan.report()["teardown"], serde_json::json!(["interrupted before it was done"]));
        for text in [stdout, plan.file_text("md")] {
            assert!(text.contains("interrupted before it was done") && !text.contains("not over yet"), "{text}");
        }
        assert!(plan.file_text("log").ends_with("teardown: interrupted before it was done\n"));
    }
}

/// A pipe that has no room left, for as long as its reader is kept.
fn full() -> (PipeReader, PipeWriter) {
    let (reader, writer) = pipe().unwrap();
    let mut filler = writer.try_clone().unwrap();
    std::thread::spawn(move || filler.write_all(&[b'x'; 1 << 20]));
    std::thread::sleep(Duration::from_millis(200));
    (reader, writer)
}

#[test]
fn a_pipe_that_nobody_empties_holds_nothing_up() {
    let target = target::failing("100%");
    let plan = PlanFolder::of("ends/talkative").aimed_at(&target);
    let (kept, pipe) = full();
    let began = Instant::now();
    let mut command = plan.command(&[]);
    command.stdout(pipe.try_clone().unwrap()).stderr(pipe);
    let code = command.spawn().unwrap().wait().unwrap().code();
    // a threshold ends the run after two seconds or three, and what is left unsaid is waited for briefly
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
    assert_eq!(code, Some(1));
    drop(kept);
    let report = plan.report();
    assert_adds_up(&report);
    assert_eq!(report["run"]["ended"], "threshold");
    assert_eq!(plan.endings(), RESULT_FILES);
    // what was not read is in the log all the same
    let log = plan.file_text("log");
    assert!(log.contains("stopping: threshold") && log.contains("said again and again"), "{log}");
}

#[test]
fn a_pipe_that_is_closed_changes_nothing() {
    let target = target::ready();
    let plan = PlanFolder::of("run/brief").aimed_at(&target);
    let (reader, pipe) = pipe().unwrap();
    drop(reader);
    let mut command = plan.command(&[]);
    command.stdout(pipe.try_clone().unwrap()).stderr(pipe);
    assert_eq!(command.spawn().unwrap().wait().unwrap().code(), Some(0));
    assert_eq!(plan.endings(), RESULT_FILES);
    assert_adds_up(&plan.report());
}

#[test]
fn a_try_whose_reader_pauses_is_not_held_up_and_keeps_nothing_from_it() {
    let target = target::ready();
    let plan = PlanFolder::of("run/brief").aimed_at(&target);
    let (mut kept, pipe) = full();
    let mut command = crate::support::command_line::command();
    let url = target::url(&target);
    command.args(["try", "--target", &url]).arg(plan.path().join("plan.yaml"));
    let child = command.stdout(pipe).stderr(Stdio::piped()).spawn().unwrap();
    // it holds the pipe open
    drop(command);
    // the call is made though nobody reads
    let called = (0..1000).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        target.counts().total > 0
    });
    assert!(called);
    let mut text = Vec::new();
    std::io::Read::read_to_end(&mut kept, &mut text).unwrap();
    assert_eq!(wait(child).0, 0);
    assert!(String::from_utf8_lossy(&text).contains("GET http://"), "{} bytes", text.len());
}

#[test]
fn steps_that_never_come_to_a_pause_end_with_the_run() {
    let target = target::ready();
    let doubled: String = (0..40)
        .map(|level| {
            format!(
                "t{level}: {{weight: {}, steps: [{{run: t{1}}}, {{run: t{1}}}]}}, ",
                u8::from(level == 0),
                level + 1
            )
        })
        .collect();
    let plan = format!(
        "target: http://127.0.0.1:1\nendpoints: {{health: {{get: /health}}}}\nusers:\n  \
         endless: {{tasks: {{{doubled}t40: {{weight: 0, steps: [{{set: {{x: 1}}}}]}}}}}}\n  \
         other: {{tasks: {{look: health}}, think_time: 50ms}}\n\
         shape: {{constant: {{users: 4, for: 1s}}}}\nthresholds: [error_rate < 1%]\n"
    );
    let plan = PlanFolder::text(&plan).aimed_at(&target);
    let began = Instant::now();
    let (code, stdout, stderr) = plan.run(&[]);
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    // the generator may have been the bottleneck; no worker is lost, and who shares one with such a user has his turn
    assert!([0, 4].contains(&code), "{stdout}{stderr}");
    let report = plan.report();
    assert_adds_up(&report);
    assert!(report["total"]["requests"].as_u64().unwrap() > 10, "{stdout}");
}
