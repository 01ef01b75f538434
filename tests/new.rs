//! Drafted plans from outside: each input's plan is as its golden says, is YAML, holds no secret, and passes `check`.
//!
//! `UPDATE_GOLDENS=1 cargo test --test new` writes the goldens anew; read the difference before keeping it.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn inputs(ending: &str) -> Vec<PathBuf> {
    let mut found: Vec<_> = fs::read_dir(root().join("tests/new"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().ends_with(ending))
        .map(|path| path.strip_prefix(root()).unwrap().to_owned())
        .collect();
    found.sort();
    assert!(!found.is_empty(), "there is no {ending}");
    found
}

fn plimsoll(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command.args(args).current_dir(root()).env("NO_COLOR", "1").env_remove("TARGET_URL");
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
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn drafted(input: &Path) -> (String, String) {
    let is_curl = input.extension().is_some_and(|ending| ending == "curl");
    let output = if is_curl {
        let command = fs::read_to_string(root().join(input)).unwrap();
        plimsoll(&["new", "--from-curl", &command])
    } else {
        plimsoll(&["new", "--from-openapi", input.to_str().unwrap()])
    };
    assert_eq!(output.status.code(), Some(0), "{}: {}", input.display(), text(&output.stderr));
    (text(&output.stdout), text(&output.stderr))
}

fn all_inputs() -> Vec<PathBuf> {
    [inputs(".curl"), inputs(".openapi.yaml"), inputs(".openapi.json")].concat()
}

fn golden(input: &Path) -> PathBuf {
    let name = input.file_name().unwrap().to_string_lossy();
    root().join("tests/new").join(format!("{}.yaml", name.split('.').next().unwrap()))
}

/// A folder of its own for a test's files.
fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("plimsoll-new-{}-{name}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn every_draft_is_as_its_golden_says() {
    let update = std::env::var_os("UPDATE_GOLDENS").is_some();
    let mut wrong = Vec::new();
    for input in all_inputs() {
        let (plan, _) = drafted(&input);
        if update {
            fs::write(golden(&input), &plan).unwrap();
        } else if fs::read_to_string(golden(&input)).unwrap_or_default() != plan {
            wrong.push(format!("{}:\n{plan}", input.display()));
        }
    }
    assert!(wrong.is_empty(), "these differ from their goldens:\n{}", wrong.join("\n"));
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
    let folder = folder("check");
    let mut checked = 0;
    for input in all_inputs() {
        let (plan, _) = drafted(&input);
        // the file that is uploaded is on the author's own disk
        if plan.contains("file: ") {
            continue;
        }
        let file = folder.join(golden(&input).file_name().unwrap());
        fs::write(&file, &plan).unwrap();
        let output = plimsoll(&["check", file.to_str().unwrap()]);
        assert_eq!(text(&output.stderr), "", "{}:\n{plan}", input.display());
        checked += 1;
    }
    fs::remove_dir_all(folder).unwrap();
    assert!(checked >= 4, "only {checked} drafts could be checked");
}

#[test]
fn the_starter_passes_its_check_and_no_file_is_overwritten() {
    let folder = folder("starter");
    let file = folder.join("plan.yaml");
    let shown = file.to_str().unwrap();
    let output = plimsoll(&["new", shown]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(fs::read_to_string(&file).unwrap(), text(&plimsoll(&["new"]).stdout));
    let checked = plimsoll(&["check", shown]);
    assert_eq!((checked.status.code(), text(&checked.stderr).as_str()), (Some(0), ""), "{}", text(&checked.stdout));
    fs::write(&file, "mine").unwrap();
    let again = plimsoll(&["new", shown]);
    assert_eq!(again.status.code(), Some(2));
    assert!(text(&again.stderr).contains("exists already"), "{}", text(&again.stderr));
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
    fs::remove_dir_all(folder).unwrap();
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
        let output = plimsoll(&args);
        let told = text(&output.stderr);
        assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(2), ""), "{args:?}: {told}");
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
    let output = plimsoll(&["new", "--from-openapi", &url]);
    serving.join().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("endpoints:"));
}

/// Values from outside that look like the plan's own language reach the service as they were.
#[test]
fn what_looks_like_an_expression_is_sent_as_it_is() {
    let folder = folder("literal");
    let file = folder.join("plan.yaml");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let body = r#"{"a":"{{ x }} {% y %} {# z #} ${HOME} $${HOME} ${{ w }}","<<":"no","b":{"c":{"d":1.5}}}"#;
    let command = format!(
        "curl http://{address}/x -H 'X-Odd: {{{{ h }}}} ${{HOME}}' -H 'content-type: application/json' --data-raw '{body}'"
    );
    let drafted = plimsoll(&["new", file.to_str().unwrap(), "--from-curl", &command]);
    assert_eq!(drafted.status.code(), Some(0), "{}", text(&drafted.stderr));
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
    fs::remove_dir_all(folder).unwrap();
    assert!(question.contains(body), "{question}");
    assert!(question.to_lowercase().contains("x-odd: {{ h }} ${home}"), "{question}");
}
