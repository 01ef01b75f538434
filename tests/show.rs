//! A run told again from its journal: the same numbers, wherever the journal ends.

#![allow(clippy::unwrap_used)]

mod support;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use plimsoll::target::{Behaviour, Target};
use serde_json::Value;
use support::{Stage, ended};

fn plan(target: &Target, more: &str) -> String {
    format!(
        "target: {{url: \"http://{}/v1\", headers: {{X-API-Key: \"{{{{ key }}}}\"}}}}\n\
         vars: {{key: cm_test_key}}\n\
         secrets: [key]\n\
         metrics: {{found: {{trend: {{}}}}}}\n\
         endpoints:\n\
         \x20 read: {{get: /stats, tags: [read], record: {{found: $.entities}}}}\n\
         \x20 wrong: {{get: /nothing, expect: {{status: 200}}}}\n\
         users: {{a: {{think_time: 1ms..20ms, tasks: {{r: {{weight: 3, call: read}}, w: {{call: wrong}}}}}}}}\n{more}",
        target.address()
    )
}

fn show(journal: &Path, more: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    ended(command.arg("show").arg(journal).args(more).env("NO_COLOR", "1").stdin(Stdio::null()).output().unwrap())
}

#[test]
fn a_journal_tells_the_report_the_run_itself_wrote() {
    let target = Target::start(Behaviour::default(), ([127, 0, 0, 1], 0).into()).unwrap();
    let shapes = [
        "shape: {constant: {users: 5, for: 2s}}\nthresholds: [error_rate < 40%, \"p95{tag=read} < 1s\", rate > 10000/min]\n",
        "shape: {stages: [{users: 2, for: 1s, warm_up: true}, {users: 6, for: 1s, ramp: 500ms}]}\n",
        "shape: {steps: {users: 1, add: 1, every: 1s, for: 3s, until: failing}}\nthresholds: [count < 150]\n",
        "shape: {arrivals: {rate: 40/s, for: 1s, spacing: poisson}}\nthresholds: [error_rate < 60% over 1s]\n",
    ];
    for shape in shapes {
        let stage = Stage::new(&plan(&target, shape));
        let (code, _, stderr) = stage.run(&[]);
        assert!(code < 2, "{shape}: exit {code}: {stderr}");
        let (code, told, stderr) = show(&stage.path("journal"), &["--json"]);
        assert_eq!((code, stderr.as_str()), (0, ""));
        assert!(told == stage.file("json"), "{shape}: the journal tells {told}");
        let bytes = std::fs::read(stage.path("journal")).unwrap();
        let secret = b"cm_test_key";
        assert!(!bytes.windows(secret.len()).any(|window| window == secret), "a secret is in the journal");
    }
}

#[test]
fn a_killed_run_is_told_up_to_the_second_it_was_killed_in() {
    let target = Target::start(Behaviour::default(), ([127, 0, 0, 1], 0).into()).unwrap();
    for after in [1300, 2100, 2750] {
        let stage = Stage::new(&plan(&target, "shape: {constant: {users: 5, for: 30s}}\n"));
        let mut child = stage.spawn(&["--quiet"]);
        let journal = stage.awaited("journal");
        std::thread::sleep(Duration::from_millis(after));
        child.kill().unwrap();
        child.wait().unwrap();
        let (code, told, stderr) = show(&journal, &["--json"]);
        assert_eq!(code, 0, "{stderr}");
        assert!(stderr.contains("has no end") || stderr.contains("breaks off"), "{stderr}");
        let report: Value = serde_json::from_str(&told).unwrap();
        assert_eq!(report["verdict"]["exit_code"], 5);
        let seconds = report["history"].as_array().unwrap().len() as u64;
        // the second under way is lost, and a busy machine may be late with the one before
        assert!(seconds + 2 > after / 1000, "{seconds} seconds of {after} ms");
    }
}

#[test]
fn a_journal_cut_off_anywhere_is_told_as_far_as_it_goes() {
    let target = Target::start(Behaviour::default(), ([127, 0, 0, 1], 0).into()).unwrap();
    let stage = Stage::new(&plan(&target, "shape: {constant: {users: 5, for: 2s}}\n"));
    stage.run(&[]);
    let whole = std::fs::read(stage.path("journal")).unwrap();
    let cut = stage.path("journal").with_extension("cut");
    for part in 0..20 {
        std::fs::write(&cut, &whole[..whole.len() * part / 20]).unwrap();
        let (code, _, stderr) = show(&cut, &[]);
        assert!(code == 0 || code == 2, "cut at {part}/20: exit {code}: {stderr}");
        assert!(!stderr.is_empty(), "cut at {part}/20 is not told");
    }
}
