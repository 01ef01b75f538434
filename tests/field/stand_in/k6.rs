//! The services of the plans after k6's: methods, tokens, digests and other matters of single requests.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use ring::hmac;
use serde_json::{Value, json};

use super::ask::{Ask, holds, same};
use super::memory::Memory;
use super::reply::{Answer, Reply};

pub fn verbs(_: &mut Memory, ask: &Ask) -> Answer {
    let args = |verb: &str| ask.query_is(&[("verb", verb)]).map(|()| Reply::json(200, json!({"args": {"verb": verb}})));
    match ask.route() {
        ("GET" | "HEAD", "/get") => args(if ask.method == "GET" { "get" } else { "head" }),
        ("DELETE", "/delete") if ask.raw_query.is_empty() => {
            ask.json_is(&json!({"ids": [1, 2]}))?;
            Reply::json(200, json!({"json": {"ids": [1, 2]}})).ok()
        }
        ("DELETE", "/delete") => args("delete"),
        ("POST", "/post") => {
            ask.form_is(&[("verb", "post")])?;
            Reply::json(200, json!({"form": {"verb": "post"}})).ok()
        }
        ("PUT", "/put") => {
            ask.json_is(&json!({"verb": "put"}))?;
            Reply::json(200, json!({"json": {"verb": "put"}})).ok()
        }
        ("PATCH", "/patch") => {
            ask.kind_is("application/merge-patch+json")?;
            same("the body", ask.any_json()?, json!({"verb": "patch", "gone": null}))?;
            Reply::json(200, json!({"json": {"verb": "patch"}})).ok()
        }
        ("OPTIONS", "/get") => {
            ask.header_is("origin", "http://shop.example")?;
            ask.header_is("access-control-request-method", "PUT")?;
            Reply::empty(204).with("access-control-allow-methods", "GET, PUT").ok()
        }
        ("PURGE", "/cache/page") => {
            ask.header_is("fastly-soft-purge", "1")?;
            Reply::json(200, json!({"status": "ok"})).ok()
        }
        _ => ask.unknown(),
    }
}

const SIGNING_KEY: &[u8] = b"a-key-of-32-signs-for-the-stand-in";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub fn sha256(text: &str) -> String {
    hex(digest(&SHA256, text.as_bytes()).as_ref())
}

fn token(claims: &Value) -> String {
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
    let signed = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
    let key = hmac::Key::new(hmac::HMAC_SHA256, SIGNING_KEY);
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(hmac::sign(&key, signed.as_bytes())))
}

/// The header and the claims of a token that is signed as it has to be.
fn verified(token: &str) -> Result<(Value, Value), String> {
    let (signed, signature) = token.rsplit_once('.').ok_or("no signature")?;
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|error| error.to_string());
    let key = hmac::Key::new(hmac::HMAC_SHA256, SIGNING_KEY);
    hmac::verify(&key, signed.as_bytes(), &decode(signature)?).map_err(|_| "a wrong signature")?;
    let (header, claims) = signed.split_once('.').ok_or("no claims")?;
    let read = |part: &str| serde_json::from_slice(&decode(part)?).map_err(|error| error.to_string());
    Ok((read(header)?, read(claims)?))
}

pub fn jwt(_: &mut Memory, ask: &Ask) -> Answer {
    same("the route", ask.route(), ("GET", "/claims"))?;
    let (header, claims) = verified(ask.bearer()?)?;
    let n = claims["n"].as_u64().ok_or("no n")?;
    if ask.raw_query.is_empty() {
        same("the header", header, json!({"alg": "HS256", "typ": "JWT", "kid": "k1"}))?;
        let sub = claims["sub"].as_str().ok_or("no sub")?;
        holds(["user-1", "user-2", "user-3"].contains(&sub), format!("`{sub}` is nobody"))?;
        let of = |name: &str| claims[name].as_u64().ok_or_else(|| format!("no `{name}`"));
        holds((299..=301).contains(&(of("exp")? - of("iat")?)), "it does not hold for five minutes")?;
    } else {
        ask.query_is(&[("kind", "again")])?;
        same("who gave it", &claims["iss"], "stand-in")?;
    }
    Reply::json(200, json!({"token": token(&json!({"iss": "stand-in", "n": n + 1}))})).ok()
}

pub fn digest_auth(memory: &mut Memory, ask: &Ask) -> Answer {
    same("the route", ask.route(), ("GET", "/digest-auth"))?;
    let Some(given) = ask.maybe("authorization") else {
        let nonce = format!("n{}/{}", memory.next("nonces"), sha256("salt"));
        memory.keep(&nonce, "0");
        let challenge = format!("Digest realm=\"a quiet place\", qop=\"auth\", algorithm=SHA-256, nonce=\"{nonce}\"");
        return Reply::empty(401).with("www-authenticate", challenge).ok();
    };
    let given = given.strip_prefix("Digest ").ok_or("no digest")?;
    let of = |name: &str| {
        let found = given.split(", ").find_map(|pair| pair.strip_prefix(&format!("{name}=")));
        found.map(|value| value.trim_matches('"')).ok_or_else(|| format!("no `{name}` in {given}"))
    };
    same("the name", of("username")?, "user")?;
    same("the realm", of("realm")?, "a quiet place")?;
    same("the uri", of("uri")?, "/digest-auth")?;
    let (nonce, nc) = (of("nonce")?, of("nc")?);
    let last = memory.text(nonce)?;
    let count = u64::from_str_radix(nc, 16).map_err(|error| error.to_string())?;
    same("the counter", count, last.parse::<u64>().unwrap() + 1)?;
    same("the length of the counter", nc.len(), 8)?;
    let ha1 = sha256("user:a quiet place:passwd-for-digest");
    let wanted = sha256(&format!("{ha1}:{nonce}:{nc}:{}:auth:{}", of("cnonce")?, sha256("GET:/digest-auth")));
    same("the digest", of("response")?, wanted.as_str())?;
    memory.keep(nonce, count.to_string());
    Reply::json(200, json!({"authenticated": true, "user": "user"})).ok()
}

pub fn redirects(memory: &mut Memory, ask: &Ask) -> Answer {
    match ask.route() {
        ("GET", "/redirect/1") => Reply::redirect(302, "get").with("x-base", "/redirect/").ok(),
        ("GET", "/redirect/get") => Reply::redirect(307, "/get").ok(),
        ("GET", "/redirect/3") => Reply::redirect(302, "/redirect/2").ok(),
        ("GET", "/redirect/2") => Reply::redirect(301, "http://".to_owned() + &ask.addresses[0] + "/redirect/1").ok(),
        ("GET", "/redirect/6") => Reply::redirect(302, "/redirect/5").ok(),
        ("GET", "/redirect/5") => Reply::redirect(302, "/redirect/4").ok(),
        ("GET", "/get") => Reply::json(200, json!({"path": "/get"})).ok(),
        ("POST", "/orders") => {
            ask.form_is(&[("item", "tea")])?;
            Reply::redirect(303, format!("/orders/{}", memory.next("orders"))).ok()
        }
        ("GET", path) if path.starts_with("/orders/") => {
            ask.without("content-type")?;
            Reply::json(200, json!({"order": path})).ok()
        }
        ("POST", "/moved") => Reply::redirect(308, "/moved/here").ok(),
        ("POST", "/moved/here") => {
            ask.json_is(&json!({"item": "tea"}))?;
            Reply::json(201, json!({"item": "tea"})).ok()
        }
        _ => ask.unknown(),
    }
}

pub fn etag(_: &mut Memory, ask: &Ask) -> Answer {
    same("the route", ask.route(), ("GET", "/processes"))?;
    let changed = "Mon, 30 Nov 2026 12:00:00 GMT";
    let reply = match ask.maybe("if-none-match") {
        Some("W/\"v-7\"") => {
            ask.header_is("if-modified-since", changed)?;
            Reply::empty(304)
        }
        None | Some("\"another\"") => Reply::text(200, "application/json", "[1, 2, 3]"),
        Some(other) => return Err(format!("nobody gave the tag {other}")),
    };
    reply.with("etag", "W/\"v-7\"").with("last-modified", changed).ok()
}

pub fn search_paging(memory: &mut Memory, ask: &Ask) -> Answer {
    same("the route", ask.route(), ("POST", "/logs/_search"))?;
    ask.query_is(&[("request_cache", "false"), ("routing", "a"), ("routing", "b")])?;
    let body = ask.json()?;
    let from = body["from"].as_u64().ok_or("no `from`")?;
    let wanted = json!({"track_total_hits": false, "query": {"match_all": {}}, "size": 100, "from": from});
    same("the body", &body, &wanted)?;
    holds(from % 100 == 0 && from < 500, format!("there is no page from {from}"))?;
    memory.next(&from.to_string());
    Reply::json(200, json!({"timed_out": false, "hits": {"hits": vec![0; 100]}})).ok()
}

/// Each page was read as often as each other.
pub fn every_page(memory: &Memory) -> Result<(), String> {
    let times: Vec<u64> = [0, 100, 200, 300, 400].iter().map(|from| memory.number(&from.to_string())).collect();
    same("how often each page was read", times, [4; 5])
}

pub fn scenarios(_: &mut Memory, ask: &Ask) -> Answer {
    match ask.route() {
        ("GET", "/public/crocodiles/") => ask.header_is("accept", "*/*")?,
        ("GET", "/contacts.php") => ask.header_is("accept", "text/html")?,
        _ => return ask.unknown(),
    }
    Reply::page().ok()
}

pub fn hosts(_: &mut Memory, ask: &Ask) -> Answer {
    match ask.route() {
        ("GET", "/test.k6.io/") => {
            ask.header_is("host", "shop.example")?;
            let tags = ask.headers.iter().filter(|(name, _)| name == "x-tag").map(|(_, value)| value.as_str());
            let tags: Vec<&str> = tags.collect();
            let known = [["first", "user 0"], ["first", "user 1"], ["first", "user 2"]];
            holds(known.iter().any(|known| tags == known), format!("the tags {tags:?}"))?;
        }
        ("GET", "/admin") => ask.header_is("host", "admin.shop.example")?,
        _ => return ask.unknown(),
    }
    Reply::page().ok()
}

pub fn bookings(memory: &mut Memory, ask: &Ask) -> Answer {
    same("the route", ask.route(), ("POST", "/api/bookings/public"))?;
    let body = ask.json()?;
    let key = ask.header("idempotency-key")?;
    same("the key in the body", &body["idempotencyKey"], key)?;
    same("the length of the key", key.len(), 36)?;
    same("the service", &body["service"], "Herrenhaarschnitt")?;
    let text = |value: &Value| value.as_str().map(str::to_owned).ok_or("no text".to_owned());
    let time = text(&body["time"])?;
    let hour: u32 = time.strip_suffix(":00").and_then(|hour| hour.parse().ok()).ok_or(format!("the time {time}"))?;
    holds((9..=18).contains(&hour) && time.len() == 5, format!("nobody works at {time}"))?;
    same("the length of the date", text(&body["date"])?.len(), 10)?;
    holds(text(&body["customer"]["email"])?.contains('@'), "no e-mail address")?;
    match memory.text(key).ok() {
        None => {
            memory.keep(key, "");
            Reply::empty(503).ok()
        }
        Some("") => {
            let id = memory.next("bookings");
            memory.keep(key, id.to_string());
            Reply::json(201, json!({"booking": {"id": id, "time": time, "key": key}})).ok()
        }
        Some(id) => {
            let id: u64 = id.parse().unwrap();
            Reply::json(200, json!({"booking": {"id": id, "time": "09:00", "key": key}, "duplicate": true})).ok()
        }
    }
}

pub fn api_tokens(memory: &mut Memory, ask: &Ask) -> Answer {
    if ask.route() == ("GET", "/v3/health") {
        return Ok(Reply::page().outside());
    }
    ask.header_is("accept", "application/json")?;
    match ask.route() {
        ("POST", "/v3/organizations") => {
            ask.json_is(&json!({"id": 9, "name": "load test"}))?;
            memory.keep("organization", "key-of-9");
            return Ok(Reply::json(201, json!({"key": "key-of-9"})).outside());
        }
        ("DELETE", "/v3/organizations/9") => {
            ask.header_is("x-org-key", &memory.take("organization")?)?;
            same("who is still there", memory.count("Token "), 0)?;
            return Ok(Reply::empty(204).outside());
        }
        _ => memory.text("organization")?,
    };
    match ask.route() {
        ("POST", "/v3/account/login") => {
            ask.json_is(&json!({"email": "testuser@example.org", "password": "testpassword"}))?;
            let key = format!("api-token-{}", memory.next("tokens"));
            memory.keep(format!("Token {key}"), "");
            Reply::json(200, json!({"token": {"key": key}})).ok()
        }
        ("GET", "/v3/tokens") => {
            memory.text(ask.header("authorization")?)?;
            ask.query_is(&[("organization_id", "9")])?;
            Reply::json(200, json!({"tokens": ["a", "b"]})).ok()
        }
        ("POST", "/v3/account/logout") => {
            memory.take(ask.header("authorization")?)?;
            Reply::empty(204).ok()
        }
        _ => ask.unknown(),
    }
}

/// The teardown took away what the setup made.
pub fn clean(memory: &Memory) -> Result<(), String> {
    holds(!memory.has("organization"), "the organisation is still there")
}
