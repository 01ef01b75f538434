use http::StatusCode;
use serde_json::{Value, json};

use super::service::{DEFAULT_TENANT, Route};
use crate::target::exchange::{Ask, Reply};
use crate::target::state::{State, now};

const TYPES: [&str; 7] = ["concept", "decision", "session", "person", "project", "tool", "topic"];

/// Answers a request under `/v1`; `route` is `None` where there is none for what is asked.
pub(in crate::target) fn answer(state: &State, route: Option<Route>, ask: &Ask, body: &[u8]) -> Reply {
    match admitted(state, route, ask).and_then(|route| perform(state, route, ask, body)) {
        Ok(reply) => reply,
        Err(reply) => *reply,
    }
}

/// Turns a request away before its body is looked at, in the order the real service does: key, path, method, limit.
fn admitted(state: &State, route: Option<Route>, ask: &Ask) -> Result<Route, Box<Reply>> {
    const PATHS: [&str; 7] =
        ["/v1/health", "/v1/recall", "/v1/learn", "/v1/turn", "/v1/stats", "/v1/entities", "/v1/keys"];
    let refuse = |status, body| Err(Box::new(Reply::new(status, body)));
    let is_open = matches!(route, Some(Route::Health | Route::Keys));
    let key = ask.header("x-api-key");
    if !is_open && !key.is_some_and(|key| state.memory.access().accepts(key)) {
        return refuse(StatusCode::UNAUTHORIZED, json!({"error": "Missing or invalid authentication"}));
    }
    let Some(route) = route.filter(|route| !route.is_of_nodes() || state.behaviour.federation) else {
        return match PATHS.contains(&ask.path) {
            true => refuse(StatusCode::METHOD_NOT_ALLOWED, json!({"detail": "Method Not Allowed"})),
            false => refuse(StatusCode::NOT_FOUND, json!({"detail": "Not Found"})),
        };
    };
    let Some(rate) = state.behaviour.limit.filter(|_| !is_open) else { return Ok(route) };
    let who = format!("{} {}", key.unwrap_or_default(), ask.header("x-tenant-id").unwrap_or_default());
    let allowance = state.memory.access().take(rate, &who, state.age());
    if allowance.remaining.is_some() {
        return Ok(route);
    }
    let limit = allowance.limit;
    let body = json!({
        "error": format!("Rate limit exceeded ({limit} calls/minute)"),
        "tier": "free",
        "limit": limit,
        "upgrade": "a higher tier allows more calls",
    });
    let headers =
        vec![("x-ratelimit-limit-minute", limit.to_string()), ("x-ratelimit-remaining-minute", "0".to_owned())];
    Err(Box::new(Reply { headers, ..Reply::new(StatusCode::TOO_MANY_REQUESTS, body) }))
}

fn perform(state: &State, route: Route, ask: &Ask, body: &[u8]) -> Result<Reply, Box<Reply>> {
    let tenant = ask.header("x-tenant-id").filter(|tenant| tenant.len() <= 256).unwrap_or(DEFAULT_TENANT);
    match route {
        Route::Health => Ok(Reply::ok(json!({
            "status": "healthy",
            "service": "continuum",
            "version": "2.0.1",
            "timestamp": now(),
        }))),
        Route::Keys => {
            let fields = fields(body)?;
            let of = text(&fields, "tenant_id")?;
            let name = fields.get("name").and_then(Value::as_str).unwrap_or("default");
            let key = state.drawn("cm");
            state.memory.access().admit(key.clone());
            Ok(Reply::ok(json!({"api_key": key, "tenant_id": of, "name": name})))
        }
        Route::Recall => Ok(Reply::ok(recall(state, tenant, &fields(body)?, "message")?)),
        Route::Learn => Ok(Reply::ok(learn(state, tenant, &fields(body)?)?)),
        Route::Turn => {
            let fields = fields(body)?;
            let recalled = recall(state, tenant, &fields, "user_message")?;
            Ok(Reply::ok(json!({"recall": recalled, "learn": learn(state, tenant, &fields)?})))
        }
        Route::Stats => Ok(Reply::ok(stats(state, tenant))),
        Route::Entities => entities(state, tenant, ask.query),
        Route::Contribute | Route::Sync | Route::Peers | Route::Heartbeat => {
            Ok(state.memory.federation().answer(route, body))
        }
    }
}

fn recall(state: &State, tenant: &str, fields: &Value, from: &str) -> Result<Value, Box<Reply>> {
    let message = text(fields, from)?;
    let most = match fields.get("max_concepts") {
        None | Some(Value::Null) => 10,
        Some(written) => {
            let most = written.as_u64().filter(|most| (1..=100).contains(most));
            most.ok_or_else(|| invalid("max_concepts", "Input should be between 1 and 100", written))?
        }
    };
    let found = state.memory.memories().of(tenant).recall(message, usize::try_from(most).unwrap_or(100));
    let count = found.len() as u64;
    Ok(json!({
        "context": if found.is_empty() { String::new() } else { format!("Known: {}.", found.join(", ")) },
        "concepts_found": count,
        "relationships_found": count * count.saturating_sub(1) / 2,
        "query_time_ms": 0.05 + count as f64 * 0.01,
        "tenant_id": tenant,
    }))
}

fn learn(state: &State, tenant: &str, fields: &Value) -> Result<Value, Box<Reply>> {
    let (said, answered) = (text(fields, "user_message")?, text(fields, "ai_response")?);
    if state.behaviour.fresh_database {
        let body = json!({"detail": "table messages has no column named thinking"});
        return Err(Box::new(Reply::new(StatusCode::INTERNAL_SERVER_ERROR, body)));
    }
    let lesson = state.memory.memories().learn(tenant, &format!("{said} {answered}"), &now());
    Ok(json!({
        "concepts_extracted": lesson.concepts,
        "decisions_detected": lesson.decisions,
        "links_created": lesson.links,
        "compounds_found": 0,
        "tenant_id": tenant,
    }))
}

fn stats(state: &State, tenant: &str) -> Value {
    let mut memories = state.memory.memories();
    let memory = memories.of(tenant);
    json!({
        "tenant_id": tenant,
        "instance_id": "embedded",
        "entities": memory.concepts().len(),
        "messages": memory.messages,
        "decisions": memory.decisions,
        "attention_links": memory.links,
        "compound_concepts": 0,
    })
}

fn entities(state: &State, tenant: &str, query: &str) -> Result<Reply, Box<Reply>> {
    let mut limit = 100;
    let mut offset = 0;
    let mut wanted = None;
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let number = |least: usize| {
            let number = value.parse::<usize>().ok().filter(|number| *number >= least);
            number.ok_or_else(|| invalid(name, "Input should be a valid integer in range", &json!(value)))
        };
        match name {
            "limit" => limit = number(1)?,
            "offset" => offset = number(0)?,
            "entity_type" => wanted = Some(value),
            _ => {}
        }
    }
    if let Some(kind) = wanted.filter(|kind| !TYPES.contains(kind)) {
        let body = json!({"detail": format!("Invalid entity_type: {kind}"), "valid_types": TYPES});
        return Err(Box::new(Reply::new(StatusCode::BAD_REQUEST, body)));
    }
    let mut memories = state.memory.memories();
    let concepts = memories.of(tenant).concepts();
    // every concept of this server is a concept and nothing else
    let of_kind = wanted.is_none_or(|kind| kind == "concept");
    let total = if of_kind { concepts.len() } else { 0 };
    let taken = concepts.iter().skip(offset).take(if of_kind { limit.min(1000) } else { 0 });
    let listed: Vec<Value> = taken
        .map(|concept| {
            json!({
                "name": concept.name,
                "type": "concept",
                "description": format!("{} was mentioned in a conversation", concept.name),
                "created_at": concept.created_at,
            })
        })
        .collect();
    Ok(Reply::ok(json!({"entities": listed, "total": total, "tenant_id": tenant})))
}

fn fields(body: &[u8]) -> Result<Value, Box<Reply>> {
    match serde_json::from_slice::<Value>(body) {
        Ok(fields) if fields.is_object() => Ok(fields),
        Ok(other) => Err(detail(json!({
            "type": "model_attributes_type",
            "loc": ["body"],
            "msg": "Input should be a valid dictionary or object to extract fields from",
            "input": other,
        }))),
        Err(error) => Err(detail(json!({
            "type": "json_invalid",
            "loc": ["body", error.column()],
            "msg": "JSON decode error",
            "input": {},
            "ctx": {"error": error.to_string()},
        }))),
    }
}

fn text<'a>(fields: &'a Value, name: &str) -> Result<&'a str, Box<Reply>> {
    match fields.get(name) {
        None => Err(detail(json!({
            "type": "missing",
            "loc": ["body", name],
            "msg": "Field required",
            "input": fields,
        }))),
        Some(Value::String(text)) if !text.is_empty() => Ok(text),
        Some(Value::String(text)) => Err(invalid(name, "String should have at least 1 character", &json!(text))),
        Some(other) => Err(invalid(name, "Input should be a valid string", other)),
    }
}

fn invalid(name: &str, message: &str, input: &Value) -> Box<Reply> {
    detail(json!({"type": "value_error", "loc": ["body", name], "msg": message, "input": input}))
}

fn detail(error: Value) -> Box<Reply> {
    Box::new(Reply::new(StatusCode::UNPROCESSABLE_ENTITY, json!({"detail": [error]})))
}
