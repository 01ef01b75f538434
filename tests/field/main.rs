//! Plans as people have them in the field, each written anew after a public one of another tool, and run against a service
//! that stands in for its own: it answers what the plan has to send, and refuses anything else.

#![allow(clippy::unwrap_used, clippy::panic)]

mod stand_in;
#[path = "../support/mod.rs"]
mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::Value;
use stand_in::{Counts, FIELD, FLOWS, Field, StandIn};
use support::command_line::{self, finish};
use support::folder::Folder;
use support::report::{accounting, assert_adds_up, report_in};
use support::repository::{files, root, text};

/// A run of a plan, and what its service got.
struct Run {
    code: i32,
    output: String,
    report: Option<Value>,
    counts: Counts,
    stand_in: StandIn,
}

/// Runs a plan against the service that stands in for its own.
fn run(field: &Field, plan: &Path) -> Run {
    let stand_in = StandIn::start(field.service, field.hosts);
    let out = Folder::new();
    let mut command = aimed("run", field, plan, &stand_in);
    let (code, stdout, stderr) = finish(command.arg("--quiet").arg("--results").arg(&*out));
    let has_report =
        fs::read_dir(&*out).unwrap().flatten().any(|file| file.path().extension().is_some_and(|e| e == "json"));
    Run {
        code,
        output: stdout + &stderr,
        report: has_report.then(|| report_in(&out)),
        counts: stand_in.counts(),
        stand_in,
    }
}

/// A command about a plan, aimed at the service.
fn aimed(verb: &str, field: &Field, plan: &Path, stand_in: &StandIn) -> Command {
    let mut command = command_line::command();
    command.arg(verb).arg(plan).args(field.flags).envs(field.variables.iter().copied());
    for target in targets(&text(plan), stand_in.addresses()) {
        command.args(["--target", &target]);
    }
    if let [_, other] = stand_in.addresses() {
        command.env("STORE", other);
    }
    command.env("SHOP_ADDRESS", &stand_in.addresses()[0]);
    command
}

/// What `--target` says: the URLs of the plan, with the stand-in's addresses in the place of the hosts.
fn targets(plan: &str, addresses: &[String]) -> Vec<String> {
    let at = |line: &str| {
        let address = &line[line.find("http://127.0.0.1:80").unwrap()..];
        address["http://127.0.0.1:8080".len()..].split([',', '}', '"', '\n']).next().unwrap().to_owned()
    };
    let several = plan.lines().skip_while(|line| *line != "targets:").skip(1);
    let several: Vec<&str> = several.take_while(|line| line.starts_with("  ")).collect();
    if several.is_empty() {
        // one that leads to an address by itself is left as it is
        let line = plan.lines().find(|line| line.contains("http://127.0.0.1:8080"));
        return line.map(|line| format!("http://{}{}", addresses[0], at(line))).into_iter().collect();
    }
    let named = several.iter().zip(addresses);
    named
        .map(|(line, address)| format!("{}=http://{address}{}", line.trim().split(':').next().unwrap(), at(line)))
        .collect()
}

fn path(field: &Field, folder: &str) -> PathBuf {
    Path::new(folder).join(field.plan).with_extension("yaml")
}

/// Every plan with its folder.
fn all() -> impl Iterator<Item = (&'static Field, PathBuf)> {
    let of =
        |fields: &'static [Field], folder: &'static str| fields.iter().map(move |field| (field, path(field, folder)));
    of(FIELD, "tests/field").chain(of(FLOWS, "tests/field/flows"))
}

/// Does something with each plan, a few at a time; what is wrong with any of them is told together.
fn with_each(check: impl Fn(&Field, &Path) -> Result<(), String> + Sync) {
    let all: Vec<_> = all().collect();
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some((field, plan)) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(why) = check(field, plan) {
                        wrong.lock().unwrap().push(format!("{}: {why}", plan.display()));
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), all.len(), wrong.join("\n\n"));
}

#[test]
fn every_plan_sends_what_its_service_has_to_get_and_the_requests_add_up() {
    with_each(|field, plan| {
        let run = run(field, plan);
        if let Some(refused) = run.counts.refused.first() {
            return Err(format!("{} refused, such as {refused}\n{}", run.counts.refused.len(), run.output));
        }
        let Some(report) = &run.report else { return Err(format!("exit {}: {}", run.code, run.output)) };
        if run.code != 0 {
            return Err(format!("exit {}: {}", run.code, run.output));
        }
        assert_adds_up(report);
        let sent = accounting(report, "started") - accounting(report, "never_sent");
        let served = run.counts.received - run.counts.outside;
        if sent != served {
            return Err(format!("{sent} were sent, {served} served"));
        }
        run.stand_in.look(field.finish)
    });
}

/// The plans with one thing changed that matters: where the service did not look at it, it would let it pass.
#[test]
fn every_service_refuses_a_plan_that_sends_something_else() {
    with_each(|field, plan| {
        let (right, wrong) = field.wrong;
        let written = text(plan);
        if !written.contains(right) {
            return Err(format!("`{right}` is not in it"));
        }
        let folder = Folder::new();
        let place = folder.join("plan.yaml");
        fs::write(&place, written.replacen(right, wrong, 1)).unwrap();
        for inside in ["data", "includes"] {
            copy(&root().join("tests/field").join(inside), &folder.join(inside));
        }
        let run = run(field, &place);
        let finished = run.stand_in.look(field.finish);
        match run.code {
            1 if !run.counts.refused.is_empty() || finished.is_err() => Ok(()),
            code => Err(format!("exit {code}, {:?}, {finished:?}: {}", run.counts, run.output)),
        }
    });
}

#[test]
fn every_plan_can_be_tried() {
    with_each(|field, plan| {
        let stand_in = StandIn::start(field.service, field.hosts);
        let (code, stdout, stderr) = finish(&mut aimed("try", field, plan, &stand_in));
        let counts = stand_in.counts();
        match code {
            0 if counts.refused.is_empty() && counts.received > 0 => Ok(()),
            code => Err(format!("exit {code}, {counts:?}: {stderr}{stdout}")),
        }
    });
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for file in fs::read_dir(from).unwrap().map(|entry| entry.unwrap().path()) {
        fs::copy(&file, to.join(file.file_name().unwrap())).unwrap();
    }
}

#[test]
fn each_plan_says_what_it_does_and_has_a_service() {
    for (folder, fields) in [("tests/field", FIELD), ("tests/field/flows", FLOWS)] {
        let named: Vec<PathBuf> = fields.iter().map(|field| path(field, folder)).collect();
        for file in files(folder, ".yaml") {
            assert!(named.contains(&file), "{} has no service", file.display());
            let text = text(&file);
            let comment: Vec<&str> = text.lines().take_while(|line| line.starts_with("# ")).collect();
            assert!(comment.len() > 1 && comment.iter().any(|line| line.starts_with("# As ")), "{}", file.display());
            assert!(text.contains("\nthresholds:"), "{}", file.display());
        }
    }
    assert!(FIELD.len() >= 40, "{} plans", FIELD.len());
}

/// What a person reads is what is run.
#[test]
fn the_recipes_show_the_flows_as_they_are() {
    let page = text("docs/recipes.md");
    for field in FLOWS {
        let flow = text(path(field, "tests/field/flows"));
        assert!(page.contains(&format!("```yaml\n{flow}```")), "docs/recipes.md does not show {} as it is", field.plan);
    }
}
