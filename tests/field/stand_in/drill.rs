//! The services of the plans after Drill's.

use serde_json::json;

use super::ask::{Ask, holds, same};
use super::memory::Memory;
use super::reply::{Answer, Reply};

pub fn benchmark(_: &mut Memory, ask: &Ask) -> Answer {
    let segments = ask.segments();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    match (ask.method.as_str(), &segments[..]) {
        ("GET", ["api", "users.json"]) => Reply::json(200, json!([{"id": 70}])).ok(),
        ("GET", ["api", "organizations"]) => Reply::page().ok(),
        ("GET", ["api", "account"]) => {
            let address = json!({"floor": 3, "room": "C 12/b"});
            Reply::json(200, json!({"manager_id": 99, "token": "a+b/c=", "address": address})).ok()
        }
        ("GET", ["api", "users", "at", "3", "C 12/b"]) | ("GET", ["api", "tokens", "a+b/c="]) => Reply::page().ok(),
        ("GET", ["api", "users", "99" | "2" | "70" | "73" | "75"]) => Reply::page().ok(),
        ("GET", ["api", "users", "contacts", "70" | "73" | "75"]) => Reply::page().ok(),
        ("POST", ["api", "transactions"]) => {
            let body = ask.json()?;
            let known = [json!({"from": 70, "to": 73, "amount": 10}), json!({"from": 73, "to": 75, "amount": 5.5})];
            holds(known.contains(&body), format!("nobody knows the transaction {body}"))?;
            Reply::empty(201).ok()
        }
        ("POST", ["api", "users"]) => {
            ask.form_is(&[("foo", "bar"), ("arg", "2")])?;
            Reply::empty(201).ok()
        }
        _ => ask.unknown(),
    }
}

pub fn cookies(memory: &mut Memory, ask: &Ask) -> Answer {
    if ask.route() == ("GET", "/login") {
        ask.query_is(&[("user", "example"), ("password", "3x4mpl3")])?;
        let session = format!("s{}", memory.next("sessions"));
        return Reply::page().with("set-cookie", format!("session={session}; Path=/; HttpOnly")).ok();
    }
    let session = ask.cookie("session")?.to_owned();
    match ask.route() {
        ("GET", "/counter") => Reply::json(200, json!({"counter": memory.next(&session)})).ok(),
        ("GET", "/") => {
            ask.query_is(&[("counter", &memory.number(&session).to_string())])?;
            Reply::page().ok()
        }
        ("DELETE", "/") => {
            memory.set_number(&session, 0);
            Reply::empty(204).ok()
        }
        _ => ask.unknown(),
    }
}

pub fn headers(memory: &mut Memory, ask: &Ask) -> Answer {
    ask.basic_is("httpwatch", "foo-bar-baz")?;
    match ask.route() {
        ("GET", "/") => ask.header_is("x-foo", "Bar")?,
        ("GET", "/items") => {
            let item = ask.header("x-foo")?;
            holds(["Bar 70", "Bar 73"].contains(&item), format!("`{item}` is no item"))?;
            memory.next(item);
        }
        _ => return ask.unknown(),
    }
    Reply::page().ok()
}

pub fn both_items(memory: &Memory) -> Result<(), String> {
    same("how often each item came", (memory.number("Bar 70"), memory.number("Bar 73")), (10, 10))
}

pub fn tags(_: &mut Memory, ask: &Ask) -> Answer {
    match ask.route() {
        ("GET", "/api/users/70" | "/api/comments.json") => Reply::page().ok(),
        // what has another tag
        _ => ask.unknown(),
    }
}
