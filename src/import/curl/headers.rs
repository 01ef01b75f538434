use serde_json::{Map, Value as Json, json};

use super::options::CurlOptions;
use crate::import::literal::literal;
use crate::import::plan_draft::RequestDraft;
use crate::import::secret_vars::{SecretVars, slot};
use crate::secrets::holds_secret;

/// Headers that belong to one connection or one browser, and not to the request.
const LEFT_OUT: [&str; 9] = [
    "accept-encoding",
    "connection",
    "content-length",
    "transfer-encoding",
    "upgrade-insecure-requests",
    "priority",
    "dnt",
    "te",
    "expect",
];

/// Adds a command's headers to a request, and who sends it; its secrets become vars. Returns what the body is said to be.
pub(super) fn add(
    options: &CurlOptions,
    host: &str,
    request: &mut RequestDraft,
    secrets: &mut SecretVars,
) -> Option<String> {
    let mut content_type = None;
    let mut has_cookies = !options.cookies.is_empty();
    let mut left_out = Vec::new();
    for line in &options.headers {
        let Some((name, value)) = split(line) else { continue };
        let lower = name.to_ascii_lowercase();
        match lower.as_str() {
            "cookie" => has_cookies = true,
            "content-type" => content_type = Some(value.to_owned()),
            "host" if value.eq_ignore_ascii_case(host) => {}
            "authorization" => authorization(name, value, request, secrets),
            _ if LEFT_OUT.contains(&lower.as_str()) || lower.starts_with("sec-") => left_out.push(lower),
            _ => header(name, value, &mut request.headers, secrets),
        }
    }
    for (name, value) in [("User-Agent", &options.agent), ("Referer", &options.referer)] {
        if let Some(value) = value {
            header(name, value, &mut request.headers, secrets);
        }
    }
    if has_cookies {
        let var = secrets.keep("cookies", "the `Cookie` header's value");
        request.headers.insert("Cookie".into(), slot(&var).into());
    }
    if options.bearer.is_some() {
        request.auth = Some(bearer(secrets));
    } else if options.user.is_some() {
        let user = secrets.keep("username", "the user's name, from `-u`");
        let password = secrets.keep("password", "the user's password, from `-u`");
        request.auth = Some(json!({"basic": {"user": slot(&user), "password": slot(&password)}}));
    }
    if !left_out.is_empty() {
        request.notes.push(format!("headers a browser or a connection adds are left out: {}", left_out.join(", ")));
    }
    content_type
}

fn authorization(name: &str, value: &str, request: &mut RequestDraft, secrets: &mut SecretVars) {
    match value.split_once(' ') {
        Some((scheme, _)) if scheme.eq_ignore_ascii_case("bearer") => request.auth = Some(bearer(secrets)),
        Some((scheme, _)) if ["basic", "token", "apikey"].contains(&scheme.to_ascii_lowercase().as_str()) => {
            let holds = format!("what follows `{scheme}` in the `{name}` header");
            let var = secrets.keep("credentials", &holds);
            request.headers.insert(name.to_owned(), format!("{scheme} {}", slot(&var)).into());
        }
        _ => header(name, value, &mut request.headers, secrets),
    }
}

fn bearer(secrets: &mut SecretVars) -> Json {
    json!({"bearer": slot(&secrets.keep("token", "the bearer token"))})
}

fn header(name: &str, value: &str, headers: &mut Map<String, Json>, secrets: &mut SecretVars) {
    let written = if holds_secret(name) && !value.is_empty() {
        slot(&secrets.keep(name, &format!("the `{name}` header's value")))
    } else {
        literal(value)
    };
    let same = headers.keys().find(|known| known.eq_ignore_ascii_case(name)).cloned();
    match same.and_then(|same| headers.get_mut(&same)) {
        // the same header twice is one with a list (RFC 9110 §5.3)
        Some(Json::String(known)) if *known != written => {
            known.push_str(", ");
            known.push_str(&written);
        }
        Some(_) => {}
        None => drop(headers.insert(name.to_owned(), written.into())),
    }
}

/// `name: value`, or `name;` for one without a value; `name:` takes one of curl's own away, and `:name: value` is
/// none of HTTP/1.1.
fn split(line: &str) -> Option<(&str, &str)> {
    match line.split_once(':') {
        Some(("", _)) => None,
        Some((name, value)) if !value.trim().is_empty() => Some((name.trim(), value.trim())),
        Some(_) => None,
        None => line.trim_end().strip_suffix(';').map(|name| (name.trim(), "")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_taken_apart_as_curl_does() {
        assert_eq!(split("A: b: c "), Some(("A", "b: c")));
        assert_eq!(split("A;"), Some(("A", "")));
        assert_eq!(split("A:"), None);
        assert_eq!(split(":authority: x"), None);
    }

    #[test]
    fn no_secret_is_kept() {
        let lines = ["Authorization: Bearer s3cret", "X-Api-Key: s3cret", "cookie: a=s3cret", "Accept: a", "accept: b"];
        let options = CurlOptions {
            headers: lines.map(str::to_owned).into(),
            user: Some("me:s3cret".into()),
            ..CurlOptions::default()
        };
        let mut secrets = SecretVars::default();
        let mut request = RequestDraft::default();
        add(&options, "here", &mut request, &mut secrets);
        assert!(!format!("{request:?} {secrets:?}").contains("s3cret"));
        assert_eq!(request.headers["Accept"], "a, b");
        assert_eq!(request.headers["X-Api-Key"], "{{ api_key }}");
    }
}
