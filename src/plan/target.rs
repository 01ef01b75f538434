use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::decode::{At, Decode, Named, expected};
use super::document::{Data, Node};
use super::record::{choice, record, words};
use super::scalars::{Count, Time};
use crate::diagnostic::Problems;

record! {
    /// The service under test.
    pub struct TargetMap("a target") {
        /// Scheme, host, port and a path put before every endpoint's: `http://127.0.0.1:8000/v1`.
        required url: At<String> = "url";
        /// Headers of every request; an endpoint removes one with `null`.
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

/// A header's value, or `null`, which removes it.
#[derive(Debug, Clone)]
pub enum HeaderText {
    /// The text, with templates.
    Text(String),
    /// No such header.
    Removed,
}

impl Decode for HeaderText {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        match &node.value {
            Data::Null => Some(Self::Removed),
            Data::Text(text) => Some(Self::Text(text.clone())),
            Data::Number(number) => Some(Self::Text(number.to_string())),
            Data::Bool(truth) => Some(Self::Text(truth.to_string())),
            Data::List(_) | Data::Map(_) => {
                problems.push(expected("a header's text, or `null` to remove it", node));
                None
            }
        }
    }
}

impl JsonSchema for HeaderText {
    fn schema_name() -> Cow<'static, str> {
        "HeaderText".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": ["string", "number", "boolean", "null"]})
    }
}

record! {
    /// How HTTP is spoken: version, connections, redirects, TLS, proxies.
    pub struct Http("`http`") {
        /// The version of HTTP: `"1.1"` (the default) or `"2"`: over TLS as negotiated (the service has to offer it), else
        /// without TLS, with prior knowledge (h2c).
        optional version: At<VersionWord> = "version";
        /// `per_user` (the default): each user keeps a connection of its own. `per_request`: each request makes one.
        optional connections: ConnectionsWord = "connections";
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
        /// A proxy all connections go through: `http://proxy:3128`, with `user:password@` where it asks for one.
        optional proxy: At<String> = "proxy";
        /// A Unix-domain socket the service listens on, in the place of its host and port.
        optional unix_socket: At<String> = "unix_socket";
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
    /// How connections are kept.
    pub enum ConnectionsWord {
        /// One a user, kept alive.
        PerUser = "per_user",
        /// One a request.
        PerRequest = "per_request",
    }
}
