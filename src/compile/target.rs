use std::path::PathBuf;
use std::time::Duration;

use ::http::HeaderValue;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::compile::program::{Compression, Cookies, Ready, Service};
use crate::diagnostic::{Problem, Problems, Sources, Span, did_you_mean};
use crate::disk::{InputFile, NotRead};
use crate::http::{Identity, Network, Origin, Proxy, Reuse, Scheme, Settings, Verify, Version};
use crate::plan::{self, At, ConnectionsWord, Plan, TargetMap, Time, VersionWord};
use crate::sample::ServiceId;

/// The time one exchange may take where the plan says nothing.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The most a file of certificates may hold.
const LARGEST: u64 = 1 << 20;
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
    let mut services: Vec<Option<Service>> = Vec::new();
    for (name, target) in written {
        let mut service = target.and_then(|target| service(target, sources, problems));
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

/// A service, without a name as yet.
fn service(written: &TargetMap, sources: &Sources, problems: &mut Problems) -> Option<Service> {
    let (origin, prefix) = split(&written.url, problems)?;
    let http = written.http.as_ref();
    let connections = http.map(|http| settings(http, origin.scheme(), sources, problems)).unwrap_or_default();
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
            let help = format!("did you mean `http://{}`?", url.value.trim_start_matches('/'));
            problems.push(refuse("is not a URL", if url.value.contains("://") { examples } else { &help }));
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

/// How connections are made, with the files of certificates read.
fn settings(written: &plan::Http, scheme: Scheme, sources: &Sources, problems: &mut Problems) -> Settings {
    let for_tls =
        [("ca", written.ca.as_ref()), ("certificate", written.certificate.as_ref()), ("key", written.key.as_ref())];
    for (name, file) in for_tls.into_iter().filter_map(|(name, file)| Some((name, file?))) {
        if scheme == Scheme::Http {
            let problem = Problem::at(file.span, format!("`{name}` has no effect without TLS"));
            problems.push(problem.help("remove it, or write the target's URL with `https`"));
        }
    }
    let authorities = written.ca.as_ref().and_then(|file| read(file, "CERTIFICATE", sources, problems));
    let identity = match (&written.certificate, &written.key) {
        (Some(chain), Some(key)) => {
            let chain = read(chain, "CERTIFICATE", sources, problems);
            let key = read(key, "PRIVATE KEY", sources, problems);
            chain.zip(key).map(|(chain, key)| Identity { chain, key })
        }
        (Some(alone), None) => {
            problems.push(Problem::at(alone.span, "a certificate needs its key").help("give its file as `key`"));
            None
        }
        (None, Some(alone)) => {
            let problem = Problem::at(alone.span, "a key needs its certificate");
            problems.push(problem.help("give its file as `certificate`"));
            None
        }
        (None, None) => None,
    };
    if let (Some(socket), Some(_)) = (&written.unix_socket, &written.proxy) {
        let problem = Problem::at(socket.span, "a Unix-domain socket is not reached through a proxy");
        problems.push(problem.help("remove one of them"));
    }
    Settings {
        verify: if written.insecure == Some(true) { Verify::No } else { Verify::Yes },
        authorities: authorities.unwrap_or_default(),
        version: match written.version.as_ref().map(|version| version.value) {
            Some(VersionWord::Two) => Version::Two,
            Some(VersionWord::One) | None => Version::One,
        },
        reuse: match written.connections {
            Some(ConnectionsWord::PerRequest) => Reuse::Once,
            Some(ConnectionsWord::PerUser) | None => Reuse::Kept,
        },
        identity,
        proxy: written.proxy.as_ref().and_then(|proxy| self::proxy(proxy, problems)),
        network: match &written.unix_socket {
            Some(socket) => Network::Unix(place(socket, sources)),
            None => Network::Tcp,
        },
        ..Settings::default()
    }
}

fn place(file: &At<String>, sources: &Sources) -> PathBuf {
    sources.folder(file.span).join(&file.value)
}

/// A PEM file that holds at least one block of a kind.
fn read(file: &At<String>, block: &str, sources: &Sources, problems: &mut Problems) -> Option<Vec<u8>> {
    let path = place(file, sources);
    let shown = path.display();
    match InputFile::whole(&path, LARGEST) {
        Ok(bytes) if String::from_utf8_lossy(&bytes).contains(&format!("{block}-----")) => Some(bytes),
        Ok(_) => {
            let problem = Problem::at(file.span, format!("{shown} holds no `{block}`"));
            problems.push(problem.help("write it as PEM: text between `-----BEGIN` and `-----END` lines"));
            None
        }
        Err(NotRead::TooLarge) => {
            let problem = Problem::at(file.span, format!("{shown} is larger than 1 MiB"));
            problems.push(problem.help("name the PEM file of the certificate or key itself"));
            None
        }
        Err(error) => {
            let problem = Problem::at(file.span, format!("cannot read {shown}: {error}"));
            problems.push(problem.help("the path is relative to the file that names it"));
            None
        }
    }
}

fn proxy(written: &At<String>, problems: &mut Problems) -> Option<Proxy> {
    // the URL may hold a password: nothing of it is repeated
    let refuse = |help: &str| Problem::at(written.span.part(0..0), "the proxy's URL cannot be used").help(help);
    let Ok(url) = reqwest::Url::parse(&written.value) else {
        problems.push(refuse("write it like `http://proxy:3128`"));
        return None;
    };
    let Some(host) = url.host_str().filter(|_| url.scheme() == "http") else {
        problems.push(refuse("a proxy is reached over plain HTTP: write it like `http://proxy:3128`"));
        return None;
    };
    let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let authorization = (!url.username().is_empty() || url.password().is_some()).then(|| {
        let pair = format!("{}:{}", decoded(url.username()), decoded(url.password().unwrap_or_default()));
        let mut value = HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(pair))).ok()?;
        value.set_sensitive(true);
        Some(value)
    });
    let origin = Origin::parse(&format!("http://{host}:{}", url.port().unwrap_or(80)));
    let origin = origin.map_err(|misread| problems.push(refuse(&misread.help))).ok()?;
    Some(Proxy { origin, authorization: authorization.flatten() })
}
