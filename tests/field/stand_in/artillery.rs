//! The services of the plans after Artillery's.

use ring::digest::{SHA256, digest};
use serde_json::{Value, json};

use super::ask::{Ask, data, holds, same};
use super::memory::Memory;
use super::reply::{Answer, Reply};

pub fn parallel(_: &mut Memory, ask: &Ask) -> Answer {
    match ask.route() {
        ("GET", "/dino" | "/pony") => Reply::page().ok(),
        ("GET", "/armadillo") => Reply::empty(404).ok(),
        _ => ask.unknown(),
    }
}

pub fn cookies(memory: &mut Memory, ask: &Ask) -> Answer {
    if ask.route() == ("POST", "/login") {
        let body = ask.json()?;
        let email = body["email"].as_str().ok_or("no email")?;
        let known = data("emails.csv");
        let known = String::from_utf8_lossy(&known);
        holds(known.lines().skip(1).any(|line| line == email), format!("nobody is {email}"))?;
        ask.json_is(&json!({"email": email, "password": "test-password-123"}))?;
        holds(!memory.has(email), "the same person twice")?;
        memory.keep(email, "");
        return Reply::page().with("set-cookie", format!("email={email}; Path=/")).ok();
    }
    let email = ask.cookie("email")?.to_owned();
    match ask.route() {
        ("GET", "/account") => Reply::json(200, json!({"user": {"email": email}})).ok(),
        ("POST", "/set-state") => {
            let state = ask.cookie("state")?;
            holds(["online", "busy"].contains(&state), format!("`{state}` is no state"))?;
            same("the length of the body", ask.header("content-length")?, "0")?;
            memory.keep(&email, state);
            Reply::empty(204).ok()
        }
        ("GET", "/state") => Reply::json(200, json!({"currentState": memory.text(&email)?})).ok(),
        _ => ask.unknown(),
    }
}

pub fn csv_urls(memory: &mut Memory, ask: &Ask) -> Answer {
    match (ask.path.as_str(), ask.raw_query.as_str()) {
        ("/dino", "") | ("/pony", "mood=calm") | ("/armadillo/9", "") => {
            memory.next(&ask.path);
            Reply::page().ok()
        }
        _ => ask.unknown(),
    }
}

/// All rows came.
pub fn each_row(memory: &Memory) -> Result<(), String> {
    let of = |path| memory.number(path);
    let times = [of("/dino"), of("/pony"), of("/armadillo/9")];
    // each worker has rows of its own
    holds(times.iter().all(|times| *times > 0) && times.iter().sum::<u64>() == 18, format!("they came {times:?} times"))
}

pub fn crud(memory: &mut Memory, ask: &Ask) -> Answer {
    let segments = ask.segments();
    match (ask.method.as_str(), segments.get(1)) {
        ("POST", None) if ask.path == "/users" => {
            ask.json_is(&json!({"username": "new-user"}))?;
            let id = memory.next("ids").to_string();
            memory.keep(&id, "new-user");
            let body = json!({"id": id, "username": "new-user"});
            Reply::json(201, body).with("location", format!("/users/{id}?full=true")).ok()
        }
        ("GET", Some(id)) if !memory.has(id) => Reply::empty(404).ok(),
        ("GET", Some(id)) => {
            ask.query_is(&[("full", "true")])?;
            Reply::json(200, json!({"id": id, "username": memory.text(id)?})).ok()
        }
        ("DELETE", Some(id)) => {
            memory.take(id)?;
            Reply::empty(204).ok()
        }
        _ => ask.unknown(),
    }
}

pub fn graphql(memory: &mut Memory, ask: &Ask) -> Answer {
    same("the route", ask.route(), ("POST", "/"))?;
    let body = ask.json()?;
    let query = body["query"].as_str().ok_or("no query")?;
    let operation = body["operationName"].as_str().ok_or("no operation")?;
    holds(query.contains(&format!(" {operation}(")), format!("`{operation}` is not in {query}"))?;
    same("opened braces", query.matches('{').count(), query.matches('}').count())?;
    let variables = &body["variables"];
    let id = variables["userId"].as_str().unwrap_or_default().to_owned();
    let data = match operation {
        "CreateUserMutation" => {
            let input = &variables["createUserInput"];
            let name = input["username"].as_str().ok_or("no username")?;
            same("the length of the name", name.len(), 8)?;
            same("the email", &input["email"], &json!(format!("user-{name}@example.org")))?;
            let id = format!("u{}", memory.next("users"));
            memory.keep(&id, format!("user-{name}@example.org"));
            json!({"createUser": {"id": id}})
        }
        "UserQuery" => json!({"user": {"username": "x", "email": memory.text(&id)?}}),
        "UpdateUserMutation" => {
            memory.text(&id)?;
            let email = variables["input"]["email"].as_str().ok_or("no email")?;
            holds(email.contains("@example."), format!("`{email}` is somebody's"))?;
            memory.keep(&id, email);
            json!({"updateUser": {"email": email}})
        }
        "DeleteUserMutation" => {
            memory.take(&id)?;
            json!({"deleteUser": {"id": id}})
        }
        _ => return Err(format!("nobody knows {operation}")),
    };
    Reply::json(200, json!({"data": data})).ok()
}

pub fn uploads(_: &mut Memory, ask: &Ask) -> Answer {
    same("the route", ask.route(), ("POST", "/upload"))?;
    let parts = ask.parts()?;
    let document = parts.last().ok_or("no parts")?;
    let shown = document.file.clone().unwrap_or_default();
    let file = shown.rsplit(' ').next().unwrap_or_default();
    let (kind, other) = match file {
        "logo.svg" => ("image/svg+xml", "text/x-svg"),
        "notes.txt" => ("text/plain; charset=utf-8", "text/x-txt"),
        "urls.csv" => ("text/csv", "text/x-csv"),
        _ => return Err(format!("there is no file `{file}`")),
    };
    match parts.len() {
        1 => {
            holds((1..=10).any(|number| shown == format!("{number} {file}")), format!("the name `{shown}`"))?;
            document.is("document", Some(&shown), Some(other), &data(file))?;
        }
        _ => {
            holds(parts[0].body.starts_with(b"of user "), "another title")?;
            document.is("document", Some(file), Some(kind), &data(file))?;
        }
    }
    Reply::empty(201).ok()
}

pub fn soap(_: &mut Memory, ask: &Ask) -> Answer {
    same("the route", ask.route(), ("POST", "/countryinfo"))?;
    ask.kind_is("text/xml; charset=utf-8")?;
    let text = ask.text()?;
    let inside = |name: &str| {
        let (_, rest) = text.split_once(&format!("<{name}>")).ok_or_else(|| format!("no `{name}` in {text}"))?;
        rest.split_once(&format!("</{name}>")).map(|(value, _)| value).ok_or_else(|| format!("`{name}` has no end"))
    };
    holds(text.trim_end().ends_with("</soap:Envelope>"), "the envelope is not closed")?;
    let answer = |body: &str| {
        format!(
            r#"<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>{body}</soap:Body></soap:Envelope>"#
        )
    };
    match ask.header("soapaction")? {
        "\"urn:country/CapitalCity\"" => match inside("c:code")? {
            "NO" => Reply::xml(200, &answer(r#"<r:Result xmlns:r="urn:country"><r:city people="709037">Oslo &amp; fjord</r:city></r:Result>"#)).ok(),
            "XX" => Reply::xml(500, &answer("<soap:Fault><faultcode>soap:Client</faultcode><faultstring>no such country</faultstring></soap:Fault>")).ok(),
            other => Err(format!("the country `{other}`")),
        },
        "\"urn:country/Weather\"" => {
            same("the city", inside("c:city")?, "Oslo &amp; fjord")?;
            holds(text.contains("people=\"709037\""), format!("other people in {text}"))?;
            Reply::xml(200, &answer("<sky>clear</sky>")).ok()
        }
        other => Err(format!("the action {other}")),
    }
}

pub fn table(_: &mut Memory, ask: &Ask) -> Answer {
    match (ask.path.as_str(), ask.raw_query.as_str()) {
        ("/" | "/docs/", "") => Reply::page().ok(),
        ("/docs", "") => Reply::redirect(301, "/docs/").ok(),
        ("/no-such-page", "") => Reply::empty(404).ok(),
        ("/members", "only=me") => Reply::empty(401).ok(),
        _ => ask.unknown(),
    }
}

pub fn register(memory: &mut Memory, ask: &Ask) -> Answer {
    let known = [
        ("ann@example.org", "correct horse"),
        ("bob@example.org", "battery \"staple\""),
        ("cyd@example.org", "pass,word"),
    ];
    match ask.route() {
        ("POST", "/users/register") => {
            let body = ask.json()?;
            let text =
                |name: &str| body[name].as_str().filter(|text| !text.is_empty()).ok_or_else(|| format!("no `{name}`"));
            for name in ["first_name", "address", "city", "country", "postcode", "phone"] {
                text(name)?;
            }
            same("the country", text("country")?.len(), 2)?;
            same("the last name", text("last_name")?, "Doe")?;
            same("the date of birth", text("dob")?, "1990-01-01")?;
            same("the length of a date", text("joined")?.len(), 10)?;
            same("fields", body.as_object().map(serde_json::Map::len), Some(11))?;
            holds(known.contains(&(text("email")?, text("password")?)), "nobody has this e-mail address and password")?;
            let id = memory.next("ids").to_string();
            memory.keep(text("email")?, &id);
            Reply::json(201, json!({"id": id})).ok()
        }
        ("POST", "/users/login") => {
            let body = ask.json()?;
            let email = body["email"].as_str().unwrap_or_default().to_owned();
            let password = body["password"].as_str().unwrap_or_default();
            holds(known.contains(&(&email, password)), "nobody has this e-mail address and password")?;
            let token = format!("token-of-{email}");
            memory.keep(&token, "");
            Reply::json(200, json!({"id": memory.text(&email)?, "access_token": token})).ok()
        }
        ("GET", "/users/me") => {
            memory.text(ask.bearer()?)?;
            Reply::page().ok()
        }
        _ => ask.unknown(),
    }
}

pub fn user_tokens(memory: &mut Memory, ask: &Ask) -> Answer {
    same("the route", ask.route(), ("GET", "/"))?;
    let (one, two) = (ask.header("x-auth-one")?, ask.header("x-auth-two")?);
    if memory.has("shared") {
        same("the shared token", one, memory.text("shared")?)?;
    }
    memory.keep("shared", one);
    let of_user = |user: u64| {
        let digest = digest(&SHA256, format!("{one}/{user}").as_bytes());
        digest.as_ref()[..16].iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    holds((1..=10).any(|user| of_user(user) == two), format!("`{two}` is nobody's token"))?;
    memory.next(two);
    same("how often a token comes", memory.number(two) <= 2, true)?;
    Reply::page().ok()
}

pub fn refresh(memory: &mut Memory, ask: &Ask) -> Answer {
    if ask.route() == ("POST", "/login") {
        let token = format!("t{}", memory.next("tokens"));
        memory.begin(&token);
        memory.keep(&token, "new");
        return Reply::empty(204).with("x-token", token).ok();
    }
    let token = ask.header("x-auth-token")?.to_owned();
    let state = memory.text(&token)?.to_owned();
    match (ask.route(), state.as_str()) {
        (("GET", "/dino"), "new") => memory.keep(&token, "dino"),
        (("GET", "/pony"), "dino") => memory.keep(&token, "pony"),
        // one that is new has not been seen before the pause
        (("GET", "/armadillo"), "new") => memory.keep(&token, "armadillo"),
        (_, state) => return Err(format!("{} with a token that was last seen by {state}", ask.path)),
    }
    Reply::page().ok()
}

pub fn pages(_: &mut Memory, ask: &Ask) -> Answer {
    match ask.route() {
        ("GET", "/common" | "/average" | "/rare" | "/dino" | "/pony" | "/armadillo" | "/") => Reply::page().ok(),
        _ => ask.unknown(),
    }
}

pub fn overrides(memory: &mut Memory, ask: &Ask) -> Answer {
    memory.next("visits");
    pages(memory, ask)
}

/// As often as the environment said.
pub fn twenty_visits(memory: &Memory) -> Result<(), String> {
    same("visits", memory.number("visits"), 20)
}

pub fn starter_kit(_: &mut Memory, ask: &Ask) -> Answer {
    ask.header_is("x-api-key", "key of the environment")?;
    ask.header_is("accept", "application/json")?;
    let ids = ["8731", "9965", "2806"];
    let segments = ask.segments();
    holds(segments.len() == 2 && segments[0] == "members", "there is no such path")?;
    match (ask.method.as_str(), segments[1].as_str()) {
        ("GET", id) if ids.contains(&id) => Reply::json(200, json!({"id": id})).ok(),
        (method @ ("POST" | "PUT"), id) => {
            let body = ask.json()?;
            let of_row = [
                ("Ann Ames", "ann@example.org"),
                ("Bo O'Neil", "bo@example.org"),
                ("Cyd \"Red\" Cross", "cyd@example.org"),
            ];
            let row = (body["name"].as_str().unwrap_or_default(), body["email"].as_str().unwrap_or_default());
            holds(of_row.contains(&row), format!("{row:?} is no row"))?;
            let of_list = |name: &str, list: &[&str]| {
                holds(list.contains(&body[name].as_str().unwrap_or_default()), format!("`{name}` is {}", body[name]))
            };
            of_list("postcode", &["SE1", "EC1", "E8", "WH9"])?;
            of_list("id", &ids)?;
            same("the salary", &body["salary"], 666_000)?;
            match method {
                "PUT" => same("the id", &body["id"], id)?,
                _ => same("the path", id, "member")?,
            }
            Reply::empty(if method == "PUT" { 200 } else { 201 }).ok()
        }
        _ => ask.unknown(),
    }
}

pub fn pets(_: &mut Memory, ask: &Ask) -> Answer {
    match ask.route() {
        ("GET", "/pets" | "/pets/1") => Reply::json(200, json!({"result": [{"name": "Luna"}]})).ok(),
        ("POST", "/pets") => {
            ask.json_is(&json!({"name": "Tiki", "species": "pony"}))?;
            Reply::empty(202).ok()
        }
        ("GET", "/pets/2") => {
            let body =
                json!({"status": 404, "type": "about:blank", "title": "Not Found", "detail": "here is only Luna"});
            Reply::text(404, "application/problem+json", body.to_string()).ok()
        }
        ("GET", "/old-pets") => Reply::redirect(301, "/pets").ok(),
        _ => ask.unknown(),
    }
}

pub fn metrics(memory: &mut Memory, ask: &Ask) -> Answer {
    same("the route", ask.route(), ("POST", "/pets"))?;
    ask.json_is(&json!({"species": "pony", "name": "Tiki"}))?;
    let pets = memory.next("pets");
    Reply::json(201, json!({"age": pets % 9 + 1})).with("x-pets", pets.to_string()).ok()
}

pub fn twirp(_: &mut Memory, ask: &Ask) -> Answer {
    same("the route", ask.route(), ("POST", "/twirp/example.Haberdasher/MakeHat"))?;
    ask.header_is("accept", "application/json")?;
    let body = ask.json()?;
    match body["inches"].as_u64() {
        Some(0) => {
            let told =
                json!({"code": "invalid_argument", "msg": "no hat is that small", "meta": {"argument": "inches"}});
            Reply::json(400, told).ok()
        }
        Some(inches @ 1..=40) => Reply::json(200, json!({"size": inches, "color": "red", "name": "bowler"})).ok(),
        _ => Err(format!("{body} are no inches")),
    }
}

pub fn all_features(memory: &mut Memory, ask: &Ask) -> Answer {
    let named = |name: &Value| holds([json!("Leo"), json!("Figo")].contains(name), format!("the name {name}"));
    ask.kind_is("application/json")?;
    match ask.route() {
        ("GET", "/pets") if ask.header("x-auth")? == "overrides-the-value-in-defaults" => {
            ask.without("x-name")?;
            Reply::page().ok()
        }
        ("GET", route @ ("/pets" | "/will404")) => {
            ask.header_is("x-auth", "987401838271002188298567")?;
            named(&json!(ask.header("x-name")?))?;
            Reply::empty(if route == "/pets" { 200 } else { 404 }).ok()
        }
        ("POST", "/pets") => {
            let body = ask.json()?;
            ask.header_is("x-auth", "987401838271002188298567")?;
            let species = if body["name"] == "Leo" { "dog" } else { "cat" };
            same("the body", &body, &json!({"name": ask.header("x-name")?, "species": species}))?;
            if ask.maybe("user-agent") == Some("artillery") {
                memory.next("as another");
            }
            Reply::empty(201).ok()
        }
        _ => ask.unknown(),
    }
}

/// Some of the requests came under another name.
pub fn some_as_another(memory: &Memory) -> Result<(), String> {
    holds(memory.number("as another") > 0, "no request came as `artillery`")
}

pub fn nested_loop(_: &mut Memory, ask: &Ask) -> Answer {
    match ask.route() {
        ("GET", "/") => Reply::json(200, json!({"limit": 10})).ok(),
        // a break comes after what is read
        ("GET", "/loop/9" | "/loop/11") => Reply::json(200, json!({"kind": "odd"})).ok(),
        ("GET", "/loop/10") => Reply::json(200, json!({"kind": "even"})).ok(),
        ("DELETE", "/loop/9") => Reply::empty(204).ok(),
        _ => ask.unknown(),
    }
}
