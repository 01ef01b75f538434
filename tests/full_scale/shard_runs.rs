//! Plans whose requests are known before, programs with any number of workers, shards under way, and what they leave.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::Arc;

use plimsoll::test_api::compile::{CompileOptions, Filter, Program, compile};
use plimsoll::test_api::diagnostic::{Problems, Sources};
use plimsoll::test_api::journal::{Entry, Header, Reader};
use plimsoll::test_api::metrics::{Accounting, Counts, SeriesKey};
use plimsoll::test_api::plan::{Aim, Overrides, read};
use plimsoll::test_api::target::Target;
use plimsoll::test_api::units::{Scale, Seed, Shard};
use serde_json::Value;

use crate::support::command_line::{self, Ended, finish, wait};
use crate::support::conducted::conducted;
use crate::support::folder::only_file;
use crate::support::plan_folder::PlanFolder;
use crate::support::report::metric;
use crate::support::target::url;

/// Plans whose requests are a matter of seed and plan alone, whatever the machine is doing meanwhile.
pub const PLANS: [&str; 7] = [
    // two user types by weight, a row for each user
    "iterations_each",
    // each row once
    "iterations_in_total",
    // of two user types
    "even_arrivals",
    // each with a row of a shuffled file
    "poisson_arrivals",
    // a row for each user
    "paced_stages",
    // one of them with fewer users than shards
    "scenarios",
    // on few shards, with rows that go to no one else
    "rare_user_type",
];

/// A plan of `tests/plans/shards/`, with its data files beside it, aimed at a target.
pub fn plan(name: &str, target: &Target) -> PlanFolder {
    PlanFolder::of(&format!("shards/{name}")).aimed_at(target)
}

/// A plan of a small service whose users and shape the test gives.
pub fn service(users_and_shape: &str, target: &Target) -> PlanFolder {
    PlanFolder::with_lines("shards/service", &format!("{users_and_shape}thresholds: [count > 0]\n")).aimed_at(target)
}

/// How many requests of each series ended how: endpoint, name, user type, task, stage and status.
pub type Tallies = BTreeMap<String, [u64; 3]>;

fn add(tallies: &mut Tallies, key: &SeriesKey, counts: &Counts) {
    let entry = tallies.entry(format!("{key:?}")).or_default();
    entry.iter_mut().zip([counts.ok, counts.failures(), counts.aborted]).for_each(|(sum, more)| *sum += more);
}

/// A program made by the library, so that the number of workers is the test's to say.
pub fn program(plan: &PlanFolder, target: &Target) -> Arc<Program> {
    let (mut sources, mut problems) = (Sources::default(), Problems::default());
    let overrides = Overrides { targets: vec![Aim::At(url(target))], ..Overrides::default() };
    let reading = read(&plan.path().join("plan.yaml"), &overrides, &|_| None, &mut sources, &mut problems).unwrap();
    let filter = Filter::default();
    let options =
        CompileOptions { name: "plan", seed: Seed::new(4), filter: &filter, scale: Scale::WHOLE, sources: &sources };
    Arc::new(compile(&reading.plan, &options, &mut problems).unwrap())
}

pub fn run(program: &Arc<Program>, shard: Shard, workers: u32) -> (Tallies, Accounting) {
    let results = conducted(program, shard, workers);
    assert_eq!(format!("{:?}", results.integrity()), "Sound");
    let mut tallies = Tallies::new();
    results.totals().series().for_each(|(key, total)| add(&mut tallies, key, &total.counts));
    (tallies, *results.totals().accounting())
}

/// One shard, under way; its results go to `shardNUMBER`.
pub fn spawn_shard(plan: &PlanFolder, number: u32, count: u32, more: &[&str]) -> Child {
    let mut command = command_line::command();
    plan.add_run(&mut command, &format!("shard{number}"));
    command.args(["--shard", &format!("{number}/{count}")]).args(more);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// The file with an extension that a shard left.
pub fn shard_file(plan: &PlanFolder, number: u32, extension: &str) -> PathBuf {
    only_file(&plan.path().join(format!("shard{number}")), extension)
}

/// All shards at once, to their end; their journals.
pub fn run_shards(plan: &PlanFolder, count: u32, more: &[&str]) -> Vec<PathBuf> {
    let children: Vec<Child> = (1..=count).map(|number| spawn_shard(plan, number, count, more)).collect();
    for child in children {
        let (code, _, stderr) = wait(child);
        assert_eq!(code, 0, "{stderr}");
    }
    (1..=count).map(|number| shard_file(plan, number, "journal")).collect()
}

/// Runs a command of Plimsoll's on files, in the plan's folder.
pub fn plimsoll(plan: &PlanFolder, arguments: &[&str], files: &[PathBuf]) -> Ended {
    finish(command_line::command().args(arguments).args(files).current_dir(plan.path()))
}

/// A journal's header and what its seconds come to.
pub fn read_journal(journal: &Path) -> (Header, Tallies, Vec<(u32, u64)>) {
    let mut reader = Reader::open(journal).unwrap();
    let (mut tallies, mut seconds) = (Tallies::new(), Vec::new());
    for entry in &mut reader {
        let Entry::Second(interval) = entry else { continue };
        interval.series.iter().for_each(|series| add(&mut tallies, &series.key, &series.counts));
        seconds.push((interval.second, interval.accounting.started));
    }
    assert!(reader.tail().is_whole());
    (reader.header().clone(), tallies, seconds)
}

/// The report that a journal tells.
pub fn shown(plan: &PlanFolder, journal: &Path) -> Value {
    let (code, report, stderr) = plimsoll(plan, &["show", "--json"], &[journal.to_owned()]);
    assert_eq!(code, 0, "{stderr}");
    serde_json::from_str(&report).unwrap()
}

/// What of a report is a matter of counts, and not of times.
pub fn counts(report: &Value) -> Value {
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
    let seen = metric(report, "seen");
    serde_json::json!([counts, report["books"], failures, seen["count"], seen["sum"], report["plan"]["stages"]])
}
