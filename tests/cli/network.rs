//! Where connections lead and what they come from, over real sockets: names that are not looked up, IPv6, sources.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use crate::support::command_line::{self, finish};
use crate::support::plan_folder::PlanFolder;
use crate::support::report::assert_adds_up;

/// A service that keeps connections alive, and keeps what it got: who it came from, and each head.
struct Service {
    port: u16,
    heads: Arc<Mutex<Vec<(String, String)>>>,
}

impl Service {
    /// `None` where the machine has no such address.
    fn at(address: &str) -> Option<Self> {
        let listener = TcpListener::bind(address).ok()?;
        let port = listener.local_addr().unwrap().port();
        let heads = Arc::<Mutex<Vec<_>>>::default();
        let seen = heads.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, seen) = (stream.unwrap(), seen.clone());
                std::thread::spawn(move || {
                    let from = stream.peer_addr().unwrap().ip().to_string();
                    let (mut reader, mut writer) = (BufReader::new(stream.try_clone().unwrap()), stream);
                    loop {
                        let mut head = String::new();
                        while !head.ends_with("\r\n\r\n") {
                            if reader.read_line(&mut head).unwrap_or(0) == 0 {
                                return;
                            }
                        }
                        seen.lock().unwrap().push((from.clone(), head.to_lowercase()));
                        if writer.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").is_err() {
                            return;
                        }
                    }
                });
            }
        });
        Some(Self { port, heads })
    }

    fn heads(&self) -> Vec<(String, String)> {
        self.heads.lock().unwrap().clone()
    }
}

const REST: &str = "endpoints: {h: {get: /h}}\nshape: {iterations: {users: 2, each: 3, within: 20s}}\n";

#[test]
fn a_name_that_the_plan_resolves_is_reached_with_the_host_header_of_the_plan_also_to_ask_whether_it_is_ready() {
    let service = Service::at("127.0.0.1:0").unwrap();
    let http = format!("{{resolve: {{api.internal: 127.0.0.1:{}}}, source_addresses: [127.0.0.2]}}", service.port);
    let ready = "{get: /ready, within: 5s}";
    let target =
        format!("{{url: http://api.internal/v1, ready: {ready}, headers: {{host: api.example}}, http: {http}}}");
    let plan = PlanFolder::text(&format!("target: {target}\n{REST}"));
    let (code, _, stderr) = plan.run(&[]);
    assert_eq!(code, 0, "{stderr}");
    assert_adds_up(&plan.report());
    let tried = finish(command_line::command().current_dir(plan.path()).args(["try", "plan.yaml"]));
    assert!(tried.0 == 0 && tried.1.contains("GET http://api.internal/v1/h"), "{tried:?}");
    let heads = service.heads();
    assert!(heads.len() >= 7, "{heads:?}");
    for (from, head) in heads {
        let is_right = head.starts_with("get /v1/") && head.contains("host: api.example\r\n");
        assert!(from == "127.0.0.2" && is_right, "{head}");
    }
}

#[test]
fn a_service_at_an_ipv6_address_is_reached_by_its_url_by_a_flag_by_a_name_and_through_a_proxy() {
    // a machine without IPv6 has nothing to show here
    let Some(service) = Service::at("[::1]:0") else { return };
    let url = format!("http://[::1]:{}", service.port);
    let by_name =
        format!("{{url: 'http://six.internal:{}', http: {{resolve: {{six.internal: '::1'}}}}}}", service.port);
    let proxied = format!("{{url: 'http://[fd00::9]:81', http: {{proxy: '{url}'}}}}");
    let named = format!("six.internal:{}", service.port);
    let own = format!("[::1]:{}", service.port);
    for (target, flags, host) in [
        (format!("'{url}'"), vec![], own.as_str()),
        ("http://127.0.0.1:1".to_owned(), vec!["--target", &url], &own),
        (by_name, vec![], &named),
        (proxied, vec![], "[fd00::9]:81"),
    ] {
        let plan = PlanFolder::text(&format!("target: {target}\n{REST}"));
        let before = service.heads().len();
        let (code, _, stderr) = plan.run(&flags);
        assert_eq!(code, 0, "{target}: {stderr}");
        let heads = service.heads();
        assert_eq!(heads.len() - before, 6, "{target}");
        for (from, head) in &heads[before..] {
            assert!(from == "::1" && head.contains(&format!("host: {host}\r\n")), "{target}: {head}");
        }
    }
}

#[test]
fn a_source_address_of_another_machine_is_told_with_its_place_before_anything_is_sent() {
    let service = Service::at("127.0.0.1:0").unwrap();
    // for documentation alone (RFC 5737)
    let http = "{source_addresses: [127.0.0.1, 192.0.2.1]}";
    let target = format!("target: {{url: 'http://127.0.0.1:{}', http: {http}}}\n", service.port);
    let plan = PlanFolder::text(&(target + REST));
    let (code, _, stderr) = finish(command_line::command().current_dir(plan.path()).args(["check", "plan.yaml"]));
    assert_eq!(code, 0, "a plan may be checked on another machine: {stderr}");
    for command in ["run", "try"] {
        let (code, _, stderr) = finish(command_line::command().current_dir(plan.path()).args([command, "plan.yaml"]));
        assert_eq!(code, 3, "{stderr}");
        assert!(stderr.contains("plan.yaml:1:") && stderr.contains("192.0.2.1 is not an address of this machine"));
        assert!(stderr.contains("help: name addresses of this machine"), "{stderr}");
    }
    assert!(service.heads().is_empty());
}
