use std::sync::Arc;

use super::service::{Received, Reply};
use super::virtual_run::{Played, VirtualRun};

const PLAN: &str = "
targets: {api: {url: http://api.test/v1, headers: {x-key: of-the-api}}, auth: http://auth.test, again: http://api.test/v2}
endpoints:
  products: {get: /products}
  login: {service: auth, post: /login, text: hello}
  me: {service: auth, get: /me}
  other: {service: again, get: /other}
users: {u: {on_start: [{call: login}], tasks: {all: [{call: products}, {call: me}, {call: other}]}}}
shape: {iterations: {users: 1, each: 2, within: 1m}}
";

fn headers_of(received: &[Received], line: &str) -> Vec<String> {
    received.iter().filter(|got| got.line == line).map(|got| got.headers.to_lowercase()).collect()
}

#[test]
fn each_service_has_its_own_address_headers_and_connection_and_cookies_stay_with_their_origin() {
    let service = |got: &Received| match got.line.as_str() {
        "POST /login" => Reply::With { header: "set-cookie: session=1" },
        "GET /v1/products" => Reply::With { header: "set-cookie: basket=2; Domain=api.test; Path=/" },
        _ => Reply::ok(),
    };
    let played = VirtualRun::of(PLAN).answering(service).play();
    let of = |line: &str| headers_of(&played.received, line);
    assert_eq!((of("POST /login").len(), of("GET /me").len(), of("GET /v1/products").len()), (1, 2, 2));
    assert!(of("GET /me").iter().all(|got| got.contains("host: auth.test") && got.contains("cookie: session=1")));
    assert!(
        of("GET /v1/products").iter().all(|got| got.contains("host: api.test") && got.contains("x-key: of-the-api"))
    );
    assert!(of("GET /v1/products").iter().all(|got| !got.contains("session")));
    assert!(of("GET /me").iter().all(|got| !got.contains("x-key") && !got.contains("basket")));
    // two services of one origin share cookies, and nothing else
    assert!(of("GET /v2/other").iter().all(|got| got.contains("cookie: basket=2") && !got.contains("x-key")));
    let mut connections: Vec<_> = played.received.iter().map(|got| got.connection).collect();
    connections.sort_unstable();
    connections.dedup();
    assert_eq!(connections.len(), 3, "one connection a service, kept alive");
}

#[test]
fn calls_at_once_reach_their_services() {
    let plan = PLAN.replace("[{call: products}, {call: me}, {call: other}]", "[{parallel: [products, me]}]");
    let played = VirtualRun::of(&plan).play();
    let of = |line: &str| headers_of(&played.received, line);
    assert!(of("GET /me").len() == 2 && of("GET /me").iter().all(|got| got.contains("host: auth.test")));
    assert!(
        of("GET /v1/products").len() == 2 && of("GET /v1/products").iter().all(|got| got.contains("host: api.test"))
    );
}

fn failures(played: &Played) -> u64 {
    played.totals.series().map(|(_, total)| total.counts.failures()).sum()
}

/// One user asks for the first page and then for what it was told, with the headers of its service and a cookie.
fn told_to_go(told: &'static str, hosts: &str) -> Played {
    let plan = format!(
        "
target: {{url: http://api.test/v1, headers: {{x-key: of-the-api}}, http: {{redirects: 2}}}}
endpoints:
  first: {{get: /first, headers: {{x-token: mine}}, hosts: [{hosts}], capture: {{next: {{header: x-next, or: ''}}}}}}
  next: {{url: '{{{{ next }}}}', hosts: [{hosts}], headers: {{x-own: '1'}}, query: {{n: 1}}}}
users: {{u: {{tasks: {{all: [{{call: first}}, {{call: next}}]}}}}}}
shape: {{iterations: {{users: 1, each: 1, within: 1m}}}}
"
    )
    .replace(", or: ''", "");
    let service = move |got: &Received| match got.line.as_str() {
        "GET /v1/first" => Reply::With { header: told },
        _ => Reply::ok(),
    };
    VirtualRun::of(&plan).answering(service).play()
}

#[test]
fn a_whole_url_leads_to_its_service_or_to_what_hosts_allow_and_nothing_of_the_service_goes_along() {
    let home = told_to_go("x-next: http://api.test/v1/page?after=2\r\nset-cookie: a=1; path=/", "");
    let got = headers_of(&home.received, "GET /v1/page?after=2&n=1");
    assert!(got.iter().all(|got| got.contains("x-key") && got.contains("cookie: a=1")) && got.len() == 1, "{got:?}");

    let home = told_to_go("x-next: /v2/page?after=2", "");
    let got = headers_of(&home.received, "GET /v2/page?after=2&n=1");
    assert!(got.iter().all(|got| got.contains("x-key")) && got.len() == 1, "{got:?}");

    let away =
        told_to_go("x-next: https://eu.files.test:80/x?sig=a%2Fb\r\nset-cookie: a=1; path=/", "'*.files.test:80'");
    assert_eq!(failures(&away), 1, "the service in memory speaks no TLS");
    let away = told_to_go("x-next: http://eu.files.test/x?sig=a%2Fb\r\nset-cookie: a=1; path=/", "'*.files.test'");
    let got = headers_of(&away.received, "GET /x?sig=a%2Fb&n=1");
    assert_eq!(got.len(), 1);
    assert!(got[0].contains("host: eu.files.test") && got[0].contains("x-own: 1"), "{got:?}");
    assert!(!got[0].contains("x-key") && !got[0].contains("cookie"), "{got:?}");

    for elsewhere in [
        "x-next: http://evil.test/x",
        "x-next: //evil.test/page",
        "x-next: page",
        "x-next: file:///etc/passwd",
        "x-next: http://a:b@api.test/",
    ] {
        let refused = told_to_go(elsewhere, "'*.files.test'");
        assert_eq!((refused.received.len(), failures(&refused)), (1, 1), "{elsewhere}");
    }
}

#[test]
fn a_redirect_goes_to_other_hosts_only_where_they_are_listed_and_takes_no_secret_along() {
    let plan = "
target: {url: http://api.test, headers: {x-key: of-the-api}, http: {redirects: 2}}
endpoints:
  go: {get: /go, hosts: [files.test], headers: {authorization: mine, x-own: '1'}}
users: {u: {tasks: {all: [{call: go}]}}}
shape: {iterations: {users: 1, each: 1, within: 1m}}
";
    let play = |plan: &str| {
        let service = |got: &Received| match got.line.as_str() {
            "GET /go" => Reply::Redirect { status: 302, location: "http://files.test/x".to_owned() },
            "GET /x" => Reply::Redirect { status: 302, location: "http://api.test/y".to_owned() },
            _ => Reply::ok(),
        };
        VirtualRun::of(plan).answering(service).play()
    };
    let played = play(plan);
    let away = headers_of(&played.received, "GET /x");
    assert!(away.len() == 1 && away[0].contains("host: files.test") && away[0].contains("x-own: 1"), "{away:?}");
    assert!(!away[0].contains("x-key") && !away[0].contains("authorization"), "{away:?}");
    let back = headers_of(&played.received, "GET /y");
    assert!(back.len() == 1 && back[0].contains("host: api.test"), "{back:?}");
    let refused = play(&plan.replace("hosts: [files.test]", "hosts: []"));
    assert_eq!((refused.received.len(), failures(&refused)), (1, 1));
}

#[test]
fn a_header_with_a_list_is_sent_a_line_for_each_of_its_items() {
    let plan = "
target: {url: http://api.test, headers: {x-of-target: [1, '{{ user.id }}'], x-gone: [a, b]}}
endpoints:
  go: {get: /go, headers: {x-own: [p, q], user-agent: [me, too], cookie: [a=1, b=2], x-gone: null}}
users: {u: {tasks: {all: [{call: go}, {call: go}]}}}
shape: {iterations: {users: 1, each: 1, within: 1m}}
";
    let service = |_: &Received| Reply::With { header: "set-cookie: c=3; path=/" };
    let played = VirtualRun::of(plan).answering(service).play();
    let lines = |got: &str, name: &str| {
        let prefix = format!("{name}: ");
        got.lines().filter_map(|line| line.strip_prefix(&prefix)).map(str::to_owned).collect::<Vec<_>>()
    };
    let got = headers_of(&played.received, "GET /go");
    assert_eq!(got.len(), 2);
    for got in &got {
        assert_eq!(lines(got, "x-of-target"), ["1", "1"], "{got}");
        assert_eq!(lines(got, "x-own"), ["p", "q"], "{got}");
        assert_eq!(lines(got, "user-agent"), ["me", "too"], "{got}");
        assert_eq!(lines(got, "x-gone"), [""; 0], "{got}");
    }
    // cookies of the service go into one line with the plan's own (RFC 6265, section 5.4)
    assert_eq!(lines(&got[0], "cookie"), ["a=1", "b=2"]);
    assert_eq!(lines(&got[1], "cookie"), ["a=1; b=2; c=3"]);
}

#[test]
fn a_place_that_is_allowed_and_cannot_be_connected_to_is_told_as_that() {
    let plan = "
target: {url: http://api.test, http: {redirects: 2}}
endpoints:
  go: {get: /go, hosts: ['https://files.test']}
  next: {url: 'https://files.test/x', hosts: ['https://files.test']}
users: {u: {tasks: {one: {call: go}, two: {call: next}}, sequence: [one, two]}}
shape: {iterations: {users: 1, each: 2, within: 1m}}
";
    let redirect = |_: &Received| Reply::Redirect { status: 302, location: "https://files.test/x".to_owned() };
    let mut run = VirtualRun::of(plan).answering(redirect);
    // what a plan cannot say: TLS that cannot be brought up
    Arc::get_mut(&mut run.program).unwrap().services[0].connections.authorities = b"no PEM".to_vec();
    let played = run.play();
    let told: Vec<&str> =
        played.seconds.iter().flat_map(|second| &second.errors).map(|error| &*error.key.message).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    for message in told {
        assert!(message.contains("to `https://files.test`: the certificate authorities cannot be read"), "{message}");
    }
}
