use reqwest::Url;
use serde_json::Value as Json;

use super::document::Document;
use crate::import::literal::plain;

/// The URL of the service where the document names none.
const NOWHERE: &str = "http://127.0.0.1:8000";

/// The target's URL from the first of the document's servers, with what to say about it.
pub(super) fn target(document: Document, fetched_from: Option<&str>) -> (String, Vec<String>) {
    let mut notes = Vec::new();
    let servers = document.0.get("servers").and_then(Json::as_array);
    let server = servers.and_then(|servers| servers.first());
    let written = server.and_then(|server| server.get("url")).and_then(Json::as_str).unwrap_or("/");
    let filled = filled(written, server.and_then(|server| server.get("variables")));
    let base = fetched_from.and_then(|url| Url::parse(url).ok());
    let found = usable(Url::parse(&filled).ok())
        .or_else(|| usable(base.and_then(|base| base.join(&filled).ok())))
        .unwrap_or_else(|| {
            notes.push("the document does not say where the service is: set TARGET_URL, or write it here".into());
            let path = if filled.starts_with('/') { filled.as_str() } else { "/" };
            usable(Url::parse(&format!("{NOWHERE}{path}")).ok()).unwrap_or_else(|| NOWHERE.into())
        });
    let others = servers.map_or(0, |servers| servers.len().saturating_sub(1));
    if others > 0 {
        let word = if others == 1 { "another server" } else { "other servers" };
        notes.push(format!("the document names {word} too; set TARGET_URL to test one of them"));
    }
    (format!("${{TARGET_URL:-{}}}", plain(&found)), notes)
}

/// A URL a target may have: `http` or `https`, no user, no query.
fn usable(url: Option<Url>) -> Option<String> {
    let mut url = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())?;
    url.set_query(None);
    url.set_fragment(None);
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    Some(url.as_str().trim_end_matches('/').to_owned())
}

/// A server's URL with its `{variables}` filled in by their defaults.
fn filled(url: &str, variables: Option<&Json>) -> String {
    let mut out = String::new();
    let mut rest = url;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((name, after)) = after.split_once('}') else {
            rest = after;
            break;
        };
        let variable = variables.and_then(|variables| variables.get(name));
        let default = variable.and_then(|variable| {
            let first = variable.get("enum").and_then(|values| values.get(0));
            variable.get("default").or(first).and_then(Json::as_str)
        });
        out.push_str(default.unwrap_or(name));
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn url(server: &Json, from: Option<&str>) -> String {
        let whole = json!({"servers": [server]});
        target(Document(&whole), from).0
    }

    #[test]
    fn a_server_is_absolute_relative_or_a_template() {
        assert_eq!(url(&json!({"url": "https://a.b/v1/"}), None), "${TARGET_URL:-https://a.b/v1}");
        assert_eq!(url(&json!({"url": "/v1"}), None), "${TARGET_URL:-http://127.0.0.1:8000/v1}");
        assert_eq!(url(&json!({"url": "/v1"}), Some("https://a.b/docs/x.json")), "${TARGET_URL:-https://a.b/v1}");
        assert_eq!(url(&json!({"url": "../v2"}), Some("https://a.b/docs/x.json")), "${TARGET_URL:-https://a.b/v2}");
        let variables = json!({"host": {"default": "a.b"}, "v": {"enum": ["v3"]}});
        let templated = json!({"url": "https://{host}/{v}/{x}", "variables": variables});
        assert_eq!(url(&templated, None), "${TARGET_URL:-https://a.b/v3/x}");
        assert_eq!(url(&json!({"url": "ftp://me:pw@x/{"}), None), "${TARGET_URL:-http://127.0.0.1:8000}");
        assert_eq!(url(&json!({"url": "https://me:pw@x/?q"}), None), "${TARGET_URL:-https://x}");
    }
}
