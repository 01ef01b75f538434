use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};

use super::notify::Audience;
use super::otlp::Packing;
use super::peer::Post;
use crate::secrets::{Secrets, Told, no_url_without_secrets, url_without_secrets};

/// Where the figures of a run go while it is under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// Whoever comes to this address for them, as Prometheus does.
    Prometheus(SocketAddr),
    /// What speaks Prometheus's remote write.
    RemoteWrite(Post),
    /// What speaks OTLP.
    Otlp(OtlpPlace),
    /// What reads InfluxDB's line protocol.
    Influx(InfluxPlace),
    /// What reads StatsD's packets: a host and a port.
    Statsd(String),
    /// Lines of JSON.
    Stream(StreamPlace),
    /// A webhook that is told of the end.
    Notify(Post, Audience),
}

/// Where lines go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StreamPlace {
    /// Stdout.
    Stdout,
    /// A file that is not there yet.
    File(PathBuf),
}

/// Where the line protocol goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InfluxPlace {
    /// A service that takes it.
    Service(Post),
    /// A file that is not there yet.
    File(PathBuf),
}

/// Where OTLP goes, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtlpPlace {
    /// The service.
    pub(super) post: Post,
    /// Whether what is sent is compressed.
    pub(super) packing: Packing,
    /// What is said of the process that sends.
    pub(super) attributes: Vec<(String, String)>,
    /// A file of authorities that vouch for the service, besides the public ones.
    pub(super) authorities: Option<PathBuf>,
}

/// A place that cannot be meant: why, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotADestination {
    /// What is wrong.
    pub why: String,
    /// What to do.
    pub help: &'static str,
}

/// A variable of the environment.
pub(super) type Variable<'a> = &'a dyn Fn(&str) -> Option<String>;

const REMOTE_WRITE_HEADERS: &str = "PLIMSOLL_REMOTE_WRITE_HEADERS";

impl Destination {
    /// Where Prometheus comes: a port of this machine's alone, or an address with its port.
    ///
    /// # Errors
    /// A text that is neither.
    pub fn prometheus(text: &str) -> Result<Self, NotADestination> {
        let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let port = text.parse().ok().map(|port: u16| SocketAddr::new(loopback, port));
        let local = || {
            let port = text.strip_prefix("localhost:")?.parse().ok()?;
            Some(SocketAddr::new(loopback, port))
        };
        let address = port.or_else(local).or_else(|| text.parse().ok());
        address.map(Self::Prometheus).ok_or_else(|| NotADestination {
            why: format!("`--prometheus {text}` is no address to listen on"),
            help: "give a port, `9464`, which only this machine reaches, or an address with one: `10.0.0.7:9464`",
        })
    }

    /// The URL of a receiver of remote write, with the headers that the environment has for it.
    ///
    /// # Errors
    /// No URL, and headers that are none.
    pub fn remote_write(text: &str, variable: Variable<'_>) -> Result<Self, NotADestination> {
        let url = url("prometheus-remote-write", text)?;
        let headers = headers(REMOTE_WRITE_HEADERS, variable)?;
        Ok(Self::RemoteWrite(Post { url, headers, within: super::remote_write::WITHIN }))
    }

    /// The URL of a service of InfluxDB's, with `bucket` and `org`, or with `db`, as its query; or a file.
    ///
    /// # Errors
    /// No URL, and a token that no header can hold.
    pub fn influx(text: &str, variable: Variable<'_>) -> Result<Self, NotADestination> {
        if !text.contains("://") {
            return Ok(Self::Influx(InfluxPlace::File(text.into())));
        }
        let mut url = url("influxdb", text)?;
        let has = |url: &Url, name: &str| url.query_pairs().any(|(key, _)| key == name);
        if url.path() == "/" {
            let path = if has(&url, "db") && !has(&url, "bucket") { "/write" } else { "/api/v2/write" };
            url.set_path(path);
        }
        if !has(&url, "bucket") && !has(&url, "db") {
            return Err(NotADestination {
                why: format!("`--influxdb {}` does not say where to write", url_without_secrets(text)),
                help: "add a bucket, `http://influx:8086?org=team&bucket=load`, or of version 1 a database, `?db=load`",
            });
        }
        if has(&url, "precision") {
            return Err(NotADestination {
                why: "`--influxdb` has a `precision` of its own: times are in milliseconds".to_owned(),
                help: "remove `precision` from the URL",
            });
        }
        url.query_pairs_mut().append_pair("precision", "ms");
        let mut headers = Vec::new();
        if let Some(token) = variable("INFLUX_TOKEN").filter(|token| !token.is_empty()) {
            headers.push((AUTHORIZATION, header_value("INFLUX_TOKEN", &format!("Token {token}"))?));
        }
        Ok(Self::Influx(InfluxPlace::Service(Post { url, headers, within: super::influx::WITHIN })))
    }

    /// A host and a port; without a port, StatsD's own.
    ///
    /// # Errors
    /// A text that is no such thing.
    pub fn statsd(text: &str) -> Result<Self, NotADestination> {
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if !host.contains(':') || host.ends_with(']') => (host, port.parse::<u16>().ok()),
            _ => (text, Some(8125)),
        };
        let is_host = !host.is_empty() && !host.contains(['/', '@', ' ', '?']);
        match port.filter(|port| is_host && *port > 0) {
            Some(port) => Ok(Self::Statsd(format!("{host}:{port}"))),
            None => Err(NotADestination {
                why: format!("`--statsd {}` is no address", no_url_without_secrets(text)),
                help: "give a host and a port: `127.0.0.1:8125`",
            }),
        }
    }

    /// A file for lines of JSON; `-` is stdout.
    #[must_use]
    pub fn stream(text: &str) -> Self {
        Self::Stream(if text == "-" { StreamPlace::Stdout } else { StreamPlace::File(text.into()) })
    }

    /// A webhook: `https://…`, or `slack=https://…`.
    ///
    /// # Errors
    /// No URL, and a kind that there is none of.
    pub fn notify(text: &str) -> Result<Self, NotADestination> {
        let kind = text.split_once('=').filter(|(kind, _)| kind.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        let (audience, text) = match kind {
            None => (Audience::Json, text),
            Some(("json", url)) => (Audience::Json, url),
            Some(("slack", url)) => (Audience::Slack, url),
            Some(("teams", url)) => (Audience::Teams, url),
            Some(("discord", url)) => (Audience::Discord, url),
            Some((kind, _)) => {
                return Err(NotADestination {
                    why: format!("`--notify` knows no `{kind}`"),
                    help: "use `slack=URL`, `teams=URL`, `discord=URL`, or the URL alone for JSON",
                });
            }
        };
        let url = url("notify", text)?;
        Ok(Self::Notify(Post { url, headers: Vec::new(), within: super::notify::WITHIN }, audience))
    }

    /// The flag it is asked for by, without what stands before it.
    #[must_use]
    pub const fn flag(&self) -> &'static str {
        match self {
            Self::Prometheus(_) => "prometheus",
            Self::RemoteWrite(_) => "prometheus-remote-write",
            Self::Otlp(_) => "otlp",
            Self::Influx(_) => "influxdb",
            Self::Statsd(_) => "statsd",
            Self::Stream(_) => "stream",
            Self::Notify(..) => "notify",
        }
    }

    /// What may be shown of it.
    #[must_use]
    pub fn shown(&self) -> String {
        match self {
            Self::Prometheus(address) => address.to_string(),
            Self::RemoteWrite(post) | Self::Otlp(OtlpPlace { post, .. }) | Self::Influx(InfluxPlace::Service(post)) => {
                url_without_secrets(post.url.as_str())
            }
            // the path of a webhook is what opens it
            Self::Notify(post, _) => post.url.origin().ascii_serialization(),
            Self::Statsd(address) => address.clone(),
            Self::Stream(StreamPlace::Stdout) => "-".to_owned(),
            Self::Stream(StreamPlace::File(path)) | Self::Influx(InfluxPlace::File(path)) => path.display().to_string(),
        }
    }

    /// Hides from now on what of it is secret.
    pub fn hide(&self, secrets: &Secrets) {
        let (post, is_webhook) = match self {
            Self::RemoteWrite(post) | Self::Otlp(OtlpPlace { post, .. }) | Self::Influx(InfluxPlace::Service(post)) => {
                (post, false)
            }
            Self::Notify(post, _) => (post, true),
            Self::Prometheus(_) | Self::Statsd(_) | Self::Stream(_) | Self::Influx(InfluxPlace::File(_)) => return,
        };
        let url = &post.url;
        // what opens a webhook is long, and stands anywhere in it; names of people and places stand beside it
        let is_long = |text: &str| is_webhook && text.len() >= LONG;
        let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
        url.password().iter().for_each(|password| secrets.learn(&decoded(password), Told::Declared));
        let path = url.path().trim_matches('/');
        let segments = path.split('/').chain([path]).filter(|text| is_long(text));
        segments.for_each(|segment| secrets.learn(segment, Told::Declared));
        for (key, value) in url.query_pairs() {
            // InfluxDB calls a password so
            if is_long(&value) || key == "p" || secrets.names_secret(&key) {
                secrets.learn(&value, Told::Declared);
            }
        }
        for (name, value) in &post.headers {
            if let Ok(value) = value.to_str()
                && secrets.names_secret(name.as_str())
            {
                secrets.learn(value, Told::Inferred);
                value.split_once(' ').into_iter().for_each(|(_, value)| secrets.learn(value, Told::Declared));
            }
        }
    }
}

/// What is shorter in a URL is a name.
const LONG: usize = 16;

/// A URL that can be posted to.
pub(super) fn url(flag: &str, text: &str) -> Result<Url, NotADestination> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    url.ok_or_else(|| NotADestination {
        why: format!("`--{flag} {}` is no URL of http or https", no_url_without_secrets(text)),
        help: "write it whole: `https://host:port/path`",
    })
}

/// The headers of a variable: `name=value,name=value`, what is no plain sign as `%20`.
pub(super) fn headers(name: &str, variable: Variable<'_>) -> Result<Vec<(HeaderName, HeaderValue)>, NotADestination> {
    let Some(text) = variable(name) else { return Ok(Vec::new()) };
    let pair = |(key, value): (String, String)| match HeaderName::from_bytes(key.as_bytes()) {
        Ok(key) => Ok((key, header_value(name, &value)?)),
        Err(_) => Err(wrong_list(name)),
    };
    pairs(name, &text)?.into_iter().map(pair).collect()
}

/// Pairs as the OpenTelemetry variables have them.
pub(super) fn pairs(name: &str, text: &str) -> Result<Vec<(String, String)>, NotADestination> {
    let decoded = |text: &str| percent_encoding::percent_decode_str(text.trim()).decode_utf8_lossy().into_owned();
    let parts = text.split(',').filter(|part| !part.trim().is_empty());
    parts
        .map(|part| part.split_once('=').map(|(key, value)| (decoded(key), decoded(value))))
        .map(|pair| pair.filter(|(key, _)| !key.is_empty()).ok_or_else(|| wrong_list(name)))
        .collect()
}

fn header_value(name: &str, value: &str) -> Result<HeaderValue, NotADestination> {
    let mut value = HeaderValue::from_str(value).map_err(|_| NotADestination {
        why: format!("`{name}` has signs that no header can hold"),
        help: "remove line ends and control signs from it",
    })?;
    value.set_sensitive(true);
    Ok(value)
}

fn wrong_list(name: &str) -> NotADestination {
    NotADestination {
        why: format!("the variable `{name}` is no list of `name=value`"),
        help: "write it as `name=value,name=value`",
    }
}

/// A time in milliseconds that a variable has.
pub(super) fn millis(name: &str, text: &str) -> Result<Duration, NotADestination> {
    let millis = text.trim().parse().ok().filter(|millis| *millis > 0);
    millis.map(Duration::from_millis).ok_or_else(|| NotADestination {
        why: format!("the variable `{name}` is no time in milliseconds"),
        help: "write a whole number: `10000` is ten seconds",
    })
}
