use std::time::{Duration, SystemTime};

use http::header::{COOKIE, SET_COOKIE};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue};

use super::jar::{Asked, CookieJar, Moment};
use crate::http::Origin;
use crate::memory::MemoryBudget;
use crate::sample::ServiceId;
use crate::units::Offset;

/// What the wall clock shows where the run's clock shows 0: 1 January 2030.
const NEW_YEAR: Duration = Duration::from_secs(1_893_456_000);

fn at(second: u64) -> Moment {
    let since = Duration::from_secs(second);
    Moment { now: Offset::ZERO + since, wall_clock: SystemTime::UNIX_EPOCH + NEW_YEAR + since }
}

/// An answer to a request of `url` that sets these.
fn set(jar: &mut CookieJar, url: &str, second: u64, cookies: &[&[u8]]) {
    let (origin, path) = parts(url);
    let mut headers = HeaderMap::new();
    for cookie in cookies {
        headers.append(SET_COOKIE, HeaderValue::from_bytes(cookie).unwrap());
    }
    jar.keep(asked(&origin, &path.parse().unwrap()), at(second), &headers);
}

/// What goes out with a request of `url`.
fn sent(jar: &mut CookieJar, url: &str, second: u64) -> String {
    let (origin, path) = parts(url);
    let mut headers = HeaderMap::new();
    jar.add_to(asked(&origin, &path.parse().unwrap()), at(second).now, &mut headers);
    headers.get(COOKIE).map_or(String::new(), |value| String::from_utf8(value.as_bytes().to_vec()).unwrap())
}

fn asked<'a>(origin: &'a Origin, target: &'a PathAndQuery) -> Asked<'a> {
    Asked { service: ServiceId(0), origin, target }
}

fn parts(url: &str) -> (Origin, &str) {
    let end = url.find("://").unwrap() + 3;
    let (origin, path) = url.split_at(url[end..].find('/').map_or(url.len(), |at| end + at));
    (Origin::parse(origin).unwrap(), if path.is_empty() { "/" } else { path })
}

/// A section of RFC 6265, what is set at the first second by an answer to the first URL, and what a request of the second
/// then sends: a second later, unless another is said.
type Row<'a> = (&'a str, &'a str, &'a [&'a str], &'a str, u64, &'a str);

const SHOP: &str = "http://shop.example.com/";

const ROWS: &[Row<'_>] = &[
    // 4.1.1 and 5.2: names and values
    ("5.2", SHOP, &["a=1"], SHOP, 1, "a=1"),
    ("5.2", SHOP, &["  a \t=  1 2\t "], SHOP, 1, "a=1 2"),
    ("5.2", SHOP, &["a=b=c"], SHOP, 1, "a=b=c"),
    ("5.2", SHOP, &["a="], SHOP, 1, "a="),
    ("5.2: a quoted value keeps its quotes", SHOP, &["a=\"x y\""], SHOP, 1, "a=\"x y\""),
    ("5.2: and ends at a semicolon all the same", SHOP, &["a=\"x;y\""], SHOP, 1, "a=\"x"),
    ("5.2: without a name", SHOP, &["=1", " = 1", "1", "", ";", "; ;", "; a=1"], SHOP, 1, ""),
    ("5.2: names differ by case", SHOP, &["a=1", "A=2"], SHOP, 1, "a=1; A=2"),
    ("5.2: octets", SHOP, &["a=gr\u{fc}n"], SHOP, 1, "a=gr\u{fc}n"),
    ("5.2: attributes have no order", SHOP, &["a=1; SECURE ; pAtH = /x ;; =; unknown; Foo=Bar"], SHOP, 1, ""),
    ("5.2: one that is unknown", SHOP, &["a=1; SameSite=Lax; Priority=High; Foo; =x"], SHOP, 1, "a=1"),
    // 5.2.1 and 5.3, step 3: Expires
    ("5.2.1", SHOP, &["a=1; Expires=Tue, 01 Jan 2030 00:00:10 GMT"], SHOP, 9, "a=1"),
    ("5.2.1", SHOP, &["a=1; Expires=Tue, 01 Jan 2030 00:00:10 GMT"], SHOP, 10, ""),
    ("5.2.1: past", SHOP, &["a=1; expires=Thu, 01-Jan-1970 00:00:00 GMT"], SHOP, 0, ""),
    ("5.2.1: malformed", SHOP, &["a=1; Expires=soon", "b=1; Expires", "c=1; Expires=0"], SHOP, 9, "a=1; b=1; c=1"),
    ("5.3: the last counts", SHOP, &["a=1; Expires=1 Jan 1990 0:0:0; Expires=1 Jan 2040 0:0:0"], SHOP, 9, "a=1"),
    // 5.2.2 and 5.3, step 3: Max-Age
    ("5.2.2", SHOP, &["a=1; Max-Age=10"], SHOP, 9, "a=1"),
    ("5.2.2", SHOP, &["a=1; Max-Age=10"], SHOP, 10, ""),
    ("5.2.2: at once", SHOP, &["a=1; Max-Age=0", "b=1; Max-Age=-1"], SHOP, 0, ""),
    (
        "5.2.2: malformed",
        SHOP,
        &["a=1; Max-Age=1x", "b=1; max-age=", "c=1; Max-Age=+0", "d=1; Max-Age=-"],
        SHOP,
        9,
        "a=1; b=1; c=1; d=1",
    ),
    ("5.2.2: beyond any time", SHOP, &["a=1; Max-Age=99999999999999999999999"], SHOP, 1 << 33, "a=1"),
    ("5.3: over Expires", SHOP, &["a=1; Max-Age=10; Expires=Thu, 01 Jan 1970 00:00:00 GMT"], SHOP, 9, "a=1"),
    ("5.3: over Expires", SHOP, &["a=1; Expires=Fri, 01 Jan 2040 00:00:00 GMT; Max-Age=0"], SHOP, 0, ""),
    ("5.3: the last counts", SHOP, &["a=1; Max-Age=0; Max-Age=10"], SHOP, 9, "a=1"),
    ("5.3: for the session", SHOP, &["a=1"], SHOP, 1 << 33, "a=1"),
    // 5.2.3, 5.1.3 and 5.3, steps 5 and 6: Domain
    ("5.3: host-only", SHOP, &["a=1"], "http://x.shop.example.com/", 1, ""),
    ("5.1.3", SHOP, &["a=1; Domain=example.com"], "http://example.com/", 1, "a=1"),
    ("5.1.3", SHOP, &["a=1; Domain=shop.example.com"], "http://x.shop.example.com/", 1, "a=1"),
    ("5.2.3: a dot before it", SHOP, &["a=1; Domain=.Example.COM"], "http://x.example.com/", 1, "a=1"),
    ("5.2.3: empty", SHOP, &["a=1; Domain=", "b=1; Domain", "c=1; Domain=."], SHOP, 1, "a=1; b=1; c=1"),
    ("5.2.3: empty is host-only", SHOP, &["a=1; Domain="], "http://x.shop.example.com/", 1, ""),
    ("5.3: another host", SHOP, &["a=1; Domain=elsewhere.com", "b=1; Domain=x.shop.example.com"], SHOP, 1, ""),
    ("5.1.3: an end is no part", SHOP, &["a=1; Domain=ample.com", "b=1; Domain=op.example.com"], SHOP, 1, ""),
    ("5.3: a public name", SHOP, &["a=1; Domain=com", "b=1; Domain=.com"], SHOP, 1, ""),
    ("5.3: that is the host", "http://com/", &["a=1; Domain=com"], "http://com/", 1, "a=1"),
    ("5.3: is host-only", "http://com/", &["a=1; Domain=com"], "http://x.com/", 1, ""),
    ("5.3: a machine's own name", "http://localhost/", &["a=1; Domain=localhost"], "http://localhost/", 1, "a=1"),
    ("5.1.3: an address", "http://127.0.0.1/", &["a=1", "b=1; Domain=127.0.0.1"], "http://127.0.0.1/", 1, "a=1; b=1"),
    ("5.1.3: has no parts", "http://127.0.0.1/", &["a=1; Domain=0.0.1", "b=1; Domain=1"], "http://127.0.0.1/", 1, ""),
    ("5.1.3: of version 6", "http://[::1]/", &["a=1"], "http://[::1]/", 1, "a=1"),
    ("8.5: ports are one host", "http://shop.test:81/", &["a=1"], "http://shop.test:82/", 1, "a=1"),
    // 5.2.4, 5.1.4: Path
    ("5.1.4", SHOP, &["a=1; Path=/x"], "http://shop.example.com/x", 1, "a=1"),
    ("5.1.4", SHOP, &["a=1; Path=/x"], "http://shop.example.com/x/y?q=/z", 1, "a=1"),
    ("5.1.4", SHOP, &["a=1; Path=/x/"], "http://shop.example.com/x/y", 1, "a=1"),
    ("5.1.4", SHOP, &["a=1; Path=/x/"], "http://shop.example.com/x", 1, ""),
    ("5.1.4", SHOP, &["a=1; Path=/x"], "http://shop.example.com/xy", 1, ""),
    ("5.1.4: by case", SHOP, &["a=1; Path=/x"], "http://shop.example.com/X", 1, ""),
    ("5.1.4: by default", "http://shop.example.com/x/y?z=/1/2", &["a=1"], "http://shop.example.com/x/z", 1, "a=1"),
    ("5.1.4: by default", "http://shop.example.com/x/y", &["a=1"], "http://shop.example.com/y", 1, ""),
    ("5.1.4: by default", "http://shop.example.com/x", &["a=1"], "http://shop.example.com/y", 1, "a=1"),
    ("5.1.4: by default", "http://shop.example.com/x/", &["a=1"], "http://shop.example.com/x", 1, "a=1"),
    (
        "5.2.4: malformed",
        "http://shop.example.com/x/y",
        &["a=1; Path=z", "b=1; Path", "c=1; Path="],
        "http://shop.example.com/x/",
        1,
        "a=1; b=1; c=1",
    ),
    ("5.3: the last counts", SHOP, &["a=1; Path=/x; Path=/y"], "http://shop.example.com/y", 1, "a=1"),
    // 5.2.5 and 5.4: Secure
    ("5.4: in the clear", SHOP, &["a=1; Secure"], SHOP, 1, ""),
    ("5.4: over TLS", "https://shop.test/", &["a=1; Secure"], "https://shop.test/", 1, "a=1"),
    ("5.4: from TLS", "https://shop.test/", &["a=1; Secure"], "http://shop.test/", 1, ""),
    ("5.4: to this machine", "http://127.0.0.1/", &["a=1; Secure=no"], "http://127.0.0.1/", 1, "a=1"),
    ("5.4: HttpOnly is for browsers", SHOP, &["a=1; HttpOnly"], SHOP, 1, "a=1"),
    // 5.4, step 2: order
    (
        "5.4: longer paths first",
        SHOP,
        &["a=1", "b=1; Path=/x", "c=1", "d=1; Path=/x/y"],
        "http://shop.example.com/x/y",
        1,
        "d=1; b=1; a=1; c=1",
    ),
    // 5.3, step 11: replaced
    ("5.3: replaced in its place", SHOP, &["a=1", "b=1", "a=2"], SHOP, 1, "a=2; b=1"),
    ("5.3: another path is another", SHOP, &["a=1", "a=2; Path=/x"], "http://shop.example.com/x", 1, "a=2; a=1"),
    ("5.3: another domain is another", SHOP, &["a=1", "a=2; Domain=example.com"], SHOP, 1, "a=1; a=2"),
    ("5.3: taken back", SHOP, &["a=1", "b=1", "a=; Max-Age=0", "b=; Expires=1 Jan 1970 0:0:0"], SHOP, 0, ""),
    ("5.3: of the same path alone", SHOP, &["a=1; Path=/x", "a=; Max-Age=0"], "http://shop.example.com/x", 1, "a=1"),
];

#[test]
fn cookies_are_kept_and_sent_as_rfc_6265_says() {
    for (section, from, cookies, to, second, expected) in ROWS {
        let mut jar = CookieJar::default();
        let cookies: Vec<&[u8]> = cookies.iter().map(|cookie| cookie.as_bytes()).collect();
        set(&mut jar, from, 0, &cookies);
        assert_eq!(sent(&mut jar, to, *second), *expected, "{section}: {cookies:?} of {from}, for {to}");
    }
}

/// Sets one of a name, with a value of so many bytes.
fn set_one(jar: &mut CookieJar, name: &str, length: usize, attributes: &str) {
    set(jar, SHOP, 0, &[format!("{name}={}{attributes}", "x".repeat(length)).as_bytes()]);
}

fn names(sent: &str) -> Vec<&str> {
    sent.split("; ").filter_map(|pair| pair.split_once('=')).map(|(name, _)| name).collect()
}

#[test]
fn fifty_cookies_of_4096_bytes_are_kept() {
    // section 6.1
    let mut jar = CookieJar::default();
    for number in 10..60 {
        set_one(&mut jar, &format!("c{number}"), 4096 - 4, "");
    }
    assert_eq!(names(&sent(&mut jar, SHOP, 1)).len(), 50);
    set_one(&mut jar, "long", 9000, "");
    set_one(&mut jar, "c10", 9000, "");
    let all = sent(&mut jar, SHOP, 1);
    assert!(!all.contains("long=") && all.contains("c10=x"), "one that is too long changes nothing");
}

#[test]
fn a_full_jar_takes_what_is_set_again() {
    let mut jar = CookieJar::default();
    for number in 0..1000 {
        set_one(&mut jar, &format!("c{number}"), 1, "");
        set(&mut jar, SHOP, 0, &[format!("session={number}").as_bytes()]);
        let all = sent(&mut jar, SHOP, 1);
        assert!(all.contains(&format!("session={number}")) && names(&all).len() <= 180, "{number}: {all}");
    }
}

#[test]
fn what_is_past_its_time_goes_before_what_is_not() {
    // section 5.3, the order of eviction
    let mut jar = CookieJar::default();
    set(&mut jar, SHOP, 0, &[b"first=1"]);
    for number in 0..179 {
        set(&mut jar, SHOP, 0, &[format!("c{number}=1; Max-Age=5").as_bytes()]);
    }
    assert_eq!(jar.size().0, 180);
    set(&mut jar, SHOP, 5, &[b"new=1"]);
    assert_eq!((sent(&mut jar, SHOP, 5), jar.size().0), ("first=1; new=1".to_owned(), 2));
}

#[test]
fn what_was_not_sent_for_the_longest_time_goes_first() {
    let mut jar = CookieJar::default();
    for number in 0..90 {
        set_one(&mut jar, &format!("in{number}"), 1, "; Path=/in");
        set_one(&mut jar, &format!("all{number}"), 1, "");
    }
    assert_eq!(names(&sent(&mut jar, SHOP, 1)).len(), 90);
    for number in 0..90 {
        set_one(&mut jar, &format!("new{number}"), 1, "");
    }
    let all = sent(&mut jar, "http://shop.example.com/in", 1);
    assert!(all.contains("all0=") && all.contains("new89=") && !all.contains("in"), "{all}");
}

#[test]
fn a_domain_with_too_many_loses_its_own() {
    let mut jar = CookieJar::default();
    set(&mut jar, SHOP, 0, &[b"session=1"]);
    for number in 0..1000 {
        set_one(&mut jar, &format!("c{number}"), 1, "; Domain=example.com");
    }
    let all = sent(&mut jar, SHOP, 1);
    assert!(all.starts_with("session=1; ") && all.contains("c999="), "{all}");
    assert_eq!(jar.size().0, 181);
}

#[test]
fn whatever_is_set_a_jar_stays_small() {
    let mut jar = CookieJar::default();
    for number in 0..3000 {
        let domain = ["", "; Domain=example.com", "; Domain=shop.example.com"][number % 3];
        set_one(&mut jar, &format!("n{number}"), number * 10 % 9000, &format!("; Path=/p{number}{domain}"));
        set_one(&mut jar, &format!("d{number}"), 1, "; Max-Age=0");
        set_one(&mut jar, &format!("s{number}"), 1, "; Max-Age=1");
        let (kept, bytes) = jar.size();
        assert!(kept <= 400 && bytes <= 256 << 10, "{kept} {bytes}");
    }
    for second in [0, 1] {
        sent(&mut jar, SHOP, second);
    }
    assert!(jar.size().0 < 400, "those of a second are gone");
}

#[test]
fn many_jars_hold_no_more_than_the_run_may() {
    MemoryBudget::new(200 << 10).of_this_thread();
    let mut jars: Vec<CookieJar> = (0..20).map(|_| CookieJar::default()).collect();
    for jar in &mut jars {
        for number in 0..50 {
            set_one(jar, &format!("c{number}"), 4000, "");
        }
        assert!(sent(jar, SHOP, 1).contains("c49="), "the newest is kept");
    }
    // of each there may be as much as need not be held
    let bytes: usize = jars.iter().map(|jar| jar.size().1).sum();
    assert!(bytes <= (100 << 10) + 20 * (16 << 10), "{bytes}");
}

#[test]
fn a_plans_own_cookies_stay_before_those_of_the_service() {
    let mut jar = CookieJar::default();
    set(&mut jar, SHOP, 0, &[b"a=1"]);
    let (origin, path) = parts(SHOP);
    let mut headers = HeaderMap::from_iter([(COOKIE, HeaderValue::from_static("own=2"))]);
    jar.add_to(asked(&origin, &path.parse().unwrap()), Offset::ZERO, &mut headers);
    assert_eq!(headers[COOKIE], "own=2; a=1");
}
