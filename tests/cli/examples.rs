//! The examples do what they say: each runs against the embedded service as its README tells, and what it shows really
//! happens.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::support::command_line::{finish, through_shell};
use crate::support::report::{accounting, assert_adds_up, metric, request};
use crate::support::repository::{root, text};
use crate::support::repository_run::RepositoryRun;

/// Runs an example against the embedded service, with variables of the environment.
fn run_example_with(name: &str, arguments: &[&str], variables: &[(&str, &str)]) -> RepositoryRun {
    let plan = format!("examples/{name}/plan.yaml");
    let run = RepositoryRun::new(&[&[&plan, "--embedded"], arguments].concat(), variables);
    assert!(run.code < 2, "{name}: exit {}: {}", run.code, run.stderr);
    run
}

fn run_example(name: &str, arguments: &[&str]) -> RepositoryRun {
    let run = run_example_with(name, arguments, &[]);
    assert_adds_up(&run.report);
    run
}

/// The same, where every threshold has to hold.
fn passes(name: &str, arguments: &[&str]) -> RepositoryRun {
    let run = run_example(name, arguments);
    assert_eq!(run.code, 0, "{name}: {}{}", run.stdout, run.stderr);
    run
}

fn count(report: &Value, method: &str, name: &str) -> u64 {
    request(report, method, name)["requests"].as_u64().unwrap()
}

#[test]
fn a_token_is_fetched_once_a_user_and_shown_nowhere() {
    let run = passes("login_token", &["--time", "1s"]);
    let report = &run.report;
    assert_eq!(count(report, "POST", "/login"), 10);
    assert!(count(report, "GET", "/me") > 0 && count(report, "GET", "/cart") > 0);
    for text in [&run.stdout, &run.stderr, &run.log, &report.to_string()] {
        assert!(!text.contains("demo_") && !text.contains("ann-secret"), "{text}");
    }
}

#[test]
fn a_wrong_password_gets_no_token() {
    let run = run_example_with("login_token", &["--time", "1s"], &[("DEMO_PASSWORD", "guess-9000")]);
    assert_eq!(run.code, 1);
    assert_eq!(request(&run.report, "POST", "/login")["status"]["401"], 10);
    assert!(!run.stdout.contains("guess-9000"), "{}", run.stdout);
}

#[test]
fn a_signature_is_the_one_that_is_published_and_another_key_gives_another() {
    let run = passes("aws_signature", &["--time", "1s"]);
    assert!(count(&run.report, "GET", "/products") > 0);
    let published = request(&run.report, "GET", "/products [published]");
    assert!(published["ok"].as_u64().unwrap() > 0 && published["failed"] == 0, "{published}");
    let run = run_example_with("aws_signature", &["--time", "1s"], &[("AWS_SECRET_ACCESS_KEY", "another-secret-9000")]);
    let published = request(&run.report, "GET", "/products [published]");
    assert_eq!((run.code, &published["ok"]), (1, &Value::from(0)), "{}", run.stdout);
    assert!(!run.stdout.contains("another-secret"), "{}", run.stdout);
}

#[test]
fn customers_browse_fill_their_carts_and_pay_or_go_away() {
    let run = passes("shopping_flow", &["--time", "5s", "--seed", "1"]);
    let report = &run.report;
    let (orders, abandoned) = (metric(report, "orders")["sum"].as_f64().unwrap(), metric(report, "abandoned"));
    assert!(orders > 0.0 && abandoned["sum"].as_f64().unwrap() > 0.0, "{}", run.stdout);
    let checkout = request(report, "POST", "/checkout");
    assert_eq!(checkout["status"]["201"].as_f64().unwrap(), orders);
    assert!(checkout["status"]["402"].as_u64().unwrap() > 0 && checkout["failed"] == 0, "{checkout}");
    // a checkout that the run's end cut off is not measured
    let measured = metric(report, "checkout");
    assert!(measured["count"].as_f64().unwrap() <= orders && measured["min"].as_f64().unwrap() >= 100.0, "{measured}");
}

#[test]
fn each_user_is_a_row_of_its_own_and_who_finds_none_stops() {
    let run = passes("csv_users", &["--time", "2s"]);
    let said = run.log.lines().filter_map(|line| line.split_once(" is ")).filter(|(user, _)| user.contains("user "));
    let who: Vec<&str> = said.filter_map(|(_, who)| who.strip_suffix(", logged in")).collect();
    let file = text("examples/csv_users/data/users.csv");
    assert_eq!((who.len(), file.lines().count() - 1), (10, 10), "{}", run.log);
    assert_eq!(who.iter().collect::<BTreeSet<_>>().len(), 10, "{who:?}");
    assert!(who.contains(&"ines, of Lisbon") && who.contains(&"jörg"), "{who:?}");
    assert_eq!(count(&run.report, "POST", "/login"), 10);
}

#[test]
fn an_error_in_an_answer_of_200_is_a_failure() {
    let run = passes("graphql", &["--time", "1s"]);
    assert!(count(&run.report, "POST", "query Product") > 0 && count(&run.report, "POST", "mutation Review") > 0);
    let run = run_example("graphql", &["--time", "2s", "--profile", "wrong", "--seed", "1"]);
    assert_eq!(run.code, 1);
    let failures = run.report["failures"].as_array().unwrap();
    assert!(failures.iter().any(|failure| failure["message"] == "there is no product 404"), "{failures:#?}");
    let statuses = &request(&run.report, "POST", "query Product")["status"];
    assert_eq!(statuses.as_object().unwrap().keys().collect::<Vec<_>>(), ["200"]);
}

#[test]
fn every_byte_of_a_file_arrives() {
    let run = passes("file_upload", &["--time", "2s", "--seed", "1"]);
    for (name, file, row) in [("form_bytes", "ship.svg", "/upload [form]"), ("raw_bytes", "note.txt", "/upload [raw]")]
    {
        let size = fs::metadata(root().join("examples/file_upload/data").join(file)).unwrap().len();
        let (metric, sent) = (metric(&run.report, name), request(&run.report, "POST", row));
        assert!(sent["ok"].as_u64().unwrap() > 0, "{sent}");
        assert_eq!(metric["count"], sent["ok"]);
        assert_eq!((metric["min"].as_f64(), metric["max"].as_f64()), (Some(size as f64), Some(size as f64)), "{name}");
        assert!(sent["bytes_out"].as_u64().unwrap() > sent["ok"].as_u64().unwrap() * size, "{sent}");
    }
}

#[test]
fn bodies_are_filled_in_listed_compressed_and_slow_as_their_plan_says() {
    let run = passes("bodies", &["--time", "3s", "--seed", "1"]);
    for name in ["order", "every file", "gzip", "chunked", "slow"] {
        assert!(count(&run.report, "POST", &format!("/upload [{name}]")) > 0, "{name}: {}", run.stdout);
    }
    let sizes = fs::read_dir(root().join("examples/bodies/uploads")).unwrap();
    let sizes: Vec<u64> = sizes.map(|entry| entry.unwrap().metadata().unwrap().len()).collect();
    let sent = metric(&run.report, "sent_bytes");
    let of = |key: &str| sent[key].as_f64().unwrap() as u64;
    assert_eq!((Some(&of("min")), Some(&of("max"))), (sizes.iter().min(), sizes.iter().max()), "{sent}");
}

#[test]
fn arrivals_come_in_bunches_and_are_dropped_where_nobody_is_free() {
    let run = passes("poisson", &["--time", "3s", "--seed", "1"]);
    assert!(run.report["run"]["users"].as_u64().unwrap() > 1, "{}", run.stdout);
    let run = run_example("poisson", &["--profile", "one_at_a_time", "--seed", "1"]);
    let report = &run.report;
    // at even gaps of 25 ms one user would do for answers of 10 ms; here a third come while it is busy
    assert_eq!((run.code, &report["run"]["users"]), (1, &Value::from(1)), "{}", run.stdout);
    assert!(accounting(report, "dropped") > 0 && report["total"]["failed"] == 0, "{}", run.stdout);
}

#[test]
fn a_spike_is_felt_and_survived() {
    let run = passes("spike", &[]);
    let report = &run.report;
    let users: Vec<u64> =
        report["history"].as_array().unwrap().iter().map(|second| second["users"].as_u64().unwrap()).collect();
    assert_eq!((users[..4].iter().max(), users.iter().max()), (Some(&5), Some(&50)), "{users:?}");
    let spike = &report["thresholds"][1];
    // fifty users at a desk that serves a hundred a second: each waits for most of the others
    assert!(spike["require"].as_str().unwrap().contains("stage=spike"), "{spike}");
    assert!(spike["value"].as_f64().unwrap() > 0.1, "{spike}");
}

#[test]
fn the_search_names_the_highest_rate_that_held_and_it_is_below_what_the_service_can() {
    let run = run_example("breaking_point", &[]);
    let levels = run.report["levels"].as_array().unwrap();
    let rate = |level: &Value| level["level"].as_str().unwrap().trim_end_matches("/s").parse::<f64>().unwrap();
    // above a hundred a second the desk cannot, on whatever machine
    assert!(levels.iter().filter(|level| rate(level) > 100.0).all(|level| level["held"] == false), "{levels:#?}");
    match levels.iter().filter(|level| level["held"] == true).map(rate).reduce(f64::max) {
        Some(highest) => {
            assert_eq!(run.code, 0, "{}", run.stdout);
            let line = format!("the highest level that held: {highest}/s");
            assert!(run.stdout.contains(&line) && levels.len() > 1, "{}", run.stdout);
        }
        // a machine that is too busy even for the lowest level
        None => assert_eq!((run.code, levels.len()), (1, 1), "{}", run.stdout),
    }
}

#[test]
fn the_smallest_and_the_pull_requests_plan_pass() {
    passes("smallest", &["--time", "1s"]);
    let run = passes("ci", &["--time", "3s", "--seed", "1"]);
    assert!(count(&run.report, "POST", "/checkout") > 0, "{}", run.stdout);
}

/// The folders of the examples.
fn folders() -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join("examples")).unwrap().map(|entry| entry.unwrap().path());
    let mut folders: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

#[test]
fn every_example_has_a_plan_a_readme_with_its_command_and_a_line_in_the_index() {
    let index = text("examples/README.md");
    let folders = folders();
    assert!(folders.len() >= 10, "{folders:?}");
    for folder in folders {
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        let plan = fs::read_to_string(folder.join("plan.yaml")).unwrap();
        let readme = fs::read_to_string(folder.join("README.md")).unwrap();
        let schema = "# yaml-language-server: $schema=../../schemas/plan.schema.json\n";
        assert!(plan.starts_with(schema), "{name}");
        let command = format!("plimsoll run examples/{name}/plan.yaml --embedded");
        assert!(plan.contains(&command) && readme.contains(&command), "{name}");
        assert!(index.contains(&format!("[{name}]({name}/README.md)")), "{name}");
    }
}

/// Each command of a CI file that is given to Plimsoll, as a shell takes it.
fn commands(file: &str) -> Vec<String> {
    let text = text(format!("examples/ci/{file}"));
    let commands = text.lines().filter_map(|line| line.split_once("$PLIMSOLL ").map(|(_, rest)| rest));
    let plain = commands.map(|rest| rest.split(['|', '>']).next().unwrap().trim().to_owned());
    plain.filter(|command| !command.starts_with("target")).collect()
}

#[test]
fn what_the_ci_jobs_call_is_there() {
    for file in ["github-actions.yaml", "gitlab-ci.yaml"] {
        let commands = commands(file);
        let runs: Vec<&String> = commands.iter().filter(|command| command.starts_with("run")).collect();
        assert!(!runs.is_empty() && commands.len() > runs.len(), "{file}: {commands:?}");
        for command in commands.iter() {
            let dry = if command.starts_with("run") { "--dry-run" } else { "" };
            let mut shell = through_shell(&format!("\"$0\" {command} {dry}"));
            let (code, _, stderr) = finish(shell.env("PROFILE", "--profile nightly"));
            assert_eq!(code, 0, "{file}: {command}: {stderr}");
        }
    }
}
