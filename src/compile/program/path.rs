use std::sync::Arc;

use http::uri::PathAndQuery;
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use super::value_template::ValueTemplate;
use crate::expression::{EvalError, Part, Scope, Template, Value, to_text};
use crate::http::Origin;

/// Path and query of a request.
#[derive(Debug)]
pub enum Path {
    /// The same each time: encoded and checked.
    Fixed(PathAndQuery),
    /// Filled in each time.
    Live(LivePath),
    /// A whole URL, filled in each time.
    Whole(LiveUrl),
}

/// A whole URL that is filled in each time, as an answer gave it; or a path of the service, as answers give one in its place.
#[derive(Debug)]
pub struct LiveUrl {
    /// The URL: read as the URL standard reads it.
    pub url: Template,
    /// Names and values added to its query; a value that is `none` takes its name out.
    pub query: Vec<(Arc<str>, ValueTemplate)>,
}

/// A longer URL is not even read.
const LONGEST_URL: usize = 64 << 10;
/// What a path is read against; a path that leads to another host is none.
const NO_HOST: &str = "service.invalid";

/// A path that is filled in each time. What is written in it is encoded as the URL standard says, and a value as one
/// segment: whatever is in it, it asks for no other resource.
#[derive(Debug)]
pub struct LivePath {
    /// The target's path, before the endpoint's.
    pub prefix: Box<str>,
    /// The endpoint's path.
    pub path: Template,
    /// Names and values of the query; a value that is `none` takes its name out.
    pub query: Vec<(Arc<str>, ValueTemplate)>,
}

/// What a value keeps as it is: letters, digits, and `-._~` (RFC 3986, unreserved).
const VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// What is encoded of a path as written (WHATWG URL, path percent-encode set; `\` too, which is no separator here).
const PATH: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'^').add(b'`').add(b'{').add(b'}').add(b'\\');
/// What is encoded of a query as written (WHATWG URL, special-query percent-encode set).
const QUERY: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'\'');

impl LivePath {
    /// The path as it goes out.
    ///
    /// # Errors
    /// A template that cannot be filled in.
    pub fn render(&self, scope: &Arc<Scope>) -> Result<PathAndQuery, EvalError> {
        let mut text = encoded_path(&self.prefix, &self.path, scope)?;
        for (name, value) in &self.query {
            append_query(&mut text, name, &value.eval(scope)?);
        }
        // the value is not shown: it may be a secret
        text.parse().map_err(|_| EvalError { message: "the path is longer than a request can hold".into() })
    }
}

impl LiveUrl {
    /// Where it leads, and what is asked for there; `None` for a path of the endpoint's service, which begins with `/`.
    ///
    /// # Errors
    /// A template that cannot be filled in, and what is no URL of `http` or `https`. The URL is not shown: it may hold a
    /// secret.
    pub fn render(&self, scope: &Arc<Scope>) -> Result<(Option<Origin>, PathAndQuery), EvalError> {
        let refuse = |message: &str| EvalError { message: message.into() };
        let text = self.url.render(scope)?;
        if text.len() > LONGEST_URL {
            return Err(refuse("the URL is longer than a request can hold"));
        }
        let text = text.trim();
        let is_path = text.starts_with('/');
        let url = match is_path {
            // `//host` and its like name another place
            true => path_of_service(text),
            false => Url::parse(text).ok(),
        };
        let url = url.ok_or_else(|| {
            refuse("`url` was filled in with what is neither a URL nor a path of the service, which begins with `/`")
        })?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refuse("the URL holds a user name or password, which belong into `auth`"));
        }
        let origin = match is_path {
            true => None,
            false => Some(
                Origin::parse(&url.origin().ascii_serialization())
                    .map_err(|_| refuse("`url` was filled in with a URL that is not of `http` or `https`"))?,
            ),
        };
        let mut path = url.path().to_owned();
        if let Some(query) = url.query() {
            path.push('?');
            path.push_str(query);
        }
        for (name, value) in &self.query {
            append_query(&mut path, name, &value.eval(scope)?);
        }
        let path = path.parse().map_err(|_| refuse("the URL is longer than a request can hold"))?;
        Ok((origin, path))
    }
}

/// A path that an answer gave in the place of a URL.
fn path_of_service(text: &str) -> Option<Url> {
    let base = Url::parse(&format!("http://{NO_HOST}/")).ok()?;
    base.join(text).ok().filter(|url| url.host_str() == Some(NO_HOST) && url.port().is_none())
}

/// A path that is filled in, behind a prefix: encoded.
pub(in crate::compile) fn encoded_path(prefix: &str, path: &Template, scope: &Arc<Scope>) -> Result<String, EvalError> {
    let mut out = String::with_capacity(64);
    push_written(&mut out, prefix);
    for part in path.parts(scope)? {
        match part {
            Part::Written(text) => push_written(&mut out, &text),
            Part::Value(value) => push_value(&mut out, &value),
        }
    }
    Ok(out)
}

fn push_written(out: &mut String, text: &str) {
    let (path, query) = match (out.contains('?'), text.find('?')) {
        (true, _) => ("", text),
        (false, Some(at)) => text.split_at(at),
        (false, None) => (text, ""),
    };
    for (text, set) in [(path, PATH), (query, QUERY)] {
        let mut rest = text;
        while let Some(at) = rest.find('%') {
            out.extend(utf8_percent_encode(&rest[..at], set));
            // a sign that begins no encoded byte stands for itself
            let is_byte = rest.as_bytes().get(at + 1..at + 3).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit));
            out.push_str(if is_byte { "%" } else { "%25" });
            rest = &rest[at + 1..];
        }
        out.extend(utf8_percent_encode(rest, set));
    }
}

fn push_value(out: &mut String, value: &Value) {
    let text = to_text(value);
    match text.as_str() {
        // as they are, these lead to another place
        "." | ".." if !out.contains('?') => out.push_str(&text.replace('.', "%2E")),
        text => out.extend(utf8_percent_encode(text, VALUE)),
    }
}

/// Appends a name and its value to a path's query, percent-encoded.
/// A value that is `none` or undefined takes its name out; a list repeats it.
pub(in crate::compile) fn append_query(path: &mut String, name: &str, value: &Value) {
    if value.is_none() || value.is_undefined() {
        return;
    }
    if value.kind() == minijinja::value::ValueKind::Seq {
        for item in value.try_iter().into_iter().flatten() {
            append_query(path, name, &item);
        }
        return;
    }
    path.push(if path.contains('?') { '&' } else { '?' });
    path.extend(utf8_percent_encode(name, VALUE));
    path.push('=');
    path.extend(utf8_percent_encode(&to_text(value), VALUE));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expression::{Globals, ScopeRng, ScopeUser};
    use crate::units::Seed;

    fn sent(path: &str, value: impl Into<Value>) -> String {
        let globals = Globals::new(vec![("v".into(), value.into())]);
        let user = ScopeUser { id: 1, kind: "u".into() };
        let scope = Scope::new(Arc::new(globals), user, ScopeRng::new(Seed::new(1)));
        encoded_path("", &Template::path(path).unwrap(), &scope).unwrap()
    }

    #[test]
    fn a_value_is_one_segment_of_the_path_whatever_is_in_it() {
        for (value, segment) in [
            ("c#d", "c%23d"),
            ("a/b", "a%2Fb"),
            ("100%", "100%25"),
            ("%20", "%2520"),
            ("New York", "New%20York"),
            ("São Paulo", "S%C3%A3o%20Paulo"),
            ("a?b=c", "a%3Fb%3Dc"),
            ("..", "%2E%2E"),
            ("a\r\nb", "a%0D%0Ab"),
            ("plain-1.0_~", "plain-1.0_~"),
        ] {
            assert_eq!(sent("/city/{{ v }}/x", value), format!("/city/{segment}/x"));
            assert_eq!(sent("/city/{{ v ~ '' }}", value), format!("/city/{segment}"));
            assert_eq!(sent("/city/{% if true %}{{ v }}{% endif %}?x=1", value), format!("/city/{segment}?x=1"));
            assert_eq!(sent("/{% for i in [1, 2] %}{{ v }}/{% endfor %}", value), format!("/{segment}/{segment}/"));
        }
        assert_eq!(sent("/{{ v }}", true), "/true");
        assert_eq!(sent("/{{ v }}", vec![1, 2]), "/%5B1%2C2%5D");
    }

    #[test]
    fn a_value_in_a_written_query_is_a_value_of_the_query() {
        assert_eq!(sent("/x?u={{ v }}&w=1", "a&b=c d"), "/x?u=a%26b%3Dc%20d&w=1");
        assert_eq!(sent("/x?u={{ v }}", ".."), "/x?u=..");
        assert_eq!(sent("/x{{ v | raw }}&u={{ v }}", "?a=b"), "/x?a=b&u=%3Fa%3Db");
    }

    #[test]
    fn what_is_meant_as_a_path_is_written_as_one() {
        assert_eq!(sent("/{{ v | raw }}", "a/b c?d=é"), "/a/b%20c?d=%C3%A9");
        assert_eq!(sent("/{% if true %}{{ v | raw }}{% endif %}", "a/b#c%20"), "/a/b%23c%20");
    }

    #[test]
    fn a_url_may_be_a_path_of_the_service_and_leads_nowhere_else_by_it() {
        let read = |url: &str| {
            let globals = Globals::new(vec![("v".into(), url.into())]);
            let user = ScopeUser { id: 1, kind: "u".into() };
            let scope = Scope::new(Arc::new(globals), user, ScopeRng::new(Seed::new(1)));
            let live = LiveUrl { url: Template::parse("{{ v }}").unwrap(), query: Vec::new() };
            let leads = live.render(&scope).map_err(|error| error.message);
            leads.map(|(origin, path)| (origin.map(|origin| origin.to_string()), path.to_string()))
        };
        for (url, path) in [("/items?page=2#top", "/items?page=2"), (" /a b/../c ", "/c"), ("/", "/")] {
            assert_eq!(read(url), Ok((None, path.to_owned())), "{url}");
        }
        assert_eq!(read("http://h/a?b=c"), Ok((Some("http://h".to_owned()), "/a?b=c".to_owned())));
        for url in ["//elsewhere/x", "/\\elsewhere/x", "///elsewhere", "items", "?page=2", "", "/\t/elsewhere"] {
            assert!(read(url).is_err_and(|told| told.contains("begins with `/`")), "{url}");
        }
    }

    #[test]
    fn what_is_written_follows_the_url_standard() {
        for (written, path) in [
            ("/café", "/caf%C3%A9"),
            ("/a%20b/c d", "/a%20b/c%20d"),
            ("/100%", "/100%25"),
            ("/a:b@c!$&'()*+,;=-._~", "/a:b@c!$&'()*+,;=-._~"),
            ("/x?q='a b'&r=é/?", "/x?q=%27a%20b%27&r=%C3%A9/?"),
        ] {
            assert_eq!(sent(written, ""), path);
        }
    }
}
