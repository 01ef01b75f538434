use serde_json::{Map, Value as Json, json};

use super::options::CurlOptions;
use crate::import::literal::literal;
use crate::import::secret_vars::{SecretVars, slot};
use crate::secrets::holds_secret;

/// A request's headers as a plan writes them, and who sends it.
#[derive(Debug, Default)]
pub(super) struct Headers {
    pub(super) map: Map<String, Json>,
    pub(super) auth: Option<Json>,
    /// What the body is said to be.
    pub(super) content_type: Option<String>,
    /// What is left out.
    pub(super) notes: Vec<String>,
}

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

impl Headers {
    /// Reads them off a command; its secrets become vars.
    pub(super) fn of(options: &CurlOptions, host: &str, secrets: &mut SecretVars) -> Self {
        let mut headers = Self::default();
        let mut cookies = options.cookies.clone();
        let mut left_out = Vec::new();
        for line in &options.headers {
            let Some((name, value)) = split(line) else { continue };
            let lower = name.to_ascii_lowercase();
            match lower.as_str() {
                "cookie" => cookies.push(value.to_owned()),
                "content-type" => headers.content_type = Some(value.to_owned()),
                "host" if value.eq_ignore_ascii_case(host) => {}
                "authorization" => headers.authorization(name, value, secrets),
                _ if LEFT_OUT.contains(&lower.as_str()) || lower.starts_with("sec-") => left_out.push(lower),
                _ => headers.add(name, value, secrets),
            }
        }
        if let Some(agent) = &options.agent {
            headers.add("User-Agent", agent, secrets);
        }
        if let Some(referer) = &options.referer {
            headers.add("Referer", referer, secrets);
        }
        if !cookies.is_empty() {
            let var = secrets.keep("cookies", "the `Cookie` header's value");
            headers.map.insert("Cookie".into(), slot(&var).into());
        }
        if options.bearer.is_some() {
            headers.bearer(secrets);
        } else if options.user.is_some() {
            let user = secrets.keep("username", "the user's name, from `-u`");
            let password = secrets.keep("password", "the user's password, from `-u`");
            headers.auth = Some(json!({"basic": {"user": slot(&user), "password": slot(&password)}}));
        }
        if !left_out.is_empty() {
            headers.notes.push(format!("headers a browser or a connection adds are left out: {}", left_out.join(", ")));
        }
        headers
    }

    /// Adds what says of which kind the body is, and which kind of answer is asked for.
    pub(super) fn describe(&mut self, content_type: Option<&str>, options: &CurlOptions) {
        self.map.extend(content_type.map(|kind| ("Content-Type".into(), literal(kind).into())));
        if !options.json.is_empty() && !self.map.keys().any(|name| name.eq_ignore_ascii_case("accept")) {
            self.map.insert("Accept".into(), "application/json".into());
        }
    }

    fn authorization(&mut self, name: &str, value: &str, secrets: &mut SecretVars) {
        match value.split_once(' ') {
            Some((scheme, _)) if scheme.eq_ignore_ascii_case("bearer") => self.bearer(secrets),
            Some((scheme, _)) if ["basic", "token", "apikey"].contains(&scheme.to_ascii_lowercase().as_str()) => {
                let holds = format!("what follows `{scheme}` in the `{name}` header");
                let var = secrets.keep("credentials", &holds);
                self.map.insert(name.to_owned(), format!("{scheme} {}", slot(&var)).into());
            }
            _ => self.add(name, value, secrets),
        }
    }

    fn bearer(&mut self, secrets: &mut SecretVars) {
        let var = secrets.keep("token", "the bearer token");
        self.auth = Some(json!({"bearer": slot(&var)}));
    }

    fn add(&mut self, name: &str, value: &str, secrets: &mut SecretVars) {
        let written = if holds_secret(name) && !value.is_empty() {
            slot(&secrets.keep(name, &format!("the `{name}` header's value")))
        } else {
            literal(value)
        };
        let same = self.map.keys().find(|known| known.eq_ignore_ascii_case(name)).cloned();
        match same.and_then(|same| self.map.get_mut(&same)) {
            // the same header twice is one with a list (RFC 9110 §5.3)
            Some(Json::String(known)) if *known != written => {
                known.push_str(", ");
                known.push_str(&written);
            }
            Some(_) => {}
            None => drop(self.map.insert(name.to_owned(), written.into())),
        }
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
        let headers = Headers::of(&options, "here", &mut secrets);
        assert!(!format!("{headers:?} {secrets:?}").contains("s3cret"));
        assert_eq!(headers.map["Accept"], "a, b");
        assert_eq!(headers.map["X-Api-Key"], "{{ api_key }}");
    }
}
