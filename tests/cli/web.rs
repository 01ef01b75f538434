//! The web view of a run, by sockets: who is let in, what is told, what a person may do, and what it costs the run if a peer
//! does not behave.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStderr};
use std::time::Duration;

use plimsoll::test_api::journal::{Entry, Mark, Reader};
use plimsoll::test_api::target::Target;
use serde_json::Value;

use crate::support::command_line::{finish, send, wait};
use crate::support::plan_folder::PlanFolder;
use crate::support::report::{accounting, assert_adds_up};
use crate::support::target;

/// A run under way, whose view was announced.
struct Viewed {
    child: Child,
    stderr: BufReader<ChildStderr>,
    address: SocketAddr,
    token: String,
    plan: PlanFolder,
    _target: Target,
}

/// What came back to a request.
#[derive(Debug)]
struct Answered {
    status: u16,
    head: String,
    body: String,
}

impl Viewed {
    fn begin(plan: &str, arguments: &[&str]) -> Self {
        let target = target::ready();
        let plan = PlanFolder::of(plan).aimed_at(&target);
        let mut child = plan.spawn(&[&["--web"], arguments].concat());
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        while !line.starts_with("web view: ") {
            line.clear();
            assert!(stderr.read_line(&mut line).unwrap() > 0, "no address was announced");
        }
        let url = line.trim().strip_prefix("web view: http://").unwrap();
        let (address, token) = url.split_once("/?token=").unwrap();
        let (address, token) = (address.parse().unwrap(), token.to_owned());
        Self { child, stderr, address, token, plan, _target: target }
    }

    fn cookie(&self) -> String {
        format!("Cookie: plimsoll_{}={}\r\n", self.address.port(), self.token)
    }

    fn host(&self) -> String {
        format!("Host: {}\r\n", self.address)
    }

    /// Sends a request as it is written, and reads to the connection's end.
    fn send(&self, line: &str, headers: &str, body: &str) -> Answered {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let length = if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
        write!(stream, "{line} HTTP/1.1\r\n{headers}{length}Connection: close\r\n\r\n{body}").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answered { status, head: head.to_lowercase(), body: body.to_owned() }
    }

    fn get(&self, path: &str) -> Answered {
        self.send(&format!("GET {path}"), &format!("{}{}", self.host(), self.cookie()), "")
    }

    /// Asks for something as the page does.
    fn control(&self, wish: &str) -> Answered {
        let origin = format!("Origin: http://{}\r\nContent-Type: application/json\r\n", self.address);
        self.send("POST /control", &format!("{}{}{origin}", self.host(), self.cookie()), wish)
    }

    /// Follows the run, behind a second; what comes is read until it holds a text.
    fn events(&self, after: Option<u32>, until: &str) -> String {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let after = after.map(|second| format!("Last-Event-ID: {second}\r\n")).unwrap_or_default();
        write!(stream, "GET /events HTTP/1.1\r\n{}{}{after}\r\n", self.host(), self.cookie()).unwrap();
        let (mut text, mut chunk) = (String::new(), [0; 4096]);
        while !text.contains(until) {
            let read = stream.read(&mut chunk).unwrap();
            assert!(read > 0, "it ended before `{until}`: {text}");
            text.push_str(&String::from_utf8_lossy(&chunk[..read]));
        }
        text
    }

    /// The end of the run: exit code and what was said.
    fn end(mut self) -> (i32, String, PlanFolder) {
        let mut said = String::new();
        self.stderr.read_to_string(&mut said).unwrap();
        (wait(self.child).0, said, self.plan)
    }
}

/// The annotations of a run's journal.
fn annotations(plan: &PlanFolder) -> Vec<(Mark, String)> {
    let entries = Reader::open(&plan.file("journal")).unwrap();
    let notes = entries.filter_map(|entry| match entry {
        Entry::Annotation(note) => Some((note.mark, note.text)),
        _ => None,
    });
    notes.collect()
}

#[test]
fn who_has_no_token_a_foreign_name_or_another_page_is_not_let_in() {
    let run = Viewed::begin("web/steady", &[]);
    let (host, cookie) = (run.host(), run.cookie());
    for path in ["/", "/events", "/control", "/nothing", "/?token=wrong"] {
        let answer = run.send(&format!("GET {path}"), &host, "");
        assert_eq!(answer.status, 401, "{path}: {answer:?}");
        assert!(!answer.body.contains("steady") && answer.body.contains("?token="), "{answer:?}");
    }
    let foreign = "Host: evil.example\r\n";
    assert_eq!(run.send("GET /", &format!("{foreign}{cookie}"), "").status, 403, "a name that leads here");
    assert_eq!(run.send("GET /", &cookie, "").status, 403, "no name at all");
    let wish = r#"{"do": "stop"}"#;
    let json = "Content-Type: application/json\r\n";
    for origin in ["", "Origin: http://evil.example\r\n", "Origin: null\r\n", "Origin: http://127.0.0.1:1\r\n"] {
        let answer = run.send("POST /control", &format!("{host}{cookie}{json}{origin}"), wish);
        assert_eq!(answer.status, 403, "{origin}: {answer:?}");
    }
    let own = format!("Origin: http://{}\r\n", run.address);
    assert_eq!(run.send("POST /control", &format!("{host}{json}{own}"), wish).status, 401);
    // what a form can send
    let form = "Content-Type: text/plain\r\n";
    assert_eq!(run.send("POST /control", &format!("{host}{cookie}{form}{own}"), wish).status, 415);
    assert_eq!(run.send("DELETE /", &format!("{host}{cookie}{own}"), "").status, 405);
    // the token lets in, and is given as a cookie that no script reads and no other site sends
    let answer = run.send(&format!("GET /?token={}", run.token), &host, "");
    assert_eq!(answer.status, 200);
    assert!(answer.head.contains("samesite=strict") && answer.head.contains("httponly"), "{}", answer.head);
    assert!(answer.head.contains("frame-ancestors 'none'") && answer.head.contains("cache-control: no-store"));
    let answer = run.get("/");
    assert_eq!(answer.status, 200);
    assert!(answer.body.contains("&lt;img src=x") && !answer.body.contains("<img"), "names are texts");
    assert!(!answer.head.contains("set-cookie"));
    send("-INT", &run.child);
    let (code, _, plan) = run.end();
    assert_eq!(code, 5);
    assert!(annotations(&plan).iter().all(|(_, text)| !text.contains("web view")), "nothing was asked for");
    assert_adds_up(&plan.report());
}

#[test]
fn what_a_page_asks_for_is_done_noted_and_told() {
    let run = Viewed::begin("web/steady", &[]);
    run.events(None, "event: whole");
    let done = |wish: &str| {
        let answer = run.control(wish);
        assert_eq!(answer.status, 200, "{wish}: {answer:?}");
        serde_json::from_str::<Value>(&answer.body).unwrap()["done"].as_str().unwrap().to_owned()
    };
    assert_eq!(done(r#"{"do": "note", "to": "deployed <b>v2</b>"}"#), "it is noted");
    assert_eq!(done(r#"{"do": "users", "to": "6"}"#), "users were set to 6, where the plan has 4");
    assert_eq!(done(r#"{"do": "pause"}"#), "the load was paused");
    let shown = run.events(None, "event: whole");
    assert!(shown.contains("‖ paused"), "{shown}");
    assert_eq!(done(r#"{"do": "resume"}"#), "the load was resumed");
    for (wish, status, why) in [
        (r#"{"do": "resume"}"#, 409, "not paused"),
        (r#"{"do": "rate", "to": "4"}"#, 409, "a number of users"),
        (r#"{"do": "users", "to": "41"}"#, 409, "from 1 to 40"),
        (r#"{"do": "users", "to": "many"}"#, 400, "no number"),
        (r#"{"do": "dance"}"#, 400, "dance"),
        ("stop", 400, "no wish"),
    ] {
        let answer = run.control(wish);
        assert_eq!(answer.status, status, "{wish}: {answer:?}");
        assert!(answer.body.contains(why), "{wish}: {answer:?}");
    }
    assert!(done(r#"{"do": "stop"}"#).contains("the run ends"));
    let (code, said, plan) = run.end();
    assert_eq!(code, 5, "{said}");
    assert!(said.contains("note: deployed <b>v2</b>") && said.contains("users were set to 6"), "{said}");
    let told = annotations(&plan);
    let marks =
        |mark: Mark| told.iter().filter(|(of, _)| *of == mark).map(|(_, text)| text.as_str()).collect::<Vec<_>>();
    assert_eq!(marks(Mark::Note), ["deployed <b>v2</b>"]);
    let steered = ["users were set to 6, where the plan has 4", "the load was paused", "the load was resumed"];
    assert_eq!(marks(Mark::Steered), steered);
    assert_eq!(marks(Mark::StopAsked), ["the run was asked to end, in the web view"]);
    let report = plan.report();
    assert_adds_up(&report);
    assert_eq!(accounting(&report, "aborted"), 0);
    assert_eq!(report["thresholds"][0]["load_changed"], true, "a threshold about the rate says so");
    assert_eq!(report["thresholds"][1]["load_changed"], Value::Null);
    assert!(plan.file_text("html").contains("deployed \\u003cb\\u003ev2"), "the page's charts have the note");
}

#[test]
fn a_page_that_comes_back_hears_what_it_missed() {
    let run = Viewed::begin("web/steady", &[]);
    let ids = |text: &str| -> Vec<u32> {
        text.lines().filter_map(|line| line.strip_prefix("id: ")).map(|id| id.trim().parse().unwrap()).collect()
    };
    let missed = || {
        let first = run.events(None, "event: shown");
        assert!(first.contains("event: whole"), "{first}");
        let begun = ids(&first)[0];
        std::thread::sleep(Duration::from_millis(2500));
        (begun, run.events(Some(begun), "event: shown"))
    };
    // where there are other charts than before, as a machine that is busy may have them, everything is told
    let (begun, again) = (0..5).map(|_| missed()).find(|(_, again)| !again.contains("event: whole")).unwrap();
    let heard = ids(&again);
    assert!(heard.len() >= 2, "{again}");
    let expected: Vec<u32> = (begun + 1..).take(heard.len()).collect();
    assert_eq!(heard, expected, "each second once, in order");
    // one that nobody remembers has everything
    assert!(run.events(Some(4_000_000), "event: whole").contains("event: whole"));
    let last = std::thread::scope(|scope| {
        let follows = scope.spawn(|| run.events(None, "event: over"));
        std::thread::sleep(Duration::from_millis(2500));
        assert_eq!(run.control(r#"{"do": "cut"}"#).status, 200);
        follows.join().unwrap()
    });
    assert!(last.contains("this page changes no more"), "the end is told: {last}");
    let (code, _, plan) = run.end();
    assert_eq!(code, 5);
    assert_adds_up(&plan.report());
}

#[test]
fn peers_that_do_not_behave_cost_the_run_nothing() {
    let run = Viewed::begin("web/steady", &["--quiet"]);
    // pages that never read
    let asleep: Vec<TcpStream> = (0..80)
        .map(|_| {
            let mut stream = TcpStream::connect(run.address).unwrap();
            write!(stream, "GET /events HTTP/1.1\r\n{}{}\r\n", run.host(), run.cookie()).unwrap();
            stream
        })
        .collect();
    // and a thousand that never say anything, or never come to an end; not at once, as this process may have no more files
    for _ in 0..4 {
        let silent: Vec<Option<TcpStream>> = (0..250)
            .map(|index| {
                let mut stream = TcpStream::connect(run.address).ok()?;
                stream.write_all(if index % 2 == 0 { b"" } else { b"GET / HTTP/1.1\r\nHost: 127" }).ok()?;
                Some(stream)
            })
            .collect();
        assert_eq!(run.get("/").status, 200, "who has the token is let in all the same");
        drop(silent);
    }
    let large = format!("X-Large: {}\r\n{}{}", "x".repeat(40_000), run.host(), run.cookie());
    let mut stream = TcpStream::connect(run.address).unwrap();
    write!(stream, "GET / HTTP/1.1\r\n{large}\r\n").unwrap();
    let mut answer = String::new();
    drop(stream.read_to_string(&mut answer));
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431") || answer.starts_with("HTTP/1.1 400"), "{answer}");
    let mut stream = TcpStream::connect(run.address).unwrap();
    let origin = format!("Origin: http://{}\r\nContent-Length: 40000\r\n", run.address);
    let head = format!("POST /control HTTP/1.1\r\n{}{}{origin}\r\n", run.host(), run.cookie());
    drop(stream.write_all(format!("{head}{}", "x".repeat(40_000)).as_bytes()));
    let mut answer = String::new();
    // what it has not read may take the answer with it
    drop(stream.read_to_string(&mut answer));
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert_eq!(run.control(r#"{"do": "stop"}"#).status, 200);
    let (code, said, plan) = run.end();
    assert_eq!(code, 5, "{said}");
    let report = plan.report();
    assert_adds_up(&report);
    assert!(accounting(&report, "ok") > 20, "{}", report["books"]);
    assert_eq!(accounting(&report, "failed"), 0);
    drop(asleep);
}

#[test]
fn an_address_that_others_can_reach_is_asked_for_twice() {
    let target = target::ready();
    let plan = PlanFolder::of("web/steady").aimed_at(&target);
    let (code, _, said) = plan.run(&["--web=0.0.0.0:0"]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("other machines can reach") && said.contains("--web-allow-remote"), "{said}");
    let (code, _, said) = plan.run(&["--web=plan.yaml"]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("`plan.yaml` is no address"), "{said}");
    let (code, _, said) = plan.run(&["--web-allow-remote"]);
    assert_eq!(code, 2, "{said}");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let (code, _, said) = plan.run(&[&format!("--web={}", taken.local_addr().unwrap())]);
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("another program listens there"), "{said}");
}

#[test]
fn nobody_listens_where_no_view_was_asked_for() {
    let target = target::ready();
    let plan = PlanFolder::of("web/steady").aimed_at(&target);
    let child = plan.spawn(&[]);
    plan.awaited_journal();
    let listening = std::fs::read_to_string(format!("/proc/{}/net/tcp", child.id())).unwrap();
    // state 0A is LISTEN; the last column but some is the socket's inode
    let inodes: Vec<String> = listening
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter(|fields| fields.get(3) == Some(&"0A"))
        .map(|fields| format!("socket:[{}]", fields[9]))
        .collect();
    let files = std::fs::read_dir(format!("/proc/{}/fd", child.id())).unwrap();
    let own: Vec<String> = files
        .filter_map(|file| std::fs::read_link(file.unwrap().path()).ok())
        .map(|link| link.to_string_lossy().into_owned())
        .filter(|link| inodes.contains(link))
        .collect();
    assert!(own.is_empty(), "{own:?}");
    send("-INT", &child);
    assert_eq!(wait(child).0, 5);
}

#[test]
fn the_page_is_there_before_the_load_and_after_it() {
    let target = target::ready();
    let plan = PlanFolder::of("web/steady").aimed_at(&target);
    let mut command = plan.command(&["--web", "--users", "2", "--time", "2s"]);
    let (code, _, said) = finish(&mut command);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("web view: http://127.0.0.1:"), "{said}");
    // the page of the files has nothing of the live one
    let page = plan.file_text("html");
    for word in ["EventSource", "data-do", "connect-src", "<!--shown-->"] {
        assert!(!page.contains(word), "{word}");
    }
}
