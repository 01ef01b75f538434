//! Whole runs, from the command line: requests that add up, figures that are right, exit codes and messages.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use plimsoll::test_api::target::{Behaviour, Delay};
use plimsoll::test_api::units::{Ratio, Seed};
use rand::RngExt;

use crate::support::command_line::{self, finish, send, through_shell, wait};
use crate::support::plan_folder::PlanFolder;
use crate::support::report::{accounting, assert_adds_up};
use crate::support::repository_run::RepositoryRun;
use crate::support::target;

#[test]
fn the_books_balance_and_are_the_targets_own() {
    let target = target::start(Behaviour {
        fail: Some(Ratio::parse("10%").unwrap()),
        delay: Delay::parse("90%:1ms,10%:60ms").unwrap(),
        ..Behaviour::default()
    });
    let plan = PlanFolder::of("run/every_kind_of_failure").aimed_at(&target);
    let (code, _, stderr) = plan.run(&[]);
    assert_eq!(code, 0, "{stderr}");
    let report = plan.report();
    assert_adds_up(&report);
    for kind in ["check", "timeout", "template"] {
        assert!(report["books"]["failed_by_kind"][kind].as_u64().unwrap_or(0) > 0, "no {kind}: {:#}", report["books"]);
    }
    let counts = target.stop();
    assert_eq!(counts.total, accounting(&report, "started") - accounting(&report, "never_sent"), "{counts:#?}");
    assert_eq!(accounting(&report, "never_sent"), report["books"]["failed_by_kind"]["template"].as_u64().unwrap());
}

/// Random small plans, interrupted at random instants, some twice. What chance there is comes from one seed.
#[test]
fn the_books_balance_wherever_a_run_is_interrupted() {
    let mut chance = Seed::new(20_261_123).generator();
    for case in 0..12 {
        let target = target::delayed(["0ms..2ms", "1ms..30ms", "90%:1ms,10%:150ms"][chance.random_range(0..3)]);
        let (users, think, weight) = (chance.random_range(1..9), chance.random_range(0..30), chance.random_range(0..4));
        let plan = PlanFolder::of("run/interrupted").aimed_at(&target);
        let mut command = plan.command(&["--users", &users.to_string()]);
        command.env("THINK", think.to_string()).env("WEIGHT", weight.to_string());
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(chance.random_range(150..1100)));
        send("-INT", &child);
        let twice = chance.random_bool(0.5);
        if twice {
            std::thread::sleep(Duration::from_millis(chance.random_range(0..20)));
            send("-INT", &child);
        }
        let (code, _, stderr) = wait(child);
        assert!(code == 5 || code == 0 || code == 1, "case {case}: exit {code}: {stderr}");
        let report = plan.report();
        assert_adds_up(&report);
        // a request that was cut off may have left before the target took it up, and may never be taken up
        let sent = accounting(&report, "started") - accounting(&report, "never_sent");
        let cut = if twice { accounting(&report, "aborted") } else { 0 };
        let served = target.stop().total;
        assert!((sent - cut..=sent).contains(&served), "case {case}: {served} served, {sent} sent, {cut} cut");
    }
}

#[test]
fn a_target_that_is_down_is_told_in_seconds_with_the_way_out() {
    let plan = PlanFolder::of("run/down");
    let began = Instant::now();
    let (code, stdout, stderr) = plan.run(&[]);
    assert_eq!((code, stdout.as_str()), (3, ""), "{stderr}");
    assert!(began.elapsed() < Duration::from_secs(10));
    for word in ["127.0.0.1:9", "connection refused", "--target", "--embedded"] {
        assert!(stderr.contains(word), "{word} is not in {stderr}");
    }
}

#[test]
fn a_question_before_the_load_that_needs_a_key_is_told_to_have_none() {
    let target = target::ready();
    let plan = "target: {url: http://127.0.0.1:1/v1, headers: {X-API-Key: cm_test_key}, ready: {get: /stats, within: 300ms}}\n\
                endpoints: {stats: {get: /stats}}\nshape: {iterations: {users: 1, total: 1}}\n";
    let (code, _, stderr) = PlanFolder::text(plan).aimed_at(&target).run(&[]);
    assert_eq!(code, 3, "{stderr}");
    assert!(stderr.contains("/v1/stats answered 401: the question has no headers of the target"), "{stderr}");
}

#[test]
fn where_every_request_fails_the_run_fails() {
    let target = target::failing("100%");
    let plan = PlanFolder::of("run/health").aimed_at(&target);
    let (code, stdout, _) = plan.run(&[]);
    assert_eq!(code, 1);
    assert!(
        stdout.contains("expected status 2xx or 3xx, got 500") && stdout.contains("✗  broken  error_rate < 1%"),
        "{stdout}"
    );
}

#[test]
fn where_no_request_is_made_the_run_does_not_pass() {
    let target = target::ready();
    let (code, stdout, _) = PlanFolder::of("run/no_requests").aimed_at(&target).run(&[]);
    assert_eq!(code, 1);
    assert!(stdout.contains("no requests were made") && stdout.contains("nothing was measured"), "{stdout}");
}

#[test]
fn a_threshold_that_aborts_ends_the_run_early() {
    let target = target::failing("100%");
    let plan = PlanFolder::of("run/abort").aimed_at(&target);
    let (code, _, stderr) = plan.run(&[]);
    assert_eq!(code, 1);
    assert!(stderr.contains("stopping: threshold `error_rate < 50% over 2s` is broken"), "{stderr}");
    let report = plan.report();
    assert_eq!(report["run"]["ended"], "threshold");
    assert!(report["run"]["seconds"].as_f64().unwrap() < 30.0);
    assert_adds_up(&report);
}

#[test]
fn what_an_answer_did_not_bring_is_told_with_the_plans_line_and_nothing_is_sent() {
    let target = target::ready();
    let plan = PlanFolder::of("run/missing_capture").aimed_at(&target);
    let (code, stdout, _) = plan.run(&[]);
    assert_eq!(code, 1);
    let report = plan.report();
    assert_adds_up(&report);
    let exceptions = report["exceptions"].as_array().unwrap();
    assert_eq!(exceptions.len(), 1, "{exceptions:#?}");
    let (message, count) = (exceptions[0]["message"].as_str().unwrap(), exceptions[0]["count"].as_u64().unwrap());
    assert_eq!(message, "plan.yaml:4:3: `last_id` is undefined");
    assert!(stdout.contains("exceptions") && stdout.contains(message), "{stdout}");
    assert_eq!(
        (count, count),
        (accounting(&report, "never_sent"), report["books"]["failed_by_kind"]["template"].as_u64().unwrap())
    );
    let unfound = report["failures"].as_array().unwrap().iter().find(|failure| failure["kind"] == "body").unwrap();
    assert_eq!(unfound["message"], "nothing at `$.nowhere` to capture as `last_id` (plan.yaml:3:35)");
    assert!(!target.stop().routes.contains_key("POST /v1/recall"));
}

#[test]
fn a_secret_is_in_no_output() {
    let target = target::ready();
    let secret = "s3cr3t-Value";
    let plan = PlanFolder::of("run/secret").aimed_at(&target);
    let (code, stdout, stderr) = plan.run(&[]);
    assert_eq!(code, 1);
    assert!(stdout.contains("refused ***"), "{stdout}");
    for output in [stdout, stderr, plan.file_text("log"), plan.file_text("json")] {
        assert!(!output.contains(secret), "{output}");
    }
    let (code, _, stderr) = plan.run(&["--set", &format!("apikey={secret}")]);
    assert_eq!(code, 2);
    assert!(!stderr.contains(secret), "{stderr}");
}

#[test]
fn an_override_without_effect_is_an_error_with_its_place() {
    let plan = PlanFolder::of("run/overrides");
    for (arguments, said) in [
        (["--profile", "ful"], "unknown profile `ful`"),
        (["--user", "readr"], "unknown user type `readr`"),
        (["--tag", "write"], "no task has the tag `write`"),
        (["--exclude-tag", "read"], "the filters leave no task to run"),
        (["--set", "limt=3"], "the plan has no var `limt`"),
        (["--users", "5"], "`--users` has no effect: the shape has stages of its own"),
        (["--time", "5s"], "`--time` has no effect: the shape has stages of its own"),
        (["--spawn-rate", "5/s"], "`--spawn-rate` has no effect: the shape has stages of its own"),
        (["--target", "nowhere"], "`nowhere` is not a URL"),
    ] {
        let (code, stdout, stderr) = plan.run(&arguments);
        assert_eq!((code, stdout.as_str()), (2, ""), "{arguments:?}: {stderr}");
        assert!(
            stderr.contains(said) && stderr.contains(" --> command line:1:") && stderr.contains("= help"),
            "{stderr}"
        );
    }
    for arguments in
        [["--time", "5"], ["--spawn-rate", "fast"], ["--seed", "x"], ["--set", "limit"], ["--nonsense", "1"]]
    {
        assert_eq!(plan.run(&arguments).0, 2, "{arguments:?}");
    }
}

#[test]
fn results_that_cannot_be_written_stop_the_run_before_it_begins() {
    let (code, _, stderr) =
        command_line::run(&["run", "examples/smallest/plan.yaml", "--embedded", "--out", "Cargo.toml/below"]);
    assert_eq!(code, 3);
    assert!(
        stderr.contains("results cannot be written to Cargo.toml/below") && stderr.contains("--results"),
        "{stderr}"
    );
}

#[test]
fn the_embedded_quick_plan_passes_quietly() {
    let arguments = ["quick", "--embedded", "--quiet", "--users", "60", "--time", "2s", "--spawn-rate", "60/s"];
    let run = RepositoryRun::new(&[&arguments[..], &["--seed", "42"]].concat(), &[]);
    let (code, stdout, stderr) = (run.code, run.stdout, run.stderr);
    // in two seconds no memory may have been learned yet, which is no data for its threshold
    assert!(code == 0 || stdout.contains("no data"), "{stdout}{stderr}");
    assert!(!stderr.contains("/s  p95"), "{stderr}");
    assert!(stdout.contains("seed 42") && stdout.contains("requests add up"), "{stdout}");
}

#[test]
fn a_summary_that_cannot_be_written_is_lost_and_told() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
    // the device is Linux's; where there is none, there is nothing to test with
    let Ok(full) = full else { return };
    let target = target::ready();
    let plan = PlanFolder::of("run/health").aimed_at(&target);
    let (code, _, stderr) = finish(plan.command(&["--users", "1"]).stdout(full));
    assert_eq!(code, 6);
    assert!(stderr.contains("the output was lost"), "{stderr}");
    assert_adds_up(&plan.report());
}

/// What each user asked for, in order.
type Asked = Arc<Mutex<BTreeMap<String, Vec<String>>>>;

/// A server that answers anything with 200 and keeps the last part of each path, by its first part.
fn recorder() -> (String, Asked) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let seen = Asked::default();
    let kept = seen.clone();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let kept = kept.clone();
            std::thread::spawn(move || {
                let mut chunk = [0; 4096];
                while let Ok(read @ 1..) = stream.read(&mut chunk) {
                    let text = String::from_utf8_lossy(&chunk[..read]).into_owned();
                    let mut parts = text.split(' ').nth(1).unwrap().trim_start_matches('/').splitn(2, '/');
                    let (user, what) = (parts.next().unwrap().to_owned(), parts.next().unwrap().to_owned());
                    kept.lock().unwrap().entry(user).or_default().push(what);
                    if stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").is_err() {
                        return;
                    }
                }
            });
        }
    });
    (address, seen)
}

#[test]
fn the_same_seed_gives_each_user_the_same_requests() {
    let sequences = |seed: &str| {
        let (address, seen) = recorder();
        let plan = PlanFolder::of("run/seeded").aimed_at_url(&format!("http://{address}"));
        let (code, _, stderr) = plan.run(&["--seed", seed, "--quiet"]);
        assert_eq!(code, 0, "{stderr}");
        let seen = seen.lock().unwrap().clone();
        assert_eq!(seen.len(), 3, "{seen:?}");
        seen
    };
    let (first, again, other) = (sequences("42"), sequences("42"), sequences("43"));
    for (user, requests) in &first {
        // how many fit into a second is the machine's to say; what they are is the seed's
        let both = requests.len().min(again[user].len());
        assert!(both > 20, "{both} requests");
        assert_eq!(requests[..both], again[user][..both], "user {user}");
        assert_ne!(requests[..20], other[user][..20], "user {user}");
    }
}

#[test]
fn somebody_who_ends_a_setup_is_heard_at_once() {
    // a service that takes the call and never answers it
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    let plan = PlanFolder::of("run/long_setup").aimed_at_url(&format!("http://{address}"));
    let child = plan.spawn(&["--quiet"]);
    // the first connection only asks whether anybody is there
    let _kept = [silent.accept().unwrap(), silent.accept().unwrap()];
    std::thread::sleep(Duration::from_millis(200));
    let began = Instant::now();
    send("-INT", &child);
    let (code, _, stderr) = wait(child);
    assert_eq!(code, 5, "{stderr}");
    assert!(
        began.elapsed() < Duration::from_secs(10) && stderr.contains("interrupted before the load began"),
        "{stderr}"
    );
}

#[test]
fn somebody_who_ends_a_wait_for_the_target_is_heard_at_once() {
    for signal in ["-INT", "-TERM", "-HUP"] {
        let plan = PlanFolder::of("run/awaited");
        let child = plan.spawn(&[]);
        std::thread::sleep(Duration::from_millis(300));
        let began = Instant::now();
        send(signal, &child);
        let (code, _, stderr) = wait(child);
        assert_eq!(code, 5, "{signal}: {stderr}");
        assert!(began.elapsed() < Duration::from_secs(10) && stderr.contains("nothing was measured"), "{stderr}");
    }
}

#[test]
fn a_run_that_nobody_can_lose_goes_on_when_its_terminal_is_gone() {
    let target = target::ready();
    let plan = PlanFolder::of("run/brief").aimed_at(&target);
    let mut command = through_shell("trap '' HUP; exec \"$0\" \"$@\"");
    plan.add_run(&mut command, "out");
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    plan.awaited_journal();
    send("-HUP", &child);
    let (code, _, stderr) = wait(child);
    assert_eq!(code, 0, "{stderr}");
    assert_eq!(plan.report()["run"]["ended"], "complete");
}
