//! The services of the seven flows.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use serde_json::{Value, json};

use super::ask::{Ask, holds, same};
use super::k6::sha256;
use super::memory::Memory;
use super::reply::{Answer, Reply};

/// How long a token holds.
const LIFE: Duration = Duration::from_secs(2);
/// The API takes each third token back after so many calls.
const CALLS: u64 = 8;

pub fn oauth(memory: &mut Memory, ask: &Ask) -> Answer {
    match (ask.host, ask.method.as_str(), ask.path.as_str()) {
        (1, "POST", "/oauth/token") => {
            ask.basic_is("load-test", "not-a-real-secret")?;
            ask.form_is(&[("grant_type", "client_credentials"), ("scope", "orders:read orders:write")])?;
            ask.header_is("accept", "*/*")?;
            let number = memory.next("tokens");
            let token = format!("access-token-{number}");
            memory.begin(&token);
            memory.keep(&token, if number.is_multiple_of(3) { "short" } else { "long" });
            let body = json!({"access_token": token, "token_type": "Bearer", "expires_in": LIFE.as_secs()});
            Reply::json(200, body).with("set-cookie", "login=here; Path=/").with("cache-control", "no-store").ok()
        }
        (0, "GET" | "POST", "/v1/orders") => {
            let token = ask.bearer()?.to_owned();
            ask.header_is("accept", "application/json")?;
            ask.without("cookie")?;
            let is_short = memory.text(&token)? == "short";
            holds(memory.since(&token)? < LIFE, format!("{token} is over: nobody has renewed it in time"))?;
            let calls = memory.next(&format!("calls with {token}"));
            if is_short && calls == CALLS {
                memory.next("taken back");
                memory.take(&token)?;
                return Reply::empty(401).with("www-authenticate", "Bearer error=\"invalid_token\"").ok();
            }
            if ask.method == "POST" {
                ask.json_is(&json!({"item": "tea", "amount": 2}))?;
            }
            Reply::json(if ask.method == "POST" { 201 } else { 200 }, json!({})).ok()
        }
        _ => ask.unknown(),
    }
}

/// Tokens were renewed for both reasons: one was taken back, and all others before they were over.
pub fn renewed(memory: &Memory) -> Result<(), String> {
    let (tokens, taken_back) = (memory.number("tokens"), memory.number("taken back"));
    holds(taken_back > 0, "no token was taken back")?;
    holds(tokens > 3 + taken_back, format!("{tokens} tokens, {taken_back} taken back: none was renewed in time"))
}

pub fn csrf(memory: &mut Memory, ask: &Ask) -> Answer {
    if ask.route() == ("GET", "/login") {
        let number = memory.next("visits");
        let (guest, token) = (format!("guest-{number}"), format!("csrf&{number}\"=="));
        memory.keep(&guest, &token);
        let escaped = token.replace('&', "&amp;").replace('"', "&quot;");
        let body = format!(
            "<!doctype html><form id=search><input name=_csrf value=nothing></form>\
             <form id=login method=post><input type=hidden name=_csrf value=\"{escaped}\"><input name=user></form>"
        );
        return Reply::html(body).with("set-cookie", format!("sid={guest}; Path=/; HttpOnly; SameSite=Lax")).ok();
    }
    let session = ask.cookie("sid")?.to_owned();
    match ask.route() {
        ("POST", "/login") => {
            same("the token", ask.field("_csrf")?, memory.take(&session)?)?;
            let user = ask.field("user")?;
            same("the password", ask.field("password")?, "not-a-real-password")?;
            same("what is remembered", ask.field("remember")?, "on")?;
            same("fields", ask.form()?.len(), 4)?;
            // a new session, and the old one is over
            let session = format!("{user}-{}", memory.next("sessions"));
            memory.keep(format!("user of {session}"), user);
            Reply::redirect(303, "/account").with("set-cookie", format!("sid={session}; Path=/; HttpOnly")).ok()
        }
        ("GET", "/account") => {
            let user = memory.text(&format!("user of {session}"))?.to_owned();
            let token = fresh(memory, &session);
            Reply::html(format!("<head><meta name='csrf-token' content='{token}'></head><h1>Welcome, {user}</h1>")).ok()
        }
        ("PATCH", "/account") => {
            ask.header_is("x-requested-with", "XMLHttpRequest")?;
            same("the token", ask.header("x-csrf-token")?, memory.take(&format!("token of {session}"))?.as_str())?;
            let name = ask.json()?["display_name"].as_str().unwrap_or_default().to_owned();
            holds(name.contains(' '), format!("`{name}` is no name"))?;
            Reply::json(200, json!({"csrf": fresh(memory, &session)})).ok()
        }
        ("POST", "/logout") => {
            same("the token", ask.field("_csrf")?, memory.take(&format!("token of {session}"))?)?;
            memory.take(&format!("user of {session}"))?;
            Reply::page().with("set-cookie", "sid=; Path=/; Max-Age=0").ok()
        }
        _ => ask.unknown(),
    }
}

fn fresh(memory: &mut Memory, session: &str) -> String {
    let token = format!("page-token-{}/+=", memory.next("tokens"));
    memory.keep(format!("token of {session}"), &token);
    token
}

/// Everybody has logged out.
pub fn nobody_left(memory: &Memory) -> Result<(), String> {
    same("who is still there", memory.count("user of "), 0)
}

pub fn presigned(memory: &mut Memory, ask: &Ask) -> Answer {
    let segments = ask.segments();
    match (ask.host, ask.method.as_str()) {
        (0, "POST") => {
            same("the token", ask.bearer()?, "not-a-real-token")?;
            let body = ask.json()?;
            let text = |value: &Value| value.as_str().map(str::to_owned).ok_or("no text".to_owned());
            if segments.len() == 1 {
                same("the type", &body["type"], "text/plain")?;
                let id = memory.next("uploads").to_string();
                let expected = format!("{} {}", body["size"], text(&body["sha256"])?);
                memory.keep(format!("{id} expected"), expected);
                holds(text(&body["name"])?.starts_with("photo-"), "another name")?;
                let url = format!("http://{}/bucket/{id}.txt?X-Expires=900&X-Signature=a%2Fb{id}%3D", ask.addresses[1]);
                let body = json!({"id": id, "upload": {"url": url, "method": "PUT"}});
                return Reply::json(201, body).with("set-cookie", "api=mine; Path=/").ok();
            }
            same("the last part of the path", segments[2].as_str(), "complete")?;
            same("the tag", text(&body["etag"])?.as_str(), memory.text(&format!("{} tag", segments[1]))?)?;
            Reply::json(200, json!({"state": "stored"})).ok()
        }
        // what is the API's own does not come here
        (1, "PUT") => {
            ask.without("authorization")?;
            ask.without("cookie")?;
            let id = segments[1].trim_end_matches(".txt").to_owned();
            same("the query", ask.raw_query.as_str(), format!("X-Expires=900&X-Signature=a%2Fb{id}%3D"))?;
            ask.kind_is("text/plain")?;
            holds(ask.header("x-amz-meta-owner")?.starts_with("user-"), "another owner")?;
            let came = format!("{} {}", ask.body.len(), sha256(ask.text()?));
            same("size and digest", came.as_str(), memory.text(&format!("{id} expected"))?)?;
            let tag = format!("\"{}\"", sha256(&came));
            memory.keep(format!("{id} tag"), &tag);
            Reply::empty(200).with("etag", tag).ok()
        }
        _ => ask.unknown(),
    }
}

/// The list has so many items.
const ITEMS: u64 = 90;

pub fn paging(memory: &mut Memory, ask: &Ask) -> Answer {
    let segments = ask.segments();
    match (ask.method.as_str(), segments.get(1).map(String::as_str), segments.get(2)) {
        ("GET", Some("items"), None) => {
            let from = match ask.parameter("cursor") {
                Ok(cursor) => {
                    // cursors are of one page, and stand in no order that could be guessed
                    holds(ask.query().len() == 1, "more than the cursor")?;
                    memory.text(&cursor)?.parse::<u64>().unwrap()
                }
                Err(_) => {
                    ask.query_is(&[("limit", "20")])?;
                    0
                }
            };
            let to = (from + 20).min(ITEMS);
            let items: Vec<Value> = (from..to).map(|id| json!({"id": id * 7})).collect();
            if to == ITEMS {
                return Reply::json(200, json!({"items": items})).ok();
            }
            let cursor = sha256(&to.to_string());
            memory.keep(&cursor, to.to_string());
            // one link is whole, the next a path
            let home = if from % 40 == 0 { format!("http://{}", ask.addresses[0]) } else { String::new() };
            Reply::json(200, json!({"items": items, "next": format!("{home}/v1/items?cursor={cursor}")})).ok()
        }
        ("GET", Some("items"), Some(id)) => {
            let id: u64 = id.parse().map_err(|_| "no number")?;
            holds(id.is_multiple_of(7) && id < ITEMS * 7, format!("there is no {id}"))?;
            Reply::json(200, json!({"id": id})).ok()
        }
        ("POST", Some("reports"), None) => {
            let all: Vec<u64> = (0..ITEMS).map(|id| id * 7).collect();
            ask.json_is(&json!({"ids": all}))?;
            Reply::empty(201).ok()
        }
        _ => ask.unknown(),
    }
}

pub fn signed(memory: &mut Memory, ask: &Ask) -> Answer {
    ask.header_is("x-key", "key-7")?;
    let (time, nonce) = (ask.header("x-timestamp")?, ask.header("x-nonce")?);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let at: u64 = time.parse().map_err(|_| format!("`{time}` is no time"))?;
    holds(now.abs_diff(at) < 60, "the time is long ago")?;
    holds(!memory.has(nonce), "the nonce came before")?;
    memory.keep(nonce, "");
    let target = if ask.raw_query.is_empty() { ask.path.clone() } else { format!("{}?{}", ask.path, ask.raw_query) };
    let to_sign = format!("{}\n{target}\n{time}\n{nonce}\n{}", ask.method, sha256(ask.text()?));
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"not-a-real-signing-key");
    let signature = STANDARD.encode(hmac::sign(&key, to_sign.as_bytes()));
    same("the signature", ask.header("x-signature")?, signature.as_str())?;
    match ask.route() {
        ("GET", "/v1/balances") => Reply::json(200, json!({"EUR": 5})).ok(),
        ("POST", "/v1/payments") => {
            let body = ask.json()?;
            same("the currency", &body["currency"], "EUR")?;
            let reference = body["reference"].as_str().ok_or("no reference")?;
            holds(!memory.has(reference), format!("`{reference}` came twice"))?;
            memory.keep(reference, "");
            Reply::json(201, json!({})).ok()
        }
        _ => ask.unknown(),
    }
}

/// Each payment had a reference of its own.
pub fn fifteen_payments(memory: &Memory) -> Result<(), String> {
    same("payments", memory.count("order "), 15)
}

pub fn polled(memory: &mut Memory, ask: &Ask) -> Answer {
    match ask.route() {
        ("POST", "/exports") => {
            ask.json_is(&json!({"format": "csv"}))?;
            let job = format!("/exports/{}", memory.next("jobs"));
            memory.keep(&job, "waiting");
            memory.begin(&job);
            Reply::empty(202).with("location", job).with("retry-after", "1").ok()
        }
        ("GET", path) if path.ends_with("/result") => {
            same("the job", memory.text(path.trim_end_matches("/result"))?, "done")?;
            Reply::text(200, "text/csv", "id,total\n1,5\n").ok()
        }
        ("GET", path) => {
            let state = memory.text(path)?.to_owned();
            let waited = memory.since(path)?;
            holds(state != "done", "it has been done for long")?;
            if state == "waiting" {
                holds(waited >= Duration::from_millis(990), format!("asked again after {waited:?}"))?;
                memory.keep(path, "nearly done");
                memory.begin(path);
                // no header: the plan's own pause
                return Reply::empty(202).ok();
            }
            holds(waited >= Duration::from_millis(990), format!("asked again after {waited:?}"))?;
            memory.keep(path, "done");
            Reply::json(200, json!({"result": format!("{path}/result")})).ok()
        }
        _ => ask.unknown(),
    }
}

pub fn chat(memory: &mut Memory, ask: &Ask) -> Answer {
    same("the route", ask.route(), ("POST", "/v1/chat/completions"))?;
    same("the key", ask.bearer()?, "not-a-real-key")?;
    ask.header_is("accept", "text/event-stream")?;
    let body = ask.json()?;
    same("whether it streams", &body["stream"], true)?;
    same("the model", &body["model"], "small")?;
    let said = body["messages"].as_array().ok_or("no messages")?;
    holds(said.len().is_multiple_of(2), "the last word is not the user's")?;
    for (place, message) in said.iter().enumerate() {
        let role = ["system", "user", "assistant"][if place == 0 { 0 } else { 2 - place % 2 }];
        same("who speaks", &message["role"], role)?;
        same("fields", message.as_object().map(serde_json::Map::len), Some(2))?;
    }
    let question = |message: &Value| message["content"].as_str().unwrap_or_default().to_owned();
    for pair in said[1..said.len() - 1].chunks(2) {
        same("what was answered before", question(&pair[1]), answer(&question(&pair[0])).concat())?;
    }
    let question = question(&said[said.len() - 1]);
    holds(question.ends_with(['?', '.']), format!("`{question}` is no question"))?;
    memory.next(&format!("turn {}", said.len() / 2));
    let mut pieces = vec![": hello\n\n".to_owned()];
    pieces.extend(answer(&question).iter().map(|text| {
        let delta = json!({"choices": [{"index": 0, "delta": {"content": text}}]});
        format!("id: {}\ndata: {delta}\n\n", memory.next("events"))
    }));
    pieces.push(format!("data: {}\n\n", json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})));
    pieces.push("data: [DONE]\n\n".to_owned());
    Ok(Reply { pieces, ..Reply::empty(200).with("content-type", "text/event-stream; charset=utf-8") })
}

/// An answer in pieces, with signs that are easily broken.
fn answer(question: &str) -> Vec<String> {
    let words = question.split_inclusive(' ').map(|word| word.to_uppercase());
    words.chain(["\n\"So\" ".to_owned(), "{{ größer }} \\ data: ✓".to_owned()]).collect()
}

/// All three turns of all three users.
pub fn three_turns(memory: &Memory) -> Result<(), String> {
    let turns: Vec<u64> = (1..=3).map(|turn| memory.number(&format!("turn {turn}"))).collect();
    same("turns", turns, [3, 3, 3])
}
