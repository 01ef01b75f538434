use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::compile::{Check, Payload, Scenario, Step, UserType, ValueTemplate};
use crate::expression::{Expr, Globals, JsonPath, Template};
use crate::sample::{Catalog, EndpointId, MetricId};
use crate::secrets::DeclaredSecrets;
use crate::threshold::Rule;
use crate::units::Seed;

/// A plan made ready to run: every name is an id, every template, path and threshold is parsed, what never
/// changes is rendered. Nothing in it can fail to parse or resolve later. Immutable, shared by all workers.
#[derive(Debug)]
pub struct Program {
    /// The plan's name, or its file's.
    pub name: Arc<str>,
    /// The plan's description; empty where it gives none.
    pub description: String,
    /// The service under test.
    pub target: Target,
    /// Vars and data.
    pub globals: Arc<Globals>,
    /// The endpoints; an [`EndpointId`] is an index here.
    pub endpoints: Vec<Endpoint>,
    /// The user types; a [`UserTypeId`] is an index here.
    pub users: Vec<UserType>,
    /// The groups of users, each with its own shape; a plan with one shape has one.
    pub scenarios: Vec<Scenario>,
    /// Steps once before the load.
    pub setup: Vec<Step>,
    /// Steps once after it.
    pub teardown: Vec<Step>,
    /// What must hold. Where the plan says nothing, the default rule stands here.
    pub rules: Vec<Rule>,
    /// Whether the rules are the plan's own.
    pub rules_from: RulesFrom,
    /// The names behind the ids.
    pub catalog: Arc<Catalog>,
    /// The number all chance derives from.
    pub seed: Seed,
    /// What no output may show.
    pub secrets: DeclaredSecrets,
}

/// Where the thresholds come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RulesFrom {
    /// The plan has thresholds.
    Plan,
    /// The plan has none: the default stands in.
    Default,
}

/// The service under test.
#[derive(Debug, Clone)]
pub struct Target {
    /// Scheme, host and port: `http://127.0.0.1:8000`.
    pub origin: String,
    /// The path every endpoint's path is put behind; empty, or starts with `/` and does not end with one.
    pub prefix: String,
    /// The time one whole exchange may take, where the endpoint gives none.
    pub timeout: Duration,
    /// The time making a connection may take.
    pub connect_timeout: Duration,
    /// What to ask before the load starts.
    pub ready: Option<Ready>,
    /// How HTTP is spoken.
    pub http: Http,
}

/// How HTTP is spoken with the service.
#[derive(Clone, Default)]
pub struct Http {
    /// The version.
    pub version: Version,
    /// How connections are kept.
    pub connections: Connections,
    /// Whether answers may come compressed.
    pub compression: Compression,
    /// Whether users keep cookies.
    pub cookies: Cookies,
    /// Whether certificates have to be trusted.
    pub trust: Trust,
    /// Certificate authorities trusted beside the public ones, PEM; empty for none.
    pub authorities: Vec<u8>,
    /// The client's own certificate.
    pub identity: Option<Identity>,
    /// The proxy connections go through.
    pub proxy: Option<Proxy>,
    /// The socket the service listens on, in the place of host and port.
    pub unix_socket: Option<PathBuf>,
}

impl fmt::Debug for Http {
    /// Keys and a proxy's password are not printed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").field("version", &self.version).field("trust", &self.trust).finish_non_exhaustive()
    }
}

/// A client's certificate with its key, both PEM.
#[derive(Clone)]
pub struct Identity {
    /// The certificate and those that vouch for it.
    pub chain: Vec<u8>,
    /// Its private key.
    pub key: Vec<u8>,
}

/// A proxy.
#[derive(Clone)]
pub struct Proxy {
    /// `http://proxy:3128`.
    pub origin: String,
    /// The value of `proxy-authorization`, where it asks for one.
    pub authorization: Option<String>,
}

macro_rules! either {
    ($($(#[$doc:meta])+ $name:ident { $(#[$usual_doc:meta])+ $usual:ident, $(#[$other_doc:meta])+ $other:ident })+) => {$(
        $(#[$doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        pub enum $name {
            $(#[$usual_doc])+
            #[default]
            $usual,
            $(#[$other_doc])+
            $other,
        }
    )+};
}

either! {
    /// A version of HTTP.
    Version {
        /// HTTP/1.1.
        One,
        /// HTTP/2.
        Two
    }
    /// How connections are kept.
    Connections {
        /// One a user, kept alive.
        PerUser,
        /// One a request.
        PerRequest
    }
    /// Whether answers may come compressed.
    Compression {
        /// They are not asked to.
        Off,
        /// They are.
        On
    }
    /// Whether users keep the cookies they are sent.
    Cookies {
        /// They do.
        Kept,
        /// They do not.
        Ignored
    }
    /// Whether certificates have to be trusted.
    Trust {
        /// They have to.
        Needed,
        /// Any will do.
        Any
    }
}

/// A question put to the target before the load starts, until it answers 2xx or 3xx; not counted.
#[derive(Debug, Clone)]
pub struct Ready {
    /// The whole path, prefix included.
    pub path: String,
    /// How long to go on asking.
    pub within: Duration,
}

/// One call of the service, ready to be made.
#[derive(Debug)]
pub struct Endpoint {
    /// Its id.
    pub id: EndpointId,
    /// Its name in the plan.
    pub name: Arc<str>,
    /// `plan.yaml:12:3`: where it stands.
    pub place: Arc<str>,
    /// The method.
    pub method: http::Method,
    /// Path and query.
    pub path: Path,
    /// What statistics group by; default `path as written`.
    pub label: Template,
    /// Names bound once a call, in order; a caller may override each.
    pub with: Vec<(Arc<str>, ValueTemplate)>,
    /// Headers that never change, `content-type` among them; `host` and `content-length` are the engine's to add.
    pub headers: http::HeaderMap,
    /// Headers that are filled in each time.
    pub live_headers: Vec<(http::HeaderName, HeaderSource)>,
    /// The body.
    pub payload: Payload,
    /// What must be true of the answer. The first check is on the status where the plan names none of its own.
    pub expect: Vec<Check>,
    /// What is kept of the answer in the user's state.
    pub capture: Vec<Capture>,
    /// What is kept of the answer in metrics.
    pub record: Vec<Record>,
    /// The time the whole exchange may take.
    pub timeout: Duration,
    /// What of the answer's body is needed after it has come.
    pub body_use: BodyUse,
    /// How many redirects a call follows.
    pub redirects: u32,
}

/// What a header that is filled in each time comes from.
#[derive(Debug)]
pub enum HeaderSource {
    /// A text.
    Text(Template),
    /// A user name and a password, as basic authentication writes them (RFC 7617).
    Basic(Template, Template),
}

/// Path and query of a request.
#[derive(Debug)]
pub enum Path {
    /// The same each time: encoded and checked.
    Fixed(http::uri::PathAndQuery),
    /// Filled in each time. The path's text is the person's; names and values of the query are percent-encoded.
    Live {
        /// The path with the prefix.
        path: Template,
        /// Names and values of the query; a value that is `none` takes its name out.
        query: Vec<(Arc<str>, ValueTemplate)>,
    },
}

/// Whether anything reads an answer's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyUse {
    /// Nobody: it is counted and thrown away.
    Unread,
    /// Checks, captures or later steps do.
    Read,
}

/// What one call leaves in the user's state. Without a match the call fails.
#[derive(Debug)]
pub struct Capture {
    /// The name it gets.
    pub name: Arc<str>,
    /// Where in the answer it is.
    pub from: CaptureFrom,
    /// `plan.yaml:12:3`.
    pub place: Arc<str>,
}

/// Where in an answer a captured value is.
#[derive(Debug)]
pub enum CaptureFrom {
    /// In the JSON body.
    Json(JsonPath),
    /// A header.
    Header(http::HeaderName),
    /// A cookie the answer sets.
    Cookie(Box<str>),
    /// The first match of a pattern in the body: its first group, where it has one.
    Regex(regex::Regex),
    /// The status.
    Status,
}

/// What one call adds to a metric.
#[derive(Debug)]
pub struct Record {
    /// The metric.
    pub metric: MetricId,
    /// Where its value comes from.
    pub value: RecordValue,
    /// `plan.yaml:12:3`.
    pub place: Arc<str>,
}

/// Where a recorded value comes from.
#[derive(Debug)]
pub enum RecordValue {
    /// A number in the JSON body. Without a match the call fails.
    Json(JsonPath),
    /// An expression over the answer.
    Expr(Expr),
    /// This number, for counters.
    Constant(f64),
}

impl Program {
    /// How long the load lasts at most, from the run's start.
    #[must_use]
    pub fn length(&self) -> Duration {
        self.scenarios.iter().map(|scenario| scenario.start + scenario.shape.length()).max().unwrap_or_default()
    }

    /// The most users there are at once, over all scenarios.
    #[must_use]
    pub fn peak(&self) -> u64 {
        self.scenarios.iter().map(|scenario| u64::from(scenario.shape.peak())).sum()
    }
}
