use reqwest::Url;
use serde_json::{Map, Value as Json, json};

use super::body::{decoded, joined};
use super::options::{CurlOptions, parse};
use super::{body, headers};
use crate::diagnostic::Problem;
use crate::import::literal::{literal, plain};
use crate::import::naming::Names;
use crate::import::plan_draft::{Danger, EndpointDraft, METHODS, NewPlan, PlanDraft, RequestDraft};
use crate::import::secret_vars::{SecretVars, slot};
use crate::import::shell_words::split_command;
use crate::secrets::{holds_secret, no_url_without_secrets};

/// A plan with the one call that a `curl` command makes. Its secrets become variables of the environment.
///
/// # Errors
/// What is no `curl` command, or asks for what a plan cannot say.
pub fn from_curl(text: &str) -> Result<NewPlan, Box<Problem>> {
    let command = split_command(text)?;
    let mut options = parse(&command.words)?;
    let url = address(&mut options)?;
    let method = method(&options)?;
    let mut secrets = SecretVars::default();
    let host = url.host_str().unwrap_or_default();
    let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let mut request = RequestDraft { notes: options.notes.clone(), ..RequestDraft::default() };
    let content_type = headers::add(&options, &host, &mut request, &mut secrets);
    body::add(&options, content_type.as_deref(), &mut request, &mut secrets)?;
    request.query = query(&url, &options, &mut secrets);
    let mut notes = std::mem::take(&mut request.notes);
    if command.is_piped {
        notes.push("what follows the pipe is left out".into());
    }
    let mut fields = Map::new();
    fields.insert(method.clone(), literal(url.path()).into());
    request.write_to(&mut fields);
    fields.insert("expect".into(), json!({"status": "2xx"}));
    fields.extend(options.timeout.as_deref().and_then(timeout).map(|time| ("timeout".into(), time.into())));
    let name = Names::default().give(&format!("{method} {}", url.path()), "call");
    let origin = format!("{}://{host}", url.scheme());
    let mut target = Map::new();
    target.insert("url".into(), format!("${{TARGET_URL:-{}}}", plain(&origin)).into());
    let draft = PlanDraft {
        source: "a curl command".into(),
        name: plain(&format!("{} {}", method.to_uppercase(), url.path())),
        description: None,
        target,
        target_notes: Vec::new(),
        secrets,
        notes: Vec::new(),
        endpoints: vec![EndpointDraft { name, notes, fields, danger: Danger::of(&method) }],
    };
    Ok(draft.write())
}

/// The URL. Its user and password are moved to where the options have them.
fn address(options: &mut CurlOptions) -> Result<Url, Box<Problem>> {
    let Some(written) = &options.url else {
        let problem = Problem::new("the command has no URL");
        return Err(Box::new(problem.help("is the command copied whole? `curl [OPTION…] URL`")));
    };
    let written = if written.contains("://") { written.clone() } else { format!("http://{written}") };
    let parsed = Url::parse(&written).ok();
    let known = parsed.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let Some(mut url) = known else {
        let problem = Problem::new(format!("`{}` is not a URL of `http` or `https`", no_url_without_secrets(&written)));
        return Err(Box::new(problem.help("write it like `http://127.0.0.1:8000/v1/stats`")));
    };
    if !url.username().is_empty() || url.password().is_some() {
        options.user.get_or_insert_default();
        // an error says that this URL has no place for them, so they are gone as well
        let _ = url.set_username("");
        let _ = url.set_password(None);
    }
    Ok(url)
}

fn method(options: &CurlOptions) -> Result<String, Box<Problem>> {
    let has_body = !options.data.is_empty() || !options.json.is_empty() || !options.form.is_empty();
    let method = match &options.method {
        Some(method) => method.to_ascii_lowercase(),
        None if options.is_head => "head".into(),
        None if has_body && !options.is_get => "post".into(),
        None => "get".into(),
    };
    if !METHODS.contains(&method.as_str()) {
        let problem = Problem::new(format!("a plan has no method `{}`", method.to_uppercase()));
        return Err(Box::new(problem.help("the methods are GET, POST, PUT, PATCH, DELETE, HEAD and OPTIONS")));
    }
    Ok(method)
}

/// The query's names and values, decoded; a name that comes more than once has a list.
fn query(url: &Url, options: &CurlOptions, secrets: &mut SecretVars) -> Map<String, Json> {
    let data = if options.is_get { joined(&options.data) } else { String::new() };
    let all = [url.query().unwrap_or_default().to_owned(), data, joined(&options.query)].join("&");
    let mut query = Map::new();
    for piece in all.split('&').filter(|piece| !piece.is_empty()) {
        let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
        let plain = |text: &str| decoded(text).unwrap_or_else(|| text.to_owned());
        let (name, value) = (plain(name), plain(value));
        let written = match holds_secret(&name) && !value.is_empty() {
            true => slot(&secrets.keep(&name, &format!("`{name}` in the query"))),
            false => literal(&value),
        };
        match query.get_mut(&name) {
            Some(Json::Array(list)) => list.push(written.into()),
            Some(one) => *one = json!([one.take(), written]),
            None => drop(query.insert(name, written.into())),
        }
    }
    query
}

/// Seconds as `curl` takes them, as a plan's duration.
fn timeout(seconds: &str) -> Option<String> {
    let seconds: f64 = seconds.parse().ok()?;
    let millis = (seconds * 1000.0).round();
    let text = if millis % 1000.0 == 0.0 { format!("{:.0}s", millis / 1000.0) } else { format!("{millis:.0}ms") };
    (1.0..=1e9).contains(&millis).then_some(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plan(command: &str) -> String {
        from_curl(command).unwrap().text
    }

    #[test]
    fn a_url_alone_is_a_get() {
        let plan = plan("curl 'localhost:8000/v1/stats?x=1&x=2&flag'");
        assert!(plan.contains("url: \"${TARGET_URL:-http://localhost:8000}\""), "{plan}");
        assert!(plan.contains("    get: /v1/stats\n    query: {x: [\"1\", \"2\"], flag: \"\"}\n"), "{plan}");
    }

    #[test]
    fn the_secrets_of_a_url_are_not_kept() {
        let draft = from_curl("curl https://me:s3cret@here/x?api_key=s3cret").unwrap();
        assert!(!draft.text.contains("s3cret"), "{}", draft.text);
        assert_eq!(draft.variables.len(), 3);
    }

    #[test]
    fn what_a_plan_cannot_say_is_refused() {
        for (command, said) in [
            ("curl", "no URL"),
            ("curl ftp://x", "not a URL"),
            ("curl -X PROPFIND x", "PROPFIND"),
            ("curl ftp://me:s3cret@x?s3cret", "`x` is not a URL"),
            ("curl ''", "not a URL"),
        ] {
            let problem = from_curl(command).unwrap_err();
            assert!(problem.message.contains(said), "{command}: {}", problem.message);
        }
    }

    proptest! {
        #[test]
        fn every_plan_is_yaml_and_holds_what_was_sent(body in any::<String>(), header in "[ -~]{0,20}") {
            let quoted = body.replace('\'', r"'\''");
            let header = header.replace('\'', "");
            if let Ok(draft) = from_curl(&format!("curl http://here/ -H 'X-A: {header}' -H 'content-type: a/b' --data-raw '{quoted}'")) {
                let read: Json = serde_saphyr::from_str(&draft.text).unwrap();
                prop_assert_eq!(&read["endpoints"]["post"]["text"], &Json::from(literal(&body)));
            }
        }
    }
}
