//! Eight shards merged are one whole run: the same requests, by name, user type, task and stage, and by the target's own
//! count; they begin together, and what only the whole can answer is answered by the merge alone.

#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use plimsoll::compile::{Filter, Program, Setting, compile};
use plimsoll::diagnostic::{Problems, Sources};
use plimsoll::engine::{Options, Start};
use plimsoll::journal::{Entry, Header, Reader};
use plimsoll::metrics::Books;
use plimsoll::plan::{Aim, Overrides, read};
use plimsoll::run::conduct;
use plimsoll::target::{Behaviour, Delay, Target};
use plimsoll::units::{Seed, Shard};
use serde_json::Value;
use support::{Stage, assert_balance, ended};

/// What every plan here calls: each name says which row or chance it came from.
const HEAD: &str = "target: {url: http://127.0.0.1:1/v1, headers: {X-API-Key: cm_test_key}}
metrics: {seen: {counter: {}}}
data: {people: {csv: people.csv}, items: {csv: items.csv}}
endpoints:
  health: {get: /health, record: {seen: 1}}
  person: {get: /stats, name: \"person {{ row.id }}\"}
  item: {get: /stats, name: \"item {{ row.id }}\"}
  dice: {get: /entities, name: \"dice {{ random_int(1, 6) }}\"}
  wrong: {get: /nothing, expect: {status: 200}}
";

/// Plans whose requests are a matter of seed and plan alone, whatever the machine is doing meanwhile.
const PLANS: [(&str, &str); 7] = [
    (
        "iterations each, two user types by weight, a row for each user",
        "users:
  a: {weight: 3, feed: {row: {from: people, per: user}}, on_start: [{call: health}],
      tasks: {p: {weight: 2, call: person}, d: {call: dice}}}
  b: {weight: 1, tasks: {d: {weight: 2, call: dice}, w: {call: wrong}}}
shape: {iterations: {users: 21, each: 7}}
",
    ),
    (
        "iterations in total, each row once",
        "users: {a: {feed: {row: {from: items, order: unique, per: iteration}}, tasks: {i: {call: item}}}}
shape: {iterations: {users: 10, total: 93}}
",
    ),
    (
        "even arrivals of two user types",
        "users:
  a: {weight: 2, tasks: {h: {weight: 3, call: health}, d: {weight: 2, steps: [{call: dice}, {call: dice}]}}}
  b: {weight: 1, tasks: {w: {call: wrong}, d: {weight: 2, call: dice}}}
shape: {arrivals: {rate: 151/s, for: 1s, max_users: 600}}
",
    ),
    (
        "poisson arrivals, each with a row of a shuffled file",
        "users: {a: {feed: {row: {from: items, order: shuffle, per: iteration}}, tasks: {i: {call: item}, d: {call: dice}}}}
shape: {arrivals: {rate: 120/s, for: 1s, spacing: poisson, max_users: 600}}
",
    ),
    (
        "pacing in stages, a row for each user",
        "users:
  a: {weight: 2, pacing: 1s, feed: {row: {from: people, order: shuffle, per: user}}, tasks: {p: {call: person}, d: {call: dice}}}
  b: {weight: 1, pacing: 1s, tasks: {d: {call: dice}, h: {call: health}}}
shape: {stages: [{name: warm, users: 9, for: 1s, warm_up: true}, {name: peak, users: 17, for: 1600ms}]}
",
    ),
    (
        "scenarios, one of them with fewer users than shards",
        "users:
  few: {tasks: {d: {call: dice}, w: {call: wrong}}}
  many: {feed: {row: {from: people, order: random, per: iteration}}, tasks: {p: {call: person}}}
scenarios:
  first: {users: [few], shape: {iterations: {users: 3, each: 11, within: 900ms}}}
  second: {users: [many], start: 200ms, shape: {arrivals: {rate: 90/s, for: 800ms, max_users: 500}}}
  third: {users: [few], start: 100ms, shape: {replay: {file: times.txt, max_users: 5, when_busy: late}}}
",
    ),
    (
        "few user types on few shards, whose rows go to no one else",
        "users:
  rare: {count: 2, feed: {row: {from: items, order: unique, per: iteration}}, tasks: {i: {call: item}}}
  usual: {weight: 1, tasks: {h: {call: health}}}
shape: {iterations: {users: 12, each: 45}}
",
    ),
];

/// A plan with its data files beside it.
fn stage(text: &str) -> Stage {
    let thresholds = if text.contains("thresholds:") { "" } else { "thresholds: [count > 0]\n" };
    // an endpoint that nobody feeds knows no row
    let known = |line: &&str| !line.contains("row.id") || text.contains(&format!("call: {}", &line.trim()[..4]));
    let head: String = HEAD.lines().filter(known).flat_map(|line| [line, "\n"]).collect();
    let stage = Stage::new(&format!("{head}{text}{thresholds}"));
    let ids = |count| (0..count).fold("id\n".to_owned(), |text, id| text + &format!("{id}\n"));
    stage.file_beside("people.csv", &ids(13));
    stage.file_beside("items.csv", &ids(100));
    stage.file_beside("times.txt", &(0..40).map(|n| format!("{}\n", f64::from(n) / 100.0)).collect::<String>());
    stage
}

fn target() -> (Target, String) {
    let target = Target::start(Behaviour::default(), ([127, 0, 0, 1], 0).into()).unwrap();
    let url = format!("http://{}/v1", target.address());
    (target, url)
}

/// How many requests of each series ended how: endpoint, name, user type, task, stage and status.
type Tallies = BTreeMap<String, [u64; 3]>;

fn add(tallies: &mut Tallies, key: &plimsoll::metrics::SeriesKey, counts: &plimsoll::metrics::Counts) {
    let entry = tallies.entry(format!("{key:?}")).or_default();
    entry.iter_mut().zip([counts.ok, counts.failures(), counts.aborted]).for_each(|(sum, more)| *sum += more);
}

/// A program made by the library, so that the number of workers is the test's to say.
fn program(folder: &Path, url: &str) -> Arc<Program> {
    let (mut sources, mut problems) = (Sources::default(), Problems::default());
    let overrides = Overrides { target: Some(Aim::At(url.to_owned())), ..Overrides::default() };
    let reading = read(&folder.join("plan.yaml"), &overrides, &|_| None, &mut sources, &mut problems).unwrap();
    let filter = Filter::default();
    let setting = Setting { name: "plan", seed: Seed::new(4), filter: &filter, sources: &sources };
    Arc::new(compile(&reading.plan, &setting, &mut problems).unwrap())
}

fn run(program: &Arc<Program>, shard: Shard, workers: u32) -> (Tallies, Books) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let options = Options { workers, start: Start::In(Duration::from_millis(50)), shard };
    let outcome = runtime.block_on(conduct(program, &options, |_| {})).unwrap();
    assert_eq!((outcome.broken_workers, outcome.imbalance), (0, None));
    let mut tallies = Tallies::new();
    outcome.totals.series().for_each(|(key, total)| add(&mut tallies, key, &total.counts));
    (tallies, *outcome.totals.books())
}

#[test]
fn shards_with_any_number_of_workers_make_the_requests_of_the_whole_run() {
    let (target, url) = target();
    for (what, text) in PLANS {
        let stage = stage(text);
        let program = program(stage.folder(), &url);
        let (whole, books) = run(&program, Shard::WHOLE, 2);
        let counted = target.counts().total;
        assert!(books.started > 40 && books.dropped == 0 && books.aborted == 0, "{what}: {books:?}");
        let workers = [1, 3, 2, 1, 4, 2, 1, 3];
        let started = (0_u32..).zip(workers).map(|(index, workers)| {
            let program = program.clone();
            std::thread::spawn(move || run(&program, Shard { index, count: 8 }, workers))
        });
        let started: Vec<_> = started.collect();
        let shards: Vec<(Tallies, Books)> = started.into_iter().map(|shard| shard.join().unwrap()).collect();
        let (mut union, mut sum) = (Tallies::new(), Books::default());
        for (tallies, books) in &shards {
            for (key, counts) in tallies {
                let entry = union.entry(key.clone()).or_default();
                entry.iter_mut().zip(counts).for_each(|(sum, more)| *sum += more);
            }
            sum.merge(books);
        }
        assert_eq!(union, whole, "{what}");
        assert_eq!(sum, books, "{what}");
        assert_eq!(target.counts().total - counted, books.started - books.never_sent, "{what}");
        // nobody makes another's part: the largest share is near an eighth, where there is enough to share
        let most = shards.iter().map(|(_, books)| books.started).max().unwrap();
        assert!(most * 2 < books.started, "{what}: one shard made {most} of {}", books.started);
        // nor does the number of workers change anything in the whole
        assert_eq!(run(&program, Shard::WHOLE, 5).0, whole, "{what}, with five workers");
    }
}

/// One shard, under way.
fn shard(stage: &Stage, url: &str, number: u32, count: u32, more: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command.args(["run", "plan.yaml", "--target", url, "--shard", &format!("{number}/{count}")]);
    command.args(["--out", &format!("shard{number}")]).args(more).env("NO_COLOR", "1").current_dir(stage.folder());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// The file with an ending that a shard left.
fn left(stage: &Stage, number: u32, ending: &str) -> PathBuf {
    let files = std::fs::read_dir(stage.folder().join(format!("shard{number}"))).unwrap();
    let mut files = files.map(|entry| entry.unwrap().path());
    files.find(|path| path.extension().is_some_and(|e| e == ending)).unwrap()
}

/// All shards at once, to their end; their journals.
fn all(stage: &Stage, url: &str, count: u32, more: &[&str]) -> Vec<PathBuf> {
    let children: Vec<Child> = (1..=count).map(|number| shard(stage, url, number, count, more)).collect();
    for child in children {
        let (code, _, stderr) = ended(child.wait_with_output().unwrap());
        assert_eq!(code, 0, "{stderr}");
    }
    (1..=count).map(|number| left(stage, number, "journal")).collect()
}

fn plimsoll(stage: &Stage, arguments: &[&str], files: &[PathBuf]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command.args(arguments).args(files).env("NO_COLOR", "1").current_dir(stage.folder()).stdin(Stdio::null());
    ended(command.output().unwrap())
}

/// A journal's header and what its seconds come to.
fn told(journal: &Path) -> (Header, Tallies, Vec<(u32, u64)>) {
    let mut reader = Reader::open(journal).unwrap();
    let (mut tallies, mut seconds) = (Tallies::new(), Vec::new());
    for entry in &mut reader {
        let Entry::Second(interval) = entry else { continue };
        interval.series.iter().for_each(|series| add(&mut tallies, &series.key, &series.counts));
        seconds.push((interval.second, interval.books.started));
    }
    assert!(reader.tail().is_whole());
    (reader.header().clone(), tallies, seconds)
}

fn json(stage: &Stage, journal: &Path) -> Value {
    let (code, report, stderr) = plimsoll(stage, &["show", "--json"], &[journal.to_owned()]);
    assert_eq!(code, 0, "{stderr}");
    serde_json::from_str(&report).unwrap()
}

/// What of a report is a matter of counts, and not of times.
fn counted(report: &Value) -> Value {
    let mut counts = Vec::new();
    let rows = report["requests"].as_array().unwrap().iter().chain([&report["total"]]);
    for row in rows.chain(report["users"].as_array().unwrap()) {
        let keys =
            ["method", "name", "requests", "ok", "failed", "failed_by_kind", "status", "bytes_in", "tags", "tasks"];
        counts.push(keys.map(|key| row[key].clone()));
    }
    let failures = report["failures"].as_array().unwrap().iter();
    let mut failures: Vec<Value> = failures.map(|group| group["count"].clone()).collect();
    failures.sort_by_key(|count| count.as_u64());
    let seen = report["metrics"].as_array().unwrap().iter().find(|metric| metric["name"] == "seen").unwrap();
    serde_json::json!([counts, report["books"], failures, seen["count"], seen["sum"], report["plan"]["stages"]])
}

#[test]
fn eight_shards_merged_are_reported_like_one_whole_run() {
    let (target, url) = target();
    for (what, text) in [PLANS[0], PLANS[3], PLANS[4]] {
        let stage = stage(text);
        let (code, _, stderr) = stage.run(&["--target", &url, "--seed", "11", "--quiet"]);
        assert_eq!(code, 0, "{what}: {stderr}");
        let whole = stage.path("journal");
        let served = target.counts();
        let shards = all(&stage, &url, 8, &["--seed", "11", "--quiet"]);
        let (code, summary, stderr) = plimsoll(&stage, &["merge", "-o", "merged"], &shards);
        assert_eq!(code, 0, "{what}: {stderr}");
        let merged = stage.folder().join("merged.journal");
        let (ours, theirs) = (told(&merged), told(&whole));
        assert_eq!(ours.1, theirs.1, "{what}");
        let (report, expected) = (json(&stage, &merged), json(&stage, &whole));
        assert_eq!(counted(&report), counted(&expected), "{what}");
        assert_balance(&report);
        if what.starts_with("pacing") {
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
    let (_target, url) = target();
    let stage = stage(
        "users: {u: {pacing: 1s, tasks: {h: {call: health}}}}
shape: {constant: {users: 4, for: 1600ms}}
thresholds:
  - p95 < 10s
  - error_rate < 1%
  - p50{status=404} < 1s
  - {require: count == 8, abort: true}
  - count(seen) == 8
  - max(concurrent_users) == 4
  - {require: errors == 3, name: wrong on purpose}
",
    );
    let shards = all(&stage, &url, 2, &["--seed", "1"]);
    for number in [1, 2] {
        let report: Value =
            serde_json::from_str(&std::fs::read_to_string(left(&stage, number, "json")).unwrap()).unwrap();
        let states: Vec<&Value> = report["thresholds"].as_array().unwrap().iter().map(|t| &t["state"]).collect();
        assert_eq!(states, ["held", "held", "left", "left", "left", "left", "left"]);
        assert_eq!(report["run"]["shard"], serde_json::json!({"number": number, "count": 2}));
        assert_eq!(report["run"]["ended"], "complete", "an abort that needs the whole does not end a shard");
        assert_eq!(report["total"]["requests"], 4);
        assert_eq!(json(&stage, &left(&stage, number, "journal")), report, "the journal tells what the run told");
    }
    let (_, summary, _) = plimsoll(&stage, &["show"], &shards[1..]);
    assert!(summary.contains(", shard 2 of 2\n") && summary.contains("○  left to the merge"), "{summary}");
    assert!(summary.contains("✓ passed; 5 thresholds are left to the merge\n"), "{summary}");

    let (code, summary, stderr) = plimsoll(&stage, &["merge", "--out", "all.journal"], &shards);
    assert_eq!(code, 1, "{stderr}");
    assert!(summary.contains("failed: 2 thresholds did not hold"), "{summary}");
    let report = json(&stage, &stage.folder().join("all.journal"));
    let states: Vec<(&str, &str)> = report["thresholds"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| (t["measured"].as_str().unwrap(), t["state"].as_str().unwrap()))
        .collect();
    assert_eq!(states[2..], [("no data", "no_data"), ("8", "held"), ("8", "held"), ("4", "held"), ("0", "broken")]);
    // one sample a second of the whole, not one of each shard
    let users =
        report["metrics"].as_array().unwrap().iter().find(|metric| metric["name"] == "concurrent_users").unwrap();
    assert_eq!((users["count"].as_u64(), users["min"].as_f64()), (Some(1), Some(4.0)));
}

#[test]
fn shards_that_are_missing_doubled_or_of_another_run_are_named_as_people_count_them() {
    let (_target, url) = target();
    let stage = stage(PLANS[1].1);
    let shards = all(&stage, &url, 3, &["--seed", "1", "--quiet"]);
    let shown = |path: &PathBuf| path.display().to_string();
    let merge = |files: &[PathBuf]| plimsoll(&stage, &["merge", "-o", "d"], files);
    let refused = |files: &[PathBuf], why: &str| {
        let (code, stdout, stderr) = merge(files);
        assert_eq!((code, stdout.as_str()), (2, ""), "{stderr}");
        assert!(stderr.starts_with(&format!("error: {why}")) && stderr.contains("\n  = help: "), "{stderr}");
        assert!(!stage.folder().join("d.journal").exists());
    };
    refused(&shards[..2], "shard 3 of 3 is missing");
    refused(&shards[1..2], "shards 1, 3 of 3 are missing");
    let twice = format!("`{0}` and `{0}` are both shard 2 of 3", shown(&shards[1]));
    refused(&[shards.clone(), shards[1..2].to_vec()].concat(), &twice);
    refused(&[stage.folder().join("plan.yaml")], "cannot read the journal");
    // the same shard of the same plan, to start at another moment: another run
    std::fs::remove_dir_all(stage.folder().join("shard3")).unwrap();
    let at = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap() + Duration::from_millis(1500);
    let at = format!("{}.{:03}", at.as_secs(), at.subsec_millis());
    let child = shard(&stage, &url, 3, 3, &["--seed", "1", "--quiet", "--start-at", &at]);
    assert_eq!(ended(child.wait_with_output().unwrap()).0, 0);
    let other = left(&stage, 3, "journal");
    let why =
        format!("`{}` and `{}` are not of one run: the run's id is not the same", shown(&shards[0]), shown(&other));
    let (code, _, stderr) = merge(&[shards[0].clone(), shards[1].clone(), other]);
    assert_eq!(code, 2);
    assert!(stderr.contains(&why), "{stderr}");

    // a whole run is its own only shard; and nothing is written over
    let (code, _, stderr) = stage.run(&["--target", &url, "--seed", "1", "--quiet"]);
    assert_eq!(code, 0, "{stderr}");
    assert_eq!(merge(&[stage.path("journal")]).0, 0);
    let (code, _, stderr) = merge(&[stage.path("journal")]);
    assert_eq!(code, 2);
    assert!(stderr.starts_with("error: `d.journal` is there already\n"), "{stderr}");
    let (code, _, stderr) = plimsoll(&stage, &["merge", "-o", "nowhere/d"], &[stage.path("journal")]);
    assert_eq!(code, 2);
    assert!(stderr.starts_with("error: there is no folder `nowhere`\n"), "{stderr}");
}

#[test]
fn a_shard_that_was_killed_is_named_and_what_it_has_is_merged() {
    let (_target, url) = target();
    let stage =
        stage("users: {u: {pacing: 100ms, tasks: {h: {call: health}}}}\nshape: {constant: {users: 4, for: 4s}}\n");
    let mut children = [1, 2].map(|number| shard(&stage, &url, number, 2, &["--seed", "1", "--quiet"]));
    std::thread::sleep(Duration::from_millis(2600));
    children[1].kill().unwrap();
    for child in &mut children {
        child.wait().unwrap();
    }
    let shards = [1, 2].map(|number| left(&stage, number, "journal"));
    let (code, summary, stderr) = plimsoll(&stage, &["merge", "-o", "d"], &shards);
    assert_eq!(code, 5, "{stderr}");
    assert!(stderr.contains(&format!("warning: `{}` is cut off after second ", shards[1].display())), "{stderr}");
    assert!(summary.contains("interrupted: the numbers are of what ran until then"), "{summary}");
    let (whole, part) = (json(&stage, &shards[0]), json(&stage, &shards[1]));
    let merged = json(&stage, &stage.folder().join("d.journal"));
    let requests = |report: &Value| report["total"]["requests"].as_u64().unwrap();
    assert_eq!(requests(&merged), requests(&whole) + requests(&part));
    assert!(requests(&part) > 0);
}

#[test]
fn two_shards_begin_in_the_same_moment_and_not_before() {
    let (target, url) = target();
    let plan = "users: {u: {pacing: 10s, tasks: {h: {call: health}}}}\nshape: {constant: {users: 10, for: 1500ms}}\n";
    let stage = stage(plan);
    let at = SystemTime::now() + Duration::from_secs(4);
    let text = humantime::format_rfc3339_nanos(at).to_string();
    let children = [1, 2].map(|number| shard(&stage, &url, number, 2, &["--seed", "1", "--start-at", &text]));
    while SystemTime::now() + Duration::from_millis(200) < at {
        assert_eq!(target.counts().total, 0, "somebody began too early");
        std::thread::sleep(Duration::from_millis(20));
    }
    for child in children {
        let (code, _, stderr) = ended(child.wait_with_output().unwrap());
        assert_eq!(code, 0, "{stderr}");
        assert!(stderr.contains("ready: waiting until "), "{stderr}");
    }
    let shards = [1, 2].map(|number| left(&stage, number, "journal"));
    let [one, other] = shards.each_ref().map(|path| told(path));
    assert_eq!((one.0.began, other.0.began), (at, at));
    assert_eq!(one.0.run, other.0.run);
    assert_eq!((&one.2[0], &other.2[0]), (&(0, 5), &(0, 5)), "the first second has the same in both");
    let (code, _, stderr) = plimsoll(&stage, &["merge", "-o", "d"], &shards);
    assert_eq!(code, 0);
    assert!(!stderr.contains("apart"), "{stderr}");
    assert_eq!(told(&stage.folder().join("d.journal")).0.began, at);
    assert_eq!(target.stop().total, 10);
}

#[test]
fn a_run_that_waits_for_its_moment_ends_at_once_when_asked_and_takes_its_setup_away() {
    let (target, url) = target();
    let stage = stage(
        "setup: [{call: health}]\nteardown: [{call: health}]\nusers: {u: {tasks: {w: {call: wrong}}}}\n\
         shape: {constant: {users: 2, for: 1s}}\n",
    );
    let at = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap() + Duration::from_secs(3600);
    let child = shard(&stage, &url, 1, 2, &["--seed", "1", "--start-at", &at.as_secs().to_string()]);
    let began = Instant::now();
    while target.counts().total == 0 && began.elapsed() < Duration::from_secs(30) {
        std::thread::sleep(Duration::from_millis(20));
    }
    std::thread::sleep(Duration::from_millis(200));
    let asked = Instant::now();
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let (code, _, stderr) = ended(child.wait_with_output().unwrap());
    assert_eq!(code, 5, "{stderr}");
    assert!(stderr.contains("interrupted before the load began"), "{stderr}");
    assert!(asked.elapsed() < Duration::from_secs(10), "an hour was not waited out");
    let counts = target.stop();
    assert_eq!((counts.total, counts.routes["GET /v1/health"].received), (2, 2), "setup and teardown, and no load");
}

#[test]
fn what_cannot_be_split_is_told_before_anything_is_run() {
    let (target, url) = target();
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
        let stage = stage(&format!("users: {{u: {{tasks: {{h: {{call: health}}}}}}}}\n{shape}"));
        let (code, _, stderr) = stage.run(&[vec!["--target", &url], more.clone()].concat());
        assert_eq!(code, 2, "{more:?}: {stderr}");
        assert!(stderr.contains(why) && stderr.contains(help), "{more:?}: {stderr}");
        assert!(!stage.folder().join("out").exists(), "{more:?} leaves files");
    }
    let stage = stage(&format!("users: {{u: {{tasks: {{h: {{call: health}}}}}}}}\n{closed}"));
    let (code, _, stderr) = stage.run(&["--embedded", "--shard", "1/2", "--seed", "1"]);
    assert_eq!(code, 2);
    assert!(stderr.contains("a service of its own") && stderr.contains("`plimsoll target --port 8000`"), "{stderr}");
    assert_eq!(target.stop().total, 0);
}

#[test]
fn a_machine_that_is_not_ready_for_its_moment_says_so_and_makes_no_load() {
    let behaviour = Behaviour { delay: Delay::parse("5s").unwrap(), ..Behaviour::default() };
    let target = Target::start(behaviour, ([127, 0, 0, 1], 0).into()).unwrap();
    let url = format!("http://{}/v1", target.address());
    let stage = stage(
        "setup: [{call: health}]\nusers: {u: {tasks: {h: {call: health}}}}\nshape: {constant: {users: 2, for: 1s}}\n",
    );
    let at = humantime::format_rfc3339_millis(SystemTime::now() + Duration::from_secs(3)).to_string();
    let (code, _, stderr) = stage.run(&["--target", &url, "--start-at", &at]);
    assert_eq!(code, 3, "{stderr}");
    assert!(stderr.contains("the run was not ready in time: it was to start ") && stderr.contains("a later moment"));
    assert_eq!(target.stop().total, 1, "the setup alone");
}

#[test]
fn a_dry_run_says_how_much_of_the_run_a_shard_is() {
    let stage = stage("users: {u: {tasks: {h: {call: health}}}}\nshape: {constant: {users: 20, for: 1s}}\n");
    let (code, stdout, stderr) = stage.run(&["--dry-run", "--seed", "1", "--shard", "2/8"]);
    assert_eq!(code, 0, "{stderr}");
    assert!(stdout.contains("shard 2 of 8: 3 of 20 users; below is the whole run\n"), "{stdout}");
}
