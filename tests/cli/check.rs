//! `check`: what is an error, a warning or a note, and where variables come from.

use std::fs;
use std::path::Path;
use std::process::Child;
use std::thread::sleep;
use std::time::Duration;

use crate::support::command_line::{self, Ended, finish};
use crate::support::folder::Folder;

/// A plan that needs two variables.
const PLAN: &str = "target: http://127.0.0.1:1\n\
    vars: {key: \"${PLIMSOLL_TEST_KEY}\", twice: \"{{ key }}{{ key }}\"}\n\
    secrets: [key]\n\
    endpoints: {a: {get: \"/x/{{ twice | int }}\", name: a, headers: {X-Key: \"{{ key }}\", X-Zone: \"${PLIMSOLL_TEST_ZONE}\"}}}\n\
    shape: {constant: {users: 1, for: 1s}}\n";

fn plimsoll(folder: &Folder, plan: &str, arguments: &[&str]) -> Ended {
    fs::write(folder.join("plan.yaml"), plan).unwrap();
    finish(command_line::command().current_dir(&**folder).args(arguments))
}

#[test]
fn a_variable_that_is_not_set_is_a_note_for_check_and_an_error_for_a_run() {
    let folder = Folder::new();
    let (code, stdout, stderr) = plimsoll(&folder, PLAN, &["check", "plan.yaml", "--strict"]);
    assert_eq!(code, 0, "{stderr}");
    assert!(stdout.starts_with("plan.yaml: ok (1 endpoint"), "{stdout}");
    assert_eq!(stderr.matches("note: the environment variable").count(), 2, "{stderr}");
    assert!(!stderr.contains("error") && !stderr.contains("warning"), "{stderr}");
    for arguments in [&["run", "plan.yaml", "--dry-run"][..], &["run", "plan.yaml"], &["try", "plan.yaml"]] {
        let (code, _, stderr) = plimsoll(&folder, PLAN, arguments);
        assert_eq!(code, 2, "{arguments:?}: {stderr}");
        assert!(stderr.contains("error: the environment variable `PLIMSOLL_TEST_KEY` is not set"), "{stderr}");
    }
}

#[test]
fn a_variable_that_is_empty_is_called_empty_and_not_misspelt() {
    let folder = Folder::new();
    fs::write(folder.join("plan.yaml"), "target: \"${PLIMSOLL_TEST_EMPTY}\"\nendpoints: {a: {get: /}}\n").unwrap();
    let mut command = command_line::command();
    let (_, _, stderr) =
        finish(command.current_dir(&*folder).env("PLIMSOLL_TEST_EMPTY", "").args(["run", "plan.yaml", "--dry-run"]));
    assert!(stderr.contains("the environment variable `PLIMSOLL_TEST_EMPTY` is empty"), "{stderr}");
    assert!(!stderr.contains("did you mean"), "{stderr}");
}

#[test]
fn what_is_not_set_hides_no_error_and_causes_none() {
    let folder = Folder::new();
    let plan = "target: \"${PLIMSOLL_TEST_URL}\"\n\
        endpoints: {a: {get: \"${PLIMSOLL_TEST_PATH}\", capture: {t: $.t}}, b: {get: \"/{{ t }}\", name: b, json: {x: \"{{ nam }}\"}}}\n\
        users: {u: {think_time: \"${PLIMSOLL_TEST_PAUSE}\", tasks: {t: {steps: [a, b]}}}}\n\
        shape: {constant: {users: \"${PLIMSOLL_TEST_USERS}\", for: 1s}}\n\
        thresholds: [\"p95 < ${PLIMSOLL_TEST_TIME}\"]\n";
    let (code, _, stderr) = plimsoll(&folder, plan, &["check", "plan.yaml"]);
    assert_eq!(code, 2, "{stderr}");
    assert!(stderr.contains("unknown name `nam`") && stderr.ends_with("plan.yaml: 1 error\n"), "{stderr}");
    let sound = plan.replace("{{ nam }}", "{{ t }}");
    let (code, stdout, stderr) = plimsoll(&folder, &sound, &["check", "plan.yaml"]);
    assert_eq!(
        (code, stdout.as_str()),
        (0, "plan.yaml: ok as far as it can be read without 5 variables\n"),
        "{stderr}"
    );
}

#[test]
fn a_file_of_variables_stands_behind_the_environment_and_its_values_are_values() {
    let folder = Folder::new();
    fs::write(folder.join("ci.env"), "PLIMSOLL_TEST_KEY='12'\nexport PLIMSOLL_TEST_ZONE=north # where\n").unwrap();
    let (code, stdout, stderr) = plimsoll(&folder, PLAN, &["check", "plan.yaml", "--env-file", "ci.env"]);
    assert_eq!((code, stderr.as_str()), (0, ""), "{stdout}");
    let dry = ["run", "plan.yaml", "--dry-run", "--env-file", "ci.env"];
    let (_, stdout, _) = plimsoll(&folder, PLAN, &dry);
    assert!(stdout.contains("${PLIMSOLL_TEST_ZONE}") && !stdout.contains("north"), "{stdout}");
    let shown = format!("{PLAN}public: [PLIMSOLL_TEST_ZONE]\n");
    let (code, stdout, stderr) = plimsoll(&folder, &shown, &dry);
    assert_eq!((code, stderr.as_str()), (0, ""), "{stdout}");
    assert!(stdout.contains("north"), "{stdout}");
    let mut command = command_line::command();
    let (_, stdout, _) = finish(command.current_dir(&*folder).args(dry).env("PLIMSOLL_TEST_ZONE", "south"));
    assert!(stdout.contains("south") && !stdout.contains("north"), "{stdout}");
}

#[test]
fn a_file_of_variables_that_is_none_is_refused_with_its_place_and_without_its_values() {
    let folder = Folder::new();
    for (text, said) in [
        ("A=1\nhunter2 hunter2\n", "ci.env:2:1"),
        ("KEY=\"hunter2\n", "the value of `KEY` is never closed"),
        ("KEY='hunter2'hunter2\n", "goes on behind its quotes"),
    ] {
        fs::write(folder.join("ci.env"), text).unwrap();
        for command in ["check", "run", "try"] {
            let (code, stdout, stderr) = plimsoll(&folder, PLAN, &[command, "plan.yaml", "--env-file", "ci.env"]);
            assert_eq!(code, 2, "{stderr}");
            assert!(stderr.contains(said), "{stderr}");
            assert!(!stderr.contains("hunter2") && !stdout.contains("hunter2"), "{stderr}");
        }
    }
    for file in ["nowhere.env", "."] {
        let (code, _, stderr) = plimsoll(&folder, PLAN, &["check", "plan.yaml", "--env-file", file]);
        assert!(code == 2 && stderr.contains("cannot read"), "{stderr}");
    }
    fs::write(folder.join("ci.env"), [b'A', b'=', 0xff]).unwrap();
    let (code, _, stderr) = plimsoll(&folder, PLAN, &["check", "plan.yaml", "--env-file", "ci.env"]);
    assert!(code == 2 && stderr.contains("not UTF-8"), "{stderr}");
}

#[test]
fn warnings_are_errors_where_a_check_is_strict() {
    let plan = "tests/plans/warned/nobody_uses.yaml";
    let (code, _, stderr) = command_line::run(&["check", plan]);
    assert_eq!(code, 0, "{stderr}");
    let (code, stdout, strict) = command_line::run(&["check", "--strict", plan]);
    assert_eq!((code, stdout.as_str()), (2, ""));
    assert!(strict.starts_with(&stderr.replace("warning:", "error:")), "{strict}");
    assert_eq!(command_line::run(&["check", "--strict", "tests/plans/good/short_ways.yaml"]).0, 0);
}

/// What a watch has said so far, as soon as it holds a text so often.
fn said(told: &Path, text: &str, times: usize) -> String {
    for _ in 0..300 {
        let said = fs::read_to_string(told).unwrap();
        if said.matches(text).count() >= times {
            return said;
        }
        sleep(Duration::from_millis(50));
    }
    panic!("`{text}` was not said {times} times:\n{}", fs::read_to_string(told).unwrap());
}

/// A watch that ends with its test, however that ends.
struct Watch(Child);

impl Drop for Watch {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[test]
fn a_watch_checks_again_at_each_save_of_whatever_the_plan_reads_and_ends_well() {
    let folder = Folder::new();
    let write = |name: &str, text: &str| fs::write(folder.join(name), text).unwrap();
    let plan = "include: more.yaml\ntarget: http://127.0.0.1:1\nendpoints: {a: {get: \"/{{ row.name }}\", name: a}}\n\
        data: {rows: {csv: rows.csv}}\nusers: {u: {feed: {row: {from: rows}}, tasks: {t: {steps: [a]}}}}\n\
        shape: {constant: {users: 1, for: 1s}}\n";
    write("plan.yaml", plan);
    write("rows.csv", "name\nann\n");
    write("told", "");
    let told = folder.join("told");
    let mut command = command_line::command();
    let into = || fs::OpenOptions::new().append(true).open(&told).unwrap();
    command.current_dir(&*folder).args(["check", "plan.yaml", "--watch"]).stdout(into()).stderr(into());
    let mut watch = Watch(command.spawn().unwrap());

    assert!(said(&told, "watching", 1).contains("more.yaml"), "a file that is not there yet is waited for");
    write("more.yaml", "x-a: 1\n");
    assert!(said(&told, "watching", 2).contains("more.yaml has changed\nplan.yaml: ok"));
    write("rows.csv", "nam\nann\n");
    assert!(said(&told, "watching", 3).contains("rows.csv has changed\nerror: "));
    // as many editors save
    write("new", "name\nbob\n");
    fs::rename(folder.join("new"), folder.join("rows.csv")).unwrap();
    assert_eq!(said(&told, "watching 3 files; Ctrl-C ends it", 3).matches("plan.yaml: ok").count(), 2);
    sleep(Duration::from_millis(600));
    assert_eq!(said(&told, "watching", 4).matches("watching").count(), 4, "nothing is checked that did not change");
    command_line::send("-INT", &watch.0);
    assert_eq!(watch.0.wait().unwrap().code(), Some(0));
}

#[test]
fn what_can_be_read_only_once_cannot_be_watched() {
    let mut watch = command_line::through_shell("echo | \"$0\" check --watch /dev/stdin");
    let (code, _, stderr) = finish(&mut watch);
    assert!(code == 2 && stderr.contains("/dev/stdin cannot be watched"), "{stderr}");
}

#[test]
#[cfg(target_os = "linux")]
fn a_plan_that_needs_more_ports_than_any_machine_has_is_warned_of() {
    let folder = Folder::new();
    // for documentation alone (RFC 5737): nothing is sent there
    let plan = "target: {url: 'http://192.0.2.1', http: {connections: per_request}}\nendpoints: {a: {get: /}}\n\
        shape: {arrivals: {rate: 100000/s, for: 5m, max_users: 10}}\n";
    let (code, stdout, stderr) = plimsoll(&folder, plan, &["check", "plan.yaml"]);
    assert_eq!(code, 0, "{stdout}{stderr}");
    let said = "warning: there are not enough ports to `http://192.0.2.1`: up to 100000 new connections a second take";
    assert!(stderr.contains(said), "{stderr}");
    assert!(stderr.contains("source_addresses: [IP, IP, …]"), "{stderr}");
    let (code, ..) = plimsoll(&folder, plan, &["check", "plan.yaml", "--strict"]);
    assert_eq!(code, 2);
}
