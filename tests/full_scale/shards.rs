//! Eight shards merged are one whole run: the same requests, by name, user type, task and stage, and by the target's own
//! count; they begin together, and what only the whole can answer is answered by the merge alone.

use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use plimsoll::test_api::metrics::Accounting;
use plimsoll::test_api::units::Shard;
use serde_json::Value;

use crate::shard_runs::{
    PLANS, Tallies, counts, plan, plimsoll, program, read_journal, run, run_shards, service, shard_file, shown,
    spawn_shard,
};
use crate::support::command_line::{send, wait};
use crate::support::plan_folder::PlanFolder;
use crate::support::report::{assert_adds_up, metric, threshold_states};
use crate::support::target;

#[test]
fn shards_with_any_number_of_workers_make_the_requests_of_the_whole_run() {
    let target = target::ready();
    for what in PLANS {
        let program = program(&plan(what, &target), &target);
        let (whole, accounting) = run(&program, Shard::WHOLE, 2);
        let counted = target.counts().total;
        assert!(
            accounting.started > 40 && accounting.dropped == 0 && accounting.aborted == 0,
            "{what}: {accounting:?}"
        );
        let workers = [1, 3, 2, 1, 4, 2, 1, 3];
        let started = (0_u32..).zip(workers).map(|(index, workers)| {
            let program = program.clone();
            std::thread::spawn(move || run(&program, Shard { index, count: 8 }, workers))
        });
        let started: Vec<_> = started.collect();
        let shards: Vec<(Tallies, Accounting)> = started.into_iter().map(|shard| shard.join().unwrap()).collect();
        let (mut union, mut sum) = (Tallies::new(), Accounting::default());
        for (tallies, accounting) in &shards {
            for (key, counts) in tallies {
                let entry = union.entry(key.clone()).or_default();
                entry.iter_mut().zip(counts).for_each(|(sum, more)| *sum += more);
            }
            sum.merge(accounting);
        }
        assert_eq!(union, whole, "{what}");
        assert_eq!(sum, accounting, "{what}");
        assert_eq!(target.counts().total - counted, accounting.started - accounting.never_sent, "{what}");
        // nobody makes another's part: the largest share is near an eighth, where there is enough to share
        let most = shards.iter().map(|(_, accounting)| accounting.started).max().unwrap();
        assert!(most * 2 < accounting.started, "{what}: one shard made {most} of {}", accounting.started);
        // nor does the number of workers change anything in the whole
        assert_eq!(run(&program, Shard::WHOLE, 5).0, whole, "{what}, with five workers");
    }
}

#[test]
fn eight_shards_merged_are_reported_like_one_whole_run() {
    let target = target::ready();
    for what in ["iterations_each", "poisson_arrivals", "paced_stages"] {
        let plan = plan(what, &target);
        let (code, _, stderr) = plan.run(&["--seed", "11", "--quiet"]);
        assert_eq!(code, 0, "{what}: {stderr}");
        let whole = plan.file("journal");
        let served = target.counts();
        let shards = run_shards(&plan, 8, &["--seed", "11", "--quiet"]);
        let (code, summary, stderr) = plimsoll(&plan, &["merge", "-o", "merged"], &shards);
        assert_eq!(code, 0, "{what}: {stderr}");
        let merged = plan.path().join("merged.journal");
        let (ours, theirs) = (read_journal(&merged), read_journal(&whole));
        assert_eq!(ours.1, theirs.1, "{what}");
        let (report, expected) = (shown(&plan, &merged), shown(&plan, &whole));
        assert_eq!(counts(&report), counts(&expected), "{what}");
        assert_adds_up(&report);
        if what == "paced_stages" {
            assert_eq!((&report["run"]["users"], &expected["run"]["users"]), (&17.into(), &17.into()));
        }
        assert_eq!(report["run"]["shard"], Value::Null);
        assert_eq!(report["run"]["workers"].as_u64(), expected["run"]["workers"].as_u64().map(|workers| 8 * workers));
        assert_eq!(report["thresholds"][0]["state"], "held");
        let total = report["total"]["requests"].as_u64().unwrap();
        assert_eq!(target.counts().total - served.total, total, "{what}");
        assert!(summary.contains("✓ passed\n"), "{summary}");
        assert_eq!(ours.0.parts.len(), 8);
        assert_eq!(Some(ours.0.began), ours.0.parts.iter().map(|part| part.began).min());
    }
}

#[test]
fn what_only_the_whole_run_can_answer_is_left_to_the_merge() {
    let target = target::ready();
    let plan = plan("deferred", &target);
    let shards = run_shards(&plan, 2, &["--seed", "1"]);
    for number in [1, 2] {
        let report: Value =
            serde_json::from_str(&std::fs::read_to_string(shard_file(&plan, number, "json")).unwrap()).unwrap();
        assert_eq!(threshold_states(&report), ["held", "held", "left", "left", "left", "left", "left"]);
        assert_eq!(report["run"]["shard"], serde_json::json!({"number": number, "count": 2}));
        assert_eq!(report["run"]["ended"], "complete", "an abort that needs the whole does not end a shard");
        assert_eq!(report["total"]["requests"], 4);
        assert_eq!(shown(&plan, &shard_file(&plan, number, "journal")), report, "the journal tells what the run told");
    }
    let (_, summary, _) = plimsoll(&plan, &["show"], &shards[1..]);
    assert!(summary.contains(", shard 2 of 2\n") && summary.contains("○  deferred to merge"), "{summary}");
    assert!(summary.contains("✓ passed; 5 thresholds are deferred to merge\n"), "{summary}");

    let (code, summary, stderr) = plimsoll(&plan, &["merge", "--out", "all.journal"], &shards);
    assert_eq!(code, 1, "{stderr}");
    assert!(summary.contains("failed: 2 thresholds did not hold"), "{summary}");
    let report = shown(&plan, &plan.path().join("all.journal"));
    let states: Vec<(&str, &str)> = report["thresholds"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| (t["measured"].as_str().unwrap(), t["state"].as_str().unwrap()))
        .collect();
    assert_eq!(states[2..], [("no data", "no_data"), ("8", "held"), ("8", "held"), ("4", "held"), ("0", "broken")]);
    // one sample a millisecond of the whole, not one of each shard
    let users = metric(&report, "concurrent_users");
    assert_eq!((users["count"].as_u64(), users["min"].as_f64()), (Some(1600), Some(4.0)));
}

#[test]
fn shards_that_are_missing_doubled_or_of_another_run_are_named_as_people_count_them() {
    let target = target::ready();
    let plan = plan("iterations_in_total", &target);
    let shards = run_shards(&plan, 3, &["--seed", "1", "--quiet"]);
    let shown = |path: &PathBuf| path.display().to_string();
    let merge = |files: &[PathBuf]| plimsoll(&plan, &["merge", "-o", "d"], files);
    let refused = |files: &[PathBuf], why: &str| {
        let (code, stdout, stderr) = merge(files);
        assert_eq!((code, stdout.as_str()), (2, ""), "{stderr}");
        assert!(stderr.starts_with(&format!("error: {why}")) && stderr.contains("\n  = help: "), "{stderr}");
        assert!(!plan.path().join("d.journal").exists());
    };
    refused(&shards[..2], "shard 3 of 3 is missing");
    refused(&shards[1..2], "shards 1, 3 of 3 are missing");
    let twice = format!("`{0}` and `{0}` are both shard 2 of 3", shown(&shards[1]));
    refused(&[shards.clone(), shards[1..2].to_vec()].concat(), &twice);
    refused(&[plan.path().join("plan.yaml")], "cannot read the journal");
    // the same shard of the same plan, to start at another moment: another run
    std::fs::remove_dir_all(plan.path().join("shard3")).unwrap();
    let at = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap() + Duration::from_millis(1500);
    let at = format!("{}.{:03}", at.as_secs(), at.subsec_millis());
    let child = spawn_shard(&plan, 3, 3, &["--seed", "1", "--quiet", "--start-at", &at]);
    assert_eq!(wait(child).0, 0);
    let other = shard_file(&plan, 3, "journal");
    let why =
        format!("`{}` and `{}` are not of one run: the run's id is not the same", shown(&shards[0]), shown(&other));
    let (code, _, stderr) = merge(&[shards[0].clone(), shards[1].clone(), other]);
    assert_eq!(code, 2);
    assert!(stderr.contains(&why), "{stderr}");

    // a whole run is its own only shard; and nothing is written over
    let (code, _, stderr) = plan.run(&["--seed", "1", "--quiet"]);
    assert_eq!(code, 0, "{stderr}");
    assert_eq!(merge(&[plan.file("journal")]).0, 0);
    let (code, _, stderr) = merge(&[plan.file("journal")]);
    assert_eq!(code, 2);
    assert!(stderr.starts_with("error: `d.journal` is there already\n"), "{stderr}");
    let (code, _, stderr) = plimsoll(&plan, &["merge", "-o", "nowhere/d"], &[plan.file("journal")]);
    assert_eq!(code, 2);
    assert!(stderr.starts_with("error: there is no folder `nowhere`\n"), "{stderr}");
}

#[test]
fn a_shard_that_was_killed_is_named_and_what_it_has_is_merged() {
    let target = target::ready();
    let users = "users: {u: {pacing: 100ms, tasks: {h: {call: health}}}}\n";
    let plan = service(&format!("{users}shape: {{constant: {{users: 4, for: 4s}}}}\n"), &target);
    let mut children = [1, 2].map(|number| spawn_shard(&plan, number, 2, &["--seed", "1", "--quiet"]));
    std::thread::sleep(Duration::from_millis(2600));
    children[1].kill().unwrap();
    for child in &mut children {
        child.wait().unwrap();
    }
    let shards = [1, 2].map(|number| shard_file(&plan, number, "journal"));
    let (code, summary, stderr) = plimsoll(&plan, &["merge", "-o", "d"], &shards);
    assert_eq!(code, 5, "{stderr}");
    assert!(stderr.contains(&format!("warning: `{}` is cut off after second ", shards[1].display())), "{stderr}");
    assert!(
        summary.contains("no end: the run is under way, or was killed; the numbers are of what there is"),
        "{summary}"
    );
    let (whole, part) = (shown(&plan, &shards[0]), shown(&plan, &shards[1]));
    let merged = shown(&plan, &plan.path().join("d.journal"));
    let requests = |report: &Value| report["total"]["requests"].as_u64().unwrap();
    assert_eq!(requests(&merged), requests(&whole) + requests(&part));
    assert!(requests(&part) > 0);
}

#[test]
fn two_shards_begin_in_the_same_moment_and_not_before() {
    let target = target::ready();
    let users = "users: {u: {pacing: 10s, tasks: {h: {call: health}}}}\n";
    let plan = service(&format!("{users}shape: {{constant: {{users: 10, for: 1500ms}}}}\n"), &target);
    let at = SystemTime::now() + Duration::from_secs(4);
    let text = humantime::format_rfc3339_nanos(at).to_string();
    let children = [1, 2].map(|number| spawn_shard(&plan, number, 2, &["--seed", "1", "--start-at", &text]));
    while SystemTime::now() + Duration::from_millis(200) < at {
        assert_eq!(target.counts().total, 0, "somebody began too early");
        std::thread::sleep(Duration::from_millis(20));
    }
    for child in children {
        let (code, _, stderr) = wait(child);
        assert_eq!(code, 0, "{stderr}");
        assert!(stderr.contains("ready: waiting until "), "{stderr}");
    }
    let shards = [1, 2].map(|number| shard_file(&plan, number, "journal"));
    let [one, other] = shards.each_ref().map(|path| read_journal(path));
    assert_eq!((one.0.began, other.0.began), (at, at));
    assert_eq!(one.0.run, other.0.run);
    assert_eq!((&one.2[0], &other.2[0]), (&(0, 5), &(0, 5)), "the first second has the same in both");
    let (code, _, stderr) = plimsoll(&plan, &["merge", "-o", "d"], &shards);
    assert_eq!(code, 0);
    assert!(!stderr.contains("apart"), "{stderr}");
    assert_eq!(read_journal(&plan.path().join("d.journal")).0.began, at);
    assert_eq!(target.stop().total, 10);
}

#[test]
fn a_run_that_waits_for_its_moment_ends_at_once_when_asked_and_takes_its_setup_away() {
    let target = target::ready();
    let plan = plan("setup_and_teardown", &target);
    let at = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap() + Duration::from_secs(3600);
    let child = spawn_shard(&plan, 1, 2, &["--seed", "1", "--start-at", &at.as_secs().to_string()]);
    let began = Instant::now();
    while target.counts().total == 0 && began.elapsed() < Duration::from_secs(30) {
        std::thread::sleep(Duration::from_millis(20));
    }
    std::thread::sleep(Duration::from_millis(200));
    let asked = Instant::now();
    send("-INT", &child);
    let (code, _, stderr) = wait(child);
    assert_eq!(code, 5, "{stderr}");
    assert!(stderr.contains("interrupted before the load began"), "{stderr}");
    assert!(asked.elapsed() < Duration::from_secs(10), "an hour was not waited out");
    let counts = target.stop();
    assert_eq!((counts.total, counts.routes["GET /v1/health"].received), (2, 2), "setup and teardown, and no load");
}

#[test]
fn what_cannot_be_split_is_told_before_anything_is_run() {
    let target = target::ready();
    let users = "users: {u: {tasks: {h: {call: health}}}}\n";
    let closed = "shape: {constant: {users: 3, for: 1s}}\n";
    let search = "shape: {search: {rate: {from: 10/s, to: 20/s}, each: 2s}}\n";
    let stairs = "shape: {steps: {users: 4, add: 4, every: 1s, for: 2s, until: failing}}\n";
    let work = "shape: {iterations: {users: 10, total: 2}}\n";
    for (shape, more, why, help) in [
        (closed, vec!["--shard", "1/2"], "shards of one run need one seed", "such as `--seed "),
        (
            closed,
            vec!["--shard", "1/4", "--seed", "1"],
            "the plan's 3 users cannot be split into 4 shards",
            "at most 3",
        ),
        (work, vec!["--shard", "3/3", "--seed", "1"], "the plan's 2 iterations cannot be split into 3", "at most 2"),
        (search, vec!["--shard", "1/2", "--seed", "1"], "a search cannot be made in shards", "without `--shard`"),
        (stairs, vec!["--shard", "1/2", "--seed", "1"], "a staircase `until: failing` cannot be", "without `--shard`"),
        (closed, vec!["--start-at", "2026-01-01T00:00:00Z"], "the run is to start at 2026-01-01", "the next hours"),
        (closed, vec!["--start-at", "99999999999"], "more than a day from now", "the next hours"),
    ] {
        let plan = service(&format!("{users}{shape}"), &target);
        let (code, _, stderr) = plan.run(&more);
        assert_eq!(code, 2, "{more:?}: {stderr}");
        assert!(stderr.contains(why) && stderr.contains(help), "{more:?}: {stderr}");
        assert!(!plan.path().join("out").exists(), "{more:?} leaves files");
    }
    let plan = PlanFolder::with_lines("shards/service", &format!("{users}{closed}"));
    let (code, _, stderr) = plan.run(&["--embedded", "--shard", "1/2", "--seed", "1"]);
    assert_eq!(code, 2);
    assert!(stderr.contains("a service of its own") && stderr.contains("`plimsoll target --port 8000`"), "{stderr}");
    assert_eq!(target.stop().total, 0);
}

#[test]
fn a_machine_that_is_not_ready_for_its_moment_says_so_and_makes_no_load() {
    let target = target::delayed("5s");
    let plan = plan("setup", &target);
    let at = humantime::format_rfc3339_millis(SystemTime::now() + Duration::from_secs(3)).to_string();
    let (code, _, stderr) = plan.run(&["--start-at", &at]);
    assert_eq!(code, 3, "{stderr}");
    assert!(stderr.contains("the run was not ready in time: it was to start ") && stderr.contains("a later moment"));
    assert_eq!(target.stop().total, 1, "the setup alone");
}

#[test]
fn a_dry_run_says_how_much_of_the_run_a_shard_is() {
    let users = "users: {u: {tasks: {h: {call: health}}}}\n";
    let shape = "shape: {constant: {users: 20, for: 1s}}\n";
    let plan = PlanFolder::with_lines("shards/service", &format!("{users}{shape}"));
    let (code, stdout, stderr) = plan.run(&["--dry-run", "--seed", "1", "--shard", "2/8"]);
    assert_eq!(code, 0, "{stderr}");
    assert!(stdout.contains("shard 2 of 8: 3 of 20 users; below is the whole run\n"), "{stdout}");
}
