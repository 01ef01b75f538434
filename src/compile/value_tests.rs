//! Values on their way from the plan into a request.

use std::sync::Arc;
use std::time::Duration;

use super::tests::filled_body;
use super::*;
use crate::diagnostic::{Problems, Sources};
use crate::expression::{Answer, Scope, ScopeRng, ScopeUser};
use crate::plan::{Overrides, read_text_over};
use crate::units::{Scale, Seed};

const REST: &str = "\ntarget: http://127.0.0.1:8000\nshape: {constant: {users: 1, for: 1s}}\n";

struct Environment<'a> {
    variables: &'a [(&'a str, &'a str)],
    set: &'a [(&'a str, &'a str)],
}

const NOTHING: Environment = Environment { variables: &[], set: &[] };

/// A plan, or what is told of it.
fn read(text: &str, environment: &Environment) -> Result<Program, String> {
    let (mut sources, mut problems) = (Sources::default(), Problems::default());
    let lookup = |name: &str| {
        let found = environment.variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    let set = environment.set.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let overrides = Overrides { set, ..Overrides::default() };
    let plan = read_text_over("plan.yaml", &format!("{text}{REST}"), &overrides, &lookup, &mut sources, &mut problems);
    let filter = Filter::default();
    let options =
        CompileOptions { name: "plan", seed: Seed::new(1), filter: &filter, scale: Scale::WHOLE, sources: &sources };
    let program = plan.and_then(|plan| compile(&plan, &options, &mut problems));
    program.filter(|_| problems.errors() == 0).ok_or_else(|| format!("{:#?}", problems.sorted()))
}

fn scope(program: &Program) -> Arc<Scope> {
    let user = ScopeUser { id: 1, kind: "user".into() };
    Scope::new(program.globals.clone(), user, ScopeRng::new(Seed::new(1)))
}

/// What the first endpoint sends: path, headers and body.
fn sent(text: &str, environment: &Environment) -> (String, Vec<String>, String) {
    let program = read(text, environment).unwrap_or_else(|told| panic!("{text}: {told}"));
    let (scope, endpoint) = (scope(&program), &program.endpoints[0]);
    endpoint.with.iter().for_each(|(name, value)| scope.bind(name, value.eval(&scope).unwrap()));
    let path = match &endpoint.path {
        Path::Fixed(path) => path.to_string(),
        Path::Live(live) => live.render(&scope).unwrap().to_string(),
        Path::Whole(whole) => whole.render(&scope).unwrap().1.to_string(),
    };
    let fixed = endpoint.headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()));
    let live = endpoint.live_headers.iter().map(|(name, source)| match source {
        HeaderSource::Lines(lines) => {
            let lines: Vec<_> = lines.iter().map(|line| format!("{name}: {}", line.render(&scope).unwrap())).collect();
            lines.join("\n")
        }
        HeaderSource::Basic(user, password) => {
            format!("{name}: {}:{}", user.render(&scope).unwrap(), password.render(&scope).unwrap())
        }
    });
    let mut headers: Vec<String> = fixed.chain(live).collect();
    headers.retain(|header| !header.starts_with("content-type"));
    headers.sort();
    let body = filled_body(endpoint, &scope);
    (path, headers, body)
}

#[test]
fn booleans_null_lists_and_maps_are_sent_as_json_writes_them() {
    let vars = "vars: {flag: true, off: false, nil: null, list: [1, b, true, null], map: {a: [false]}}\n";
    let (path, headers, body) = sent(
        &format!(
            "{vars}endpoints: {{a: {{post: \"/echo/{{{{ flag }}}}/{{{{ nil }}}}\", query: {{active: true, o: \"{{{{ off }}}}\", \
             m: \"{{{{ map }}}}\"}}, form: {{remember: true, l: \"x{{{{ list }}}}\"}}, headers: {{X-A: \"{{{{ flag }}}}\", X-B: true}}}}}}"
        ),
        &NOTHING,
    );
    assert_eq!(path, "/echo/true/null?active=true&o=false&m=%7B%22a%22%3A%5Bfalse%5D%7D");
    assert_eq!(headers, ["x-a: true", "x-b: true"]);
    assert_eq!(body, "remember=true&l=x%5B1%2C%22b%22%2Ctrue%2Cnull%5D");
    let text = format!("{vars}endpoints: {{a: {{post: /x, text: \"{{{{ list }}}} {{{{ map ~ flag }}}}\"}}}}");
    assert_eq!(sent(&text, &NOTHING).2, r#"[1,"b",true,null] {"a":[false]}true"#);
}

#[test]
fn a_value_of_the_environment_or_of_the_command_line_is_sent_as_it_is() {
    for value in ["ab{#cd#}ef", "x{{1+1}}", "a{{b", "pw{%oops", "${HOME}", "a'b\"c\\d", "{% raw %}", "}}"] {
        let json = serde_json::to_string(value).unwrap();
        for environment in [
            Environment { variables: &[("KEY", value)], set: &[] },
            Environment { variables: &[("KEY", "other")], set: &[("key", value)] },
        ] {
            let var = "vars: {key: \"${KEY}\"}\nendpoints: {a: {post: /x, headers: {X: \"{{ key }}\"}, auth: {bearer: \"{{ key }}\"}, json: {k: \"{{ key }}\", t: \"<{{ key }}>\"}}}";
            let (_, headers, body) = sent(var, &environment);
            assert_eq!(headers, [format!("authorization: Bearer {value}"), format!("x: {value}")]);
            assert_eq!(body, format!("{{\"k\":{json},\"t\":\"<{}>\"}}", json.trim_matches('"')));
        }
        let environment = Environment { variables: &[("KEY", value)], set: &[] };
        let direct = "endpoints: {a: {post: /x, headers: {X: \"${KEY}\", Y: \"{{ 1 }}${KEY}\"}, auth: {basic: {user: u, password: \"${KEY}\"}}, json: {k: \"${KEY}\", l: [\"{{ '${KEY}' }}\"]}}}";
        let (_, headers, body) = sent(direct, &environment);
        assert_eq!(headers, [format!("authorization: u:{value}"), format!("x: {value}"), format!("y: 1{value}")]);
        assert_eq!(body, format!("{{\"k\":{json},\"l\":[{json}]}}"));
        let text = sent("endpoints: {a: {post: /x, text: \"{% if true %}${KEY}{% endif %}\"}}", &environment);
        assert_eq!(text.2, value);
        let default = sent("endpoints: {a: {post: /x, text: \"${NONE:-{{ 1 }}\"}}", &NOTHING);
        assert_eq!(default.2, "{{ 1 }");
    }
}

#[test]
fn no_message_shows_a_value_of_the_environment_or_of_the_command_line() {
    let secret = "hun{%ter2";
    let variables = &[("KEY", secret), ("N", "77x")][..];
    for plan in [
        "endpoints: {a: {get: \"x${KEY}\"}}",
        "endpoints: {\"a\": {get: /x, extends: \"${KEY}\"}}",
        "endpoints: {a: {get: /x, headers: {X: \"{{ ${KEY} + }}\"}}}",
        "endpoints: {a: {get: /x, headers: {X: \"{{ '${KEY}' | nothing }}{% if\"}}}",
        "endpoints: {a: {get: /x, timeout: \"${N}\"}}",
        "endpoints: {a: {get: /x, file: \"${KEY}\"}}",
        "endpoints: {a: {get: /x}}\nthresholds: [\"p95 < ${N}\"]",
        "endpoints: {a: {get: /x}}\nusers: {u: {tasks: {t: {call: \"${KEY}\"}}}}",
        "endpoints: {a: {get: /x, redirects: \"${N}\"}}",
    ] {
        let told = read(plan, &Environment { variables, set: &[] }).err().unwrap_or_else(|| panic!("{plan} is good"));
        assert!(!told.contains("hun{%ter2") && !told.contains("ter2") && !told.contains("77x"), "{plan}: {told}");
    }
    let told = read(
        "vars: {n: 1}\nendpoints: {a: {get: \"/{{ n + nothing }}\"}}",
        &Environment { variables: &[], set: &[("n", secret)] },
    );
    assert!(!told.err().unwrap().contains("ter2"));
}

#[test]
fn a_whole_value_of_the_environment_still_reads_as_what_its_place_wants() {
    let variables = &[("N", "3"), ("T", "250ms"), ("ON", "true"), ("URL", "http://127.0.0.1:9")][..];
    let environment = Environment { variables, set: &[] };
    let plan = "endpoints: {a: {get: /x, timeout: \"${T}\", redirects: \"${N}\"}}\nusers: {u: {tasks: {t: {steps: [{repeat: {times: \"${N}\", steps: [{call: a}]}}]}}}}";
    let program = read(plan, &environment).unwrap();
    assert_eq!((program.endpoints[0].timeout, program.endpoints[0].redirects), (Duration::from_millis(250), 3));
    let plan = "vars: {limit: \"${N}\"}\nendpoints: {a: {get: /x, expect: {that: [\"json.n <= limit\", \"json.n < ${N} + 1\"]}}}";
    let program = read(plan, &environment).unwrap();
    let held = |json: &'static str| {
        let scope = scope(&program);
        let answer =
            Answer::new(200, http::HeaderMap::new(), bytes::Bytes::from_static(json.as_bytes()), Duration::ZERO);
        scope.answer(Some(answer.clone()));
        program.endpoints[0].expect.iter().all(|check| check.evaluate(&answer, Duration::ZERO, &scope).is_ok())
    };
    assert!(held(r#"{"n": 3}"#) && held(r#"{"n": "2"}"#));
    assert!(!held(r#"{"n": 4}"#) && !held(r#"{"n": "10"}"#) && !held(r#"{"n": "a"}"#) && !held(r#"{"n": null}"#));
}

#[test]
fn a_number_keeps_its_spelling_where_a_text_is_meant() {
    let (path, headers, body) = sent(
        "vars: {zip: 01234, v: 1.10, half: .5}\nendpoints: {a: {post: \"/x/{{ zip }}\", query: {zip: 01234, hash: 1234e5, hex: 0x1F, list: [007, 1.0], u: 1_000}, \
         headers: {X-Store: 0042, X-Version: 1.10, X-Var: \"{{ v }}/{{ half }}\", X-E: 1e3, X-Plus: +5, X-Word: yes}, form: {pin: 0042, v: 1.10, d: .5}}}",
        &NOTHING,
    );
    assert_eq!(path, "/x/01234?zip=01234&hash=1234e5&hex=0x1F&list=007&list=1.0&u=1_000");
    assert_eq!(
        headers,
        ["x-e: 1e3", "x-plus: +5", "x-store: 0042", "x-var: 1.10/.5", "x-version: 1.10", "x-word: yes"]
    );
    assert_eq!(body, "pin=0042&v=1.10&d=.5");
    let text = sent("endpoints: {a: {post: /x, text: 01.50}}", &NOTHING);
    assert_eq!(text.2, "01.50");
    let part = sent("endpoints: {a: {post: /x, multipart: {pin: 0042, more: {text: 1.10}}}}", &NOTHING);
    assert!(part.2.contains("\r\n\r\n0042\r\n") && part.2.contains("\r\n\r\n1.10\r\n"), "{}", part.2);
    let json = sent(
        "endpoints: {a: {post: /x, json: {v: 1.10, n: -5, e: 1e3, big: 123456789012345678901234567890}}}",
        &NOTHING,
    );
    assert_eq!(json.2, r#"{"v":1.10,"n":-5,"e":1e3,"big":123456789012345678901234567890}"#);
    let used = sent(
        "vars: {n: 1.10, m: 0042}\nendpoints: {a: {post: /x, json: {n: \"{{ n * 2 }}\", m: \"{{ m + 1 }}\", z: \"{{ m }}\"}}}",
        &NOTHING,
    );
    assert_eq!(used.2, r#"{"n":2.2,"m":43,"z":42}"#);
}

#[test]
fn a_number_that_json_does_not_have_is_a_mistake_in_a_json_body() {
    for number in ["0042", "0x1F", ".5", "+5", "-01", "5."] {
        let plan = format!("endpoints: {{a: {{post: /x, json: {{deep: [{{pin: {number}}}]}}}}}}");
        let told = read(&plan, &NOTHING).err().unwrap_or_else(|| panic!("{number} is sent"));
        assert!(told.contains(&format!("`{number}` is not a number of JSON")), "{number}: {told}");
    }
}

#[test]
fn a_value_in_a_path_is_one_segment_and_the_name_of_the_request_stays_readable() {
    let environment = Environment { variables: &[("TENANT", "/t 1")], set: &[] };
    let plan = "vars: {city: \"São Paulo/c#d\"}\nendpoints: {a: {get: \"${TENANT}/café/{{ city }}?u={{ city }}\", query: {q: \"{{ city }}\"}}}";
    let city = "S%C3%A3o%20Paulo%2Fc%23d";
    assert_eq!(sent(plan, &environment).0, format!("/t%201/caf%C3%A9/{city}?u={city}&q={city}"));
    let program = read(plan, &environment).unwrap();
    let label = program.endpoints[0].label.render(&scope(&program)).unwrap();
    assert_eq!(label, "/t 1/café/São Paulo/c#d?u=São Paulo/c#d");
    let live = "endpoints: {a: {get: \"/{{ v }}/{{ v | raw }}\", with: {v: \"{{ 'a/b' }}\"}}}";
    assert_eq!(sent(live, &NOTHING).0, "/a%2Fb/a/b");
    let told = read("endpoints: {a: {get: \"/a#b\"}}", &NOTHING).err().unwrap();
    assert!(told.contains("never sent"), "{told}");
}

#[test]
fn matchers_compare_a_header_with_a_number_as_numbers() {
    let plan = |matcher: &str| {
        format!("endpoints: {{a: {{get: /x, expect: {{header: {{X-Left: {matcher}}}, json: {{$.n: {matcher}}}}}}}}}")
    };
    let judged = |matcher: &str, left: &'static str, n: &str| {
        let program = read(&plan(matcher), &NOTHING).unwrap();
        let mut headers = http::HeaderMap::new();
        headers.insert("x-left", http::HeaderValue::from_static(left));
        let body = bytes::Bytes::from(format!("{{\"n\": {n}}}"));
        let answer = Answer::new(200, headers, body, Duration::ZERO);
        let scope = scope(&program);
        program.endpoints[0].expect.iter().all(|check| check.evaluate(&answer, Duration::ZERO, &scope).is_ok())
    };
    for matcher in
        ["17", "{at_least: 5}", "{at_most: 17.5}", "{not: 18}", "\"17\"", "{at_least: \"9\"}", "17.0", "{contains: 7}"]
    {
        let n = if matcher.contains("contains") { "\"17\"" } else { "17" };
        assert!(judged(matcher, "17", n) && judged(matcher, "17", "\"17\""), "{matcher}");
    }
    for matcher in ["18", "{at_least: 100}", "{at_most: 5}", "{not: 17}", "{at_least: many}"] {
        assert!(!judged(matcher, "17", "17"), "{matcher}");
    }
    assert!(
        judged("1.10", "1.10", "\"1.10\"") && judged("true", "true", "true") && !judged("{at_least: 5}", "abc", "null")
    );
}

#[test]
fn a_check_that_fails_does_not_show_what_it_wanted_where_the_environment_gave_it() {
    let environment = Environment { variables: &[("KEY", "hunter2")], set: &[] };
    for matcher in ["\"${KEY}\"", "{equals: \"x${KEY}\"}", "{contains: \"${KEY}\"}", "{at_least: \"${KEY}\"}"] {
        let plan = format!("endpoints: {{a: {{get: /x, expect: {{json: {{$.n: {matcher}}}}}}}}}");
        let program = read(&plan, &environment).unwrap();
        let answer = Answer::new(200, http::HeaderMap::new(), bytes::Bytes::from_static(b"{\"n\": 1}"), Duration::ZERO);
        let (check, scope) = (&program.endpoints[0].expect[1], scope(&program));
        for message in [
            check.evaluate(&answer, Duration::ZERO, &scope).unwrap_err().message,
            check.evaluate_without_message(&answer, Duration::ZERO, &scope).unwrap_err().message,
            check.expectation.to_string(),
        ] {
            assert!(message.contains("${KEY}") && !message.contains("hunter2"), "{message}");
        }
    }
}
