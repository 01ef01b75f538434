//! A request, and what may be asked of it: whatever is not as it has to be is told in words.

use std::fmt::{Debug, Display};
use std::fs;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use serde_json::Value;
use url::form_urlencoded;

use crate::support::repository::root;

pub struct Ask {
    /// Which of the hosts was asked, from 0.
    pub host: usize,
    /// The addresses of all hosts.
    pub addresses: Vec<String>,
    pub method: String,
    /// The path as it came.
    pub path: String,
    pub raw_query: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// One part of a form of several.
pub struct Part {
    pub name: String,
    pub file: Option<String>,
    pub kind: Option<String>,
    pub body: Vec<u8>,
}

/// Refuses what is not as it has to be.
pub fn same<A: PartialEq<B> + Debug, B: Debug>(what: impl Display, got: A, wanted: B) -> Result<(), String> {
    if got == wanted { Ok(()) } else { Err(format!("{what} is {got:?} instead of {wanted:?}")) }
}

/// Refuses where something does not hold.
pub fn holds(condition: bool, otherwise: impl Into<String>) -> Result<(), String> {
    if condition { Ok(()) } else { Err(otherwise.into()) }
}

/// A file of `tests/field/data`.
pub fn data(name: &str) -> Vec<u8> {
    fs::read(root().join("tests/field/data").join(name)).unwrap()
}

impl Ask {
    /// What is true of every request that a plan sends.
    pub fn check(&self) -> Result<(), String> {
        let host = self.header("host")?;
        // names that a plan leads here itself
        if !host.ends_with("shop.example") {
            same("the header `host`", host, self.addresses[self.host].as_str())?;
        }
        for (name, _) in self.headers.iter().filter(|(name, _)| name != "x-tag") {
            same(
                format!("how often `{name}` comes"),
                self.headers.iter().filter(|(other, _)| other == name).count(),
                1,
            )?;
        }
        if matches!(self.method.as_str(), "GET" | "HEAD" | "OPTIONS") {
            same("the body", self.body.len(), 0)?;
            same("a `content-length` of it", self.maybe("content-length").unwrap_or("0"), "0")?;
        }
        Ok(())
    }

    /// What nobody answers.
    pub fn unknown<T>(&self) -> Result<T, String> {
        Err(format!("there is no {} {}?{}", self.method, self.path, self.raw_query))
    }

    pub fn route(&self) -> (&str, &str) {
        (&self.method, &self.path)
    }

    /// The parts of the path, decoded.
    pub fn segments(&self) -> Vec<String> {
        let parts = self.path.trim_start_matches('/').split('/');
        parts.map(|part| percent_decode_str(part).decode_utf8_lossy().into_owned()).collect()
    }

    pub fn maybe(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn header(&self, name: &str) -> Result<&str, String> {
        self.maybe(name).ok_or_else(|| format!("there is no header `{name}`"))
    }

    pub fn header_is(&self, name: &str, value: &str) -> Result<(), String> {
        same(format!("the header `{name}`"), self.header(name)?, value)
    }

    pub fn without(&self, name: &str) -> Result<(), String> {
        match self.maybe(name) {
            Some(value) => Err(format!("the header `{name}` came all the same: {value}")),
            None => Ok(()),
        }
    }

    pub fn query(&self) -> Vec<(String, String)> {
        form_urlencoded::parse(self.raw_query.as_bytes()).into_owned().collect()
    }

    /// The whole query, name by name in its order.
    pub fn query_is(&self, wanted: &[(&str, &str)]) -> Result<(), String> {
        let got = self.query();
        let got: Vec<(&str, &str)> = got.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        same("the query", got, wanted)
    }

    pub fn parameter(&self, name: &str) -> Result<String, String> {
        let found = self.query().into_iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value).ok_or_else(|| format!("there is no `{name}` in the query"))
    }

    pub fn kind_is(&self, wanted: &str) -> Result<(), String> {
        self.header_is("content-type", wanted)
    }

    pub fn text(&self) -> Result<&str, String> {
        std::str::from_utf8(&self.body).map_err(|_| "the body is no text".to_owned())
    }

    pub fn json(&self) -> Result<Value, String> {
        self.kind_is("application/json")?;
        self.any_json()
    }

    /// A body of JSON under another content type.
    pub fn any_json(&self) -> Result<Value, String> {
        serde_json::from_slice(&self.body).map_err(|error| format!("the body is no JSON: {error}"))
    }

    pub fn json_is(&self, wanted: &Value) -> Result<(), String> {
        same("the body", &self.json()?, wanted)
    }

    /// A form, with its fields in their order.
    pub fn form(&self) -> Result<Vec<(String, String)>, String> {
        let kind = self.header("content-type")?;
        holds(kind.starts_with("application/x-www-form-urlencoded"), format!("`{kind}` is no form"))?;
        Ok(form_urlencoded::parse(&self.body).into_owned().collect())
    }

    pub fn form_is(&self, wanted: &[(&str, &str)]) -> Result<(), String> {
        let got = self.form()?;
        let got: Vec<(&str, &str)> = got.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        same("the form", got, wanted)
    }

    pub fn field(&self, name: &str) -> Result<String, String> {
        let found = self.form()?.into_iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value).ok_or_else(|| format!("there is no `{name}` in the form"))
    }

    /// The parts of a form of several (RFC 7578).
    pub fn parts(&self) -> Result<Vec<Part>, String> {
        let kind = self.header("content-type")?;
        let boundary =
            kind.strip_prefix("multipart/form-data; boundary=").ok_or_else(|| format!("`{kind}` has no parts"))?;
        let delimiter = format!("--{}", boundary.trim_matches('"'));
        let mut parts = Vec::new();
        let mut rest = self.body.as_slice();
        rest = rest.strip_prefix(delimiter.as_bytes()).ok_or("the first part has no delimiter")?;
        while let Some(inside) = rest.strip_prefix(b"\r\n") {
            let end = format!("\r\n{delimiter}");
            let end = find(inside, end.as_bytes()).ok_or("a part does not end")?;
            parts.push(Part::read(&inside[..end])?);
            rest = &inside[end + 2 + delimiter.len()..];
        }
        same("the end of the parts", rest, b"--\r\n".as_slice())?;
        Ok(parts)
    }

    /// A cookie that was sent.
    pub fn cookie(&self, name: &str) -> Result<&str, String> {
        let pairs = self.header("cookie")?.split("; ").filter_map(|pair| pair.split_once('='));
        let found: Vec<&str> = pairs.filter(|(known, _)| *known == name).map(|(_, value)| value).collect();
        same(format!("how often the cookie `{name}` comes"), found.len(), 1)?;
        Ok(found[0])
    }

    pub fn bearer(&self) -> Result<&str, String> {
        let value = self.header("authorization")?;
        value.strip_prefix("Bearer ").ok_or_else(|| format!("`{value}` is no bearer token"))
    }

    pub fn basic_is(&self, user: &str, password: &str) -> Result<(), String> {
        self.header_is("authorization", &format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))))
    }
}

impl Part {
    fn read(text: &[u8]) -> Result<Self, String> {
        let end = find(text, b"\r\n\r\n").ok_or("a part has no head")?;
        let head = std::str::from_utf8(&text[..end]).map_err(|_| "a part's head is no text")?;
        let header = |wanted: &str| {
            let lines = head.split("\r\n").filter_map(|line| line.split_once(": "));
            lines.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.to_owned())
        };
        let disposition = header("content-disposition").ok_or("a part has no name")?;
        let word = |wanted: &str| {
            let at = disposition.find(&format!("; {wanted}=\""))? + wanted.len() + 4;
            Some(disposition[at..].split('"').next()?.to_owned())
        };
        let name = word("name").ok_or("a part has no name")?;
        Ok(Self { name, file: word("filename"), kind: header("content-type"), body: text[end + 4..].to_vec() })
    }

    /// Whether it is this text or file.
    pub fn is(&self, name: &str, file: Option<&str>, kind: Option<&str>, body: &[u8]) -> Result<(), String> {
        let got = (self.name.as_str(), self.file.as_deref(), self.kind.as_deref());
        same("a part", got, (name, file, kind))?;
        holds(self.body == body, format!("the part `{name}` has {} other bytes", self.body.len()))
    }
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}
