//! Drafted plans from outside: each input's plan is as its golden says, is YAML, holds no secret, and passes `check`.
//!
//! `UPDATE_GOLDENS=1 cargo test --test cli new::` writes the goldens anew; read the difference before keeping it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::command_line::{self, Ended, finish};
use crate::support::folder::Folder;
use crate::support::goldens::assert_goldens;
use crate::support::repository::{files, root, text};

fn inputs(ending: &str) -> Vec<PathBuf> {
    let found = files("tests/new", ending);
    assert!(!found.is_empty(), "there is no {ending}");
    found
}

fn plimsoll(arguments: &[&str]) -> Ended {
    let mut command = command_line::command();
    for variable in [
        "API_TOKEN",
        "API_KEY",
        "API_COOKIES",
        "API_PASSWORD",
        "API_CREDENTIALS",
        "API_CSRF_TOKEN",
        "API_KEY_2",
        "API_USERNAME",
        "API_SECRET",
    ] {
        command.env(variable, "from the environment");
    }
    finish(command.args(arguments))
}

fn drafted(input: &Path) -> (String, String) {
    let is_curl = input.extension().is_some_and(|ending| ending == "curl");
    let (code, plan, told) = if is_curl {
        plimsoll(&["new", "--from-curl", &text(input)])
    } else {
        plimsoll(&["new", "--from-openapi", input.to_str().unwrap()])
    };
    assert_eq!(code, 0, "{}: {told}", input.display());
    (plan, told)
}

fn all_inputs() -> Vec<PathBuf> {
    [inputs(".curl"), inputs(".openapi.yaml"), inputs(".openapi.json")].concat()
}

fn golden(input: &Path) -> PathBuf {
    let name = input.file_name().unwrap().to_string_lossy();
    format!("tests/new/{}.yaml", name.split('.').next().unwrap()).into()
}

#[test]
fn every_draft_is_as_its_golden_says() {
    assert_goldens(all_inputs().iter().map(|input| (golden(input), drafted(input).0)));
}

#[test]
fn no_draft_holds_a_secret() {
    for input in all_inputs() {
        let (plan, told) = drafted(&input);
        assert!(!plan.to_lowercase().contains("s3cret"), "{}:\n{plan}", input.display());
        assert!(!told.to_lowercase().contains("s3cret"), "{}:\n{told}", input.display());
    }
}

#[test]
fn every_draft_passes_its_check() {
    let folder = Folder::new();
    let mut checked = 0;
    for input in all_inputs() {
        let (plan, _) = drafted(&input);
        // the file that is uploaded is on the author's own disk
        if plan.contains("file: ") {
            continue;
        }
        let file = folder.join(golden(&input).file_name().unwrap());
        fs::write(&file, &plan).unwrap();
        let (_, _, stderr) = plimsoll(&["check", file.to_str().unwrap()]);
        assert_eq!(stderr, "", "{}:\n{plan}", input.display());
        checked += 1;
    }
    assert!(checked >= 4, "only {checked} drafts could be checked");
}

#[test]
fn the_starter_passes_its_check_and_no_file_is_overwritten() {
    let folder = Folder::new();
    let file = folder.join("plan.yaml");
    let shown = file.to_str().unwrap();
    let (code, _, stderr) = plimsoll(&["new", shown]);
    assert_eq!(code, 0, "{stderr}");
    assert_eq!(fs::read_to_string(&file).unwrap(), plimsoll(&["new"]).1);
    let (code, stdout, stderr) = plimsoll(&["check", shown]);
    assert_eq!((code, stderr.as_str()), (0, ""), "{stdout}");
    fs::write(&file, "mine").unwrap();
    let (code, _, stderr) = plimsoll(&["new", shown]);
    assert_eq!(code, 2);
    assert!(stderr.contains("exists already"), "{stderr}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
}

/// The first minute of whoever is new here.
#[test]
fn the_starter_runs_as_it_is() {
    let folder = Folder::new();
    let (code, _, told) = finish(command_line::command().current_dir(&*folder).args(["new", "plan.yaml"]));
    assert!(code == 0 && told.ends_with("next: plimsoll run plan.yaml --embedded\n"), "{told}");
    let run = ["run", "plan.yaml", "--embedded", "--quiet", "--name", "first"];
    let (code, summary, stderr) = finish(command_line::command().current_dir(&*folder).args(run));
    // a machine that is busy with other tests may make it not valid
    assert!(code == 0 || (code == 4 && !summary.contains("✗  broken")), "{summary}{stderr}");
    assert!(summary.contains("/checkout") && !stderr.contains("warning"), "{summary}{stderr}");
    let (code, told, _) =
        finish(command_line::command().current_dir(&*folder).args(["try", "plan.yaml", "--embedded"]));
    assert!(code == 0 && told.contains("\"order\": \"order-1\""), "{told}");
}

#[test]
fn what_cannot_be_drafted_is_told_with_a_way_out() {
    for (args, said) in [
        (["new", "--from-curl", "curl --heder x http://here"], "unknown option `--heder`"),
        (["new", "--from-curl", "curl -s"], "no URL"),
        (["new", "--from-curl", "wget http://here"], "does not start with `curl`"),
        (["new", "--from-openapi", "tests/new/nowhere.yaml"], "there is no such file"),
        (["new", "--from-openapi", "plans/quick.yaml"], "no OpenAPI document"),
        (["new", "--from-openapi", "http://127.0.0.1:1/x"], "cannot fetch"),
    ] {
        let (code, stdout, told) = plimsoll(&args);
        assert_eq!((code, stdout.as_str()), (2, ""), "{args:?}: {told}");
        assert!(told.contains(said) && told.contains("help:"), "{args:?}: {told}");
    }
}

#[test]
fn a_document_is_fetched_from_a_url() {
    let document = fs::read(root().join(&inputs(".openapi.yaml")[0])).unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/docs/openapi.yaml", listener.local_addr().unwrap());
    let serving = std::thread::spawn(move || {
        use std::io::{Read, Write};
        let (mut socket, _) = listener.accept().unwrap();
        let mut question = [0; 4096];
        assert!(socket.read(&mut question).unwrap() > 0);
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", document.len());
        socket.write_all(head.as_bytes()).unwrap();
        socket.write_all(&document).unwrap();
    });
    let (code, plan, stderr) = plimsoll(&["new", "--from-openapi", &url]);
    serving.join().unwrap();
    assert_eq!(code, 0, "{stderr}");
    assert!(plan.contains("endpoints:"));
}

/// Values from outside that look like the plan's own language reach the service as they were.
#[test]
fn what_looks_like_an_expression_is_sent_as_it_is() {
    let folder = Folder::new();
    let file = folder.join("plan.yaml");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let body = r#"{"a":"{{ x }} {% y %} {# z #} ${HOME} $${HOME} ${{ w }}","<<":"no","b":{"c":{"d":1.5}}}"#;
    let command = format!(
        "curl http://{address}/x -H 'X-Odd: {{{{ h }}}} ${{HOME}}' -H 'content-type: application/json' --data-raw '{body}'"
    );
    let (code, _, stderr) = plimsoll(&["new", file.to_str().unwrap(), "--from-curl", &command]);
    assert_eq!(code, 0, "{stderr}");
    let serving = std::thread::spawn(move || {
        use std::io::{Read, Write};
        // the first connection may be the probe's, which asks nothing
        loop {
            let (mut socket, _) = listener.accept().unwrap();
            let mut question = Vec::new();
            let mut piece = [0; 4096];
            socket.set_read_timeout(Some(std::time::Duration::from_millis(500))).unwrap();
            while let Ok(read) = socket.read(&mut piece) {
                question.extend_from_slice(&piece[..read]);
                if read == 0 || question.ends_with(b"}") {
                    break;
                }
            }
            if !question.is_empty() {
                drop(socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"));
                return String::from_utf8(question).unwrap();
            }
        }
    });
    let out = folder.join("results");
    plimsoll(&["run", file.to_str().unwrap(), "--profile", "quick", "--out", out.to_str().unwrap()]);
    let question = serving.join().unwrap();
    assert!(question.contains(body), "{question}");
    assert!(question.to_lowercase().contains("x-odd: {{ h }} ${home}"), "{question}");
}
