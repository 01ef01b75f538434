//! What comes from outside while a run is made or looked at again: none of it may panic, hang or run out of memory.

use std::io::{Cursor, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::rc::Rc;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Method};
use plimsoll::test_api::analysis::{
    CompanionCsvs, Examined, conclude, of_report, page, read_exceptions, read_failures, read_history, read_stats,
};
use plimsoll::test_api::engine::{Asked, CookieJar, Moment, Redirect, redirect};
use plimsoll::test_api::expression::{JsonPath, read_json};
use plimsoll::test_api::http::{Client, Content, Ending, Keep, Origin, Outgoing, Settings, Transport, decode};
use plimsoll::test_api::import::{DocumentSource, from_curl, from_openapi};
use plimsoll::test_api::journal::Reader;
use plimsoll::test_api::markup::{Document, Selector, XPath};
use plimsoll::test_api::report::{Format, HistoryRows, Seconds};
use plimsoll::test_api::results::{Results, replay};
use plimsoll::test_api::rows::{CsvDialect, Format as RowFormat, Table};
use plimsoll::test_api::sample::ServiceId;
use plimsoll::test_api::secrets::Secrets;
use plimsoll::test_api::units::{Offset, Size};

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
        headers: headers.into(),
        body: Content::EMPTY,
        timeout: Duration::from_secs(5),
        keep: Keep::UpTo(MOST),
    };
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime, async move {
        let mut client = Client::new(transport);
        for _ in 0..2 {
            let exchange = client.exchange(&request, std::future::pending()).await;
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

/// What the cookies of one user may be together, with their marks; RFC 6265 asks for 50 of 4,096 bytes.
const MOST_OF_COOKIES: usize = 256 << 10;

/// Each line is one answer: how many minutes passed, which path was asked, and the cookie that is set. What is sent with
/// the next request is a header any server may be sent, within bounds, and nothing is sent past its time.
pub fn cookies(bytes: &[u8]) {
    const PATHS: [&str; 4] = ["/", "/a/b", "/a/b/c?d=/e", "/%2e/a;b"];
    const ORIGINS: [&str; 4] =
        ["http://www.shop.example:8080", "https://shop.co.uk", "http://127.0.0.1", "https://[::1]"];
    let [origin, lines @ ..] = bytes else { return };
    let Ok(origin) = Origin::parse(ORIGINS[*origin as usize % ORIGINS.len()]) else { return };
    let mut jar = CookieJar::default();
    let mut at = Moment { now: Offset::ZERO, wall_clock: SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000) };
    for line in lines.split(|byte| *byte == b'\n').take(1000) {
        let [minutes, path, set @ ..] = line else { continue };
        let passed = Duration::from_secs(u64::from(*minutes) * 60);
        at = Moment { now: at.now + passed, wall_clock: at.wall_clock + passed };
        let target = PathAndQuery::from_static(PATHS[*path as usize % PATHS.len()]);
        let mut answered = HeaderMap::new();
        for set in set.split(|byte| *byte == b'\t').filter_map(|set| HeaderValue::from_bytes(set).ok()) {
            answered.append(SET_COOKIE, set);
        }
        let asked = Asked { service: ServiceId(0), origin: &origin, target: &target };
        jar.keep(asked, at, &answered);
        let mut sent = HeaderMap::new();
        sent.insert(COOKIE, HeaderValue::from_static("own=1"));
        jar.add_to(asked, at.now, &mut sent);
        let all = sent.get_all(COOKIE).iter().map(HeaderValue::as_bytes).collect::<Vec<_>>();
        assert!(matches!(all[..], [one] if one.starts_with(b"own=1") && one.len() < MOST_OF_COOKIES), "one header");
    }
    // what is sent a century later was sent before
    let pairs = |jar: &mut CookieJar, now| {
        let mut sent = HeaderMap::new();
        let target = PathAndQuery::from_static("/a/b/c");
        jar.add_to(Asked { service: ServiceId(0), origin: &origin, target: &target }, now, &mut sent);
        let all = sent.get(COOKIE).map(|all| all.as_bytes().to_vec()).unwrap_or_default();
        all.split(|byte| *byte == b';').map(|pair| pair.trim_ascii().to_vec()).collect::<Vec<_>>()
    };
    let before = pairs(&mut jar, at.now);
    let later = pairs(&mut jar, at.now + Duration::from_secs(100 * 365 * 86_400));
    assert!(later.iter().all(|pair| before.contains(pair)) || later == [b""], "time only takes cookies away");
}

/// The first byte says how an answer redirects, the second what was asked; each line behind is a `Location`. What is
/// followed goes to the target alone, and holds what the one before held or less.
pub fn redirects(bytes: &[u8]) {
    const STATUSES: [u16; 6] = [301, 302, 303, 307, 308, 200];
    const METHODS: [Method; 3] = [Method::GET, Method::POST, Method::HEAD];
    const ORIGINS: [&str; 3] = ["http://shop.test:8080", "https://shop.test", "http://[::1]:81"];
    let [status, asked, locations @ ..] = bytes else { return };
    let (status, asked) = (STATUSES[*status as usize % STATUSES.len()], *asked as usize);
    let (method, origin) = (METHODS[asked % METHODS.len()].clone(), ORIGINS[asked / 3 % ORIGINS.len()]);
    let mut headers = HeaderMap::new();
    for location in locations.split(|byte| *byte == b'\n').filter_map(|text| HeaderValue::from_bytes(text).ok()) {
        headers.append(LOCATION, location);
    }
    let mut own = HeaderMap::new();
    own.insert(AUTHORIZATION, HeaderValue::from_static("Bearer own"));
    own.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let request = Outgoing {
        method: method.clone(),
        target: PathAndQuery::from_static("/shop/cart?id=1"),
        headers: own.into(),
        body: Bytes::from_static(b"{}").into(),
        timeout: Duration::from_secs(5),
        keep: Keep::UpTo(MOST),
    };
    match redirect(status, &headers, origin, &request) {
        Redirect::None => assert_eq!(status, 200, "only a redirect is one"),
        Redirect::Follow(next) => {
            let target = next.target.as_str();
            assert!(target.starts_with('/'), "a path of the target: {target}");
            assert!(target.bytes().all(|byte| byte.is_ascii_graphic()), "what a request line may hold: {target}");
            assert!(next.headers.map().contains_key(AUTHORIZATION), "its own target is told who asks");
            let kept = next.method == method;
            assert!(kept || next.method == Method::GET && next.body.is_empty(), "another method has no body");
            assert!(kept || !next.headers.map().contains_key(CONTENT_TYPE), "what has no body has no type");
            // once more from there: the same words lead nowhere else
            let again = redirect(status, &headers, origin, &next);
            assert!(matches!(again, Redirect::Follow(_)), "what leads to the target leads there again");
        }
        Redirect::Away(next) => {
            let (place, next) = *next;
            assert!(place.as_str() != origin && next.target.as_str().starts_with('/'), "a path of another origin");
        }
        Redirect::Elsewhere(place) => assert!(place != origin, "the target is not elsewhere"),
        Redirect::Unreadable(_) => {}
    }
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

/// The first three lines are a content type, a CSS selector and an XPath; the rest is a body they are asked of. A search ends
/// soon, whatever is searched, and the first thing it finds is the first of all.
pub fn markup(bytes: &[u8]) {
    const SOON: Duration = Duration::from_secs(20);
    let mut parts = bytes.splitn(4, |byte| *byte == b'\n');
    let mut line = || parts.next().and_then(|line| std::str::from_utf8(line).ok());
    let (Some(content_type), Some(selector), Some(path)) = (line(), line(), line()) else { return };
    let (selector, path) = (Selector::parse(selector), XPath::parse(path));
    let Ok(document) = Document::read(content_type, parts.next().unwrap_or_default()) else { return };
    let began = std::time::Instant::now();
    if let Ok(selector) = selector {
        for attribute in [None, Some("href")] {
            let (first, all) = (selector.first(&document, attribute), selector.all(&document, attribute));
            if let (Ok(first), Ok(all)) = (first, all) {
                assert_eq!(first.as_ref(), all.first(), "the first is the first of all");
            }
        }
    }
    if let Ok(path) = path {
        let _ = (path.first(&document), path.all(&document));
    }
    assert!(began.elapsed() < SOON, "a search ends soon");
}
