use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::program::{Payload, append_query};
use super::*;
use crate::diagnostic::{Problems, Sources};
use crate::expression::{Answer, Scope, ScopeRng, ScopeUser, Value};
use crate::plan::read_text;
use crate::units::{Scale, Seed};

fn compiled(text: &str) -> Program {
    let (mut sources, mut problems) = (Sources::default(), Problems::default());
    let plan = read_text("plan.yaml", text, &|_| None, &mut sources, &mut problems).unwrap();
    let filter = Filter::default();
    let options =
        CompileOptions { name: "plan", seed: Seed::new(1), filter: &filter, scale: Scale::WHOLE, sources: &sources };
    let program = compile(&plan, &options, &mut problems);
    program.unwrap_or_else(|| panic!("{:#?}", problems.sorted()))
}

/// A plan with these endpoints, two vars and a data set.
fn with_endpoints(endpoints: &str) -> Program {
    compiled(&format!(
        "target: http://127.0.0.1:8000/v1\nvars: {{key: secret, limit: 5}}\ndata: {{words: {{list: [a, b]}}}}\n\
         endpoints:\n{endpoints}\nshape: {{constant: {{users: 1, for: 1s}}}}\n"
    ))
}

fn scope(program: &Program) -> Arc<Scope> {
    let user = ScopeUser { id: 1, kind: "user".into() };
    Scope::new(program.globals.clone(), user, ScopeRng::new(Seed::new(1)))
}

fn body(program: &Program) -> String {
    let (scope, endpoint) = (scope(program), &program.endpoints[0]);
    endpoint.with.iter().for_each(|(name, value)| scope.bind(name, value.eval(&scope).unwrap()));
    filled_body(endpoint, &scope)
}

/// The body of an endpoint's request, as a text.
pub(super) fn filled_body(endpoint: &Endpoint, scope: &Arc<Scope>) -> String {
    let (mut headers, mut buffer) = (http::HeaderMap::new().into(), BodyBuffer::default());
    let body = endpoint.payload.fill(scope, &mut headers, &mut buffer).unwrap();
    String::from_utf8(body.in_memory().to_vec()).unwrap()
}

#[test]
fn what_never_changes_is_rendered_once() {
    let program = with_endpoints(
        "  a: {post: \"/x/{{ limit }}\", query: {q: \"a b&{{ key }}\"}, headers: {X-Key: \"{{ key }}\"}, json: {n: \"{{ limit }}\"}}",
    );
    let endpoint = &program.endpoints[0];
    assert!(
        matches!(&endpoint.path, Path::Fixed(path) if path.as_str() == "/v1/x/5?q=a%20b%26secret"),
        "{:?}",
        endpoint.path
    );
    assert_eq!(endpoint.headers["x-key"], "secret");
    assert_eq!(endpoint.headers["content-type"], "application/json");
    assert!(endpoint.live_headers.is_empty());
    assert!(
        matches!(&endpoint.payload, Payload::Fixed(body) if &body.in_memory()[..] == b"{\"n\":5}"),
        "{:?}",
        endpoint.payload
    );
}

#[test]
fn what_a_function_or_a_call_fills_in_is_filled_in_by_the_run() {
    let program = with_endpoints(
        "  a: {post: \"/x/{{ limit }}\", with: {limit: 9}, headers: {X-Id: \"{{ uuid() }}\"}, json: {w: \"{{ choice(words) }}\"}}",
    );
    let endpoint = &program.endpoints[0];
    assert!(matches!(endpoint.path, Path::Live { .. }), "a `with` stands nearer than the var");
    assert_eq!(endpoint.live_headers.len(), 1);
    assert!(matches!(endpoint.payload, Payload::Json(_)));
}

#[test]
fn a_json_body_keeps_the_types_of_its_expressions_and_escapes_its_texts() {
    let program = with_endpoints(
        "  a: {post: /x, with: {t: 'say \"hi\"'}, json: {n: \"{{ random_int(7, 7) }}\", s: \"{{ t }}!\", l: [1, null, true, \"{{ t }}\"], o: {k: \"{{ 1 == uuid() }}\"}}}",
    );
    assert_eq!(body(&program), r#"{"n":7,"s":"say \"hi\"!","l":[1,null,true,"say \"hi\""],"o":{"k":false}}"#);
}

#[test]
fn a_header_of_the_target_is_taken_away_with_null_and_replaced_by_name() {
    let program = compiled(
        "target: {url: http://127.0.0.1:1, headers: {X-Key: a, X-Other: b}}\nendpoints:\n  a: {get: /x, headers: {x-key: null, x-other: c}}\nshape: {constant: {users: 1, for: 1s}}\n",
    );
    let headers = &program.endpoints[0].headers;
    assert!(!headers.contains_key("x-key"));
    assert_eq!(headers["x-other"], "c");
}

fn judged(expect: &str, status: u16, text: &'static str) -> Result<(), String> {
    let program = with_endpoints(&format!("  a: {{get: /x, expect: {expect}}}"));
    let mut headers = ::http::HeaderMap::new();
    headers.insert("content-type", ::http::HeaderValue::from_static("application/json"));
    let elapsed = Duration::from_millis(80);
    let answer = Answer::new(status, headers, Bytes::from_static(text.as_bytes()), elapsed);
    let scope = scope(&program);
    scope.answer(Some(answer.clone()));
    let checks = &program.endpoints[0].expect;
    checks.iter().try_for_each(|check| check.evaluate(&answer, elapsed, &scope)).map_err(|broken| broken.message)
}

#[test]
fn checks_hold_or_say_how_they_do_not() {
    let json = r#"{"n": 5, "list": [1, 2], "text": "abc", "none": null}"#;
    for expect in [
        "{}",
        "{status: [404, 2xx]}",
        "{header: {content-type: {contains: json}}}",
        "{json: {$.n: 5, $.none: exists, $.gone: absent, $.list: {contains: 2}, $.text: {matches: '^a'}}}",
        "{json: {$.n: {at_least: 5, at_most: \"{{ limit }}\", not: 6}}}",
        "{body: {contains: abc}, within: 100ms, that: [json.n == 5, elapsed < 0.1]}",
    ] {
        assert_eq!(judged(expect, 200, json), Ok(()), "{expect}");
    }
    for (expect, said) in [
        ("{}", "expected status 2xx or 3xx, got 500"),
        ("{status: 404}", "expected status 404, got 500"),
        ("{status: 500, json: {$.n: {at_most: 4}}}", "`$.n`: expected at most `4`"),
        ("{status: 500, json: {$.gone: exists}}", "`$.gone`: is missing"),
        ("{status: 500, json: {$.n: absent}}", "`$.n`: is there, expected none"),
        ("{status: 500, json: {$.text: {at_most: 4}}}", "`$.text`: expected at most `4`"),
        ("{status: 500, within: 50ms}", "took longer than 50ms"),
        ("{status: 500, that: json.n > 5}", "`json.n > 5` is false"),
        ("{status: 500, that: json.n > 5, otherwise: 'n is {{ json.n }}'}", "n is 5"),
    ] {
        assert_eq!(judged(expect, 500, json).unwrap_err(), said, "{expect}");
    }
    assert!(judged("{that: json.m > 5}", 200, json).unwrap_err().ends_with("in `json.m > 5`"));
    assert_eq!(judged("{json: {$.n: 1}}", 200, "<html>").unwrap_err(), "the body is not JSON");
}

#[test]
fn a_plan_without_users_has_one_type_that_calls_each_endpoint_by_its_weight() {
    let program = with_endpoints("  a: {get: /a}\n  b: {get: /b, weight: 3}");
    let weights: Vec<f64> = program.users[0].tasks.iter().map(|task| task.weight).collect();
    assert_eq!((program.users.len(), weights), (1, vec![1.0, 3.0]));
    assert_eq!((program.rules.len(), &*program.rules[0].place), (1, ""), "the default rule has no place in the plan");
    assert_eq!(program.rules[0].require.to_string(), "error_rate < 1%");
}

#[test]
fn a_query_leaves_none_out_and_repeats_a_list() {
    let mut path = "/x".to_owned();
    append_query(&mut path, "a", &Value::from(()));
    append_query(&mut path, "b", &Value::from(vec![Value::from(1), Value::from("é")]));
    assert_eq!(path, "/x?b=1&b=%C3%A9");
}

#[test]
fn secrets_are_the_values_of_the_vars_that_are_named() {
    let program = compiled(
        "target: http://127.0.0.1:1\nvars: {key: s3cret, other: plain}\nsecrets: [key]\nendpoints: {a: {get: /}}\nshape: {constant: {users: 1, for: 1s}}\n",
    );
    assert_eq!(program.secrets.mask("as3cret"), "a***");
}

#[test]
fn a_threshold_on_what_refreshes_a_token_stays_where_its_users_do() {
    let text = "target: http://127.0.0.1:8000\n\
        endpoints: {token: {post: /token}, list: {get: /list}, other: {get: /other}}\n\
        users:\n  client: {refresh: {max_age: 9m, steps: token}, tasks: {list: list}}\n  \
        guest: {tasks: {other: other}}\n\
        shape: {constant: {users: 2, for: 1s}}\n\
        thresholds: [\"p95{endpoint=token} < 1s\", \"p95{endpoint=other} < 1s\"]\n";
    let (mut sources, mut problems) = (Sources::default(), Problems::default());
    let plan = read_text("plan.yaml", text, &|_| None, &mut sources, &mut problems).unwrap();
    let client = plan.users.iter().flat_map(|users| &users.0).map(|(name, _)| name).next().unwrap();
    let filter = Filter { users: vec![(client.value.clone(), client.span)], ..Filter::default() };
    let options =
        CompileOptions { name: "plan", seed: Seed::new(1), filter: &filter, scale: Scale::WHOLE, sources: &sources };
    let program = compile(&plan, &options, &mut problems).unwrap();
    let left: Vec<&str> = program.left_out.iter().map(|left| &*left.require).collect();
    assert_eq!(left, ["p95{endpoint=other} < 1s"]);
}
