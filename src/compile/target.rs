use std::time::Duration;

use ::http::HeaderValue;

use crate::compile::connections::{self, Written as WrittenConnections};
use crate::compile::program::{Compression, Cookies, Hosts, Ready, Service};
use crate::diagnostic::{Problem, Problems, Sources, Span, did_you_mean};
use crate::http::{Origin, Settings, in_brackets};
use crate::plan::{self, At, HeaderText, Named, Plan, TargetMap, Time};
use crate::sample::ServiceId;

/// The time one exchange may take where the plan says nothing.
const TIMEOUT: Duration = Duration::from_secs(30);
/// A user may keep a connection to each service, and a worker keeps the means of making them.
const MOST_SERVICES: usize = 100;
/// More redirects than these are a loop.
const MOST_REDIRECTS: u64 = 50;

/// A service as it is written: its name, where it has one, and what is said of it, where that could be read.
pub(super) type Written<'a> = (Option<&'a At<String>>, Option<&'a TargetMap>);

/// The plan's services as they are written: its `target`, or its `targets`.
pub(super) fn written(plan: &Plan) -> Vec<Written<'_>> {
    let one = plan.target.iter().map(|target| (None, Some(&target.value.0)));
    let several = plan.targets.iter().flat_map(|targets| &targets.0);
    let several = several.map(|(name, target)| (Some(name), target.as_ref().map(|target| &target.value.0)));
    one.chain(several).collect()
}

/// The services under test, with the files they name read; `None` for one that has errors. Where `whole`, a plan without
/// any is reported.
pub(super) fn compile(plan: &Plan, whole: bool, sources: &Sources, problems: &mut Problems) -> Vec<Option<Service>> {
    if let (Some(_), Some(targets)) = (&plan.target, &plan.targets) {
        let place = targets.0.first().map_or(Span::NOWHERE, |(name, _)| name.span);
        let problem = Problem::at(place, "the plan has a `target` and `targets`");
        problems.push(problem.help("make the target one of the targets"));
    }
    let written = written(plan);
    if written.is_empty() && whole {
        let problem = Problem::new("the plan has no `target`");
        problems.push(problem.help("give it one, such as `target: http://127.0.0.1:8000`, or use `--target URL`"));
    }
    let elsewhere = elsewhere(plan);
    let mut services: Vec<Option<Service>> = Vec::new();
    for (name, target) in written {
        let mut service = target.and_then(|target| service(target, &elsewhere, sources, problems));
        if let Some(service) = &mut service {
            service.name = name.map(|name| name.value.as_str().into());
            let same = |known: &Option<Service>| known.as_ref().is_some_and(|known| known.origin == service.origin);
            let first = services.iter().position(same).unwrap_or(services.len());
            service.first_of_origin = ServiceId(u16::try_from(first).unwrap_or(u16::MAX));
        }
        services.push(service);
    }
    if services.len() > MOST_SERVICES {
        let problem = Problem::new(format!("the plan has more than {MOST_SERVICES} targets"));
        problems.push(problem.help("each user may keep a connection to each of them: name fewer"));
    }
    services
}

/// Which of the services an endpoint is of; the first where it does not say.
pub(super) fn service_of(named: Option<&At<String>>, services: &[Written<'_>], problems: &mut Problems) -> ServiceId {
    let Some(named) = named else { return ServiceId(0) };
    let names = || services.iter().filter_map(|(name, _)| *name).map(|name| name.value.as_str());
    let found = services.iter().position(|(name, _)| name.is_some_and(|name| name.value == named.value));
    if found.is_none() {
        let problem = Problem::at(named.span, format!("unknown service `{}`", named.value));
        problems.push(match names().next() {
            Some(_) => problem.help_if(did_you_mean(&named.value, names())),
            None => {
                problem.help("name the services: `targets: {api: http://…, auth: http://…}`, in the place of `target`")
            }
        });
    }
    ServiceId(found.and_then(|found| u16::try_from(found).ok()).unwrap_or(0))
}

/// Where endpoints may lead beside their services.
fn elsewhere(plan: &Plan) -> Hosts {
    let mut all = Hosts::default();
    let listed = plan.endpoints.iter().flat_map(Named::iter).filter_map(|(_, endpoint)| endpoint.hosts.as_ref());
    // one that is no host is reported with its endpoint
    listed.flat_map(|hosts| &hosts.0).for_each(|host| drop(all.add(host)));
    all
}

/// A service, without a name as yet.
fn service(written: &TargetMap, elsewhere: &Hosts, sources: &Sources, problems: &mut Problems) -> Option<Service> {
    let (origin, prefix) = split(&written.url, problems)?;
    let http = written.http.as_ref();
    let connections = http.map(|http| {
        let written = WrittenConnections { http, origin: &origin, elsewhere };
        connections::compile(&written, sources, problems)
    });
    let connections = connections.unwrap_or_default();
    let source_addresses = http.and_then(|http| http.source_addresses.as_ref());
    let time = |time: Option<Time>, usual: Duration| time.map_or(usual, |time| time.0);
    let ready = written.ready.as_ref().map(|ready| {
        if !ready.get.starts_with('/') {
            let problem =
                Problem::at(ready.get.span, format!("the path `{}` does not start with `/`", ready.get.value));
            problems.push(problem.help(format!("did you mean `/{}`?", ready.get.value)));
        }
        let path = format!("{prefix}{}", ready.get.value);
        Ready { path, host: host_header(written), within: time(ready.within, Duration::from_secs(10)) }
    });
    if timeout(Some(written)).is_zero() {
        problems.push(Problem::at(written.url.span, "a timeout of 0 lets nothing through"));
    }
    let connect_timeout = time(written.connect_timeout, Duration::from_secs(10));
    Some(Service {
        name: None,
        first_of_origin: ServiceId(0),
        origin,
        prefix,
        ready,
        connections: Settings { connect_timeout, ..connections },
        sources_place: source_addresses.map(|written| sources.place(written.span).into()),
        compression: match http.and_then(|http| http.compression) {
            Some(true) => Compression::On,
            Some(false) | None => Compression::Off,
        },
        cookies: match http.and_then(|http| http.cookies) {
            Some(false) => Cookies::Ignored,
            Some(true) | None => Cookies::Kept,
        },
    })
}

/// The `host` header that a target's requests have, where it is written and needs no filling in.
fn host_header(written: &TargetMap) -> Option<HeaderValue> {
    let mut headers = written.headers.iter().flat_map(Named::iter);
    let (_, value) = headers.find(|(name, _)| name.eq_ignore_ascii_case("host"))?;
    match &value.value {
        HeaderText::Text(text) if !text.contains("{{") => HeaderValue::from_str(text).ok(),
        _ => None,
    }
}

/// The time one exchange may take where its endpoint does not say.
pub(super) fn timeout(written: Option<&TargetMap>) -> Duration {
    written.and_then(|target| target.timeout).map_or(TIMEOUT, |time| time.0)
}

/// How many redirects are followed; none where the plan says nothing.
pub(super) fn redirects(written: Option<&At<plan::Count>>, problems: &mut Problems) -> Option<u32> {
    let written = written?;
    if written.value.0 > MOST_REDIRECTS {
        let problem = Problem::at(written.span, format!("{} redirects are a loop", written.value.0));
        problems.push(problem.help(format!("follow at most {MOST_REDIRECTS}")));
    }
    u32::try_from(written.value.0).ok()
}

/// Splits a URL into its origin and the path before every endpoint's.
fn split(url: &At<String>, problems: &mut Problems) -> Option<(Origin, String)> {
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
            let help = match url.value.split_once("://") {
                Some((scheme, rest)) => {
                    let end = rest.find('/').unwrap_or(rest.len());
                    let bracketed = in_brackets(&rest[..end]).map(|authority| {
                        format!("an IPv6 address stands in brackets: `{scheme}://{authority}{}`", &rest[end..])
                    });
                    bracketed.unwrap_or_else(|| examples.to_owned())
                }
                None => format!("did you mean `http://{}`?", url.value.trim_start_matches('/')),
            };
            problems.push(refuse("is not a URL", &help));
            return None;
        }
    };
    if !parsed.username().is_empty() || parsed.password().is_some() {
        // the URL is printed in reports, so it must not hold a password
        problems.push(Problem::at(url.span, "the URL holds a user name or password").help("put it into a header"));
        return None;
    }
    if parsed.query().is_some() || parsed.fragment().is_some() {
        problems.push(refuse("has a query or fragment", "give each endpoint its own `query`"));
        return None;
    }
    let host = parsed.host_str().unwrap_or_default();
    let port = parsed.port().map(|port| format!(":{port}")).unwrap_or_default();
    let origin = Origin::parse(&format!("{}://{host}{port}", parsed.scheme()));
    let origin = origin.map_err(|misread| problems.push(Problem::at(url.span, misread.message).help(misread.help)));
    Some((origin.ok()?, parsed.path().trim_end_matches('/').to_owned()))
}
