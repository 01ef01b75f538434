use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::answer::{CaptureText, Expect, Recorded};
use super::body_file::BodyFile;
use super::decode::{Any, At, Decode, Named, OneOrMany};
use super::document::{Data, Node};
use super::record::{record, words};
use super::scalars::{Count, Time, Weight};
use super::target::{Auth, HeaderText};
use crate::diagnostic::Problems;

record! {
    /// One call of the service. Exactly one of the methods, `path` and `url`.
    pub struct Endpoint("an endpoint") {
        /// Another endpoint whose keys this one takes over where it gives none of its own.
        optional extends: At<String> = "extends";
        /// The service of `targets` that it is of. Default: the first.
        optional service: At<String> = "service";
        /// GET this path.
        optional get: At<String> = "get";
        /// POST to this path.
        optional post: At<String> = "post";
        /// PUT to this path.
        optional put: At<String> = "put";
        /// PATCH this path.
        optional patch: At<String> = "patch";
        /// DELETE this path.
        optional delete: At<String> = "delete";
        /// HEAD of this path.
        optional head: At<String> = "head";
        /// OPTIONS of this path.
        optional options: At<String> = "options";
        /// Ask for this path with the `method` given.
        optional path: At<String> = "path";
        /// Ask for this whole URL, which an answer gave: `"{{ next }}"`; a path that begins with `/` is one of the service. It leads
        /// to the endpoint's service, and elsewhere only where `hosts` allows it. Statistics group by the endpoint's name unless `name` says otherwise.
        optional url: At<String> = "url";
        /// The method of `path` or `url`: any, such as `PURGE`. Default `GET`.
        optional method: At<String> = "method";
        /// Where `url` and redirects may lead beside the endpoint's service: `files.example`, `*.files.example`,
        /// `files.example:8443` or `https://files.example`. Headers of the service and cookies do not go there.
        optional hosts: OneOrMany<At<String>> = "hosts";
        /// Its share where the plan has no users. Default 1.
        optional weight: At<Weight> = "weight";
        /// Names bound once a call; whoever calls may override each.
        optional with: Named<At<Any>> = "with";
        /// What statistics group by. Default: the path as written.
        optional name: At<String> = "name";
        /// Headers; `null` removes a header of the target.
        optional headers: Named<At<HeaderText>> = "headers";
        /// The query: names and values, encoded for you.
        optional query: Named<At<Any>> = "query";
        /// The body as JSON.
        optional json: At<Any> = "json";
        /// The body as text.
        optional text: At<String> = "text";
        /// The body as a form: names and values, encoded for you. A list repeats its name.
        optional form: Named<At<Any>> = "form";
        /// The body as a form of several parts, files among them.
        optional multipart: Named<At<Part>> = "multipart";
        /// The body from a file: its path, or a map with more. Relative to the file that names it. A large file is read while
        /// it is sent.
        optional file: BodyFile = "file";
        /// How the body is compressed on its way: `gzip`. Default: not at all.
        optional compress: At<CompressWord> = "compress";
        /// How the end of the body is told, in HTTP/1.1: by its `length`, which is said before it (the default), or by `chunked`
        /// transfer.
        optional transfer: At<TransferWord> = "transfer";
        /// Who the request says it is from, instead of what the target says.
        optional auth: At<Auth> = "auth";
        /// What must be true of the answer. Default: a status of 2xx or 3xx.
        optional expect: At<Expect> = "expect";
        /// What to keep of the answer in the user's state, by name: a JSONPath, or another place of the answer.
        optional capture: Named<At<CaptureText>> = "capture";
        /// What to keep of the answer in declared metrics: a JSONPath, an expression or a number each.
        optional record: Named<At<Recorded>> = "record";
        /// Words to select it by.
        optional tags: Vec<At<String>> = "tags";
        /// The time the whole exchange may take. Default: the target's.
        optional timeout: Time = "timeout";
        /// How many redirects a call follows. Default: the target's.
        optional redirects: At<Count> = "redirects";
    }
}

impl Endpoint {
    /// The methods given, each with its path: exactly one where the plan is right.
    #[must_use]
    pub fn methods(&self) -> Vec<(&'static str, &At<String>)> {
        [
            ("GET", &self.get),
            ("POST", &self.post),
            ("PUT", &self.put),
            ("PATCH", &self.patch),
            ("DELETE", &self.delete),
            ("HEAD", &self.head),
            ("OPTIONS", &self.options),
        ]
        .into_iter()
        .filter_map(|(method, path)| Some((method, path.as_ref()?)))
        .collect()
    }
}

record! {
    /// One part of a form of several parts (RFC 7578): a file, or a text with more than its value.
    pub struct PartMap("a part") {
        /// A file: its path, or a map with more. Relative to the file that names it. A large file is read while it is sent.
        optional file: BodyFile = "file";
        /// A text.
        optional text: At<String> = "text";
        /// The file name sent to the service; it may hold expressions. Default: the file's own.
        optional name: At<String> = "name";
        /// Its content type. Default `application/octet-stream` for a file.
        optional kind: At<String> = "type";
    }
}

/// A part: its value alone, or a map.
#[derive(Debug, Clone)]
pub enum Part {
    /// A value, written as text.
    Value(Any),
    /// A file, or a text with more to say.
    Map(Box<PartMap>),
}

impl Decode for Part {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        match &node.value {
            Data::Map(_) => PartMap::decode(node, problems).map(|map| Self::Map(Box::new(map))),
            _ => Any::decode(node, problems).map(Self::Value),
        }
    }
}

impl JsonSchema for Part {
    fn schema_name() -> Cow<'static, str> {
        "Part".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let map = generator.subschema_for::<PartMap>();
        json_schema!({"anyOf": [{"type": ["string", "number", "boolean", "null"]}, map]})
    }
}

words! {
    /// How a body is compressed.
    pub enum CompressWord {
        /// As gzip (RFC 1952).
        Gzip = "gzip",
    }
    /// How the end of a body is told.
    pub enum TransferWord {
        /// By its length.
        Length = "length",
        /// By chunks (RFC 9112, section 7.1).
        Chunked = "chunked",
    }
}
