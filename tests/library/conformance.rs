//! JSONPath and URLs as the public suites have them; `tests/conformance/run` fetches the suites and runs these.

use std::env;
use std::fs;
use std::time::Duration;

use http::header::LOCATION;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Method};
use plimsoll::test_api::engine::{Redirect, redirect};
use plimsoll::test_api::expression::JsonPath;
use plimsoll::test_api::http::{Content, Keep, Outgoing};
use serde_json::{Value, json};

fn suite(variable: &str) -> Value {
    let path = env::var_os(variable).unwrap_or_else(|| panic!("{variable} names no suite: run tests/conformance/run"));
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// Where we differ from the standard of JSONPath: each place is found once; a filter that looks through the whole document for
/// each place is refused, and so is one directly behind `@` of another; and the library takes what the standard calls badly
/// typed.
const OWN_WAYS: &[&str] = &[
    "basic, multiple selectors, index and slice, overlapping",
    "basic, multiple selectors, duplicate index",
    "basic, multiple selectors, wildcard and index",
    "basic, multiple selectors, wildcard and name",
    "basic, multiple selectors, wildcard and slice",
    "basic, multiple selectors, multiple wildcards",
    "filter, multiple selectors, overlapping",
    "filter, multiple selectors, filter and wildcard",
    "filter, multiple selectors, comparison filter, index and slice",
    "filter, absolute existence, with segments",
    "filter, equals, special nothing",
    "functions, length, arg is a function expression",
    "functions, match, arg is a function expression",
    "functions, search, arg is a function expression",
    "functions, count, result must be compared",
    "functions, length, result must be compared",
    "functions, value, result must be compared",
    "functions, length, non-singular query arg",
    "filter, nested",
];

#[test]
#[ignore = "its suite comes from npm: tests/conformance/run"]
fn json_paths_find_what_the_compliance_suite_says() {
    let suite = suite("JSONPATH_SUITE");
    let (mut held, mut differing) = (0, Vec::new());
    for test in suite["tests"].as_array().unwrap() {
        let (name, selector) = (test["name"].as_str().unwrap(), test["selector"].as_str().unwrap());
        let path = JsonPath::parse(selector);
        let invalid = test["invalid_selector"] == true;
        let document = &test["document"];
        let (all, first) = match &path {
            Err(_) => (None, None),
            Ok(path) => (path.all(document).ok().map(|all| json!(all)), path.first(document)),
        };
        let allowed = test["results"].as_array().cloned().unwrap_or_else(|| vec![test["result"].clone()]);
        let right = match &all {
            None => invalid,
            Some(all) => !invalid && allowed.contains(all) && allowed.iter().any(|one| one.get(0) == first),
        };
        if right {
            held += 1;
        } else {
            differing.push((name, selector, all, allowed));
        }
    }
    println!("{held} of {} hold", held + differing.len());
    let unknown: Vec<_> = differing.iter().filter(|(name, ..)| !OWN_WAYS.contains(name)).collect();
    assert!(unknown.is_empty(), "{} differ: {unknown:#?}", unknown.len());
    let names: Vec<_> = differing.iter().map(|(name, ..)| *name).collect();
    let stale: Vec<_> = OWN_WAYS.iter().filter(|name| !names.contains(name)).collect();
    assert!(stale.is_empty(), "these are as the standard has them: {stale:#?}");
}

/// Where a `Location` leads from a URL: the origin and the path; `None` where no request goes.
fn followed(base: &Value, location: HeaderValue) -> Option<(String, String)> {
    let field = |name: &str| base[name].as_str().unwrap();
    let origin = format!("{}//{}", field("protocol"), field("host"));
    let asked = Outgoing {
        method: Method::GET,
        target: format!("{}{}", field("pathname"), field("search")).parse::<PathAndQuery>().unwrap(),
        headers: HeaderMap::new().into(),
        body: Content::EMPTY,
        timeout: Duration::from_secs(1),
        keep: Keep::Nothing,
    };
    let headers = HeaderMap::from_iter([(LOCATION, location)]);
    match redirect(302, &headers, &origin, &asked) {
        Redirect::Follow(next) => Some((origin, next.target.to_string())),
        Redirect::Away(next) => Some((next.0.as_str().to_owned(), next.1.target.to_string())),
        Redirect::Elsewhere(_) | Redirect::Unreadable(_) => None,
        Redirect::None => panic!("a redirect is one"),
    }
}

#[test]
#[ignore = "its suite comes with a crate: tests/conformance/run"]
fn redirects_lead_where_the_tests_of_the_web_platform_say() {
    let suite = suite("URL_SUITE");
    let tests: Vec<_> = suite.as_array().unwrap().iter().filter(|test| test.is_object()).collect();
    let of_web = |url: &Value| matches!(url["protocol"].as_str(), Some("http:" | "https:"));
    // a base is given by its text alone; what is known of it stands where it is read itself
    let known = |text: &str| tests.iter().find(|test| test["input"] == text && of_web(test)).copied();
    let (mut held, mut elsewhere, mut wrong) = (0, 0, Vec::new());
    for test in &tests {
        let input = test["input"].as_str().unwrap();
        let base = match test["base"].as_str() {
            None => Some(json!({"protocol": "http:", "host": "base.test", "pathname": "/", "search": ""})),
            Some(text) => known(text).cloned().or_else(|| split(text)),
        };
        // a header holds no control characters, and a base is what a request was sent to
        let (Some(base), Ok(location)) = (base, HeaderValue::from_bytes(input.as_bytes())) else { continue };
        // without a base, what is no whole URL fails; we always have one
        if test["base"].is_null() && !input.contains("://") {
            continue;
        }
        let expected = (test["failure"] != true && of_web(test)).then(|| {
            let field = |name: &str| test[name].as_str().unwrap();
            // an empty query is there all the same, which `search` does not show
            let path = field("href").split('#').next().unwrap().splitn(4, '/').last().unwrap();
            (format!("{}//{}", field("protocol"), field("host")), format!("/{path}"))
        });
        let found = followed(&base, location);
        // two that the standard has, and where no service is: port 0, and a host of signs
        let nowhere = |(origin, _): &(String, String)| origin.ends_with(":0") || origin.contains('!');
        if expected.as_ref().is_some_and(nowhere) {
            assert_eq!(found, None, "{input}");
        } else if found != expected {
            wrong.push((input, test["base"].clone(), found, expected));
        } else if expected.is_some() {
            held += 1;
        } else {
            elsewhere += 1;
        }
    }
    println!("{held} lead where the suite says, {elsewhere} nowhere");
    assert!(wrong.is_empty(), "{} lead elsewhere: {wrong:#?}", wrong.len());
    assert!(held > 150 && elsewhere > 100, "the suite has been read");
}

/// The parts of a base that is written in full; `None` of one that no request is sent to.
fn split(base: &str) -> Option<Value> {
    let (protocol, rest) = base.split_once("//").filter(|(protocol, _)| matches!(*protocol, "http:" | "https:"))?;
    let rest = rest.split('#').next()?;
    let (host, path) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
    let (pathname, search) = path.find('?').map_or((path, ""), |at| path.split_at(at));
    (!host.contains('@')).then(|| json!({"protocol": protocol, "host": host, "pathname": pathname, "search": search}))
}
