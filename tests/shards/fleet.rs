//! What the tests share: plans whose requests are known before, programs with any number of workers, shards under way.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use plimsoll::compile::{Filter, Program, Setting, compile};
use plimsoll::diagnostic::{Problems, Sources};
use plimsoll::engine::{Options, Start};
use plimsoll::journal::{Entry, Header, Reader};
use plimsoll::metrics::Accounting;
use plimsoll::plan::{Aim, Overrides, read};
use plimsoll::run::{Interrupts, Job, PlanSource, conduct, header};
use plimsoll::target::{Behaviour, Target};
use plimsoll::units::{Seed, Shard};
use plimsoll::verdict::Integrity;
use serde_json::Value;

use crate::support::{Stage, ended};

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
pub const PLANS: [(&str, &str); 7] = [
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
pub fn stage(text: &str) -> Stage {
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

pub fn target() -> (Target, String) {
    let target = Target::start(Behaviour::default(), ([127, 0, 0, 1], 0).into()).unwrap();
    let url = format!("http://{}/v1", target.address());
    (target, url)
}

/// How many requests of each series ended how: endpoint, name, user type, task, stage and status.
pub type Tallies = BTreeMap<String, [u64; 3]>;

pub fn add(tallies: &mut Tallies, key: &plimsoll::metrics::SeriesKey, counts: &plimsoll::metrics::Counts) {
    let entry = tallies.entry(format!("{key:?}")).or_default();
    entry.iter_mut().zip([counts.ok, counts.failures(), counts.aborted]).for_each(|(sum, more)| *sum += more);
}

/// A program made by the library, so that the number of workers is the test's to say.
pub fn program(folder: &Path, url: &str) -> Arc<Program> {
    let (mut sources, mut problems) = (Sources::default(), Problems::default());
    let overrides = Overrides { target: Some(Aim::At(url.to_owned())), ..Overrides::default() };
    let reading = read(&folder.join("plan.yaml"), &overrides, &|_| None, &mut sources, &mut problems).unwrap();
    let filter = Filter::default();
    let setting = Setting { name: "plan", seed: Seed::new(4), filter: &filter, sources: &sources };
    Arc::new(compile(&reading.plan, &setting, &mut problems).unwrap())
}

pub fn run(program: &Arc<Program>, shard: Shard, workers: u32) -> (Tallies, Accounting) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let options = Options { workers, start: Start::In(Duration::from_millis(50)), shard };
    let source = PlanSource {
        file: Path::new("plan.yaml"),
        text: "",
        effective: &Value::Null,
        profile: None,
        service: "",
        arguments: Vec::new(),
        filter: Vec::new(),
        shard: Some(shard),
    };
    let job = Job { program: program.clone(), header: header(program, &source, &options), options };
    let (_nobody, mut interrupts) = Interrupts::channel();
    let results = runtime.block_on(conduct(job, &mut interrupts, |_| {})).unwrap();
    assert_eq!(results.integrity(), Integrity::Sound);
    let mut tallies = Tallies::new();
    results.totals().series().for_each(|(key, total)| add(&mut tallies, key, &total.counts));
    (tallies, *results.totals().books())
}
/// One shard, under way.
pub fn shard(stage: &Stage, url: &str, number: u32, count: u32, more: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command.args(["run", "plan.yaml", "--target", url, "--shard", &format!("{number}/{count}")]);
    command.args(["--out", &format!("shard{number}")]).args(more).env("NO_COLOR", "1").current_dir(stage.folder());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// The file with an ending that a shard left.
pub fn left(stage: &Stage, number: u32, ending: &str) -> PathBuf {
    let files = std::fs::read_dir(stage.folder().join(format!("shard{number}"))).unwrap();
    let mut files = files.map(|entry| entry.unwrap().path());
    files.find(|path| path.extension().is_some_and(|e| e == ending)).unwrap()
}

/// All shards at once, to their end; their journals.
pub fn all(stage: &Stage, url: &str, count: u32, more: &[&str]) -> Vec<PathBuf> {
    let children: Vec<Child> = (1..=count).map(|number| shard(stage, url, number, count, more)).collect();
    for child in children {
        let (code, _, stderr) = ended(child.wait_with_output().unwrap());
        assert_eq!(code, 0, "{stderr}");
    }
    (1..=count).map(|number| left(stage, number, "journal")).collect()
}

pub fn plimsoll(stage: &Stage, arguments: &[&str], files: &[PathBuf]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command.args(arguments).args(files).env("NO_COLOR", "1").current_dir(stage.folder()).stdin(Stdio::null());
    ended(command.output().unwrap())
}

/// A journal's header and what its seconds come to.
pub fn told(journal: &Path) -> (Header, Tallies, Vec<(u32, u64)>) {
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

pub fn json(stage: &Stage, journal: &Path) -> Value {
    let (code, report, stderr) = plimsoll(stage, &["show", "--json"], &[journal.to_owned()]);
    assert_eq!(code, 0, "{stderr}");
    serde_json::from_str(&report).unwrap()
}

/// What of a report is a matter of counts, and not of times.
pub fn counted(report: &Value) -> Value {
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
