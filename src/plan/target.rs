use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::decode::{At, Decode, Named};
use super::document::{Data, Node};
use super::endpoint::HeaderText;
use super::http::{Auth, Http};
use super::record::record;
use super::scalars::Time;
use crate::diagnostic::Problems;

record! {
    /// The service under test.
    pub struct TargetMap("a target") {
        /// Scheme, host, port and a path put before every endpoint's: `http://127.0.0.1:8000/v1`.
        required url: At<String> = "url";
        /// Headers of every request; an endpoint takes one away with `null`.
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
