//! Figures that leave a run while it is under way, as somebody at a shell sees them. Whether they are right is held against their
//! receivers by `tests/exporters/run`.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;
use std::thread;

use serde_json::Value;

use crate::support::command_line::{command, finish, wait};
use crate::support::folder::{Folder, only_file};

const PLAN: &str = "
name: exported
target: http://127.0.0.1:8000/demo
endpoints: {products: {get: /products}}
users: {visitor: {think_time: 10ms, tasks: {look: products}}}
shape: {constant: {users: 2, for: 2s}}
";

/// A run with these flags in a folder of its own: its exit code, stdout, stderr and report.
fn run(folder: &Folder, flags: &[&str]) -> (i32, String, String, Value) {
    fs::write(folder.join("plan.yaml"), PLAN).unwrap();
    let mut run = command();
    run.args(["run", "plan.yaml", "--embedded", "--quiet", "--out", "out"]).args(flags).current_dir(&**folder);
    let (code, stdout, stderr) = finish(&mut run);
    // a run that did not start has none
    let report = match code {
        2 | 3 => Value::Null,
        _ => serde_json::from_str(&fs::read_to_string(only_file(&folder.join("out"), "json")).unwrap()).unwrap(),
    };
    (code, stdout, stderr, report)
}

/// Answers each connection with the same status.
fn answering(status: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            thread::spawn(move || {
                let mut stream = stream.unwrap();
                let mut bytes = [0; 1 << 16];
                while stream.read(&mut bytes).is_ok_and(|count| count > 0) {
                    let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 6\r\nconnection: close\r\n\r\nrefuse");
                    drop(stream.write_all(answer.as_bytes()));
                }
            });
        }
    });
    port
}

#[test]
fn a_stream_has_stdout_alone_and_the_summary_goes_to_stderr() {
    let folder = Folder::new();
    let (code, stdout, stderr, report) = run(&folder, &["--stream", "-"]);
    assert_eq!(code, 0, "{stderr}");
    let lines: Vec<Value> = stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let kinds: Vec<&str> = lines.iter().map(|line| line["type"].as_str().unwrap()).collect();
    assert_eq!((kinds[0], kinds.last().copied()), ("begin", Some("end")));
    assert!(kinds[1..kinds.len() - 1].iter().all(|kind| *kind == "second") && kinds.len() >= 4, "{kinds:?}");
    assert_eq!(lines.last().unwrap()["total"], report["total"]);
    assert!(stderr.contains("/products"), "{stderr}");
    assert_eq!(report["exports"][0]["by"], "stream");
    assert_eq!(report["exports"][0]["lost"], 0);
}

#[test]
fn what_a_receiver_refuses_is_told_in_the_summary_the_report_and_the_exit_code() {
    let folder = Folder::new();
    let port = answering("400 Bad Request");
    let url = format!("http://me:gehe1m-nis@127.0.0.1:{port}/api/v1/write");
    let (code, stdout, stderr, report) = run(&folder, &["--prometheus-remote-write", &url]);
    assert_eq!(code, 6, "{stderr}");
    assert_eq!(report["verdict"]["passed"], true);
    let export = &report["exports"][0];
    assert_eq!(export["delivered"], 0);
    assert!(export["lost"].as_u64() >= Some(3), "{export}");
    assert_eq!(export["why"], "it answered 400 Bad Request: refuse");
    for text in [&stdout, &stderr] {
        assert!(text.contains("`--prometheus-remote-write` to http://127.0.0.1:"), "{text}");
        assert!(!text.contains("gehe1m-nis"), "{text}");
    }
    // `show` says the same: it is in the journal
    let journal = only_file(&folder.join("out"), "journal");
    let (code, shown, _) = finish(command().args(["show", "--json"]).arg(journal));
    assert_eq!(code, 0);
    assert_eq!(serde_json::from_str::<Value>(&shown).unwrap()["exports"], report["exports"]);
    let folder = Folder::new();
    let (code, _, stderr, _) = run(&folder, &["--prometheus-remote-write", &url, "--exporter-loss", "ignore"]);
    assert_eq!(code, 0, "{stderr}");
    assert!(stderr.contains("warning: figures were lost on their way"), "{stderr}");
}

#[test]
fn figures_are_served_while_the_run_is_under_way_and_until_somebody_has_seen_the_last() {
    let folder = Folder::new();
    fs::write(folder.join("plan.yaml"), PLAN).unwrap();
    let mut run = command();
    run.args(["run", "plan.yaml", "--embedded", "--out", "out", "--prometheus", "0"]).current_dir(&*folder);
    let mut child = run.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let address = lines.find_map(|line| Some(line.strip_prefix("metrics at http://")?.to_owned())).unwrap();
    let address = address.strip_suffix("/metrics").unwrap().to_owned();
    let ask = |host: &str| {
        let mut stream = TcpStream::connect(&address).unwrap();
        write!(stream, "GET /metrics HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    assert!(ask("rebound.example").starts_with("HTTP/1.1 403"));
    let waiting = lines.find(|line| line.starts_with("waiting for somebody to fetch the last figures"));
    assert!(waiting.is_some());
    let last = ask("localhost");
    lines.for_each(drop);
    assert_eq!(wait(child).0, 0);
    let report: Value =
        serde_json::from_str(&fs::read_to_string(only_file(&folder.join("out"), "json")).unwrap()).unwrap();
    let ok = r#"plimsoll_requests_total{method="GET",name="/products",status="200",outcome="ok"} "#;
    let told = last.lines().find_map(|line| line.strip_prefix(ok)).unwrap();
    assert_eq!(told, report["total"]["ok"].to_string());
    assert!(last.contains("\nplimsoll_run_passed 1\n"), "{last}");
}

#[test]
fn a_destination_that_cannot_be_meant_costs_no_run() {
    let folder = Folder::new();
    fs::write(folder.join("there.jsonl"), "").unwrap();
    for (flags, code, said) in [
        (["--prometheus", "everywhere"], 2, "`--prometheus everywhere` is no address to listen on"),
        (["--otlp", "collector:4317"], 2, "is no URL of http or https"),
        (["--influxdb", "http://localhost:8086"], 2, "does not say where to write"),
        (["--notify", "pager=https://hooks.test/x"], 2, "`--notify` knows no `pager`"),
        (["--stream", "there.jsonl"], 3, "`--stream there.jsonl`: "),
    ] {
        let (got, _, stderr, _) = run(&folder, &flags);
        assert_eq!(got, code, "{stderr}");
        assert!(stderr.contains(said) && stderr.contains("help: "), "{stderr}");
    }
}
