//! A resolver of the system's that does not come back, and cannot be stopped: nothing waits for it.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::support::command_line::{Ended, command, finish};
use crate::support::folder::Folder;
use crate::support::plan_folder::{PlanFolder, RESULT_FILES};
use crate::support::report::assert_adds_up;
use crate::support::repository::root;
use crate::support::target;

/// What has a process ask a resolver that answers so often and then no more.
struct SilentResolver(Folder);

impl SilentResolver {
    fn new() -> Self {
        let folder = Folder::new();
        let mut cc = Command::new("cc");
        cc.args(["-shared", "-fPIC", "-o"]).arg(folder.join("resolver.so"));
        assert!(cc.arg(root().join("tests/files/silent_resolver.c")).arg("-ldl").status().unwrap().success());
        Self(folder)
    }

    /// Runs a command to its end, and says how long that took.
    fn finish(&self, command: &mut Command, answers: u32) -> (Ended, Duration) {
        let began = Instant::now();
        command.env("LD_PRELOAD", self.0.join("resolver.so")).env("ANSWERS", answers.to_string());
        (finish(command), began.elapsed())
    }
}

/// The tests of this file may wait for a machine that is busy; a resolver would keep them for ever.
const SOON: Duration = Duration::from_secs(20);

#[test]
fn a_target_whose_name_is_never_found_is_told_in_time_by_every_command() {
    let resolver = SilentResolver::new();
    let plan = PlanFolder::of("ends/unnamed");
    let file = plan.path().join("plan.yaml");
    let mut tried = command();
    tried.arg("try").arg(&file);
    for mut command in [plan.command(&[]), tried] {
        let ((code, _, stderr), took) = resolver.finish(&mut command, 0);
        assert_eq!(code, 3, "{stderr}");
        assert!(stderr.contains("the target is not ready: `slow.test.example` does not resolve within 3s"), "{stderr}");
        assert!(stderr.contains("help: "), "{stderr}");
        assert!(took < SOON, "{took:?}");
    }
}

#[test]
fn a_ready_question_whose_name_is_never_found_is_told_in_time_with_its_cause() {
    let resolver = SilentResolver::new();
    let plan = PlanFolder::with_lines("ends/unnamed_ready", "");
    let ((code, _, stderr), took) = resolver.finish(&mut plan.command(&[]), 0);
    assert_eq!(code, 3, "{stderr}");
    assert!(
        stderr.contains("did not answer: `slow.test.example` does not resolve within 2s (asked for 2s)"),
        "{stderr}"
    );
    assert!(took < SOON, "{took:?}");
}

#[test]
fn a_run_whose_names_are_found_no_more_ends_on_time_with_failures_of_dns() {
    let resolver = SilentResolver::new();
    let service = target::ready();
    let port = target::url(&service).rsplit(':').next().unwrap().to_owned();
    let plan = PlanFolder::of("ends/unnamed").aimed_at_url(&format!("http://localhost:{port}"));
    let ((code, _, stderr), took) = resolver.finish(&mut plan.command(&[]), 1);
    assert_eq!(code, 1, "{stderr}");
    assert!(took < SOON, "{took:?}");
    assert_eq!(plan.endings(), RESULT_FILES);
    let report = plan.report();
    assert_adds_up(&report);
    let failures = report["failures"].as_array().unwrap();
    assert!(!failures.is_empty() && failures.iter().all(|failure| failure["kind"] == "dns"), "{failures:?}");
}

#[test]
fn a_document_whose_host_is_never_found_is_told_in_time() {
    let resolver = SilentResolver::new();
    let mut new = command();
    new.args(["new", "--from-openapi", "http://slow.test.example/openapi.json"]).current_dir(Path::new("/tmp"));
    let ((code, _, stderr), took) = resolver.finish(&mut new, 0);
    assert_eq!(code, 2, "{stderr}");
    assert!(stderr.contains("cannot fetch http://slow.test.example/openapi.json"), "{stderr}");
    assert!(took < Duration::from_secs(45), "{took:?}");
}
