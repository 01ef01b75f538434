//! The services of the plans after Taurus's.

use std::io::Read;

use serde_json::json;

use super::ask::{Ask, data, holds, same};
use super::memory::Memory;
use super::reply::{Answer, Reply};

pub fn csv(_: &mut Memory, ask: &Ask) -> Answer {
    match ask.route() {
        ("GET", "/index.php" | "/vacation.html") => Reply::page().ok(),
        ("POST", "/purchase.php") => {
            let form = ask.form()?;
            let known = [("jane", "s3cret-one"), ("joe", "s3cret two & more")];
            let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let is_known = known.iter().any(|(name, password)| form == [("username", *name), ("password", *password)]);
            holds(is_known, format!("nobody is {form:?}"))?;
            Reply::page().ok()
        }
        _ => ask.unknown(),
    }
}

pub fn assertions(_: &mut Memory, ask: &Ask) -> Answer {
    ask.header_is("x-tracking", "false")?;
    match ask.route() {
        ("GET", "/") => {
            ask.header_is("accept", "text/html")?;
            Reply::html("<title>x</title>\n<p>Welcome</p>\n<h1>To\nthe agency</h1>").with("server", "blaze/1.0").ok()
        }
        ("POST", "/reserve.php") => {
            ask.header_is("accept", "*/*")?;
            ask.form_is(&[("param1", "value1"), ("param2", "value 2")])?;
            Reply::redirect(302, "/purchase.php").ok()
        }
        _ => ask.unknown(),
    }
}

pub fn extractors(_: &mut Memory, ask: &Ask) -> Answer {
    match ask.route() {
        ("GET", "/") => Reply::html(
            "<html><head><title>Harbour</title></head><body><nav><a href='/a?b=1&amp;c=2'>a</a><a href=\"/c\">c</a></nav>\
             <p>v1 and v22</p><form><input name='other my_input' value='fi&eacute;ld 1'></form></body></html>",
        )
        .ok(),
        ("GET", "/data/Harbour/fi%C3%A9ld%201.json") => {
            let wanted = [("v", "1"), ("v", "22"), ("missing", "NOT_FOUND"), ("heading", "Harbour")];
            ask.query_is(&wanted)?;
            let list = json!([{"expression": "one", "size": 1}, {"expression": "two", "size": 9}, {"expression": "three", "size": 2}]);
            Reply::json(200, json!({"list": list, "dashed-name": "yes"})).ok()
        }
        ("GET", "/order/one/three/two.xml") => {
            ask.header_is("x-dashed", "yes")?;
            ask.header_is("x-none", "NOT_FOUND")?;
            ask.header_is("x-kind", "text/html; charset=utf-8")?;
            Reply::xml(200, "<order><client><address> 5 Quay &lt;East&gt; </address></client><item/><item/></order>").ok()
        }
        ("POST", "/ship") => {
            ask.json_is(&json!({"to": "5 Quay <East>", "items": 2}))?;
            Reply::empty(201).ok()
        }
        ("GET", "/a") => {
            ask.query_is(&[("b", "1"), ("c", "2")])?;
            Reply::page().ok()
        }
        ("GET", "/c") => Reply::page().ok(),
        _ => ask.unknown(),
    }
}

pub fn controllers(memory: &mut Memory, ask: &Ask) -> Answer {
    let label = ask.path.trim_start_matches('/');
    memory.next(label);
    // three rounds of each `while`, whoever makes them: it ends with the third
    let left = if label == "while" { 2 - (memory.number("while") - 1) % 3 } else { 3 };
    match label {
        "once" | "even" | "odd" | "while" | "inside" | "loop" | "each-a" | "each-b" | "last" => {
            Reply::json(200, json!({"left": left})).ok()
        }
        _ => ask.unknown(),
    }
}

/// Each way was taken as often as the plan says.
pub fn ways(memory: &Memory) -> Result<(), String> {
    let of = |name| memory.number(name);
    same("even, odd, inside", (of("even"), of("odd"), of("inside")), (4, 4, 8))?;
    same("each", (of("each-a"), of("each-b"), of("last")), (8, 8, 8))
}

pub fn upload(memory: &mut Memory, ask: &Ask) -> Answer {
    match ask.route() {
        ("POST", "/reports") => {
            ask.header_is("referer", "http://reports.example/docs")?;
            ask.header_is("authentication", "Token 1234567890")?;
            let parts = ask.parts()?;
            same("parts", parts.len(), 3)?;
            parts[0].is("kind", None, None, b"summary")?;
            let meta = String::from_utf8_lossy(&parts[2].body).into_owned();
            holds(["{\"user\": 1}", "{\"user\": 2}"].contains(&meta.as_str()), format!("`{meta}` is nobody"))?;
            let file = format!("report {}.txt", &meta[9..10]);
            parts[1].is("summaryReport", Some(&file), Some("text/plain"), &data("notes.txt"))?;
            parts[2].is("meta", None, Some("application/json"), meta.as_bytes())?;
            let id = format!("r {}", memory.next("reports"));
            memory.keep(&id, "");
            Reply::json(201, json!({"id": id, "bytes": parts[1].body.len()})).ok()
        }
        ("PUT", _) => {
            let segments = ask.segments();
            same("the path", segments[0].as_str(), "reports")?;
            memory.take(&segments[1])?;
            ask.kind_is("image/svg+xml")?;
            holds(ask.body == data("logo.svg"), "other bytes")?;
            Reply::empty(204).ok()
        }
        _ => ask.unknown(),
    }
}

pub fn body_file(_: &mut Memory, ask: &Ask) -> Answer {
    same("the route", ask.route(), ("POST", "/purchase.php"))?;
    ask.kind_is("application/vnd.flight+json")?;
    let mut body = Vec::new();
    match (ask.maybe("content-encoding"), ask.maybe("transfer-encoding")) {
        (Some("gzip"), None) => {
            let mut reader = flate2::read::GzDecoder::new(ask.body.as_slice());
            reader.read_to_end(&mut body).map_err(|error| error.to_string())?;
        }
        (None, None | Some("chunked")) => body.clone_from(&ask.body),
        other => return Err(format!("the body comes as {other:?}")),
    }
    holds(body == data("payload.json"), format!("other bytes: {}", String::from_utf8_lossy(&body)))?;
    Reply::empty(201).ok()
}

pub fn steps(memory: &mut Memory, ask: &Ask) -> Answer {
    same("the route", ask.route(), ("GET", "/"))?;
    let step = ask.parameter("step")?;
    holds(step.starts_with("step "), format!("`{step}` is no step"))?;
    memory.keep(step, "");
    Reply::page().ok()
}

/// All steps were there.
pub fn three_steps(memory: &Memory) -> Result<(), String> {
    same("steps", memory.count("step "), 3)
}
