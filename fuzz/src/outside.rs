//! What comes from outside while a run is made or looked at again: none of it may panic, hang or run out of memory.

use std::io::{Cursor, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::rc::Rc;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_ENCODING;
use http::{HeaderMap, HeaderValue, Method};
use plimsoll::test_api::analysis::{
    CompanionCsvs, Examined, conclude, of_report, page, read_exceptions, read_failures, read_history, read_stats,
};
use plimsoll::test_api::expression::{JsonPath, read_json};
use plimsoll::test_api::http::{Client, Ending, Keep, Origin, Outgoing, Settings, Transport, decode};
use plimsoll::test_api::import::{DocumentSource, from_curl, from_openapi};
use plimsoll::test_api::journal::Reader;
use plimsoll::test_api::report::{Format, HistoryRows, Seconds};
use plimsoll::test_api::results::{Results, replay};
use plimsoll::test_api::rows::{CsvDialect, Format as RowFormat, Table};
use plimsoll::test_api::secrets::Secrets;
use plimsoll::test_api::units::Size;

/// How long an answer may be in the exchange.
const MOST: Size = Size::from_bytes(64 << 10);

/// A journal, whose checksums are mended so that what lies behind them is read too, is told in every format.
pub fn journal(bytes: &[u8]) {
    let journal = mended(bytes);
    let Ok(mut reader) = Reader::of(Cursor::new(&journal)) else { return };
    let Ok(mut results) = Results::new(reader.header().clone()) else { return };
    // one that holds too much is refused
    let _ = replay(&mut reader, &mut results, |_, _| {});
    let report = results.report();
    // what has a page's charts and the history's rows is the same journal, read again
    let place = std::env::temp_dir().join(format!("plimsoll_journal_{}", std::process::id()));
    let kept = std::fs::write(&place, &journal).is_ok();
    let seconds = Seconds {
        journal: &place,
        through: None,
        rows: HistoryRows::Aggregated,
        secrets: &Secrets::default(),
        baseline: None,
    };
    for format in Format::ALL.into_iter().filter(|_| kept) {
        let _ = format.write(&report, &seconds, &mut Vec::new());
    }
    let _ = std::fs::remove_file(&place);
    let figures = of_report(Path::new("run.json"), report);
    let _ = page(&conclude(&[Examined::by_own_thresholds(figures)], None, |_| 0));
}

/// The same frames with lengths that fit and checksums that match, as `docs/journal.md` lays them out.
fn mended(bytes: &[u8]) -> Vec<u8> {
    const FIRST: &[u8] = b"plimsoll journal 1\n";
    let mut out = FIRST.to_vec();
    let mut rest = bytes.strip_prefix(FIRST).unwrap_or(bytes);
    while let Some((head, behind)) = rest.split_first_chunk::<9>() {
        let said = u32::from_le_bytes([head[0], head[1], head[2], head[3]]) as usize;
        let length = said.min(behind.len());
        let begin = out.len();
        out.extend((length as u32).to_le_bytes());
        out.push(head[4]);
        out.extend(crc32fast::hash(&out[begin..]).to_le_bytes());
        out.extend(&behind[..length]);
        out.extend(crc32fast::hash(&out[begin..]).to_le_bytes());
        rest = behind.get(length + 4..).unwrap_or_default();
    }
    out
}

/// What a server says to two requests on one connection, each byte at once; then it closes.
pub fn exchange(bytes: &[u8]) {
    let Some(Server { address, script }) = server() else { return };
    if let Ok(mut script) = script.lock() {
        *script = bytes.to_vec();
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let Ok(runtime) = runtime else { return };
    let Ok(origin) = Origin::parse(&format!("http://{address}")) else { return };
    let Ok(transport) = Transport::new(origin, Settings { body_cap: MOST, ..Settings::default() }) else { return };
    let transport = Rc::new(transport);
    let mut headers = HeaderMap::new();
    headers.insert(http::header::HOST, transport.origin().host_header().clone());
    let request = Outgoing {
        method: if bytes.len().is_multiple_of(7) { Method::HEAD } else { Method::GET },
        target: http::uri::PathAndQuery::from_static("/"),
        headers,
        body: Bytes::new(),
        timeout: Duration::from_secs(5),
        keep: Keep::UpTo(MOST),
    };
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime, async move {
        let mut client = Client::new(transport);
        for _ in 0..2 {
            let exchange = client.exchange(request.clone(), std::future::pending()).await;
            assert!(exchange.sent <= exchange.ended, "a request ends after it was sent");
            if let Ending::Answer(answer) = &exchange.ending {
                assert!(answer.body.len() as u64 <= MOST.as_bytes(), "a body is no longer than it may be");
            } else {
                break;
            }
        }
    });
}

/// A server that says its script to each connection, whatever it is asked, and closes it.
struct Server {
    address: SocketAddr,
    script: Arc<Mutex<Vec<u8>>>,
}

/// The one server there is; none where this machine gives it no port.
fn server() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    let start = || {
        let listener = TcpListener::bind(("127.0.0.1", 0)).ok()?;
        let (address, script) = (listener.local_addr().ok()?, Arc::<Mutex<Vec<u8>>>::default());
        let said = Arc::clone(&script);
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let script = said.lock().map(|script| script.clone()).unwrap_or_default();
                let _ = stream.read(&mut [0; 1024]);
                let _ = stream.write_all(&script);
            }
        });
        Some(Server { address, script })
    };
    SERVER.get_or_init(start).as_ref()
}

const CODINGS: [&str; 7] = ["gzip", "deflate", "br", "zstd", "gzip, gzip", "gzip, br", "identity"];

/// The first byte says how the body is compressed, the second which path is captured; the rest is the body.
pub fn answer(bytes: &[u8]) {
    const PATHS: [&str; 6] = ["$.id", "$..id", "$.items[*].id", "$[?@.id == 1]", "$..a..a", "$[-1:]"];
    let [coding, path, body @ ..] = bytes else { return };
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_ENCODING, HeaderValue::from_static(CODINGS[*coding as usize % CODINGS.len()]));
    let limit = 4 << 20;
    let Ok(body) = decode(&headers, Bytes::copy_from_slice(body), limit) else { return };
    assert!(body.len() as u64 <= limit, "a body is unpacked up to its limit");
    let Ok(json) = serde_json::from_slice(&body) else { return };
    if let Ok(path) = JsonPath::parse(PATHS[*path as usize % PATHS.len()]) {
        let _ = path.first(&json);
    }
    let _ = read_json(&body);
}

/// A CSV of another tool, read as each of the four there are.
pub fn locust_csv(bytes: &[u8]) {
    let companions = CompanionCsvs {
        failures: read_failures(bytes).ok(),
        exceptions: read_exceptions(bytes).unwrap_or_default(),
        history: read_history(bytes).ok(),
        notes: Vec::new(),
    };
    if let Ok(figures) = read_stats(Path::new("a_stats.csv"), bytes, companions) {
        let _ = page(&conclude(&[Examined::by_own_thresholds(figures)], None, |_| 0));
    }
}

/// A curl command, and an OpenAPI document: the plan that comes of it is one that can be read.
pub fn import(text: &str) {
    let document = DocumentSource { shown: "api.yaml".to_owned(), url: None };
    for plan in [from_curl(text), from_openapi(text, &document)].into_iter().flatten() {
        let read: Result<serde_json::Value, _> = serde_saphyr::from_str(&plan.text);
        assert!(read.is_ok(), "what is imported is YAML: {}\n{}", read.unwrap_err(), plan.text);
        super::plan(&plan.text);
    }
}

/// The first byte says what a data file is, the rest is in it: every row can be read, and none is read otherwise twice.
pub fn rows(bytes: &[u8]) {
    let [kind, content @ ..] = bytes else { return };
    let format = match kind % 3 {
        0 => RowFormat::Csv(CsvDialect::default()),
        1 => RowFormat::Lines,
        _ => RowFormat::Json,
    };
    let place = std::env::temp_dir().join(format!("plimsoll_rows_{}", std::process::id()));
    if std::fs::write(&place, content).is_err() {
        return;
    }
    if let Ok(table) = Table::open(&place, format).map(Arc::new)
        && let Ok(mut reader) = table.reader()
    {
        let read: Vec<_> = (0..table.rows().min(50)).map(|row| reader.row(row).ok()).collect();
        for (row, first) in read.iter().enumerate().rev() {
            assert_eq!(first, &reader.row(row as u64).ok(), "row {row} is the same again");
        }
    }
    let _ = std::fs::remove_file(&place);
}
