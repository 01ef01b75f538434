use std::cell::Cell;
use std::collections::HashMap;
use std::iter;
use std::time::Duration;

use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use crate::compile::names::{NameUse, Names};
use crate::compile::program::{BodyUse, Endpoint, HeaderSource, Hosts, LivePath, LiveUrl, Path, append_query};
use crate::compile::templates::{Templates, source};
use crate::compile::{answers, bodies, captures, connections, target};
use crate::diagnostic::{Problem, Span};
use crate::expression::{Source, Template};
use crate::plan::{self, Any, At, Auth, HeaderText, Named, Plan};
use crate::sample::{Catalog, EndpointId};
use crate::units::show_duration;

/// A compiled endpoint with what the later passes must know about it.
pub(super) struct CompiledEndpoint {
    pub(super) endpoint: Endpoint,
    pub(super) uses: Vec<NameUse>,
    /// Names its own `with` binds.
    pub(super) binds: Names,
}

/// What endpoints take from their service.
struct ServiceDefaults<'a> {
    /// The path before every endpoint's.
    prefix: &'a str,
    timeout: Duration,
    headers: Option<&'a Named<At<HeaderText>>>,
    auth: Option<&'a At<Auth>>,
    redirects: u32,
}

/// What endpoints take from their services, and the metrics they may record.
struct EndpointDefaults<'a> {
    /// By service; one at least.
    services: Vec<ServiceDefaults<'a>>,
    targets: Vec<target::Written<'a>>,
    catalog: &'a Catalog,
    plan: &'a Plan,
    /// Every endpoint, as it is written.
    written: HashMap<&'a str, &'a plan::Endpoint>,
    /// How often it was asked what an endpoint extends.
    asked: Cell<u32>,
}

/// The headers that a request has without being told, and that `null` takes away.
const OF_EVERY_REQUEST: [&str; 5] = ["accept-encoding", "connection", "content-length", "cookie", "host"];

/// The headers that say what a request is: two of one would be two requests (RFC 9112, section 3.2, RFC 9110, section 8.6).
const ONCE: [&str; 2] = ["content-length", "host"];
/// More headers than these no service takes: most take a hundred.
const MOST_HEADERS: usize = 1_000;
/// So often it is asked what an endpoint extends, to warn of a header that is removed and was not there. Chains that are longer
/// are not warned of.
const MOST_ASKED: u32 = 100_000;

/// The plan's endpoints, by id; `None` for one that has errors. `prefixes` are the paths before every endpoint's, by
/// service.
pub(super) fn compile(
    plan: &Plan,
    prefixes: &[&str],
    catalog: &Catalog,
    templates: &mut Templates,
) -> Vec<Option<CompiledEndpoint>> {
    let targets = target::written(plan);
    // a plan without a target is reported elsewhere, its endpoints are looked at all the same
    let maps = targets.iter().map(|(_, map)| *map).chain(targets.is_empty().then_some(None));
    let services = maps.zip(prefixes.iter().copied().chain(iter::once(""))).map(|(map, prefix)| {
        let redirects = map.and_then(|map| map.http.as_ref()).and_then(|http| http.redirects.as_ref());
        ServiceDefaults {
            prefix,
            timeout: target::timeout(map),
            headers: map.and_then(|map| map.headers.as_ref()),
            auth: map.and_then(|map| map.auth.as_ref()),
            redirects: target::redirects(redirects, templates.problems).unwrap_or(0),
        }
    });
    let defaults = EndpointDefaults {
        services: services.collect(),
        targets,
        catalog,
        plan,
        written: plan
            .endpoints
            .iter()
            .flat_map(Named::iter)
            .map(|(name, endpoint)| (name.value.as_str(), &endpoint.value))
            .collect(),
        asked: Cell::new(0),
    };
    let written = plan.endpoints.iter().flat_map(|endpoints| &endpoints.0).enumerate();
    let compiled = written.map(|(index, (name, written))| {
        let id = EndpointId(u32::try_from(index).unwrap_or(u32::MAX));
        defaults.endpoint(id, name, written.as_ref()?, templates)
    });
    compiled.collect()
}

impl EndpointDefaults<'_> {
    /// Whether what an endpoint extends sets a header.
    fn inherits(&self, written: &plan::Endpoint, header: &str) -> bool {
        let mut base = written.extends.as_ref();
        for _ in 0..self.written.len() {
            let Some(extended) = base.and_then(|base| self.written.get(base.value.as_str()).copied()) else {
                return false;
            };
            self.asked.set(self.asked.get().saturating_add(1));
            if self.asked.get() > MOST_ASKED {
                return true;
            }
            let mut headers = extended.headers.iter().flat_map(Named::iter);
            if headers
                .any(|(name, value)| name.eq_ignore_ascii_case(header) && !matches!(value.value, HeaderText::Removed))
            {
                return true;
            }
            base = extended.extends.as_ref();
        }
        false
    }

    fn endpoint(
        &self,
        id: EndpointId,
        name: &At<String>,
        written: &At<plan::Endpoint>,
        templates: &mut Templates,
    ) -> Option<CompiledEndpoint> {
        // of an endpoint that could not be compiled
        templates.uses.clear();
        let with = templates.bindings_by_need(written.with.as_ref());
        let service = target::service_of(written.service.as_ref(), &self.targets, templates.problems);
        let of_service = &self.services[service.index()];
        let (method, address) = method(name, written, templates)?;
        let hosts = hosts(written, templates);
        let (label, route) = match address {
            Address::Path(path) => {
                let label = templates.text(written.name.as_ref().unwrap_or(path));
                (label, route(path, written.query.as_ref(), of_service.prefix, templates))
            }
            // a URL may hold a secret, and is another each time
            Address::Url(url) => {
                let label = templates.text(written.name.as_ref().unwrap_or(name));
                let template = templates.text(url);
                let query = templates.texts(written.query.as_ref());
                (label, template.map(|template| Path::Whole(LiveUrl { url: template, query })))
            }
        };
        let version = self.targets.get(service.index()).and_then(|(_, map)| map.as_ref()?.http.as_ref());
        let version = connections::version(version);
        let body = bodies::compile(id, written, version, templates)?;
        let EndpointHeaders { fixed, live, of_service: service_headers } =
            headers(written, (self, of_service), &body.headers, templates);
        let mut expect = answers::checks(written.expect.as_ref(), name.span, templates);
        let mut capture = captures::captures(written.capture.as_ref(), templates);
        let mut record = answers::records(written.record.as_ref(), self.catalog, templates);
        let uses = std::mem::take(&mut templates.uses);
        let reads_body = answers::read_body(&expect, &capture, &record) || uses.iter().any(NameUse::reads_body);
        let mut binds = Names::default();
        binds.add(with.iter().map(|(name, _)| &**name));
        let timeout = written.timeout.map_or(of_service.timeout, |time| time.0);
        let within = written.expect.as_ref().and_then(|expect| expect.within.as_ref());
        if let Some(within) = within.filter(|within| within.value.0 > timeout) {
            let message =
                format!("no answer comes after the timeout of {}: `within` always holds", show_duration(timeout));
            let problem = Problem::at(within.span, message);
            templates.problems.push(problem.help("give a shorter time, or the endpoint a longer `timeout`").warning());
        }
        // an included endpoint may serve plans without users
        let weight = written.weight.as_ref().filter(|weight| templates.sources.is_first(weight.span));
        if let (Some(weight), Some(_)) = (weight, &self.plan.users) {
            let problem = Problem::at(weight.span, "an endpoint's `weight` has no effect where the plan has users");
            templates.problems.push(problem.help("remove it, and give the tasks that call it a weight").warning());
        }
        let endpoint = Endpoint {
            id,
            name: name.value.as_str().into(),
            service,
            place: templates.place(name.span),
            method,
            path: route?,
            label: label?,
            with,
            hosts,
            service_headers,
            headers: fixed,
            live_headers: live,
            payload: body.payload,
            picks: Endpoint::picks(&mut expect, &mut capture, &mut record),
            expect,
            capture,
            record,
            timeout,
            body_use: if reads_body { BodyUse::Read } else { BodyUse::Unread },
            redirects: target::redirects(written.redirects.as_ref(), templates.problems)
                .unwrap_or(of_service.redirects),
            redirected: id,
        };
        Some(CompiledEndpoint { endpoint, uses, binds })
    }
}

/// What an endpoint asks for.
enum Address<'a> {
    /// A path of its service.
    Path(&'a At<String>),
    /// A whole URL.
    Url(&'a At<String>),
}

/// The method of an endpoint, and what it asks for.
fn method<'a>(
    name: &At<String>,
    written: &'a plan::Endpoint,
    templates: &mut Templates,
) -> Option<(Method, Address<'a>)> {
    let mut methods: Vec<_> = written.methods();
    methods.extend(written.path.as_ref().map(|path| ("path", path)));
    methods.extend(written.url.as_ref().map(|url| ("url", url)));
    match methods.as_slice() {
        [("path", path)] => Some((named_method(written.method.as_ref(), templates)?, Address::Path(path))),
        [("url", url)] => Some((named_method(written.method.as_ref(), templates)?, Address::Url(url))),
        [(method, path)] => {
            if let Some(other) = &written.method {
                let problem = Problem::at(other.span, format!("endpoint `{}` has two methods", name.value));
                let help = format!("write `method` beside `path`: `{{method: {}, path: {}}}`", other.value, path.value);
                templates.problems.push(problem.help(help));
                return None;
            }
            Method::from_bytes(method.as_bytes()).ok().map(|method| (method, Address::Path(path)))
        }
        [] if written.method.is_some() => {
            let problem = Problem::at(name.span, format!("endpoint `{}` has a method and no path", name.value));
            templates.problems.push(problem.help("give it a `path`, or a whole `url`"));
            None
        }
        [] => {
            let problem = Problem::at(name.span, format!("endpoint `{}` has no method", name.value));
            templates.problems.push(problem.help("give it one, such as `get: /health` or `post: /recall`"));
            None
        }
        [(first, _), (second, path), ..] => {
            let second = second.to_lowercase();
            let twice = if matches!(*first, "path" | "url") || matches!(&*second, "path" | "url") {
                "says twice what it asks for"
            } else {
                "has two methods"
            };
            let problem = Problem::at(path.span, format!("endpoint `{}` {twice}", name.value));
            templates.problems.push(problem.help(format!("make the `{second}` an endpoint of its own")));
            None
        }
    }
}

/// The method that is named by itself.
fn named_method(written: Option<&At<String>>, templates: &mut Templates) -> Option<Method> {
    let Some(written) = written else { return Some(Method::GET) };
    let mut refuse = |message: String, help: String| {
        templates.problems.push(Problem::at(written.span, message).help(help));
        None
    };
    let upper = written.to_ascii_uppercase();
    match Method::from_bytes(written.as_bytes()) {
        Ok(Method::CONNECT) => {
            refuse("`CONNECT` asks for a tunnel".to_owned(), "name a proxy as `http: {proxy: …}`".to_owned())
        }
        Ok(_) if **written != *upper => {
            refuse(format!("`{}` is not how a method is written", written.value), format!("did you mean `{upper}`?"))
        }
        Ok(method) => Some(method),
        Err(_) => {
            refuse(format!("`{}` is not a method", written.value), "a method is one word, such as `PURGE`".to_owned())
        }
    }
}

/// Where a call may lead beside its service.
fn hosts(written: &plan::Endpoint, templates: &mut Templates) -> Hosts {
    let mut hosts = Hosts::default();
    for host in written.hosts.iter().flat_map(|hosts| &hosts.0) {
        if let Err(help) = hosts.add(host) {
            templates.problems.push(Problem::at(host.span, format!("`{}` is not a host", host.value)).help(help));
        }
    }
    hosts
}

fn route(path: &At<String>, query: Option<&Named<At<Any>>>, prefix: &str, templates: &mut Templates) -> Option<Path> {
    if path.contains("://") {
        let problem = Problem::at(path.span, "a path cannot name another host");
        let problem = problem.help("write the path alone, such as `/health`; the host is the target's");
        templates
            .problems
            .push(problem.help("or name each service with `targets`, or write what an answer gave as `url`"));
        return None;
    }
    if !path.starts_with('/') {
        let problem = Problem::at(path.span, format!("the path `{}` does not start with `/`", path.value));
        templates.problems.push(match path.strip_prefix("{{") {
            Some(_) => problem
                .help(format!("write `/{}`, with the value's own first `/` left out of the value", path.value))
                .help(format!(
                    "or write `url: \"{}\"`, where the value is a path as an answer or a file gives it",
                    path.value
                ))
                .help("or name each path as an endpoint of its own: statistics are by path"),
            None => problem.help(format!("did you mean `/{}`?", path.value)),
        });
        return None;
    }
    let template = templates.path(path);
    let query = templates.texts(query);
    let template = template?;
    let fixed_query: Option<Vec<_>> = query.iter().map(|(name, value)| Some((name, value.constant()?))).collect();
    let (Some(mut whole), Some(fixed_query)) = (templates.known_path(prefix, &template), fixed_query) else {
        return Some(Path::Live(LivePath { prefix: prefix.into(), path: template, query }));
    };
    for (name, value) in fixed_query {
        append_query(&mut whole, name, value);
    }
    match whole.parse() {
        Ok(fixed) => Some(Path::Fixed(fixed)),
        Err(_) => {
            let problem = Problem::at(path.span, "the path is longer than a request can hold");
            templates.problems.push(problem.help("send what is long in the body"));
            None
        }
    }
}

/// Where a header's value comes from, as written.
enum Written<'a> {
    /// A line for each of these.
    Lines(Vec<At<String>>),
    Auth(&'a At<Auth>),
    Removed,
}

/// An endpoint's headers.
struct EndpointHeaders {
    /// Those that never change.
    fixed: HeaderMap,
    /// Those that are filled in each time.
    live: Vec<(HeaderName, HeaderSource)>,
    /// Which of both are its service's.
    of_service: Vec<HeaderName>,
}

/// An endpoint's headers: those that never change, and those that are filled in each time. The nearest wins: the
/// endpoint's own, its `auth`, the target's headers, the target's `auth`.
fn headers(
    written: &plan::Endpoint,
    (defaults, service): (&EndpointDefaults, &ServiceDefaults),
    of_body: &[(HeaderName, String)],
    templates: &mut Templates,
) -> EndpointHeaders {
    let mut all: Vec<(HeaderName, Written)> = Vec::new();
    all.extend(service.auth.map(|auth| (AUTHORIZATION, Written::Auth(auth))));
    add_headers(&mut all, service.headers, |_| false, templates);
    let mut of_service: Vec<HeaderName> = all.iter().map(|(name, _)| name.clone()).collect();
    // of a text or a file the type is a guess: what the service says of all its requests goes before it
    let is_guess = written.text.is_some() || written.file.is_some();
    let is_said = all.iter().any(|(known, value)| *known == CONTENT_TYPE && !matches!(value, Written::Removed));
    for (name, value) in of_body {
        if *name == CONTENT_TYPE && is_guess && is_said {
            continue;
        }
        all.retain(|(known, _)| known != name);
        all.push((name.clone(), Written::Lines(vec![At::plain(value.clone(), Span::NOWHERE)])));
    }
    if let Some(auth) = &written.auth {
        all.retain(|(known, _)| *known != AUTHORIZATION);
        all.push((AUTHORIZATION, Written::Auth(auth)));
    }
    let named = written.headers.iter().flat_map(Named::iter);
    let named = named.filter_map(|(name, _)| HeaderName::from_bytes(name.as_bytes()).ok());
    let own: Vec<HeaderName> = named
        .chain(written.auth.as_ref().map(|_| AUTHORIZATION))
        .chain(of_body.iter().map(|(name, _)| name.clone()))
        .collect();
    let of_itself = |header: &HeaderName| OF_EVERY_REQUEST.contains(&header.as_str());
    let inherited = |header: &HeaderName| defaults.inherits(written, header.as_str());
    add_headers(&mut all, written.headers.as_ref(), |header| of_itself(header) || inherited(header), templates);
    let (mut fixed, mut live) = (HeaderMap::new(), Vec::new());
    for (name, value) in all {
        let lines: Vec<(Template, Span)> = match value {
            Written::Removed => continue,
            Written::Auth(auth) => match self::auth(auth, templates) {
                None => continue,
                Some(Credentials::Basic(user, password)) => {
                    live.push((name, HeaderSource::Basic(user, password)));
                    continue;
                }
                Some(Credentials::Bearer(whole, span)) => vec![(whole, span)],
            },
            Written::Lines(lines) => lines.iter().filter_map(|text| Some((templates.text(text)?, text.span))).collect(),
        };
        let mut values = Vec::new();
        for (line, span) in &lines {
            match line.fixed().map(|text| HeaderValue::from_str(text)) {
                Some(Ok(value)) => values.push(value),
                Some(Err(_)) => {
                    let message = format!("header `{name}` holds a character that no header may hold");
                    let problem = Problem::at(*span, message).help("a header is one line of visible text");
                    templates.problems.push(problem);
                }
                None => {}
            }
        }
        // lines stay in their order: where one has to be filled in, all are
        if values.len() == lines.len() {
            for value in values {
                fixed.append(name.clone(), value);
            }
        } else {
            live.push((name, HeaderSource::Lines(lines.into_iter().map(|(line, _)| line).collect())));
        }
    }
    // what the endpoint says itself is its own
    of_service.retain(|header| !own.contains(header));
    EndpointHeaders { fixed, live, of_service }
}

fn add_headers(
    all: &mut Vec<(HeaderName, Written)>,
    headers: Option<&Named<At<HeaderText>>>,
    is_set_above: impl Fn(&HeaderName) -> bool,
    templates: &mut Templates,
) {
    let lines = |written: &Written| match written {
        Written::Lines(lines) => lines.len(),
        Written::Auth(_) | Written::Removed => 1,
    };
    for (name, value) in headers.into_iter().flat_map(Named::iter) {
        let more = if let HeaderText::Lines(lines) = &value.value { lines.len() } else { 1 };
        if all.iter().map(|(_, written)| lines(written)).sum::<usize>() + more > MOST_HEADERS {
            let problem = Problem::at(name.span, format!("a request has at most {MOST_HEADERS} headers"));
            templates.problems.push(problem.help("most services take no more than a hundred"));
            return;
        }
        let Ok(header) = HeaderName::from_bytes(name.as_bytes()) else {
            templates.problems.push(Problem::at(name.span, format!("`{}` is not a header's name", name.value)));
            continue;
        };
        let set = all.iter().any(|(known, written)| *known == header && !matches!(written, Written::Removed));
        if matches!(value.value, HeaderText::Removed) && !set && !is_set_above(&header) {
            let problem = Problem::at(name.span, format!("there is no header `{}` to remove", name.value));
            templates.problems.push(problem.help("remove the line: nothing sets it").warning());
        }
        if let HeaderText::Lines(lines) = &value.value
            && let [_, again, ..] = lines.as_slice()
            && ONCE.contains(&header.as_str())
        {
            let problem = Problem::at(again.span, format!("a request has one `{header}`"));
            templates.problems.push(problem.help("services refuse two: keep the first"));
        }
        all.retain(|(known, _)| *known != header);
        all.push(match &value.value {
            HeaderText::Text(text) => (header, Written::Lines(vec![value.with(text.clone())])),
            HeaderText::Lines(lines) => (header, Written::Lines(lines.clone())),
            HeaderText::Removed => (header, Written::Removed),
        });
    }
}

/// Who a request says it is from, ready to be filled in.
enum Credentials {
    /// The header's whole value, and where its token stands.
    Bearer(Template, Span),
    /// A user name and a password.
    Basic(Template, Template),
}

fn auth(auth: &At<Auth>, templates: &mut Templates) -> Option<Credentials> {
    match &auth.value {
        Auth::Bearer(token) => {
            templates.text(token)?;
            const WORD: &str = "Bearer ";
            let Source { text, values, .. } = source(token);
            let values: Vec<_> = values
                .iter()
                .map(|(range, value)| (range.start + WORD.len()..range.end + WORD.len(), value.clone()))
                .collect();
            let bearer = Source { text: &format!("{WORD}{text}"), values: &values, folder: None };
            Some(Credentials::Bearer(templates.template(bearer, token.span)?, token.span))
        }
        Auth::Basic(basic) => {
            let user = templates.text(&basic.user);
            let password = templates.text(&basic.password);
            Some(Credentials::Basic(user?, password?))
        }
    }
}
