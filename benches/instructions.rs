//! The work of a request, piece by piece, for `benches/instructions` to count the machine's instructions of.
//!
//! ```text
//! cargo run --release --features instructions --bin instructions -- [NAME ROUNDS]
//! ```
//!
//! Does one of the pieces so many times, with nothing between them. Without a name it prints the names, and how many rounds
//! of each make a steady count. The plan, its body and its checks are those of `benches/plans/scenario.yaml`.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, Method};
use plimsoll::test_api::compile::{BodyBuffer, CompileOptions, Filter, Program, RecordValue, compile};
use plimsoll::test_api::diagnostic::{Problems, Sources, Style, render};
use plimsoll::test_api::expression::{Answered, Scope, ScopeRng, ScopeUser, to_number};
use plimsoll::test_api::http::{AnswerDecoder, AnswerMemory, Fed, Keep};
use plimsoll::test_api::journal::{Environment, Fingerprint, Header, PlanText, RunId, Writer};
use plimsoll::test_api::metrics::{Health, SeriesKey, Tally};
use plimsoll::test_api::plan::read_text;
use plimsoll::test_api::sample::{
    Catalog, EndpointId, MetricId, Outcome, Phases, Sample, StageId, TaskId, Timing, Transmission, UserTypeId,
};
use plimsoll::test_api::units::{Offset, Scale, Seed, Shard, Size};

type Anything = Box<dyn Error>;
type Work = fn(u32) -> Result<(), Anything>;

/// What is counted, and in how many rounds.
const WORKS: [(&str, u32, Work); 7] = [
    ("codec", 4000, codec),
    ("codec_again", 4000, codec_again),
    ("template", 2000, template),
    ("extraction", 2000, extraction),
    ("check", 4000, check),
    ("tally", 10_000, tally),
    ("journal", 60, journal),
];

const BODY: &str = r#"{"context":"quantum computers","concepts_found":3,"relationships_found":2,"query_time_ms":1.5}"#;

fn main() -> Result<(), Anything> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let [name, rounds] = arguments.as_slice() else {
        WORKS.iter().for_each(|(name, rounds, _)| println!("{name} {rounds}"));
        return Ok(());
    };
    let (_, _, work) = WORKS.iter().find(|(known, _, _)| known == name).ok_or("no such piece of work")?;
    work(rounds.parse()?)
}

/// Answers whose heads differ are read from the bytes of one packet each, and kept.
fn codec(rounds: u32) -> Result<(), Anything> {
    read_answers(rounds, &["a", "b"])
}

/// Answers whose heads are the same to the byte.
fn codec_again(rounds: u32) -> Result<(), Anything> {
    read_answers(rounds, &["a"])
}

/// Reads answers in turn that differ in what an id of theirs ends with.
fn read_answers(rounds: u32, ids: &[&str]) -> Result<(), Anything> {
    let answer = |id| {
        let head = "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Mon, 30 Nov 2026 23:23:33 GMT\r\n\
                    Content-Type: application/json\r\nConnection: keep-alive";
        format!("{head}\r\nContent-Length: {}\r\nX-Request-Id: 5f1f04c7-{id}\r\n\r\n{BODY}", BODY.len())
    };
    let answers: Vec<String> = ids.iter().map(answer).collect();
    let keep = Keep::UpTo(Size::from_bytes(1 << 20));
    let mut memory = AnswerMemory::default();
    for bytes in answers.iter().cycle().take(rounds as usize) {
        let mut decoder = AnswerDecoder::new(Method::POST, keep);
        match decoder.feed(black_box(bytes.as_bytes()), &mut memory) {
            Ok(Fed::Whole(0)) => drop(black_box(decoder.into_answer())),
            other => return Err(format!("not a whole answer: {other:?}").into()),
        }
    }
    Ok(())
}

/// A JSON body is filled in.
fn template(rounds: u32) -> Result<(), Anything> {
    let (program, scope) = scenario()?;
    let endpoint = program.endpoints.first().ok_or("no endpoint")?;
    let (mut headers, mut buffer) = (HeaderMap::new().into(), BodyBuffer::default());
    for _ in 0..rounds {
        black_box(endpoint.payload.fill(&scope, &mut headers, &mut buffer).map_err(|error| error.message)?);
    }
    Ok(())
}

/// What checks and metrics look at is picked from a JSON body, and what metrics record becomes numbers.
fn extraction(rounds: u32) -> Result<(), Anything> {
    let (program, scope) = scenario()?;
    let endpoint = program.endpoints.first().ok_or("no endpoint")?;
    let answered = answered();
    for _ in 0..rounds {
        let answer = scope.answered(answered.clone(), &endpoint.picks);
        for record in &endpoint.record {
            let RecordValue::Json(path) = &record.value else { return Err("nothing to look for".into()) };
            let found = answer.first(path).map_err(|error| error.to_string())?.ok_or("nothing found")??;
            black_box(to_number(&found).ok_or("no number")?);
        }
    }
    Ok(())
}

/// An answer of which everything is picked is judged.
fn check(rounds: u32) -> Result<(), Anything> {
    let (program, scope) = scenario()?;
    let endpoint = program.endpoints.first().ok_or("no endpoint")?;
    let answer = scope.answered(answered(), &endpoint.picks);
    for _ in 0..rounds {
        for check in &endpoint.expect {
            check.evaluate(black_box(&answer), Duration::from_millis(2), &scope).map_err(|broken| broken.message)?;
        }
    }
    Ok(())
}

/// A request is counted, with two metrics of its own.
fn tally(rounds: u32) -> Result<(), Anything> {
    let mut tally = Tally::new();
    let series = tally.series(&series(1));
    for round in 0..rounds {
        tally.start();
        tally.record(series, black_box(&sample(0, round)));
        tally.metric(MetricId(0), series, 3.0);
        tally.metric(MetricId(1), series, 1.5);
    }
    black_box(tally.take(0, 64, Health::default()));
    Ok(())
}

/// A second of 30 endpoints is written to a journal.
fn journal(rounds: u32) -> Result<(), Anything> {
    let mut tally = Tally::new();
    for endpoint in 0..30 {
        let series = tally.series(&series(endpoint));
        for round in 0..50 {
            tally.start();
            tally.record(series, &sample(endpoint, round));
        }
    }
    let mut interval = tally.take(0, 64, Health::default());
    let path = std::env::temp_dir().join(format!("plimsoll-instructions-{}.journal", std::process::id()));
    let mut writer = Writer::create(&path, &header())?;
    let mut written = Ok(());
    for second in 0..rounds {
        interval.second = second;
        written = written.and_then(|()| writer.second(black_box(&interval)));
    }
    std::fs::remove_file(&path)?;
    Ok(written?)
}

/// The scenario, and a user of it.
fn scenario() -> Result<(Program, Arc<Scope>), Anything> {
    let (mut sources, mut problems) = (Sources::default(), Problems::default());
    let text = include_str!("plans/scenario.yaml");
    let plan = read_text("scenario.yaml", text, &|_: &str| None, &mut sources, &mut problems);
    let filter = Filter::default();
    let setting = CompileOptions {
        name: "scenario",
        seed: Seed::new(1),
        filter: &filter,
        scale: Scale::WHOLE,
        sources: &sources,
    };
    let program = plan.and_then(|plan| compile(&plan, &setting, &mut problems));
    let program = program.ok_or_else(|| render(&problems, &sources, Style::Plain))?;
    let user = ScopeUser { id: 1, kind: "user".into() };
    let scope = Scope::new(program.globals_of_run(Shard::WHOLE), user, ScopeRng::new(Seed::new(1)));
    Ok((program, scope))
}

fn answered() -> Answered {
    let elapsed = Duration::from_millis(2);
    Answered { status: 200, headers: HeaderMap::new().into(), body: Bytes::from_static(BODY.as_bytes()), elapsed }
}

fn series(endpoint: u32) -> SeriesKey {
    SeriesKey {
        endpoint: EndpointId(endpoint),
        name: format!("/endpoint/{endpoint}").into(),
        user: UserTypeId(0),
        task: TaskId(0),
        stage: StageId(0),
        status: Some(200),
    }
}

/// A request of some milliseconds, always the same ones.
fn sample(endpoint: u32, round: u32) -> Sample {
    let scheduled = Offset::from(Duration::from_micros(u64::from(round) * 100));
    let service = Duration::from_micros(2_000 + u64::from(endpoint * 100 + round % 50 * 37));
    let receive = Duration::from_micros(40);
    let sent = scheduled + Duration::from_micros(20);
    Sample {
        timing: Timing::new(scheduled, scheduled, sent, sent + service),
        phases: Phases { first_byte: Some(service - receive), receive: Some(receive), ..Phases::default() },
        outcome: Outcome::Ok,
        transmission: Transmission::Sent,
        bytes_out: 180,
        bytes_in: 250,
        content: 97,
    }
}

fn header() -> Header {
    Header {
        format: Header::FORMAT,
        plimsoll: env!("CARGO_PKG_VERSION").to_owned(),
        run: RunId::random(),
        began: SystemTime::UNIX_EPOCH,
        seed: Seed::new(1),
        shard: Shard::WHOLE,
        workers: 1,
        plan: PlanText {
            name: "instructions".to_owned(),
            description: String::new(),
            file: String::new(),
            profile: None,
            target: String::new(),
            text: String::new(),
            sha256: Fingerprint::of(""),
            effective: String::new(),
        },
        environment: Environment::here(Vec::new()),
        catalog: Catalog::default(),
        left_out: Vec::new(),
        scale: None,
        thresholds: Vec::new(),
        stages: Vec::new(),
        at_least: None,
        planned: None,
        pace: Default::default(),
        parts: Vec::new(),
        name: None,
        labels: Default::default(),
    }
}
