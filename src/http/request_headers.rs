use std::sync::Arc;

use http::HeaderMap;
use http::header::{CONTENT_LENGTH, HOST, TRANSFER_ENCODING};

use super::one::write_lines;

/// The headers of a request: those that its endpoint always sends, shared by all its requests, or a copy of its own where
/// it has others.
#[derive(Clone)]
pub enum RequestHeaders {
    /// As the endpoint prepared them.
    Prepared(Arc<PreparedHeaders>),
    /// Its own.
    Own(Box<HeaderMap>),
}

/// Headers that many requests send, with the lines that HTTP/1.1 sends them as.
pub struct PreparedHeaders {
    map: HeaderMap,
    lines: Box<[u8]>,
    /// Whether they name the host, and say nothing of the body's length.
    is_usual: bool,
}

impl RequestHeaders {
    /// By name.
    #[must_use]
    pub fn map(&self) -> &HeaderMap {
        match self {
            Self::Prepared(prepared) => &prepared.map,
            Self::Own(map) => map,
        }
    }

    /// The same, to be changed: from here on they are the request's own.
    pub fn own(&mut self) -> &mut HeaderMap {
        let map = match self {
            Self::Prepared(prepared) => Box::new(prepared.map.clone()),
            Self::Own(map) => return map,
        };
        *self = Self::Own(map);
        self.own()
    }

    /// The lines of headers that are as they were prepared, name the host, and say nothing of the body's length.
    pub(super) fn usual_lines(&self) -> Option<&[u8]> {
        match self {
            Self::Prepared(prepared) => prepared.is_usual.then_some(&*prepared.lines),
            Self::Own(_) => None,
        }
    }
}

impl From<HeaderMap> for PreparedHeaders {
    fn from(map: HeaderMap) -> Self {
        let mut lines = Vec::new();
        write_lines(&mut lines, &map, |_| true);
        let says_length = [CONTENT_LENGTH, TRANSFER_ENCODING].iter().any(|name| map.contains_key(name));
        Self { is_usual: map.contains_key(HOST) && !says_length, map, lines: lines.into() }
    }
}

impl From<HeaderMap> for RequestHeaders {
    fn from(map: HeaderMap) -> Self {
        Self::Own(Box::new(map))
    }
}
