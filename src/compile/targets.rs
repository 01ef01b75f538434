use std::time::Duration;

use crate::compile::endpoints::TIMEOUT;
use crate::compile::http;
use crate::compile::program::{Ready, Target};
use crate::diagnostic::{Problem, Problems, Sources};
use crate::plan::{At, TargetMap, Time};

pub(super) fn compile(written: &TargetMap, sources: &Sources, problems: &mut Problems) -> Option<Target> {
    let (origin, prefix) = split(&written.url, problems)?;
    let http = written.http.as_ref().map(|http| http::compile(http, &origin, sources, problems)).unwrap_or_default();
    let time = |time: Option<Time>, usual: Duration| time.map_or(usual, |time| time.0);
    let ready = written.ready.as_ref().map(|ready| {
        if !ready.get.starts_with('/') {
            let problem =
                Problem::at(ready.get.span, format!("the path `{}` does not start with `/`", ready.get.value));
            problems.push(problem.help(format!("did you mean `/{}`?", ready.get.value)));
        }
        let path = format!("{prefix}{}", ready.get.value);
        Ready { path, within: time(ready.within, Duration::from_secs(10)) }
    });
    let timeout = time(written.timeout, TIMEOUT);
    if timeout.is_zero() {
        problems.push(Problem::at(written.url.span, "a timeout of 0 lets nothing through"));
    }
    let connect_timeout = time(written.connect_timeout, Duration::from_secs(10));
    Some(Target { origin, prefix, timeout, connect_timeout, ready, http })
}

/// Splits a URL into its origin and the path before every endpoint's.
fn split(url: &At<String>, problems: &mut Problems) -> Option<(String, String)> {
    let refuse = |why: &str, help: &str| Problem::at(url.span, format!("`{}` {why}", url.value)).help(help);
    let examples = "write it like `http://127.0.0.1:8000/v1`";
    let parsed = match reqwest::Url::parse(&url.value) {
        Ok(parsed) if matches!(parsed.scheme(), "http" | "https") => parsed,
        Ok(parsed) if url.value.contains("://") => {
            problems
                .push(refuse(&format!("has the scheme `{}`", parsed.scheme()), "the schemes are `http` and `https`"));
            return None;
        }
        _ => {
            let help = format!("did you mean `http://{}`?", url.value.trim_start_matches('/'));
            problems.push(refuse("is not a URL", if url.value.contains("://") { examples } else { &help }));
            return None;
        }
    };
    if !parsed.username().is_empty() || parsed.password().is_some() {
        // the URL is printed in reports, so a password must not stand in it
        problems.push(Problem::at(url.span, "the URL holds a user name or password").help("put it into a header"));
        return None;
    }
    if parsed.query().is_some() || parsed.fragment().is_some() {
        problems.push(refuse("has a query or fragment", "give each endpoint its own `query`"));
        return None;
    }
    let host = parsed.host_str().unwrap_or_default();
    let port = parsed.port().map(|port| format!(":{port}")).unwrap_or_default();
    Some((format!("{}://{host}{port}", parsed.scheme()), parsed.path().trim_end_matches('/').to_owned()))
}
