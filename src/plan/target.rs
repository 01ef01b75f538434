use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::decode::{At, Decode, Named, OneOrMany, expected};
use super::document::{Data, Node};
use super::record::{choice, record, words};
use super::scalars::{Count, Time};
use crate::diagnostic::{Problem, Problems};
use crate::units::Bandwidth;

record! {
    /// The service under test.
    pub struct TargetMap("a target") {
        /// Scheme, host, port and a path put before every endpoint's: `http://127.0.0.1:8000/v1`.
        required url: At<String> = "url";
        /// Headers of every request; an endpoint removes one with `null`. A list sends one line for each of its items.
        optional headers: Named<At<HeaderText>> = "headers";
        /// The time a whole exchange may take, connection included. Default `30s`.
        optional timeout: Time = "timeout";
        /// The time making a connection may take. Default `10s`.
        optional connect_timeout: Time = "connect_timeout";
        /// What to ask before the load starts, until it answers; not counted.
        optional ready: Ready = "ready";
        /// Who every request says it is from; an endpoint may say otherwise.
        optional auth: At<Auth> = "auth";
        /// How HTTP is spoken.
        optional http: Http = "http";
    }
}

record! {
    /// A question put to the target before the load starts, until it answers with 2xx or 3xx.
    pub struct Ready("`ready`") {
        /// The path to GET.
        required get: At<String> = "get";
        /// How long to go on asking. Default `10s`.
        optional within: Time = "within";
    }
}

/// The service under test: its URL alone, or a map.
#[derive(Debug, Clone)]
pub struct Target(pub TargetMap);

impl Decode for Target {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        if matches!(node.value, Data::Map(_)) {
            return TargetMap::decode(node, problems).map(Self);
        }
        let url = At::decode(node, problems)?;
        Some(Self(TargetMap {
            url,
            headers: None,
            timeout: None,
            connect_timeout: None,
            ready: None,
            auth: None,
            http: None,
        }))
    }
}

impl JsonSchema for Target {
    fn schema_name() -> Cow<'static, str> {
        "Target".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let map = generator.subschema_for::<TargetMap>();
        json_schema!({"anyOf": [{"type": "string", "examples": ["http://127.0.0.1:8000/v1"]}, map]})
    }
}

/// A header's value, several, or `null`, which removes it.
#[derive(Debug, Clone)]
pub enum HeaderText {
    /// The text, with templates.
    Text(String),
    /// A header line for each of these; one at least.
    Lines(Vec<At<String>>),
    /// No such header.
    Removed,
}

impl Decode for HeaderText {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        match &node.value {
            Data::Null => Some(Self::Removed),
            Data::List(items) if items.is_empty() => {
                let problem = Problem::at(node.span, "the list is empty");
                problems.push(problem.help("give the header a value, or `null` to remove it"));
                None
            }
            Data::List(items) => {
                let lines: Vec<_> = items.iter().filter_map(|item| header_line(item, problems)).collect();
                (lines.len() == items.len()).then_some(Self::Lines(lines))
            }
            _ => match scalar_text(node) {
                Some(text) => Some(Self::Text(text)),
                None => {
                    problems.push(expected("a header's text, a list of them, or `null` to remove it", node));
                    None
                }
            },
        }
    }
}

/// One of several values of a header.
fn header_line(item: &Node, problems: &mut Problems) -> Option<At<String>> {
    let text = scalar_text(item);
    if text.is_none() {
        problems.push(expected("a header's text", item).help("a list has one text for each line that is sent"));
    }
    text.map(|text| At { value: text, span: item.span, filling: item.filled.filling().cloned() })
}

fn scalar_text(node: &Node) -> Option<String> {
    match &node.value {
        Data::Text(text) => Some(text.clone()),
        Data::Number(number) => Some(number.to_string()),
        Data::Bool(truth) => Some(truth.to_string()),
        Data::Null | Data::List(_) | Data::Map(_) => None,
    }
}

impl JsonSchema for HeaderText {
    fn schema_name() -> Cow<'static, str> {
        "HeaderText".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let one = ["string", "number", "boolean"];
        let lines = json_schema!({"type": "array", "minItems": 1, "items": {"type": one}});
        json_schema!({"anyOf": [{"type": ["string", "number", "boolean", "null"]}, lines]})
    }
}

record! {
    /// How HTTP is spoken: version, connections, redirects, TLS, proxies.
    pub struct Http("`http`") {
        /// The version of HTTP: `"1.1"` (the default) or `"2"`: over TLS as negotiated (the service has to offer it), else
        /// without TLS, with prior knowledge (h2c).
        optional version: At<VersionWord> = "version";
        /// `per_user` (the default): each user keeps a connection of its own. `per_request`: each request makes one.
        optional connections: At<ConnectionsWord> = "connections";
        /// How much each connection carries in a second, in each direction: `2Mbit/s`, `256kB/s`. So users have slow lines.
        /// Default: as much as it can.
        optional bandwidth: Bandwidth = "bandwidth";
        /// How many redirects one call follows, each counted as a request of its own. Default 0: a redirect is the
        /// answer.
        optional redirects: At<Count> = "redirects";
        /// Whether answers may come compressed: `gzip`, `br`, `zstd`. Default false.
        optional compression: bool = "compression";
        /// Whether each user keeps the cookies it is sent. Default true.
        optional cookies: bool = "cookies";
        /// Whether any certificate is taken, trusted or not. Default false.
        optional insecure: bool = "insecure";
        /// A file of certificate authorities (PEM) trusted beside the public ones. Relative to the file that names it.
        optional ca: At<String> = "ca";
        /// A file with the client's own certificate chain (PEM); needs `key`.
        optional certificate: At<String> = "certificate";
        /// A file with the private key of `certificate` (PEM).
        optional key: At<String> = "key";
        /// What the service is called within TLS (SNI), and what its certificate has to be for, where that is not the
        /// host of the URL.
        optional server_name: At<String> = "server_name";
        /// A proxy all connections go through: `http://proxy:3128`, with `user:password@` where it asks for one.
        optional proxy: At<String> = "proxy";
        /// A Unix-domain socket the service listens on, in the place of its host and port.
        optional unix_socket: At<String> = "unix_socket";
        /// Where names lead without being looked up: `{api.internal: 10.0.0.7}`, as curl's `--resolve`. A name may have a
        /// port, `api.internal:8443`, and a list of addresses; an address may have a port that connections go to.
        optional resolve: Named<OneOrMany<At<String>>> = "resolve";
        /// `first` (the default): each connection is tried at the first address of the name. `all`: connections take
        /// turns at all of them. Either goes on to the next where one refuses, or says nothing for 250 ms.
        optional addresses: At<AddressesWord> = "addresses";
        /// The IP addresses of this machine that connections are made from, in turn.
        optional source_addresses: At<OneOrMany<At<String>>> = "source_addresses";
        /// A kept connection that was unused for so long is closed and made anew. Default: it is kept as long as the
        /// service keeps it.
        optional idle_timeout: At<Time> = "idle_timeout";
        /// How many requests a connection serves before it is closed. Default: any number.
        optional max_requests: At<Count> = "max_requests";
    }
}

record! {
    /// User name and password, sent as HTTP's basic authentication (RFC 7617).
    pub struct Basic("`basic`") {
        /// The user name.
        required user: At<String> = "user";
        /// The password.
        required password: At<String> = "password";
    }
}

choice! {
    /// Who the request says it is from: the `authorization` header.
    pub enum Auth("`auth`") {
        /// A user name and a password.
        Basic(Basic) = "basic",
        /// A token (RFC 6750).
        Bearer(At<String>) = "bearer",
    }
}

words! {
    /// A version of HTTP.
    pub enum VersionWord {
        /// HTTP/1.1 (RFC 9112).
        One = "1.1",
        /// HTTP/2 (RFC 9113).
        Two = "2",
    }
    /// Which of a name's addresses connections are made to.
    pub enum AddressesWord {
        /// The first.
        First = "first",
        /// All, in turn.
        All = "all",
    }
    /// How connections are kept.
    pub enum ConnectionsWord {
        /// One a user, kept alive.
        PerUser = "per_user",
        /// One a request.
        PerRequest = "per_request",
    }
}
