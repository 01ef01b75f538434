use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::*;
use crate::units::{Rate, Ratio, Seed};

const KEY: &str = "x-api-key: cm_test_key";

fn started(behaviour: Behaviour) -> Target {
    Target::start(behaviour, ([127, 0, 0, 1], 0).into()).unwrap()
}

/// Status, head and body of one request on a connection of its own.
fn ask(address: SocketAddr, line: &str, headers: &[&str], body: &str) -> (u16, String, Value) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let headers: String = headers.iter().flat_map(|header| [header, "\r\n"]).collect();
    let length = body.len();
    let request =
        format!("{line} HTTP/1.1\r\nhost: t\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, head.to_owned(), serde_json::from_str(body).unwrap())
}

fn post(target: &Target, path: &str, body: &Value) -> (u16, Value) {
    let (status, _, answer) = ask(target.address(), &format!("POST {path}"), &[KEY], &body.to_string());
    (status, answer)
}

#[test]
fn what_is_wrong_is_answered_as_the_product_answers_it() {
    let target = started(Behaviour::default());
    let at = target.address();
    let (status, _, body) = ask(at, "GET /v1/stats", &[], "");
    assert_eq!((status, body), (401, json!({"error": "Missing or invalid authentication"})));
    let (status, _, body) = ask(at, "GET /v1/stats", &["x-api-key: cm_other"], "");
    assert_eq!((status, &body["error"]), (401, &json!("Missing or invalid authentication")));
    let (status, _, body) = ask(at, "POST /v1/federation/contribute", &[KEY], "{}");
    assert_eq!((status, body), (404, json!({"detail": "Not Found"})));
    assert_eq!(ask(at, "DELETE /v1/stats", &[KEY], "").0, 405);
    assert_eq!(ask(at, "GET /v1/entities?entity_type=planet", &[KEY], "").0, 400);
    for body in [
        json!({"message": ""}),
        json!({}),
        json!({"message": "a", "max_concepts": 0}),
        json!({"message": "a", "max_concepts": 101}),
        json!([1]),
    ] {
        let (status, answer) = post(&target, "/v1/recall", &body);
        assert_eq!((status, answer["detail"].is_array()), (422, true), "{body}");
    }
    let (status, _, answer) = ask(at, "POST /v1/recall", &[KEY], "{nope");
    assert_eq!((status, &answer["detail"][0]["type"]), (422, &json!("json_invalid")));
    assert_eq!(ask(at, "GET /v1/health", &[], "").2["status"], "healthy");
}

#[test]
fn concepts_grow_as_they_are_learned_and_each_tenant_has_its_own() {
    let target = started(Behaviour::default());
    let (_, before) = post(&target, "/v1/recall", &json!({"message": "postgres", "max_concepts": 5}));
    assert_eq!((&before["context"], &before["concepts_found"]), (&json!(""), &json!(0)));
    let lesson =
        json!({"user_message": "We moved Postgres to Lisbon", "ai_response": "Noted: Postgres", "metadata": {}});
    let (status, learned) = post(&target, "/v1/learn", &lesson);
    assert_eq!((status, &learned["concepts_extracted"]), (200, &json!(3)), "{learned}");
    let (_, after) = post(&target, "/v1/recall", &json!({"message": "where is postgres?", "max_concepts": 5}));
    assert_eq!(after["concepts_found"], 1);
    let (_, turn) =
        post(&target, "/v1/turn", &json!({"user_message": "Lisbon", "ai_response": "yes", "max_concepts": 10}));
    assert_eq!((&turn["recall"]["concepts_found"], &turn["learn"]["concepts_extracted"]), (&json!(1), &json!(1)));
    let (_, _, page) = ask(target.address(), "GET /v1/entities?limit=2&offset=1", &[KEY], "");
    assert_eq!((page["entities"].as_array().map(Vec::len), &page["total"]), (Some(2), &json!(3)));
    let (_, _, past) = ask(target.address(), "GET /v1/entities?offset=99", &[KEY], "");
    assert_eq!((&past["entities"], &past["total"]), (&json!([]), &json!(3)));
    let (_, _, other) = ask(target.address(), "GET /v1/stats", &[KEY, "x-tenant-id: other"], "");
    assert_eq!(other["entities"], 0);
    let (_, nothing) =
        post(&target, "/v1/learn", &json!({"user_message": "nothing here", "ai_response": "no", "metadata": {}}));
    assert_eq!(nothing["concepts_extracted"], 0);
}

#[test]
fn a_made_key_is_accepted() {
    let target = started(Behaviour::default());
    let made = json!({"tenant_id": "t", "name": "n"}).to_string();
    let (status, _, body) = ask(target.address(), "POST /v1/keys", &["x-tenant-id: boot"], &made);
    assert_eq!(status, 200);
    let header = format!("x-api-key: {}", body["api_key"].as_str().unwrap());
    assert_eq!(ask(target.address(), "GET /v1/stats", &[&header], "").0, 200);
}

#[test]
fn beyond_its_limit_a_tenant_is_turned_away_and_another_has_a_fresh_bucket() {
    let target = started(Behaviour { limit: Some(Rate::per_second(3.0 / 60.0)), ..Behaviour::default() });
    let statuses = (0..5).map(|_| ask(target.address(), "GET /v1/stats", &[KEY], "").0);
    assert_eq!(statuses.collect::<Vec<_>>(), [200, 200, 200, 429, 429]);
    let (_, head, body) = ask(target.address(), "GET /v1/stats", &[KEY], "");
    assert_eq!((&body["error"], &body["tier"]), (&json!("Rate limit exceeded (3 calls/minute)"), &json!("free")));
    assert!(head.contains("x-ratelimit-limit-minute: 3") && head.contains("x-ratelimit-remaining-minute: 0"), "{head}");
    assert_eq!(ask(target.address(), "GET /v1/stats", &[KEY, "x-tenant-id: fresh"], "").0, 200);
    assert_eq!(ask(target.address(), "GET /v1/health", &[], "").0, 200);
}

#[test]
fn the_share_of_failures_is_the_one_asked_for_and_the_same_each_time() {
    let statuses = || {
        let target =
            started(Behaviour { fail: Some(Ratio::parse("20%").unwrap()), seed: Seed::new(5), ..Behaviour::default() });
        (0..200).map(|_| ask(target.address(), "GET /v1/health", &[], "").0).collect::<Vec<_>>()
    };
    let first = statuses();
    assert_eq!(first, statuses());
    let failed = first.iter().filter(|status| **status == 500).count();
    assert!((20..=60).contains(&failed), "{failed} of 200");
}

#[test]
fn what_was_served_is_counted_by_route_and_reported_on_the_control_route() {
    let target = started(Behaviour::default());
    (0..3).for_each(|_| drop(ask(target.address(), "GET /v1/health", &[], "")));
    ask(target.address(), "GET /v1/stats", &[], "");
    ask(target.address(), "GET /nowhere", &[KEY], "");
    let (_, _, counts) = ask(target.address(), "GET /__control/counts", &[], "");
    assert_eq!(counts, serde_json::to_value(target.counts()).unwrap());
    assert_eq!((&counts["total"], &counts["routes"]["GET /v1/health"]["received"]), (&json!(5), &json!(3)));
    assert_eq!(counts["routes"]["GET /v1/stats"]["status"], json!({"401": 1}));
    assert_eq!(counts["routes"]["other"]["received"], 1);
    ask(target.address(), "POST /__control/reset", &[], "");
    assert_eq!(target.stop().total, 0);
}

#[test]
fn a_freeze_holds_every_answer_and_four_learns_at_once_freeze_all() {
    let freeze = Freeze::parse("300ms/400ms").unwrap();
    assert_eq!(freeze.left(Duration::from_millis(50)), Duration::ZERO);
    assert_eq!(freeze.left(Duration::from_millis(150)), Duration::from_millis(250));
    assert_eq!(freeze.left(Duration::from_millis(850)), Duration::ZERO);
    assert!(Freeze::parse("2s/1s").is_err());

    let length = Duration::from_millis(700);
    let target = started(Behaviour {
        learn_freeze: Some(length),
        slow_learn: Duration::from_millis(150),
        ..Behaviour::default()
    });
    let began = Instant::now();
    let lesson = json!({"user_message": "Rust", "ai_response": "yes"}).to_string();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| ask(target.address(), "POST /v1/learn", &[KEY], &lesson));
        }
    });
    assert!(began.elapsed() >= length, "{:?}", began.elapsed());
}

#[test]
fn a_fresh_database_cannot_learn_and_a_body_too_large_is_refused() {
    let target = started(Behaviour { fresh_database: true, ..Behaviour::default() });
    assert_eq!(post(&target, "/v1/learn", &json!({"user_message": "Rust", "ai_response": "yes"})).0, 500);
    let target = started(Behaviour::default());
    let mut stream = TcpStream::connect(target.address()).unwrap();
    let head = format!("POST /v1/recall HTTP/1.1\r\nhost: t\r\n{KEY}\r\ncontent-length: 99999999\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let chunk = [b'x'; 65536];
    while stream.write_all(&chunk).is_ok() {}
    assert_eq!(ask(target.address(), "GET /v1/health", &[], "").0, 200, "the server goes on");
}

#[test]
fn delays_are_read_in_each_form_and_drawn_in_their_shares() {
    let mut rng = Seed::new(3).generator();
    let mixed = Delay::parse("90%:5ms,10%:200ms").unwrap();
    let slow = (0..10_000).filter(|_| mixed.draw(&mut rng) == Duration::from_millis(200)).count();
    assert!((850..=1150).contains(&slow), "{slow}");
    assert_eq!(Delay::parse("20ms").unwrap().draw(&mut rng), Duration::from_millis(20));
    let range = Delay::parse("5ms..20ms").unwrap();
    assert!((0..1000).all(|_| (5..=20).contains(&range.draw(&mut rng).as_millis())));
    let mean: f64 = (0..20_000).map(|_| Delay::parse("exponential:20ms").unwrap().draw(&mut rng).as_secs_f64()).sum();
    assert!((mean / 20_000.0 - 0.02).abs() < 0.001, "{mean}");
    for wrong in ["90%:5ms", "90%", "20", "exponential:", "50%:5ms,60%:1ms", "abc"] {
        assert!(Delay::parse(wrong).is_err(), "{wrong}");
    }
}

/// A user of the shop that is logged in: what its requests say of it.
fn logged_in(target: &Target, user: &str) -> String {
    let asked = json!({"user": user, "password": format!("{user}-secret")}).to_string();
    let (status, _, body) = ask(target.address(), "POST /demo/login", &[], &asked);
    assert_eq!((status, &body["user"]), (200, &json!(user)));
    format!("authorization: Bearer {}", body["token"].as_str().unwrap())
}

#[test]
fn the_shop_knows_who_logged_in_and_nobody_else() {
    let target = started(Behaviour::default());
    let at = target.address();
    for body in
        ["", "[]", "{}", r#"{"user": "ann", "password": "bob-secret"}"#, r#"{"user": "", "password": "-secret"}"#]
    {
        let (status, _, answer) = ask(at, "POST /demo/login", &[], body);
        assert!(matches!(status, 400 | 401) && answer["error"].is_string(), "{body}: {status} {answer}");
    }
    let (ann, bob) = (logged_in(&target, "ann"), logged_in(&target, "bob"));
    assert_eq!(ask(at, "GET /demo/me", &[&ann], "").2, json!({"user": "ann"}));
    assert_eq!(ask(at, "GET /demo/me", &[&bob], "").2, json!({"user": "bob"}));
    for line in ["GET /demo/me", "GET /demo/cart", "POST /demo/cart", "DELETE /demo/cart", "POST /demo/checkout"] {
        assert_eq!(ask(at, line, &[], "").0, 401, "{line}");
        assert_eq!(ask(at, line, &["authorization: Bearer demo_0"], "").0, 401, "{line}");
    }
}

#[test]
fn a_cart_is_filled_paid_for_and_empty_then() {
    let target = started(Behaviour::default());
    let at = target.address();
    let (_, _, list) = ask(at, "GET /demo/products?category=galley", &[], "");
    assert_eq!((&list["total"], &list["products"][0]["name"]), (&json!(3), &json!("kettle")));
    let (_, _, kettle) = ask(at, "GET /demo/products/9", &[], "");
    assert_eq!(kettle, list["products"][0]);
    let ann = logged_in(&target, "ann");
    let send = |line: &str, body: Value| {
        let (status, _, answer) = ask(at, line, &[&ann], &body.to_string());
        (status, answer)
    };
    assert_eq!(send("POST /demo/cart", json!({"product": 9, "amount": 2})).0, 201);
    let (status, cart) = send("POST /demo/cart", json!({"product": 10}));
    assert_eq!((status, &cart["items"], &cart["total"]), (201, &json!(3), &json!(2 * 2950 + 690)));
    assert_eq!(ask(at, "GET /demo/cart", &[&ann], "").2, cart);
    for (body, status) in [
        (json!({"product": 99}), 404),
        (json!({}), 404),
        (json!({"product": 9, "amount": 0}), 422),
        (json!({"product": 9, "amount": 98}), 409),
        (json!(1), 400),
    ] {
        assert_eq!(send("POST /demo/cart", body.clone()).0, status, "{body}");
    }
    assert_eq!(send("POST /demo/checkout", json!({})).0, 422);
    assert_eq!(send("POST /demo/checkout", json!({"card": "4000 0000 0000 0002"})).0, 402);
    let paid = send("POST /demo/checkout", json!({"card": "4242 4242 4242 4242"}));
    assert_eq!(paid, (201, json!({"order": "order-1", "total": 6590})));
    assert_eq!(send("POST /demo/checkout", json!({"card": "4242 4242 4242 4242"})).0, 409);
    send("POST /demo/cart", json!({"product": 1}));
    assert_eq!(send("DELETE /demo/cart", json!({})).1, json!({"lines": [], "items": 0, "total": 0}));
}

#[test]
fn graphql_answers_200_with_data_or_with_errors() {
    let target = started(Behaviour::default());
    let asked = |query: &str, variables: Value| {
        let body = json!({"query": query, "variables": variables}).to_string();
        let (status, _, answer) = ask(target.address(), "POST /demo/graphql", &[], &body);
        assert_eq!(status, 200, "{answer}");
        answer
    };
    let one = "query One($id: ID!) { product(id: $id) { name price } }";
    assert_eq!(asked(one, json!({"id": "2"})), json!({"data": {"product": {"name": "compass", "price": 8950}}}));
    let wrong = asked(one, json!({"id": 99}));
    assert_eq!(wrong["errors"][0], json!({"message": "there is no product 99", "path": ["product"]}));
    let rate = "mutation ($id: ID!, $stars: Int!) { review(product: $id, stars: $stars) { reviews stars } }";
    asked(rate, json!({"id": 2, "stars": 5}));
    let rated = asked(rate, json!({"id": 2, "stars": 4}));
    assert_eq!(rated["data"]["review"], json!({"reviews": 2, "stars": 4.5}));
    assert_eq!(asked("{ products(first: 2) { id } }", json!(null))["data"]["products"], json!([{"id": 1}, {"id": 2}]));
    for (query, said) in [
        ("{ product(id: 1) { weight } }", "a product has no field `weight`"),
        ("{ product(id: 1) }", "say which fields of the product are wanted"),
        ("{ sailors { name } }", "there is no query `sailors`"),
        ("mutation { review(product: 1, stars: 6) { stars } }", "`stars` must be from 1 to 5"),
        ("{ product(", "expected `)`"),
    ] {
        assert_eq!(asked(query, json!({}))["errors"][0]["message"], said, "{query}");
    }
    assert_eq!(ask(target.address(), "POST /demo/graphql", &[], "{}").0, 400);
}

#[test]
fn the_shop_asks_for_no_key_and_each_of_its_routes_is_counted() {
    let target = started(Behaviour::default());
    let at = target.address();
    for (line, status) in [
        ("GET /demo/products", 200),
        ("GET /demo/products/1", 200),
        ("GET /demo/products/99", 404),
        ("GET /demo/products/", 404),
        ("POST /demo/products", 405),
        ("GET /demo/upload", 405),
        ("POST /demo/upload", 201),
        ("GET /demo/nowhere", 404),
        ("GET /demo", 404),
        ("GET /demonstration", 401),
    ] {
        assert_eq!(ask(at, line, &[], "").0, status, "{line}");
    }
    let counts = target.stop();
    let received = |route: &str| counts.routes[route].received;
    assert_eq!((received("GET /demo/products"), received("GET /demo/products/ID"), received("other")), (1, 3, 5));
    assert_eq!(counts.routes["GET /demo/products/ID"].status[&404], 2);
    assert_eq!((received("POST /demo/upload"), counts.total), (1, 10));
}

#[test]
fn who_asks_the_desk_for_a_quote_waits_for_those_before() {
    let target = started(Behaviour::default());
    let at = target.address();
    let began = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..10 {
            scope.spawn(move || assert_eq!(ask(at, "GET /demo/quote", &[], "").0, 200));
        }
    });
    assert!(began.elapsed() >= Duration::from_millis(100), "{:?}", began.elapsed());
}

#[test]
fn a_request_has_to_come_in_time_and_a_connection_without_one_may_stay() {
    let target = started(Behaviour { read_timeout: Duration::from_millis(300), ..Behaviour::default() });
    let connect = || TcpStream::connect(target.address()).unwrap();
    let (mut idle, mut slow, mut half) = (connect(), connect(), connect());
    slow.write_all(b"GET /v1/hea").unwrap();
    half.write_all(b"POST /v1/learn HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\n{").unwrap();
    let ends = |stream: &mut TcpStream| {
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).is_ok_and(|_| !String::from_utf8_lossy(&rest).contains("200 OK"))
    };
    assert!(ends(&mut slow) && ends(&mut half));
    // by then the one that asks nothing has waited as long
    idle.write_all(b"GET /v1/health HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    idle.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
}

#[test]
fn an_answer_may_take_longer_than_a_request_may() {
    let delay = Delay::parse("400ms").unwrap();
    let target = started(Behaviour { delay, read_timeout: Duration::from_millis(100), ..Behaviour::default() });
    let (status, _) = post(&target, "/v1/learn", &json!({"user_message": "Rust", "ai_response": "Go"}));
    assert_eq!(status, 200);
}
