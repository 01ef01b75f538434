//! `try`: all that was sent and answered, whole and without secrets; and how it ends when somebody has no time for it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::Stdio;
use std::time::Duration;

use crate::support::command_line::{self, Ended, finish, send, wait};
use crate::support::plan_folder::PlanFolder;

/// A service that answers each request by its path, on a connection of its own; where it is.
fn service(answer: impl Fn(&str) -> (String, Vec<u8>) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for socket in listener.incoming() {
            let mut socket = BufReader::new(socket.unwrap());
            let (mut line, mut length) = (String::new(), 0);
            drop(socket.read_line(&mut line));
            let Some(path) = line.split(' ').nth(1).map(str::to_owned) else { continue };
            loop {
                line.clear();
                drop(socket.read_line(&mut line));
                if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                if line.trim().is_empty() {
                    break;
                }
            }
            let mut body = vec![0; length];
            drop(socket.read_exact(&mut body));
            let (head, body) = answer(&path);
            let head = format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            drop(socket.get_mut().write_all(&[head.as_bytes(), &body].concat()));
        }
    });
    url
}

fn tried(plan: &str, arguments: &[&str]) -> Ended {
    let folder = PlanFolder::text(plan);
    finish(command_line::command().current_dir(folder.path()).args(["try", "plan.yaml"]).args(arguments))
}

const SHAPE: &str = "shape: {constant: {users: 1, for: 1s}}\n";

#[test]
fn every_body_is_shown_though_nothing_reads_it() {
    let url = service(|path| match path {
        "/json" => ("200 OK\r\ncontent-type: application/json".into(), br#"{"id":1,"tags":["a","b"]}"#.to_vec()),
        "/image" => ("200 OK\r\ncontent-type: image/png".into(), b"\x89PNG\r\n\x1a\n\0\0".to_vec()),
        "/long" => ("200 OK\r\ncontent-type: text/plain".into(), "0123456789abcde\n".repeat(200_000).into_bytes()),
        // what says that it is compressed, and is not: a run does not look
        "/packed" => ("200 OK\r\ncontent-encoding: gzip".into(), b"not packed".to_vec()),
        _ => ("500 Broken".into(), b"<p>sorry</p>".to_vec()),
    });
    let plan = format!(
        "target: {url}\nendpoints: {{json: {{post: /json, json: {{a: 1}}}}, image: {{get: /image}}, long: {{get: /long}}, \
         packed: {{get: /packed}}, broken: {{get: /broken}}}}\n\
         users: {{u: {{tasks: {{t: {{steps: [{{call: json}}, {{call: image}}, {{call: long}}, {{call: packed}}, {{call: broken}}]}}}}}}}}\n{SHAPE}"
    );
    let (code, told, stderr) = tried(&plan, &[]);
    assert_eq!(code, 1, "{told}{stderr}");
    let shown = |text: &str| assert!(told.contains(text), "{text}: {}", &told[..told.len().min(4000)]);
    shown("> POST http");
    shown(">\n> {\n>   \"a\": 1\n> }\n");
    shown("<\n< {\n<   \"id\": 1,\n<   \"tags\": [\n<     \"a\",\n<     \"b\"\n<   ]\n< }\n");
    shown("< (10B of image/png: 89 50 4e 47 0d 0a 1a 0a 00 00)\n");
    shown("< 0123456789abcde\n< … (cut at 64 KiB; 3.1MiB in all)\n");
    shown("< not packed\n");
    shown("< 500 in ");
    shown("<\n< <p>sorry</p>\n");
    assert!(told.len() < 80_000, "{}", told.len());
}

#[test]
fn each_hop_of_a_redirect_is_shown() {
    let url = service(|path| match path {
        "/a" => ("302 Found\r\nlocation: /b".into(), b"go to b".to_vec()),
        "/b" => ("303 See Other\r\nlocation: /c".into(), b"go to c".to_vec()),
        _ => ("200 OK".into(), b"here".to_vec()),
    });
    let plan = format!("target: {url}\nendpoints: {{a: {{get: /a, redirects: 3}}}}\n{SHAPE}");
    let (code, told, stderr) = tried(&plan, &[]);
    assert_eq!(code, 0, "{told}{stderr}");
    let lines: Vec<&str> =
        told.lines().filter(|line| line.starts_with("> GET") || line.starts_with("  redirected")).collect();
    let hop = |path: &str| format!("> GET {url}{path}");
    let followed = "  redirected: the next request follows it";
    assert_eq!(lines, [&hop("/a"), followed, &hop("/b"), followed, &hop("/c")]);
    assert!(told.contains("< go to b\n") && told.contains("< go to c\n") && told.contains("< here\n"), "{told}");
}

#[test]
fn the_flags_of_a_run_choose_what_is_tried() {
    let plan = "target: http://127.0.0.1:8000/demo\nvars: {kind: deck}\npublic: [kind]\n\
                endpoints: {list: {get: /products, query: {category: \"{{ kind }}\"}, tags: [read]}, login: {post: /login, json: {}}}\n\
                users: {u: {tasks: {look: {tags: [read], call: list}, enter: {tags: [write], call: login}}}}\n"
        .to_owned()
        + SHAPE;
    let (code, told, stderr) = tried(&plan, &["--embedded", "--tag", "read", "--set", "kind=cabin"]);
    assert_eq!(code, 0, "{told}{stderr}");
    assert!(told.contains("/demo/products?category=cabin") && told.contains("\"name\": \"lantern\""), "{told}");
    assert!(!told.contains("login"), "{told}");
    let (code, _, stderr) = tried(&plan, &["--embedded", "--target", "http://127.0.0.1:1"]);
    assert!(code == 2 && stderr.contains("cannot be used with"), "{stderr}");
    let (code, _, stderr) = tried(&plan, &["--set", "kind"]);
    assert!(code == 2 && stderr.contains("NAME=VALUE"), "{stderr}");
}

#[test]
fn a_secret_is_shown_in_no_body() {
    let url = service(|path| {
        let body = match path {
            "/a" => r#"{"hex":"68756e746572326875 ","token":"s3cr3t-of-the-answer","echo":"hunter2hunter2"}"#,
            // a secret may be JSON itself, which is not taken apart before it is hidden
            _ => r#"{"echo":"hunter2hunter2","given":{"tenant":"acme-4711","client":"x9"}}"#,
        };
        ("200 OK\r\ncontent-type: application/json".into(), body.into())
    });
    let plan = format!(
        "target: {url}\nvars: {{key: hunter2hunter2, creds: '{{\"tenant\":\"acme-4711\",\"client\":\"x9\"}}'}}\n\
         secrets: [key, creds]\n\
         endpoints: {{a: {{post: /a, json: {{my_key: \"{{{{ key }}}}\", list: [\"x-{{{{ key }}}}\"]}}}}, b: {{get: /b}}}}\n{SHAPE}"
    );
    let (code, told, stderr) = tried(&plan, &[]);
    assert_eq!(code, 0, "{told}{stderr}");
    assert!(!told.contains("hunter2") && !told.contains("s3cr3t-of") && !told.contains("acme"), "{told}");
    assert!(told.contains(r#"{"echo":"***","given":***}"#), "{told}");
}

#[test]
fn an_interrupt_ends_a_try_by_way_of_its_teardown() {
    let url = service(|_| ("200 OK".into(), b"here".to_vec()));
    let plan = format!(
        "target: {url}\nendpoints: {{a: {{get: /a}}, z: {{get: /last}}}}\n\
         users: {{u: {{tasks: {{t: {{steps: [{{call: a}}, {{think: 60s}}, {{call: a}}]}}}}}}, v: {{tasks: {{t: {{call: a}}}}}}}}\n\
         teardown: [{{call: z}}]\n{SHAPE}"
    );
    let folder = PlanFolder::text(&plan);
    for signal in ["-INT", "-TERM"] {
        let mut command = command_line::command();
        command.current_dir(folder.path()).args(["try", "plan.yaml"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let (mut told, mut line) = (String::new(), String::new());
        while !told.contains("< here") {
            line.clear();
            assert!(stdout.read_line(&mut line).unwrap() > 0, "{told}");
            told.push_str(&line);
        }
        std::thread::sleep(Duration::from_millis(50));
        send(signal, &child);
        stdout.read_to_string(&mut told).unwrap();
        let (code, _, stderr) = wait(child);
        assert_eq!(code, 5, "{told}{stderr}");
        assert!(told.contains("interrupted before it was done"), "{told}");
        assert!(told.contains("teardown\n") && told.contains("/last"), "{told}");
        assert!(!told.contains("user type v"), "{told}");
    }
}

#[test]
fn an_endpoint_is_tried_wherever_the_plan_calls_it() {
    let url = service(|head| ("200 OK".into(), head.as_bytes().to_vec()));
    let endpoints = ["setup", "login", "work", "logout", "teardown", "nobody"]
        .map(|name| format!("  {name}: {{get: /{name}}}\n"))
        .concat();
    let plan = format!(
        "target: {url}\nendpoints:\n{endpoints}\
         users: {{u: {{on_start: [{{call: login}}], tasks: {{t: {{call: work}}}}, on_stop: [{{call: logout}}]}}}}\n\
         setup: [{{call: setup}}]\nteardown: [{{call: teardown}}]\n{SHAPE}"
    );
    for (name, called) in [
        ("setup", &["setup", "teardown"][..]),
        ("login", &["setup", "login", "teardown"]),
        ("work", &["setup", "login", "work", "teardown"]),
        ("logout", &["setup", "login", "logout", "teardown"]),
        ("teardown", &["setup", "teardown"]),
    ] {
        let (code, told, stderr) = tried(&plan, &["--endpoint", name]);
        assert_eq!(code, 0, "{name}: {told}{stderr}");
        for one in ["setup", "login", "work", "logout", "teardown"] {
            assert_eq!(told.contains(&format!("/{one}")), called.contains(&one), "{name}: {one}: {told}");
        }
    }
    let (code, told, stderr) = tried(&plan, &[]);
    let places = ["setup", "login", "work", "logout", "teardown"].map(|one| told.find(&format!("/{one}")));
    assert!(code == 0 && places.iter().all(Option::is_some) && places.is_sorted(), "{told}{stderr}");
    let (code, _, stderr) = tried(&plan, &["--endpoint", "nobody"]);
    assert_eq!(code, 2, "{stderr}");
}
