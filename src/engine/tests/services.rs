use super::service::{Received, Reply};
use super::virtual_run::VirtualRun;

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
