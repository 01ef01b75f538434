//! One canary through every source of secrets, in every encoding, into every place where a text leaves the process. The
//! test fails with the cells of this matrix that leak.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use plimsoll::test_api::journal::{Entry, Reader};

use crate::support::command_line::{self, finish};
use crate::support::folder::{Folder, only_file};

/// With signs that each encoding writes in a way of its own; none that a header may not hold.
const CANARY: &str = "Kan4ri~\"o/v0gel<&>'x";

/// Where a secret comes from.
struct Source {
    name: &'static str,
    /// Sections of the plan.
    sections: &'static str,
    /// What the first endpoint has besides its method.
    login: &'static str,
    /// An expression with the secret's value, where there is one.
    value: Option<&'static str>,
    arguments: &'static [&'static str],
}

const fn source(
    name: &'static str,
    sections: &'static str,
    login: &'static str,
    value: Option<&'static str>,
) -> Source {
    Source { name, sections, login, value, arguments: &[] }
}

const SOURCES: [Source; 27] = [
    source("declared var", "vars: {v: 'CANARY'}\nsecrets: [v]", "query: {q: '{{ v }}'}", Some("v")),
    source(
        "declared var of the environment",
        "vars: {v: '${CANARY_VALUE}'}\nsecrets: [v]",
        "query: {q: '{{ v }}'}",
        Some("v"),
    ),
    source("environment", "vars: {v: '${CANARY_VALUE}'}", "query: {q: '{{ v }}'}", Some("v")),
    source("part of a text from the environment", "vars: {v: 'x-${CANARY_VALUE}-y'}", "text: '{{ v }}'", Some("v")),
    source("environment in a header", "", "headers: {X-Some: '${CANARY_VALUE}'}", None),
    Source {
        arguments: &["--env-file", "secrets.env"],
        ..source("file of variables", "vars: {v: '${OF_FILE}'}", "json: {a: ['{{ v }}']}", Some("v"))
    },
    Source {
        arguments: &["--set", "v=CANARY"],
        ..source("--set", "vars: {v: none}", "form: {q: '{{ v }}'}", Some("v"))
    },
    source(
        "var by its name",
        "vars: {session_token: 'CANARY'}",
        "query: {q: '{{ session_token }}'}",
        Some("session_token"),
    ),
    source("captured under a declared name", "secrets: [mine]", "capture: {mine: $.id}", Some("mine")),
    source("captured under a secret's name", "", "capture: {api_token: $.id}", Some("api_token")),
    source("captured from a secret's place", "", "capture: {mine: $.access_token}", Some("mine")),
    source("captured from a cookie", "", "capture: {mine: {cookie: sid}}", Some("mine")),
    source("would have been captured", "secrets: [mine]", "capture: {mine: $.id}\n    expect: {status: 201}", None),
    source("captured, since replaced", "secrets: [mine]", "capture: {mine: $.id}", None),
    source("member of an answer", "", "headers: {X-None: none}", None),
    source(
        "row by its column's name",
        "data: {rows: {csv: rows.csv}}",
        "query: {q: '{{ row.password }}'}",
        Some("row.password"),
    ),
    source(
        "row by a declared column",
        "data: {rows: {csv: rows.csv}}\nsecrets: [code]",
        "query: {q: '{{ row.code }}'}",
        Some("row.code"),
    ),
    source(
        "row by its set and column",
        "data: {rows: {csv: rows.csv}}\nsecrets: [rows.code]",
        "query: {q: '{{ row.code }}'}",
        Some("row.code"),
    ),
    source("authorization header", "", "headers: {Authorization: 'Token CANARY'}", None),
    source("second line of a header", "", "headers: {X-Auth-Token: [first-of-them, 'CANARY']}", None),
    source(
        "made in the second line of a header",
        "vars: {a: 'Kan4ri~\"o', b: '/v0gel<&>''x'}",
        "headers: {X-Auth-Token: [first-of-them, '{{ [a, b] | join }}']}",
        None,
    ),
    source("basic authentication", "", "auth: {basic: {user: ann, password: 'CANARY'}}", None),
    source("parameter of a query", "", "query: {key: 'CANARY'}", None),
    source("field of a form", "", "form: {new_password: 'CANARY'}", None),
    source("member of a body", "", "json: {client: {clientSecret: 'CANARY'}}", None),
    source(
        "made in a header",
        "vars: {a: 'Kan4ri~\"o', b: '/v0gel<&>''x'}",
        "headers: {X-Auth-Token: '{{ [a, b] | join }}'}",
        None,
    ),
    source("state of a user", "secrets: [mine]", "query: {q: '{{ mine }}'}", Some("mine")),
];

/// Encodings by name; the service says the canary in each of them.
fn encodings() -> Vec<(&'static str, String)> {
    let json = serde_json::Value::from(CANARY).to_string();
    let json = json.trim_matches('"').to_owned();
    let percent = |keep: &str, lower: bool| {
        let signs = CANARY.bytes().map(|byte| match byte {
            byte if byte.is_ascii_alphanumeric() || keep.as_bytes().contains(&byte) => char::from(byte).to_string(),
            byte if lower => format!("%{byte:02x}"),
            byte => format!("%{byte:02X}"),
        });
        signs.collect::<String>()
    };
    let entities = CANARY.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    vec![
        ("plain", CANARY.to_owned()),
        ("percent", percent("-._~", false)),
        ("percent in lower case", percent("-._~", true)),
        ("path", percent("-._~/'&", false)),
        ("form", percent("-._*", false)),
        ("percent of all", CANARY.bytes().map(|byte| format!("%{byte:02X}")).collect()),
        ("percent twice", percent("", false).replace('%', "%25")),
        ("json", json.clone()),
        ("json with slashes", json.replace('/', "\\/")),
        ("json by numbers", CANARY.chars().map(|sign| format!("\\u{:04x}", sign as u32)).collect()),
        ("json in json", serde_json::Value::from(format!("\"{json}\"")).to_string()),
        ("debug", format!("{CANARY:?}")),
        ("html", entities.clone()),
        ("xml", entities.replace('\'', "&apos;")),
        ("html by numbers", CANARY.chars().map(|sign| format!("&#{};", sign as u32)).collect()),
        ("csv", format!("\"{}\"", CANARY.replace('"', "\"\""))),
        ("yaml", format!("'{}'", CANARY.replace('\'', "''"))),
        ("base64", STANDARD.encode(CANARY)),
        ("base64 behind one", STANDARD.encode(format!("a{CANARY}z"))),
        ("base64 behind two", STANDARD.encode(format!("ab{CANARY}"))),
        ("basic", STANDARD.encode(format!("ann:{CANARY}"))),
        ("base64url", URL_SAFE_NO_PAD.encode(format!("?>{CANARY}?>"))),
        ("hex", CANARY.bytes().map(|byte| format!("{byte:02x}")).collect()),
        ("hex in capitals", CANARY.bytes().map(|byte| format!("{byte:02X}")).collect()),
        ("cut", CANARY[..12].to_owned() + "…"),
        ("base64, cut", STANDARD.encode(format!("ann:{CANARY}"))[..18].to_owned() + "…"),
    ]
}

/// A service that says the canary in each encoding, and what it got.
fn service() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            thread::spawn(move || drop(serve(stream.unwrap())));
        }
    });
    port
}

fn serve(stream: TcpStream) -> std::io::Result<()> {
    let encodings = encodings();
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut stream = stream;
    loop {
        let (mut first, mut length) = (String::new(), 0);
        if reader.read_line(&mut first)? == 0 {
            return Ok(());
        }
        let mut head = first.clone();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            if line.trim().is_empty() {
                break;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            head += &line;
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let path = first.split(' ').nth(1).unwrap_or_default();
        let (mut json, mut more) = (serde_json::json!({}), String::new());
        if let Some(index) = path.strip_prefix("/enc/") {
            let (_, encoded) = &encodings[index.parse::<usize>().unwrap()];
            json["said"] = encoded.as_str().into();
        } else {
            // what the first call is told: under names of secrets, and under one that says nothing
            let rotated = path.starts_with("/rotated");
            json["id"] = if rotated { "another-value-by-now".into() } else { CANARY.into() };
            json["access_token"] = CANARY.into();
            json["got"] = format!("{head}\n{}", String::from_utf8_lossy(&body)).into();
            more = format!("set-cookie: sid={CANARY}; Path=/\r\n");
        }
        let text = json.to_string();
        let answer = format!("HTTP/1.1 200 OK\r\n{more}content-length: {}\r\n\r\n{text}", text.len());
        stream.write_all(answer.as_bytes())?;
    }
}

/// A plan that has the service say the canary in each encoding, and says all of that itself wherever a plan can.
fn plan(source: &Source, port: u16) -> String {
    let canary = |text: &str| {
        text.replace("CANARY_VALUE", "\u{0}")
            .replace("CANARY", &CANARY.replace('\'', "''"))
            .replace('\u{0}', "CANARY_VALUE")
    };
    let method =
        if ["form:", "json:", "text:"].iter().any(|body| source.login.contains(body)) { "post" } else { "get" };
    let mut plan = format!("name: taint\ntarget: {{url: 'http://127.0.0.1:{port}', http: {{cookies: true}}}}\n");
    writeln!(plan, "{}\nendpoints:", canary(source.sections)).unwrap();
    writeln!(plan, "  login:\n    {method}: /login\n    {}", canary(source.login)).unwrap();
    plan += "  rotate: {get: /rotated, capture: {mine: $.id}}\n";
    plan += "  told: {get: /told, expect: {status: 201, otherwise: 'told {{ json.got }}'}}\n";
    plan += "  answered: {get: /told, name: 'at {{ json.access_token }}'}\n";
    for (index, _) in encodings().iter().enumerate() {
        writeln!(
            plan,
            "  e{index}: {{get: /enc/{index}, expect: {{status: 201, otherwise: 'got {{{{ json.said }}}}'}}}}"
        )
        .unwrap();
        writeln!(plan, "  c{index}: {{get: /enc/{index}, expect: {{json: {{$.said: else}}}}}}").unwrap();
    }
    if let Some(value) = source.value {
        writeln!(plan, "  named: {{get: '/at/{{{{ {value} }}}}', name: 'named {{{{ {value} }}}}', expect: {{status: 201, otherwise: '{{{{ {value} }}}}'}}}}").unwrap();
    }
    plan += "users:\n  u:\n    think_time: 1ms\n";
    if source.sections.contains("data:") {
        plan += "    feed: {row: {from: rows}}\n";
    }
    if source.name == "state of a user" {
        plan += &canary("    state: {mine: 'CANARY'}\n");
    }
    plan += "    tasks:\n      t:\n        steps:\n          - {call: {endpoint: login, on_failure: continue}}\n";
    if source.name.contains("replaced") {
        plan += "          - {call: {endpoint: rotate, on_failure: continue}}\n";
    }
    plan += "          - {call: {endpoint: told, on_failure: continue}}\n          - {call: answered}\n";
    for (index, _) in encodings().iter().enumerate() {
        writeln!(plan, "          - {{call: {{endpoint: e{index}, on_failure: continue}}}}\n          - {{log: 'said {{{{ json.said }}}}'}}").unwrap();
        writeln!(plan, "          - {{call: {{endpoint: c{index}, on_failure: continue}}}}").unwrap();
    }
    if let Some(value) = source.value {
        writeln!(plan, "          - {{log: 'is {{{{ {value} }}}} or {{{{ [{value}] | string }}}}'}}").unwrap();
        plan += "          - {call: {endpoint: named, on_failure: continue}}\n";
        if matches!(value, "mine" | "api_token") {
            // a step that fails with the value in its message
            writeln!(plan, "          - {{repeat: {{times: '{{{{ {value} }}}}', steps: [{{think: 1ms}}]}}}}").unwrap();
        }
    }
    plan += "shape: {iterations: {users: 1, each: 1, within: 20s}}\nthresholds: [error_rate <= 100%]\n";
    plan
}

/// Everything that leaves the process when a plan is run, shown again, checked and tried, by the place it is left in.
fn sinks(source: &Source, port: u16) -> Vec<(String, String)> {
    let folder = Folder::new();
    let write = |name: &str, text: &str| fs::write(folder.join(name), text).unwrap();
    write("plan.yaml", &plan(source, port));
    write(
        "broken.yaml",
        &plan(source, port)
            .replace("think_time: 1ms", "think_tme: 1ms")
            .replace("  login:\n", "  login: {gett: /x}\n  login:\n"),
    );
    write("unread.yaml", &(plan(source, port).replace("name: taint", "name: [taint") + "\n"));
    write("rows.csv", &format!("user,password,code\nann,\"{0}\",\"{0}\"\n", CANARY.replace('"', "\"\"")));
    write("secrets.env", &format!("OF_FILE=\"{}\"\n", CANARY.replace('"', "\\\"")));
    let arguments: Vec<String> = source.arguments.iter().map(|word| word.replace("CANARY", CANARY)).collect();
    let of_check: Vec<String> = arguments.iter().filter(|_| source.name != "--set").cloned().collect();
    let mut left = Vec::new();
    let mut start = |name: &str, words: &[&str], more: &[String]| {
        let mut command: Command = command_line::command();
        command.args(words).args(more).current_dir(&*folder).env("CANARY_VALUE", CANARY).env("RUST_BACKTRACE", "0");
        command.env("GITHUB_ACTIONS", "true").env("GITHUB_STEP_SUMMARY", folder.join("summary.md"));
        let (code, stdout, stderr) = finish(&mut command);
        assert!((0..=2).contains(&code), "{name} of {}: {code}\n{stdout}{stderr}", source.name);
        assert!(name != "run" || code < 2, "{}: {stdout}{stderr}", source.name);
        left.push((format!("{name}, stdout"), stdout));
        left.push((format!("{name}, stderr"), stderr));
    };
    // what takes figures out of the process while a run is under way; each is made of the same, and these are texts
    let hook = Hook::open();
    let url = format!("http://127.0.0.1:{}/hook", hook.port);
    let exporters = ["--stream", "stream.jsonl", "--influxdb", "figures.lp", "--notify", &url, "--otlp", &url];
    start("run", &[&["run", "plan.yaml", "--out", "out"], &exporters[..]].concat(), &arguments);
    let exported = hook.got();
    start("dry run", &["run", "plan.yaml", "--dry-run"], &arguments);
    start("try", &["try", "plan.yaml"], &of_check);
    start("check", &["check", "plan.yaml"], &of_check);
    start("check of a broken plan", &["check", "broken.yaml"], &of_check);
    start("check of no plan", &["check", "unread.yaml"], &of_check);
    start("run of a broken plan", &["run", "broken.yaml"], &arguments);
    let journal = only_file(&folder.join("out"), "journal");
    let journal = journal.to_str().unwrap();
    let json = journal.replace(".journal", ".json");
    for format in ["--text", "--json", "--csv", "--junit", "--markdown", "--html"] {
        start(&format!("show {format}"), &["show", journal, format], &[]);
    }
    start("compare", &["compare", journal, journal, "--json"], &[]);
    start("analyze", &["analyze", journal, "--json"], &[]);
    start("analyze of the report", &["analyze", &json, "--plan", "plan.yaml"], &[]);
    start("merge", &["merge", journal, "-o", "merged"], &[]);
    if source.name == "--set" {
        start("command line", &["run", "plan.yaml", "--set", CANARY], &[]);
    }
    for entry in fs::read_dir(folder.join("out")).unwrap().map(|entry| entry.unwrap()) {
        let name = entry.file_name().into_string().unwrap();
        let ending = name.trim_start_matches(|c: char| c != '.' && !name.starts_with('.')).to_owned();
        left.push((format!("name of the {ending} file"), name.clone()));
        left.push((
            name[25.min(name.len())..].to_owned(),
            String::from_utf8_lossy(&fs::read(entry.path()).unwrap()).into_owned(),
        ));
    }
    left.push(("webhook and OpenTelemetry".into(), exported));
    for file in ["stream.jsonl", "figures.lp"] {
        left.push((file.into(), fs::read_to_string(folder.join(file)).unwrap()));
    }
    left.push(("job summary".into(), fs::read_to_string(folder.join("summary.md")).unwrap()));
    left.push(("journal".into(), told(Path::new(journal))));
    left
}

/// Takes whatever is posted to it.
struct Hook {
    port: u16,
    posted: Arc<Mutex<Vec<u8>>>,
}

impl Hook {
    fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let posted = Arc::new(Mutex::new(Vec::new()));
        let all = posted.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let all = all.clone();
                thread::spawn(move || drop(take(stream.unwrap(), &all)));
            }
        });
        Self { port, posted }
    }

    fn got(&self) -> String {
        String::from_utf8_lossy(&self.posted.lock().unwrap()).into_owned()
    }
}

fn take(stream: TcpStream, all: &Mutex<Vec<u8>>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut stream = stream;
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            all.lock().unwrap().extend_from_slice(line.as_bytes());
            if line.trim().is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        all.lock().unwrap().extend_from_slice(&body);
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")?;
    }
}

/// What a journal says, unpacked.
fn told(journal: &Path) -> String {
    let mut reader = Reader::open(journal).unwrap();
    let mut told = serde_json::to_string(reader.header()).unwrap();
    for entry in reader.by_ref() {
        match entry {
            Entry::Second(interval) => {
                interval.series.iter().for_each(|series| writeln!(told, "{}", series.key.name).unwrap());
                interval
                    .errors
                    .iter()
                    .for_each(|error| writeln!(told, "{}: {}", error.key.name, error.key.message).unwrap());
            }
            Entry::Annotation(annotation) => writeln!(told, "{}", annotation.text).unwrap(),
            Entry::End(end) => writeln!(told, "{end:?}").unwrap(),
        }
    }
    told
}

/// What of an encoding nobody may find: enough of it to say something.
fn telltale(name: &str, encoded: &str) -> String {
    match name {
        "cut" => CANARY[..8].to_owned(),
        // the first eight signs are those of `ann:` and what goes on from it
        "base64, cut" => encoded[8..17].to_owned(),
        _ => encoded.to_owned(),
    }
}

#[test]
fn no_secret_leaves_the_process_whatever_its_source_its_encoding_and_the_way_out() {
    let port = service();
    let encodings = encodings();
    let checked: Vec<_> = thread::scope(|scope| {
        let parts = SOURCES.chunks(SOURCES.len().div_ceil(3)).map(|part| {
            scope.spawn(move || part.iter().map(|source| (source.name, sinks(source, port))).collect::<Vec<_>>())
        });
        parts.collect::<Vec<_>>().into_iter().flat_map(|part| part.join().unwrap()).collect()
    });
    let mut leaks = BTreeSet::new();
    let mut cells = 0;
    for (source, sinks) in &checked {
        for (sink, text) in sinks {
            for (encoding, encoded) in &encodings {
                cells += 1;
                if text.contains(&telltale(encoding, encoded)) {
                    leaks.insert(format!("{source} × {encoding} × {sink}"));
                }
            }
        }
    }
    assert!(
        leaks.is_empty(),
        "{} of {cells} cells leak:\n{}",
        leaks.len(),
        leaks.into_iter().collect::<Vec<_>>().join("\n")
    );
    assert!(cells > 20_000, "{cells}");
    // and it is not because nothing was said
    let (_, sinks) = &checked[0];
    let json = sinks.iter().find(|(sink, _)| sink == ".json").map(|(_, text)| text).unwrap();
    assert!(json.matches("got ***").count() >= encodings.len() / 2, "{json}");
    let exported = sinks.iter().find(|(sink, _)| sink == "webhook and OpenTelemetry").map(|(_, text)| text).unwrap();
    assert!(exported.contains("plimsoll.requests") && exported.contains("\"event\":\"end\""), "{exported}");
}
